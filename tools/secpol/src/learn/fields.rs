// SPDX-License-Identifier: MIT OR Apache-2.0

//! By which arguments, and members of structs, calls do different things.

use crate::{
    abi::Abi,
    call::Call,
    policy::Sight,
    tables, //
};

/// What tells calls of a number apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of several values, which have nothing to do with each other.
    Selector,
    /// Bits.
    Flags,
    /// A pointer, of which only counts whether it is NULL.
    Null,
}

use Kind::{
    Flags,
    Null,
    Selector, //
};

/// For each call, what its rule tests.
const FIELDS: &[(&str, &[(&str, Kind)])] = &[
    ("arch_prctl", &[("option", Selector)]),
    ("bpf", &[("cmd", Selector)]),
    ("clone", &[("clone_flags", Flags)]),
    ("clone3", &[("uargs.flags", Flags)]),
    ("fcntl", &[("cmd", Selector)]),
    ("futex", &[("op", Selector)]),
    ("ioctl", &[("cmd", Selector)]),
    ("keyctl", &[("option", Selector)]),
    ("mmap", &[("prot", Flags)]),
    ("mount", &[("flags", Flags)]),
    ("mprotect", &[("prot", Flags)]),
    ("open", &[("flags", Flags)]),
    ("openat", &[("flags", Flags)]),
    (
        "openat2",
        &[("how.flags", Flags), ("how.resolve", Selector)],
    ),
    ("personality", &[("personality", Selector)]),
    ("pkey_mprotect", &[("prot", Flags)]),
    ("prctl", &[("option", Selector)]),
    ("ptrace", &[("request", Selector)]),
    ("seccomp", &[("op", Selector), ("flags", Flags)]),
    ("sendmsg", &[("msg.name", Null)]),
    ("setns", &[("flags", Flags)]),
    ("setsockopt", &[("level", Selector), ("optname", Selector)]),
    ("socket", &[("family", Selector), ("type", Selector)]),
    ("socketpair", &[("family", Selector), ("type", Selector)]),
    ("unshare", &[("unshare_flags", Flags)]),
];

/// What the rule for a call tests.
pub(super) fn of(call: &str) -> &'static [(&'static str, Kind)] {
    FIELDS
        .iter()
        .find(|(name, _)| *name == call)
        .map_or(&[], |(_, fields)| fields)
}

/// An argument, or a member of a struct.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// How policies write it.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// How wide it is, in bits.
    pub(super) width: u32,
    pub(super) signed: bool,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Argument(usize),
    /// An offset in the struct.
    Struct(u32),
}

/// What the rule for a call can test, where filters have this sight.
pub(super) fn visible(call: &tables::Call, abi: Abi, sight: Sight) -> Vec<Field> {
    let field = |&(name, kind): &(&'static str, Kind)| {
        let (argument, member) = match name.split_once('.') {
            Some((argument, member)) => (argument, Some(member)),
            None => (name, None),
        };
        let Some(member) = member else {
            let (index, argument) = call.argument(argument)?;
            return Some(Field {
                name,
                kind,
                width: 8 * u32::from(argument.kind.bytes),
                signed: argument.kind.signed,
                place: Place::Argument(index),
            });
        };
        let structure = call.extensible(argument)?.structure;
        let member = tables::member(structure, member, abi)?;
        (sight == Sight::Structs).then_some(Field {
            name,
            kind,
            width: 8 * u32::from(member.bytes),
            signed: member.signed,
            place: Place::Struct(member.offset),
        })
    };
    of(call.name).iter().filter_map(field).collect()
}

impl Field {
    /// Its value in a call.
    pub(super) fn value(&self, call: &Call) -> u64 {
        let whole = match self.place {
            Place::Argument(index) => call.arguments[index],
            Place::Struct(offset) => bytes(call, offset, self.width / 8),
        };
        match self.kind {
            Null => u64::from(whole != 0),
            _ => whole & (u64::MAX >> (64 - self.width)),
        }
    }
}

/// A number in a struct.
fn bytes(call: &Call, offset: u32, count: u32) -> u64 {
    (0..count).rev().fold(0, |number, place| {
        let byte = call.extensible.get((offset + place) as usize);
        (number << 8) | u64::from(byte.copied().unwrap_or(0))
    })
}

/// Is the call's argument a socket address?
pub(super) fn address(call: &tables::Call) -> Option<&'static str> {
    let extensible = tables::extensible(call.name)?;
    (extensible.structure == "sockaddr").then_some(extensible.argument)
}

/// What tells the call from others of its number.
pub(super) fn values(known: &tables::Call, call: &Call, abi: Abi, sight: Sight) -> Vec<u64> {
    if address(known).is_some() && sight == Sight::Structs {
        return Address::of(call).words();
    }
    visible(known, abi, sight)
        .iter()
        .map(|field| field.value(call))
        .collect()
}

/// What of a socket address is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) family: u64,
    pub(super) port: u16,
    pub(super) host: u128,
}

pub(super) const AF_INET: u64 = 2;
pub(super) const AF_INET6: u64 = 10;

impl Address {
    fn of(call: &Call) -> Self {
        let byte = |place: usize| call.extensible.get(place).copied().unwrap_or(0);
        let family = bytes(call, 0, 2);
        let host = |from: usize, count: usize| {
            (from..from + count).fold(0, |host, place| (host << 8) | u128::from(byte(place)))
        };
        let port = u16::from_be_bytes([byte(2), byte(3)]);
        match family {
            AF_INET => Self {
                family,
                port,
                host: host(4, 4),
            },
            AF_INET6 => Self {
                family,
                port,
                host: host(8, 16),
            },
            _ => Self {
                family,
                port: 0,
                host: 0,
            },
        }
    }

    // CAST: Halves.
    fn words(self) -> Vec<u64> {
        let port = u64::from(self.port);
        vec![
            self.family,
            port,
            (self.host >> 64) as u64,
            self.host as u64,
        ]
    }

    /// What [`values`] has made of an address.
    pub(super) fn from_words(words: &[u64]) -> Option<Self> {
        let [family, port, high, low] = *words else {
            return None;
        };
        Some(Self {
            family,
            port: u16::try_from(port).ok()?,
            host: (u128::from(high) << 64) | u128::from(low),
        })
    }
}
