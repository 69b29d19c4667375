// SPDX-License-Identifier: MIT OR Apache-2.0

//! The constants that programs pass to the kernel, and get from it.

use std::{
    collections::{
        BTreeMap,
        HashMap, //
    },
    sync::LazyLock, //
};

use super::{
    rows,
    wrong, //
};
use crate::abi::Abi;

/// By name, the value on each ABI.
static CONSTANTS: LazyLock<BTreeMap<&'static str, [Option<i128>; 4]>> = LazyLock::new(|| {
    include_str!("../../tables/constants.tsv")
        .lines()
        .map(|line| parse(line).unwrap_or_else(|| wrong(line)))
        .collect()
});

static ERRNOS: LazyLock<HashMap<u16, &'static str>> = LazyLock::new(|| {
    rows(include_str!("../../tables/errnos.tsv"))
        .map(|[number, name]| match number.parse() {
            Ok(number) => (number, name),
            Err(_) => wrong(number),
        })
        .collect()
});

fn parse(line: &'static str) -> Option<(&'static str, [Option<i128>; 4])> {
    let mut fields = line.split('\t');
    let name = fields.next()?;
    let mut values = [None; 4];
    for field in fields {
        match field.split_once('=') {
            None => values = [Some(field.parse().ok()?); 4],
            Some((abi, value)) => {
                values[Abi::from_name(abi)? as usize] = Some(value.parse().ok()?);
            }
        }
    }
    values.iter().any(Option::is_some).then_some((name, values))
}

/// The value of a constant on an ABI.
pub fn constant(abi: Abi, name: &str) -> Option<i128> {
    CONSTANTS.get(name)?[abi as usize]
}

/// The bits of these flags on an ABI, which may not have all of them.
pub(crate) fn flags(abi: Abi, names: &[&str]) -> u64 {
    let flags = names.iter().filter_map(|name| constant(abi, name));
    // CAST: Flags are positive.
    flags.fold(0, |all, flag| all | flag as u64)
}

/// The flags of open() and openat() that the kernel knows (`VALID_OPEN_FLAGS`).
pub(crate) fn open_flags(abi: Abi) -> u64 {
    const NAMES: &[&str] = &[
        "O_WRONLY",
        "O_RDWR",
        "O_CREAT",
        "O_EXCL",
        "O_NOCTTY",
        "O_TRUNC",
        "O_APPEND",
        "O_NONBLOCK",
        "O_SYNC",
        "FASYNC",
        "O_DIRECT",
        "O_LARGEFILE",
        "O_DIRECTORY",
        "O_NOFOLLOW",
        "O_NOATIME",
        "O_CLOEXEC",
        "O_PATH",
        "O_TMPFILE",
        "O_EMPTYPATH",
    ];
    flags(abi, NAMES)
}

/// Has any ABI a constant of this name?
pub fn is_constant_name(name: &str) -> bool {
    CONSTANTS.contains_key(name)
}

/// The names of the constants of all ABIs, in the order of the alphabet.
pub fn constant_names() -> impl Iterator<Item = &'static str> {
    CONSTANTS.keys().copied()
}

/// The name of an error, which is the same on all ABIs.
pub fn errno_name(errno: u16) -> Option<&'static str> {
    ERRNOS.get(&errno).copied()
}
