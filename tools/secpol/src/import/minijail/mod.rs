// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes policies of those of minijail.
//!
//! minijail0 reads such a text by itself, and compile_seccomp_policy.py reads it as well; of the
//! same text they make different filters, so whoever imports must say which of them is meant. What
//! is told of either is what the sources of both do.

mod c;
mod collected;
mod python;

use std::path::Path;

use self::collected::Collected;
use super::{
    comparison::Comparison,
    text::Files,
    Error,
    Imported, //
};
use crate::{
    abi::Abi,
    syntax::ast::Operator, //
};

/// What is not in the text.
#[derive(Clone, Debug)]
pub struct Options {
    /// The machine whose calls and constants are meant, by its 64-bit architecture.
    pub machine: Abi,
    /// Who reads the text.
    pub dialect: Dialect,
    /// Arguments are compared as minijail does: all of the register. Otherwise as many bits are
    /// compared as the kernel takes, where their number is known.
    pub exact: bool,
}

/// Who reads the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// minijail0 and libminijail: `-S`.
    C,
    /// compile_seccomp_policy.py, whose filters minijail0 loads by `--seccomp-bpf-binary`.
    Python,
}

/// The deepest parentheses in a value.
const MAX_DEPTH: usize = 100;

/// The policy that a text is. `path` is where it is from: files that it includes may be relative to
/// that.
pub fn import(
    path: &Path,
    text: &str,
    options: &Options,
    files: &dyn Files,
) -> Result<Imported, Error> {
    let mut collected = Collected::default();
    match options.dialect {
        Dialect::C => c::read(path, text, options.machine, files, &mut collected)?,
        Dialect::Python => python::read(path, text, options.machine, files, &mut collected)?,
    }
    Ok(collected.policy(options))
}

/// A comparison of an argument, by the sign that both dialects have for it; none, if there is no
/// such sign. `&` asks whether any of the bits is set, `in` whether no other is.
fn comparison(index: usize, sign: &str, value: u64) -> Option<Comparison> {
    let (operator, mask, value) = match sign {
        "==" => (Operator::Equal, None, value),
        "!=" => (Operator::NotEqual, None, value),
        "<" => (Operator::Less, None, value),
        "<=" => (Operator::LessOrEqual, None, value),
        ">" => (Operator::Greater, None, value),
        ">=" => (Operator::GreaterOrEqual, None, value),
        "&" => (Operator::NotEqual, Some(value), 0),
        "in" => (Operator::In, None, value),
        _ => return None,
    };
    Some(Comparison {
        index,
        operator,
        mask,
        value,
    })
}

/// The value of a constant, as wide as a register.
fn constant(machine: Abi, name: &str) -> Option<u64> {
    let value = crate::tables::constant(machine, name)?;
    // CAST: Of a negative one, all upper bits are set.
    (i128::from(i64::MIN)..=i128::from(u64::MAX))
        .contains(&value)
        .then_some(value as u64)
}

/// A number with or without its sign. What is negative has 63 bits and the sign.
fn signed(negative: bool, number: u64) -> Option<u64> {
    if !negative {
        return Some(number);
    }
    (number <= 1 << 63).then(|| number.wrapping_neg())
}
