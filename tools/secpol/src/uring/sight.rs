// SPDX-License-Identifier: MIT OR Apache-2.0

//! What io_uring's filters see of a call: what the kernel copies to `struct io_uring_bpf_ctx`, and
//! where.

use super::Operation;
use crate::{
    abi::Abi,
    rules::{
        Condition,
        Field,
        Order,
        Test,
        EA, //
    },
    tables, //
};

/// The offset of the union in `struct io_uring_bpf_ctx`. What is before it is the program's, or
/// the same for all requests of the operation.
pub(crate) const UNION: u32 = 16;
/// The offset of the address's family.
pub(crate) const FAMILY: u32 = UNION;
/// The offset of the word with the port.
pub(crate) const PORT: u32 = UNION + 4;

/// What is not given, which is no family as well.
pub(crate) const AF_UNSPEC: u32 = 0;
/// IPv4.
pub(crate) const AF_INET: u32 = 2;
/// IPv6.
pub(crate) const AF_INET6: u32 = 10;

/// What the filters of an operation see of a call that does the same.
pub(crate) struct Sight {
    parts: Vec<Part>,
    family: Family,
    /// Does the kernel refuse a struct that has bytes that it does not know, before the filter is
    /// asked?
    pub(crate) refuses_unknown: bool,
}

/// A number that filters see.
struct Part {
    /// Where it is in `struct seccomp_data_append`, and how large it is.
    start: u32,
    bytes: u32,
    /// Where it is in `struct io_uring_bpf_ctx`.
    place: u32,
    /// Bits that the kernel copies nowhere.
    unseen: u64,
    /// Bits that make no difference to the call. They count as zero, whatever is copied.
    idle: u64,
}

/// What is known of an address's family.
#[derive(Clone, Copy)]
enum Family {
    /// The operation has no address, or what the filter sees of it is no address.
    Unknown,
    /// It is this.
    Is(u32),
    /// It is none of those whose members are seen.
    Other,
}

/// What is known about a condition.
pub(crate) struct Outcome {
    /// This holds only if the condition does, whatever is not seen.
    pub(crate) surely: Condition,
    /// The condition holds only if this does.
    pub(crate) possibly: Condition,
    /// Are both the same?
    pub(crate) is_seen: bool,
}

impl Outcome {
    fn exactly(condition: Condition) -> Self {
        Self {
            surely: condition.clone(),
            possibly: condition,
            is_seen: true,
        }
    }

    fn is(holds: bool) -> Self {
        match holds {
            true => Self::exactly(Condition::ALWAYS),
            false => Self::exactly(Condition::NEVER),
        }
    }

    fn unseen(possibly: Condition) -> Self {
        Self {
            surely: Condition::NEVER,
            possibly,
            is_seen: false,
        }
    }
}

fn part(start: u32, bytes: u32, place: u32) -> Part {
    Part {
        start,
        bytes,
        place,
        unseen: 0,
        idle: 0,
    }
}

/// The offset of an argument.
fn argument(index: u32) -> u32 {
    16 + 8 * index
}

/// The bits of constants.
fn bits(abi: Abi, names: &[&str]) -> u64 {
    let bits = names.iter().filter_map(|name| tables::constant(abi, name));
    // CAST: Flags are positive.
    bits.fold(0, |all, bits| all | bits as u64)
}

impl Sight {
    fn of(parts: Vec<Part>) -> Self {
        Self {
            parts,
            family: Family::Unknown,
            refuses_unknown: false,
        }
    }

    /// That of filters that see nothing.
    pub(crate) fn nothing() -> Self {
        Self::of(Vec::new())
    }

    /// That of an operation, for requests from programs of an architecture. Those that connect
    /// have several: see [`Sight::address`].
    pub(crate) fn new(operation: &Operation, abi: Abi) -> Self {
        // 64-bit kernels open all files as with O_LARGEFILE, and set it before the filter is asked;
        // to a 32-bit call it makes a difference.
        let idle = match abi.is_64_bit() {
            true => bits(abi, &["O_LARGEFILE"]),
            false => 0,
        };
        match operation.name {
            "openat" => Self::of(vec![
                Part {
                    idle,
                    ..part(argument(2), 4, UNION)
                },
                part(argument(3), 2, UNION + 8),
            ]),
            "openat2" => Self {
                refuses_unknown: true,
                ..Self::of(vec![
                    Part {
                        idle,
                        ..part(EA, 8, UNION)
                    },
                    part(EA + 8, 8, UNION + 8),
                    part(EA + 16, 8, UNION + 16),
                ])
            },
            "socket" => Self::of(vec![
                part(argument(0), 4, UNION),
                Part {
                    // The kernel refuses all other flags before it asks the filter.
                    unseen: bits(abi, &["SOCK_CLOEXEC", "SOCK_NONBLOCK"]),
                    ..part(argument(1), 4, UNION + 4)
                },
                part(argument(2), 4, UNION + 8),
            ]),
            _ => Self::nothing(),
        }
    }

    /// That of filters of connect, for addresses of a family; `None`: of one whose members they do
    /// not see.
    pub(crate) fn address(family: Option<u32>) -> Self {
        let (parts, family) = match family {
            None => (vec![part(EA, 2, FAMILY)], Family::Other),
            Some(AF_INET) => (
                vec![part(EA + 2, 2, PORT), part(EA + 4, 4, PORT + 4)],
                Family::Is(AF_INET),
            ),
            Some(family) => (
                vec![part(EA + 2, 2, PORT), part(EA + 8, 16, PORT + 4)],
                Family::Is(family),
            ),
        };
        Self {
            parts,
            family,
            refuses_unknown: false,
        }
    }

    /// That of filters of connect, for addresses of a family that may be too short for a port.
    pub(crate) fn family_alone(family: u32) -> Self {
        Self {
            family: Family::Is(family),
            ..Self::nothing()
        }
    }

    /// What is known about a test of the call, as conditions on `struct io_uring_bpf_ctx`.
    pub(crate) fn test(&self, test: &Test) -> Outcome {
        let Test {
            field,
            mask,
            order,
            value,
        } = *test;
        match self.family {
            Family::Is(family) if (field.offset, field.bytes) == (EA, 2) => {
                return Outcome::is(test.holds_for(family.into()));
            }
            Family::Other if (field.offset, mask, order) == (EA, 0xffff, Order::Equal) => {
                let others = [AF_UNSPEC, AF_INET, AF_INET6];
                if others.iter().any(|family| u64::from(*family) == value) {
                    return Outcome::is(false);
                }
            }
            _ => {}
        }
        let Some((part, field)) = self.place(&field) else {
            return Outcome::unseen(Condition::ALWAYS);
        };
        let mask = mask & !part.idle;
        let unseen = mask & part.unseen;
        if unseen == 0 {
            return Outcome::exactly(Condition::Test(Test {
                field,
                mask,
                order,
                value,
            }));
        }
        Outcome::unseen(match order {
            Order::Equal => Condition::Test(Test {
                field,
                mask: mask & !unseen,
                order,
                value: value & !unseen,
            }),
            Order::Greater | Order::GreaterOrEqual => Condition::ALWAYS,
        })
    }

    /// Where a field of the call is for the filter.
    fn place(&self, field: &Field) -> Option<(&Part, Field)> {
        let part = self.parts.iter().find(|part| {
            let is_all = (field.offset, field.bytes) == (part.start, part.bytes);
            let ends = field.offset + field.bytes;
            let is_within = part.start <= field.offset && ends <= part.start + part.bytes;
            is_all || is_within && part.unseen | part.idle == 0
        })?;
        let offset = part.place + (field.offset - part.start);
        Some((part, Field { offset, ..*field }))
    }
}

impl Operation {
    /// Do filters see anything of this argument of the call that has the operation's name? Some
    /// arguments have two names.
    pub fn is_seen(&self, argument: &str) -> bool {
        match self.name {
            "openat" => matches!(argument, "flags" | "mode"),
            "openat2" => argument == "how",
            "socket" => matches!(argument, "family" | "domain" | "type" | "protocol"),
            "connect" => matches!(argument, "uservaddr" | "addr"),
            _ => false,
        }
    }

    /// How many bytes of the union the kernel fills in: `pdu_size`.
    pub(crate) fn pdu_size(&self) -> u8 {
        match self.name {
            "openat" | "openat2" | "connect" => 24,
            "socket" => 12,
            _ => 0,
        }
    }
}
