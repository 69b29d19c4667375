// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tests that a compiled policy does what its text says.
//!
//! Random policies are printed, parsed, and compiled. For random calls a [`reference`] says what
//! becomes of them by the text alone; the rules and the program that were made must say the same.

mod acceptance;
mod agree;
#[cfg(feature = "cli")]
mod analysis;
mod calls;
mod checker;
mod choices;
mod conditions;
mod large;
mod place;
mod policies;
#[cfg(feature = "import")]
mod profile;
mod properties;
mod reference;
mod request;
mod rings;
mod uring;
mod values;
