// SPDX-License-Identifier: GPL-2.0

//! Host tests of what in `rust/` does not touch the kernel.
//!
//! `bpf` is the module's own code; `reference` says the same things in the plainest way, `programs`
//! makes programs, and `oracle` compares what the one makes of them with the other.

#[path = "../../rust/bpf/mod.rs"]
pub mod bpf;
#[path = "../../rust/calls.rs"]
pub mod calls;
pub mod mem;
pub mod oracle;
pub mod programs;
pub mod reference;
pub mod rng;
#[path = "../../rust/uapi.rs"]
pub mod uapi;
