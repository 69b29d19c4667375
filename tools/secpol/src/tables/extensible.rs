// SPDX-License-Identifier: MIT OR Apache-2.0

//! The arguments whose bytes appended filters see.

use std::{
    collections::HashMap,
    sync::LazyLock, //
};

use super::{
    rows,
    wrong,
    Call, //
};
use crate::abi::Abi;

/// How large an extensible argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A struct that has grown: the caller says how much of it there is.
    Struct,
    /// A socket address: the caller says how long it is, and the kernel takes a few of them.
    Buffer,
    /// A struct that is always the same.
    Fixed,
}

/// The extensible argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extensible {
    /// The kernel's name of the argument.
    pub argument: &'static str,
    /// The struct: see [`member`](super::member).
    pub structure: &'static str,
    /// How many bytes of 64-bit callers' argument the kernel knows.
    pub known: u32,
    /// How its size is found.
    pub kind: Kind,
    known_compat: u32,
}

impl Extensible {
    /// How many bytes the kernel knows of an argument from callers of this ABI.
    pub fn known_on(&self, abi: Abi) -> u32 {
        if abi.is_64_bit() {
            self.known
        } else {
            self.known_compat
        }
    }
}

static EXTENSIBLE: LazyLock<HashMap<&'static str, Extensible>> = LazyLock::new(|| {
    rows(include_str!("../../tables/arguments.tsv"))
        .map(|row| parse(&row).unwrap_or_else(|| wrong(&row.join("\t"))))
        .collect()
});

fn parse(row: &[&'static str; 6]) -> Option<(&'static str, Extensible)> {
    let [call, argument, structure, known, kind, known_compat] = *row;
    let kind = match kind {
        "struct" => Kind::Struct,
        "buffer" => Kind::Buffer,
        "fixed" => Kind::Fixed,
        _ => return None,
    };
    let argument = Extensible {
        argument,
        structure,
        known: known.parse().ok()?,
        kind,
        known_compat: known_compat.parse().ok()?,
    };
    Some((call, argument))
}

/// The extensible argument of the call of this name, if it has one.
pub fn extensible(call: &str) -> Option<&'static Extensible> {
    EXTENSIBLE.get(call)
}

impl Call {
    /// Its extensible argument, if this is a name of that.
    pub fn extensible(&self, name: &str) -> Option<&'static Extensible> {
        let (_, argument) = self.argument(name)?;
        extensible(self.name).filter(|extensible| extensible.argument == argument.name)
    }
}

/// The calls that have one.
#[cfg(test)]
pub(super) fn extensible_calls() -> impl Iterator<Item = (&'static str, &'static Extensible)> {
    EXTENSIBLE.iter().map(|(name, argument)| (*name, argument))
}
