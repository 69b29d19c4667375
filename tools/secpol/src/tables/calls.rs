// SPDX-License-Identifier: MIT OR Apache-2.0

//! The system calls and their arguments.

use std::{
    collections::{
        BTreeSet,
        HashMap, //
    },
    sync::LazyLock, //
};

use super::{
    rows,
    wrong, //
};
use crate::abi::Abi;

/// A system call of an ABI.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name, without `sys_`.
    pub name: &'static str,
    /// Its number.
    pub number: u32,
    /// Its arguments, in order; none if the kernel has a number for the call, and no function.
    pub arguments: Option<Vec<Argument>>,
}

impl Call {
    /// The index and the type of an argument. Its name is that of the kernel, or else that of the
    /// manual page.
    pub fn argument(&self, name: &str) -> Option<(usize, &Argument)> {
        let named = |name: &str| {
            self.arguments
                .iter()
                .flatten()
                .enumerate()
                .find(|(_, argument)| argument.name == name)
        };
        named(name).or_else(|| {
            ALIASES
                .get(&(self.name, name))
                .and_then(|names| names.iter().find_map(|name| named(name)))
        })
    }
}

/// An argument of a system call.
#[derive(Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name in the kernel.
    pub name: &'static str,
    /// Its type there: the kernel looks at no other bits of the register.
    pub kind: Type,
}

/// The type of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Type {
    /// How wide it is: 1, 2, 4 or 8.
    pub bytes: u8,
    /// Are some of its values negative?
    pub signed: bool,
    /// Is it an address?
    pub pointer: bool,
    /// The struct that is there, if its members are known.
    pub structure: Option<&'static str>,
}

impl Type {
    /// The type that a table calls so.
    fn parse(name: &'static str, abi: Abi) -> Option<Self> {
        if let Some((bytes, signed)) = super::structs::number(name) {
            return Some(Self {
                bytes,
                signed,
                pointer: false,
                structure: None,
            });
        }
        let structure = match name.split_once('=') {
            None if name == "ptr" => None,
            Some(("ptr", structure)) => Some(structure),
            _ => return None,
        };
        Some(Self {
            bytes: super::structs::pointer(abi),
            signed: false,
            pointer: true,
            structure,
        })
    }
}

/// The calls of each ABI, in the order of their numbers.
static CALLS: LazyLock<[Vec<Call>; 4]> = LazyLock::new(|| {
    let mut calls = [const { Vec::new() }; 4];
    for row in rows(include_str!("../../tables/calls.tsv")) {
        let (abi, call) = parse(&row).unwrap_or_else(|| wrong(&row.join("\t")));
        calls[abi as usize].push(call);
    }
    calls
});

/// By name, where the call is in the list of the ABI.
static PLACES: LazyLock<[HashMap<&'static str, usize>; 4]> = LazyLock::new(|| {
    CALLS.each_ref().map(|calls| {
        let places = calls.iter().enumerate();
        places.map(|(place, call)| (call.name, place)).collect()
    })
});

static NAMES: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| CALLS.iter().flatten().map(|call| call.name).collect());

/// By call and name in the manual page, the names in the kernel, which may differ by ABI.
static ALIASES: LazyLock<HashMap<(&'static str, &'static str), Vec<&'static str>>> =
    LazyLock::new(|| {
        let mut aliases = HashMap::<_, Vec<_>>::new();
        for [call, manual, kernel] in rows(include_str!("../../tables/aliases.tsv")) {
            aliases.entry((call, manual)).or_default().push(kernel);
        }
        aliases
    });

fn parse(row: &[&'static str; 4]) -> Option<(Abi, Call)> {
    let [abi, number, name, arguments] = *row;
    let abi = Abi::from_name(abi)?;
    let argument = |word: &'static str| {
        let (name, kind) = word.split_once(':')?;
        Some(Argument {
            name,
            kind: Type::parse(kind, abi)?,
        })
    };
    let arguments = match arguments {
        "?" => None,
        "-" => Some(Vec::new()),
        words => Some(words.split(' ').map(argument).collect::<Option<_>>()?),
    };
    let number = number.parse().ok()?;
    Some((
        abi,
        Call {
            name,
            number,
            arguments,
        },
    ))
}

/// The calls of an ABI, in the order of their numbers.
pub fn calls(abi: Abi) -> impl Iterator<Item = &'static Call> {
    CALLS[abi as usize].iter()
}

/// The call of this name.
pub fn call(abi: Abi, name: &str) -> Option<&'static Call> {
    let place = PLACES[abi as usize].get(name)?;
    CALLS[abi as usize].get(*place)
}

/// The call with this number.
pub fn call_by_number(abi: Abi, number: u32) -> Option<&'static Call> {
    let calls = &CALLS[abi as usize];
    let place = calls
        .binary_search_by_key(&number, |call| call.number)
        .ok()?;
    calls.get(place)
}

/// Has any ABI a call of this name?
pub fn is_call_name(name: &str) -> bool {
    NAMES.contains(name)
}

/// The names of the calls of all ABIs, in the order of the alphabet.
pub fn call_names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().copied()
}

/// What the kernel calls the argument of a call that the manual page calls so, on the first ABI
/// that has such an argument. [`Call::argument`] knows the ABI.
pub fn alias(call: &str, name: &str) -> Option<&'static str> {
    ALIASES.get(&(call, name))?.first().copied()
}
