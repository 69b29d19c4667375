// SPDX-License-Identifier: GPL-2.0

//! Safe abstractions over the kernel: the only room that names `bindings` or declares foreign
//! functions.
//!
//! These are the ones of an in-tree build. `with_takeover.rs` takes the place of this file in the
//! module.

pub(crate) mod arch;
pub(crate) mod argument;
pub(crate) mod board;
pub(crate) mod bpf;
pub(crate) mod debugfs;
mod ffi;
pub(crate) mod file;
pub(crate) mod filter_pointer;
pub(crate) mod in_tree;
pub(crate) mod memory;
mod module;
pub(crate) mod path;
pub(crate) mod ptrace;
pub(crate) mod regs;
pub(crate) mod shared;
pub(crate) mod signal;
pub(crate) mod syscall;
pub(crate) mod task;
pub(crate) mod uapi;
pub(crate) mod user;
pub(crate) mod verdict_event;
pub(crate) mod wait;
pub(crate) mod watch;
