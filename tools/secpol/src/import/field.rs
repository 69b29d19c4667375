// SPDX-License-Identifier: MIT OR Apache-2.0

//! How a policy names the argument that a rule compares.

use super::{
    comparison::Comparison,
    tree, //
};
use crate::{
    abi::Abi,
    syntax::ast::{
        Expression,
        Operator,
        Value, //
    },
    tables::{
        self,
        Argument,
        Call, //
    }, //
};

/// These bits of clone()'s flags are the signal that the child sends when it exits.
const EXIT_SIGNAL: u64 = 0xff;
/// In clone3() this is a flag.
const CLONE_NEWTIME: u64 = 0x80;

/// How a policy names an argument of a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    /// By its name: as many bits are compared as the kernel takes.
    Named(&'static Argument),
    /// By its place: all of the register is.
    Numbered(usize),
}

/// Why an argument is not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unnamed {
    /// The call has no such argument, or nobody knows its name.
    Unknown,
    /// It is compared with more bits than the kernel takes.
    Wider,
}

impl Field {
    /// The argument by its name, if all comparisons of it say the same of the bits that the kernel
    /// takes as they say of a register whose other bits are zero.
    pub(super) fn named(
        call: &'static Call,
        index: usize,
        comparisons: &[&Comparison],
    ) -> Result<Self, Unnamed> {
        let argument = call
            .arguments
            .as_ref()
            .and_then(|arguments| arguments.get(index))
            .ok_or(Unnamed::Unknown)?;
        // The first that has the name, or has it in the manual page, is meant by it.
        let alias = tables::alias(call.name, argument.name);
        let before = call.arguments.iter().flatten().take(index);
        let means_other = before
            .map(|other| other.name)
            .any(|name| name == argument.name || alias == Some(name));
        let is_place = (0..6).any(|place| argument.name == format!("arg{place}"));
        if means_other || is_place {
            return Err(Unnamed::Unknown);
        }
        let all = u64::MAX >> (64 - 8 * u32::from(argument.kind.bytes));
        let fits = |comparison: &&Comparison| match comparison.masked() {
            None => comparison.value <= all,
            Some((mask, value)) => {
                value <= all && mask & all != 0 && !is_exit_signal(call, argument, mask, value)
            }
        };
        if comparisons.iter().all(fits) {
            Ok(Self::Named(argument))
        } else {
            Err(Unnamed::Wider)
        }
    }

    /// Are there bits in the register that the kernel does not take?
    pub(super) fn has_other_bits(self, abi: Abi) -> bool {
        match self {
            Self::Named(argument) => argument.kind.bytes < if abi.is_64_bit() { 8 } else { 4 },
            Self::Numbered(_) => false,
        }
    }

    /// A comparison of it.
    pub(super) fn test(self, comparison: &Comparison) -> Expression {
        let Comparison {
            operator,
            mask,
            value,
            ..
        } = *comparison;
        match self {
            Self::Numbered(index) => tree::test(
                &format!("arg{index}"),
                mask.map(tree::number),
                operator,
                bits(operator, value, u64::MAX),
            ),
            Self::Named(Argument { name, kind }) => {
                let all = u64::MAX >> (64 - 8 * u32::from(kind.bytes));
                let mask = match mask.map(|mask| mask & all) {
                    Some(mask) if mask == all && operator == Operator::Equal => None,
                    Some(mask) => Some(tree::number(mask)),
                    // What has a mask has no sign, and nothing has one for libseccomp.
                    None if comparison.is_ordered() && kind.signed => Some(tree::all_but(0)),
                    None => None,
                };
                tree::test(name, mask, operator, bits(operator, value, all))
            }
        }
    }
}

/// What is compared with, of which all these bits count. Where it is most bits, it is written as
/// what they are not.
fn bits(operator: Operator, value: u64, all: u64) -> Value {
    let missing = !value & all;
    match operator {
        Operator::In if missing < value & all => tree::all_but(missing),
        Operator::In => tree::number(value & all),
        _ => tree::number(value),
    }
}

/// The language leaves CLONE_NEWTIME out of clone()'s flags where nothing else is tested of the
/// exit signal; libseccomp does not.
fn is_exit_signal(call: &Call, argument: &Argument, mask: u64, value: u64) -> bool {
    call.name == "clone"
        && argument.name == "clone_flags"
        && mask & EXIT_SIGNAL == CLONE_NEWTIME
        && value & EXIT_SIGNAL == 0
}
