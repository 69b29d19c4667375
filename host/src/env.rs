// SPDX-License-Identifier: GPL-2.0

//! What the tests find in another way when they run in the kernel, where this is `kunit/env.rs`.

pub use std::{format, string::String, vec, vec::Vec};

/// Of what is tried at random, one in so many is.
pub const ONE_IN: u64 = 1;
