// SPDX-License-Identifier: GPL-2.0-only

//! What filters of seccomp do, found out by the kernel module's own analysis.
//!
//! `logic` is the module's own code: it checks a filter, finds the calls for which the filter
//! returns a constant, and makes the program that is left of it for each other call. What that
//! program returns is found here, as a function of the bits of a call: a [`Node`] of a [`Space`].
//! Equal functions are the same node, so that two filters can be compared, and what several do
//! together can be told.
//!
//! All work is bounded. What cannot be found within the limits is said not to be known.

#![deny(unsafe_code)]
#![warn(missing_docs)]

#[path = "../../../rust/logic/mod.rs"]
#[allow(missing_docs, clippy::all)]
mod logic;

mod analysis;
mod arches;
mod difference;
mod execute;
mod filter;
mod memory;
mod place;
mod residual;
mod ret;
mod sample;
mod shape;
mod space;
mod study;
mod vector;

pub use analysis::Analysis;
pub use difference::{
    Difference,
    Kind, //
};
pub use filter::{
    Filter,
    Refused,
    Sight, //
};
pub use place::Place;
pub use residual::{
    Residual,
    Unseen, //
};
pub use sample::Sample;
pub use shape::Field;
pub use space::{
    Leaf,
    Node,
    Space,
    TooHard, //
};
pub use study::{
    Arch,
    Outcome,
    Study, //
};
