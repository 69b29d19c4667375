// SPDX-License-Identifier: GPL-2.0

//! Host tests of the logic, the part of the module that does not touch the kernel.
//!
//! `logic` is the module's own code. In `shared`, `reference` interprets programs in the plainest
//! way, `programs` generates them (`appended` those of appended filters), `oracle` compares what
//! the logic says of a program with what the reference does, and `cases` are the tests. All but
//! `memory` runs in the kernel as well: see `kunit/`.

#[path = "../../rust/logic/mod.rs"]
pub mod logic;
pub mod memory;
pub mod shared;

/// One in this number of the random tests runs: few under Miri, which is slow.
pub const ONE_IN: u64 = if cfg!(miri) { 3000 } else { 1 };
