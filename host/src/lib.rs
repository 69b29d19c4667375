// SPDX-License-Identifier: GPL-2.0

//! Host tests of what in `rust/` does not touch the kernel.
//!
//! `logic` is the module's own code. Of `shared`, `reference` says the same things in the plainest
//! way, `programs` makes programs (`appended` those of appended filters), and `oracle` compares
//! what the one makes of them with the other. `cases` are tests. But for `memory` and `env` all of
//! it runs in the kernel, too: see `kunit/`.

#[path = "../../rust/logic/mod.rs"]
pub mod logic;
pub mod memory;
pub mod shared;

/// Of what is tried at random, one in this number is. Miri is slow.
pub const ONE_IN: u64 = if cfg!(miri) { 3000 } else { 1 };
