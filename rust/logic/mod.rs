// SPDX-License-Identifier: GPL-2.0

//! What can be told of filters and calls without a kernel: it uses `core` alone, so that the host's
//! tests run the very same files.

pub mod abi;
#[allow(dead_code, reason = "the host has no use for it")]
pub(crate) mod argument;
pub mod bpf;
pub mod syscalls;
#[allow(dead_code, reason = "the host has no use for most of it")]
pub(crate) mod verdict;
