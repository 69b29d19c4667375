// SPDX-License-Identifier: GPL-2.0

//! Safe abstractions over the kernel: the only room that names `bindings` or declares foreign
//! functions.
//!
//! Those of `mod.rs`, but for `in_tree.rs`, and those that the takeover needs.

pub(crate) mod addresses;
pub(crate) mod arch;
pub(crate) mod argument;
pub(crate) mod board;
pub(crate) mod bpf;
pub(crate) mod debugfs;
pub(crate) mod entry;
mod ffi;
pub(crate) mod file;
pub(crate) mod filter_pointer;
pub(crate) mod ftrace;
pub(crate) mod mapping;
pub(crate) mod memory;
mod module;
pub(crate) mod module_ref;
pub(crate) mod path;
pub(crate) mod ptrace;
pub(crate) mod rcu;
pub(crate) mod redirect;
pub(crate) mod regs;
pub(crate) mod scan;
pub(crate) mod shared;
pub(crate) mod signal;
pub(crate) mod symbols;
pub(crate) mod syscall;
pub(crate) mod sysctl;
pub(crate) mod task;
pub(crate) mod uapi;
pub(crate) mod user;
pub(crate) mod verdict_event;
pub(crate) mod wait;
pub(crate) mod watch;
