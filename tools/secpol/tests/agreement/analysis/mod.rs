// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tests that the analysis of filters says what filters do, and where two differ.

mod differences;
mod equals;
mod policies;
mod programs;
mod samples;
mod shown;
