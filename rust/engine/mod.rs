// SPDX-License-Identifier: GPL-2.0

//! The engine: filters, how tasks attach them, and what they do to system calls. Without `unsafe`,
//! and without knowing which kernel it is in: it asks its [`platform`].

#![deny(unsafe_code)]

pub(crate) mod action;
pub(crate) mod attach;
pub(crate) mod filter;
pub(crate) mod inputs;
pub(crate) mod inspect;
pub(crate) mod memory;
pub(crate) mod notify;
pub(crate) mod parts;
pub(crate) mod permit;
pub(crate) mod platform;
pub(crate) mod program;
pub(crate) mod table;
