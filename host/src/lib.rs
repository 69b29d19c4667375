// SPDX-License-Identifier: GPL-2.0

//! Host tests of what in `rust/` does not touch the kernel.
//!
//! `logic` is the module's own code. Of `shared`, `reference` says the same things in the plainest way,
//! `programs` makes programs (`appended` those of appended filters), and `oracle` compares what the one
//! makes of them with the other. `cases` are tests. But for `memory` and `env` all of it runs in the
//! kernel, too: see `kunit/`.

pub mod env;
#[path = "../../rust/logic/mod.rs"]
pub mod logic;
pub mod memory;
pub mod shared;

pub use logic::{abi as uapi, bpf, syscalls as calls};
