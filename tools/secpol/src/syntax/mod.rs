// SPDX-License-Identifier: MIT OR Apache-2.0

//! The language of policies: [`parse`](parser::parse) makes of a text what [`ast`] describes, and
//! [`display`] makes a text of it again.

pub mod ast;
pub mod display;
pub mod example;
pub mod nearest;
pub mod parser;
mod token;
