// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a field of a policy is in a call.

use secpol::{
    abi::Abi,
    call::Call,
    syntax::ast::Field,
    tables::{
        self,
        Member, //
    }, //
};

/// What a field of a policy is in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An argument: its lower bytes.
    Argument {
        /// Which.
        place: usize,
        /// How many bytes.
        bytes: usize,
        /// Is it signed?
        signed: bool,
    },
    /// A member of what an argument points to; with the family of the addresses that have it.
    Member(Member, Option<u16>),
    /// An IPv6 address: 16 bytes from this offset on.
    Address(usize),
    /// The size of what an argument points to.
    Size,
    /// The upper half of the number's register.
    NumberHigh,
    /// The protection-key register.
    Pkey,
}

/// Variants of socket addresses, by the first name of their members.
const FAMILIES: [(&str, u16); 5] = [("in", 2), ("in6", 10), ("nl", 16), ("ll", 17), ("vm", 40)];
/// `AF_INET6`
const INET6: u16 = 10;

impl Place {
    /// Where a field is in a call; `None` if the call has none such.
    pub fn of(field: &Field, known: &'static tables::Call, abi: Abi) -> Option<Self> {
        let names: Vec<&str> = field.path.iter().map(|name| name.value.as_str()).collect();
        let (first, rest) = (names[0], &names[1..]);
        if field.size || !rest.is_empty() {
            let (_, argument) = known.argument(first)?;
            let extensible = tables::extensible(known.name)?;
            if argument.name != extensible.argument {
                return None;
            }
            return match rest {
                [] => Some(Self::Size),
                _ if field.size => None,
                rest => Self::member(extensible.structure, rest, abi),
            };
        }
        let register = if abi.is_64_bit() { 8 } else { 4 };
        let raw = ["arg0", "arg1", "arg2", "arg3", "arg4", "arg5"];
        if let Some(place) = raw.iter().position(|name| *name == first) {
            return Some(Self::Argument {
                place,
                bytes: register,
                signed: false,
            });
        }
        match known.argument(first) {
            Some((place, argument)) => Some(Self::Argument {
                place,
                bytes: usize::from(argument.kind.bytes),
                signed: argument.kind.signed,
            }),
            None if first == "nr_high" => Some(Self::NumberHigh),
            None if first == "pkey" => Some(Self::Pkey),
            None => None,
        }
    }

    fn member(structure: &str, path: &[&str], abi: Abi) -> Option<Self> {
        if structure != "sockaddr" {
            return Some(Self::Member(
                tables::member(structure, &path.join("."), abi)?,
                None,
            ));
        }
        if path == ["in6", "addr"] {
            return Some(Self::Address(8));
        }
        let family = FAMILIES
            .iter()
            .find(|(variant, _)| *variant == path[0])
            .map(|(_, family)| *family);
        let member = tables::member(structure, &path.join("."), abi)?;
        Some(Self::Member(member, family))
    }

    /// Is it what filters of mainline do not see?
    pub fn is_beyond(&self) -> bool {
        !matches!(self, Self::Argument { .. })
    }

    /// Is it a member of what an argument points to?
    pub fn is_member(&self) -> bool {
        matches!(self, Self::Member(..) | Self::Address(_))
    }

    /// Is it this argument?
    pub fn is_argument(&self, which: usize) -> bool {
        matches!(self, Self::Argument { place, .. } if *place == which)
    }

    /// Is it signed?
    pub fn signed(&self) -> bool {
        match self {
            Self::Argument { signed, .. } => *signed,
            Self::Member(member, _) => member.signed,
            _ => false,
        }
    }

    /// Its width, if it is a number.
    pub fn bytes(&self) -> Option<usize> {
        match self {
            Self::Argument { bytes, .. } => Some(*bytes),
            Self::Member(member, _) => Some(usize::from(member.bytes)),
            Self::Address(_) => None,
            Self::Size => Some(8),
            Self::NumberHigh | Self::Pkey => Some(4),
        }
    }

    /// Its bits in a call, if it is a number.
    pub fn bits(&self, call: &Call) -> i128 {
        match self {
            Self::Argument { place, bytes, .. } => {
                i128::from(call.arguments[*place]) & ((1 << (8 * bytes)) - 1)
            }
            Self::Member(member, _) => {
                let mut bytes = content(call, member.offset as usize, member.bytes.into());
                if !member.big_endian {
                    bytes.reverse();
                }
                bytes
                    .iter()
                    .fold(0, |bits, byte| bits * 256 + i128::from(*byte))
            }
            Self::Address(_) => 0,
            Self::Size => call.size.into(),
            Self::NumberHigh => call.number_high.into(),
            Self::Pkey => call.pkey.into(),
        }
    }

    /// Its bytes in a call, if it is an IPv6 address.
    pub fn address(&self, call: &Call) -> Option<Vec<u8>> {
        match self {
            Self::Address(offset) => Some(content(call, *offset, 16)),
            _ => None,
        }
    }

    /// The family of the addresses that have it; none if it is in all that have it at all.
    pub fn family(&self) -> Option<u16> {
        match self {
            Self::Member(_, family) => *family,
            Self::Address(_) => Some(INET6),
            _ => None,
        }
    }

    /// Is the call's address of the family that has it?
    pub fn has_family(&self, call: &Call) -> bool {
        self.family()
            .is_none_or(|family| content(call, 0, 2) == family.to_le_bytes())
    }

    /// Changes a call: it is these bits there then. Those of an argument that it does not look at
    /// become those of `garbage`.
    pub fn put(&self, call: &mut Call, bits: u64, garbage: u64) {
        match self {
            Self::Argument { place, bytes, .. } => {
                let all = u64::MAX >> (64 - 8 * bytes);
                call.arguments[*place] = bits & all | garbage & !all;
            }
            Self::Member(member, _) => {
                let mut bytes = bits.to_le_bytes()[..member.bytes.into()].to_vec();
                if member.big_endian {
                    bytes.reverse();
                }
                fill(call, member.offset as usize, &bytes);
            }
            Self::Address(offset) => fill(call, *offset, &bits.to_be_bytes()),
            Self::Size => call.size = bits,
            Self::NumberHigh => call.number_high = bits as u32,
            Self::Pkey => call.pkey = bits as u32,
        }
    }
}

/// Bytes of the extensible argument.
fn content(call: &Call, offset: usize, bytes: usize) -> Vec<u8> {
    (offset..offset + bytes)
        .map(|place| call.extensible.get(place).copied().unwrap_or(0))
        .collect()
}

/// Puts bytes into the extensible argument.
pub fn fill(call: &mut Call, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if call.extensible.len() < end {
        call.extensible.resize(end, 0);
    }
    call.extensible[offset..end].copy_from_slice(bytes);
}
