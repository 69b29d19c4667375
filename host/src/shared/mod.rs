// SPDX-License-Identifier: GPL-2.0

//! What the host's tests and those in the kernel (`kunit/`) have in common: programs, an
//! independent interpreter to compare with, and the cases.

/// [`buf::Text`] by a format.
macro_rules! text {
    ($($arguments:tt)*) => { $crate::shared::buf::Text::of(format_args!($($arguments)*)) };
}

pub mod appended;
pub mod buf;
pub mod cases;
pub mod oracle;
pub mod programs;
pub mod reference;
pub mod rng;
