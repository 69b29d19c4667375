// SPDX-License-Identifier: MIT OR Apache-2.0

//! Says what filters do in the language of policies, as far as it has words for that.

mod address;
mod call;
mod field;
mod lines;
mod values;

pub(super) use call::call;
pub(super) use field::Names;
pub(super) use lines::{
    cases,
    condition,
    lines, //
};
