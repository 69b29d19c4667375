// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names of constants for values, where it is known which constants an argument is made of.

use crate::{
    abi::Abi,
    tables, //
};

/// With what the names of constants begin that an argument, or a member, is made of.
const FAMILIES: &[(&str, &str, &[&str])] = &[
    ("clone", "clone_flags", &["CLONE_"]),
    ("clone3", "flags", &["CLONE_"]),
    ("unshare", "unshare_flags", &["CLONE_"]),
    ("setns", "flags", &["CLONE_NEW"]),
    ("ioctl", "cmd", &["TIOC", "TCGET", "TCSET", "FIO"]),
    ("socket", "family", &["AF_"]),
    ("socketpair", "family", &["AF_"]),
    ("connect", "family", &["AF_"]),
    ("bind", "family", &["AF_"]),
    ("sendto", "family", &["AF_"]),
    ("mmap", "prot", &["PROT_"]),
    ("mprotect", "prot", &["PROT_"]),
    ("pkey_mprotect", "prot", &["PROT_"]),
    ("open", "flags", &["O_"]),
    ("openat", "flags", &["O_"]),
    ("openat2", "flags", &["O_"]),
    ("openat2", "resolve", &["RESOLVE_"]),
    ("madvise", "behavior", &["MADV_"]),
];

fn prefixes(call: &str, name: &str) -> &'static [&'static str] {
    FAMILIES
        .iter()
        .find(|family| (family.0, family.1) == (call, name))
        .map_or(&[], |family| family.2)
}

/// The shortest name of a value, if such names are known for what has it.
pub fn name(abi: Abi, (call, what): (&str, &str), value: u64) -> Option<&'static str> {
    let prefixes = prefixes(call, what);
    if prefixes.is_empty() {
        return None;
    }
    tables::constant_names()
        .filter(|name| prefixes.iter().any(|prefix| name.starts_with(prefix)))
        // What the bits of a terminal are called, such as TIOCPKT_DATA, is none of its commands.
        .filter(|name| (call, what) != ("ioctl", "cmd") || !name.contains('_'))
        .filter(|name| tables::constant(abi, name) == Some(i128::from(value)))
        // AF_ROUTE is another name of AF_NETLINK.
        .min_by_key(|name| (*name == "AF_ROUTE", name.len()))
}

/// The most names that are joined.
const MAX_NAMES: u32 = 10;

/// Names of all bits of a value, joined.
pub fn names(abi: Abi, whose: (&str, &str), value: u64) -> Option<String> {
    if let Some(name) = name(abi, whose, value) {
        return Some(name.to_string());
    }
    if value == 0 || value.count_ones() > MAX_NAMES {
        return None;
    }
    let bits = (0..64)
        .map(|bit| 1u64 << bit)
        .filter(|bit| value & bit != 0);
    let names: Option<Vec<&str>> = bits.map(|bit| name(abi, whose, bit)).collect();
    Some(names?.join("|"))
}
