// SPDX-License-Identifier: MIT OR Apache-2.0

//! The members of structs behind arguments.

use std::{
    collections::BTreeMap,
    sync::LazyLock, //
};

use super::{
    rows,
    wrong, //
};
use crate::abi::Abi;

/// A member of a struct that can be compared with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// How many bytes of the struct are before it.
    pub offset: u32,
    /// How wide it is: 1, 2, 4 or 8.
    pub bytes: u8,
    /// Are some of its values negative?
    pub signed: bool,
    /// Is its first byte the highest, whatever the machine does?
    pub big_endian: bool,
}

/// The members of each struct, by name, and what each is on each ABI.
type Structs = BTreeMap<&'static str, BTreeMap<&'static str, [Option<Member>; 4]>>;

static STRUCTS: LazyLock<Structs> = LazyLock::new(|| {
    let mut structs = Structs::new();
    for row in rows(include_str!("../../tables/structs.tsv")) {
        add(&mut structs, &row).unwrap_or_else(|| wrong(&row.join("\t")));
    }
    structs
});

fn add(structs: &mut Structs, row: &[&'static str; 5]) -> Option<()> {
    let [structure, name, abis, offset, kind] = *row;
    let offset = offset.parse().ok()?;
    if let Some(count) = kind.strip_prefix("bytes") {
        // No number can be compared with it.
        return count.parse::<u32>().ok().map(drop);
    }
    let abis = match abis {
        "*" => Abi::ALL.to_vec(),
        names => names
            .split(',')
            .map(Abi::from_name)
            .collect::<Option<_>>()?,
    };
    let members = structs.entry(structure).or_default();
    let places = members.entry(name).or_default();
    for abi in abis {
        let (bytes, signed) = match kind {
            "ptr" => (pointer(abi), false),
            "be16" => (2, false),
            "be32" => (4, false),
            _ => number(kind)?,
        };
        let member = Member {
            offset,
            bytes,
            signed,
            big_endian: kind.starts_with("be"),
        };
        if places[abi as usize].replace(member).is_some() {
            return None;
        }
    }
    Some(())
}

/// The width in bytes of a number of this type, and whether it is signed.
pub(super) fn number(kind: &str) -> Option<(u8, bool)> {
    let bytes = match kind.get(1..)? {
        "8" => 1,
        "16" => 2,
        "32" => 4,
        "64" => 8,
        _ => return None,
    };
    match &kind[..1] {
        "s" => Some((bytes, true)),
        "u" => Some((bytes, false)),
        _ => None,
    }
}

/// The width of a pointer in bytes.
pub(super) fn pointer(abi: Abi) -> u8 {
    if abi.is_64_bit() {
        8
    } else {
        4
    }
}

/// The member of a struct that has this name, with points between the parts of it.
pub fn member(structure: &str, path: &str, abi: Abi) -> Option<Member> {
    STRUCTS.get(structure)?.get(path)?[abi as usize]
}

/// The names of a struct's members, in the order of the alphabet.
pub fn members(structure: &str) -> impl Iterator<Item = &'static str> {
    STRUCTS
        .get(structure)
        .into_iter()
        .flat_map(|members| members.keys().copied())
}
