// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random calls, most of them near to what a policy looks at.

use std::net::IpAddr;

use secpol::{
    abi::Abi,
    call::Call,
    syntax::ast::ValueKind,
    tables::{
        self,
        Kind, //
    }, //
};

use crate::{
    choices::Choices,
    place::{
        fill,
        Place, //
    },
    reference::{
        tests_of,
        Operand,
        Reference, //
    }, //
};

/// Makes calls for a policy.
pub struct Calls {
    abis: Vec<Abi>,
    cookie: Option<[u64; 3]>,
    ruled: Vec<Ruled>,
}

/// A call that a rule is for.
struct Ruled {
    abi: Abi,
    call: &'static tables::Call,
    aims: Vec<Aim>,
}

/// What a test looks at.
struct Aim {
    place: Place,
    operand: Operand,
    address: Option<[u8; 16]>,
}

impl Calls {
    /// Those for a policy.
    pub fn new(reference: &Reference<'_>) -> Self {
        let mut ruled = Vec::new();
        for abi in reference.abis() {
            for call in tables::calls(abi) {
                let Some(rule) = reference.rule(abi, call.name) else {
                    continue;
                };
                let aims = tests_of(rule).into_iter().filter_map(|test| {
                    Some(Aim {
                        place: Place::of(&test.field, call, abi)?,
                        operand: reference.operand(test, call, abi),
                        address: match test.value.kind {
                            ValueKind::Address(IpAddr::V6(address)) => Some(address.octets()),
                            _ => None,
                        },
                    })
                });
                let aims = aims.collect();
                ruled.push(Ruled { abi, call, aims });
            }
        }
        Self {
            abis: reference.abis(),
            cookie: reference.target.exec_cookie,
            ruled,
        }
    }

    /// A call.
    pub fn call(&self, choices: &mut Choices) -> Call {
        if !self.ruled.is_empty() && choices.below(16) < 12 {
            let ruled = choices.pick(&self.ruled);
            return self.near(choices, ruled);
        }
        let abi = if choices.below(8) < 6 {
            *choices.pick(&self.abis)
        } else {
            *choices.pick(&Abi::ALL)
        };
        let mut call = Call {
            arch: abi.audit_arch(),
            number: self.number(choices, abi),
            ..Call::default()
        };
        if choices.one_in(16) {
            call.arch = choices.number() as u32;
        }
        let known = tables::call_by_number(abi, call.number);
        fill_in(choices, &mut call, abi, known);
        if let (Some(cookie), Some("execve")) = (self.cookie, known.map(|known| known.name)) {
            self.start(choices, &mut call, cookie);
        }
        call
    }

    /// One of these calls that a rule is for; `None` if there is none.
    pub fn among(&self, choices: &mut Choices, names: &[&str]) -> Option<(Abi, &'static str)> {
        let is_one = |ruled: &&Ruled| names.contains(&ruled.call.name);
        let known: Vec<&Ruled> = self.ruled.iter().filter(is_one).collect();
        let ruled = choices.pick(known.get(..).filter(|known| !known.is_empty())?);
        Some((ruled.abi, ruled.call.name))
    }

    /// A call that a rule is for.
    pub fn of(&self, choices: &mut Choices, abi: Abi, name: &str) -> Option<Call> {
        let is_it = |ruled: &&Ruled| ruled.abi == abi && ruled.call.name == name;
        Some(self.near(choices, self.ruled.iter().find(is_it)?))
    }

    /// A number: of a call with a rule or another, next to one, or of none.
    fn number(&self, choices: &mut Choices, abi: Abi) -> u32 {
        let calls: Vec<u32> = tables::calls(abi).map(|call| call.number).collect();
        let number = if self.ruled.is_empty() || choices.one_in(2) {
            *choices.pick(&calls)
        } else {
            choices.pick(&self.ruled).call.number
        };
        match choices.below(8) {
            0..3 => number,
            3 => number + 1,
            4 => number.saturating_sub(1),
            5 => number | 0x4000_0000,
            6 => [0x3fff_ffff, 0x4000_0000, u32::MAX, 600, 1000][choices.below(5)],
            _ if self.cookie.is_some() => tables::call(abi, "execve").map_or(0, |call| call.number),
            _ => choices.edge(32) as u32,
        }
    }

    /// A call that a rule is for, with what its tests look at near to what they compare with.
    fn near(&self, choices: &mut Choices, ruled: &Ruled) -> Call {
        let mut call = Call {
            arch: ruled.abi.audit_arch(),
            number: ruled.call.number,
            ..Call::default()
        };
        fill_in(choices, &mut call, ruled.abi, Some(ruled.call));
        for _ in 0..2 {
            for aim in &ruled.aims {
                if choices.below(3) == 0 {
                    aim_at(choices, &mut call, aim);
                }
            }
        }
        if let (Some(cookie), "execve") = (self.cookie, ruled.call.name) {
            self.start(choices, &mut call, cookie);
        }
        if !ruled.abi.is_64_bit() {
            call.arguments = call.arguments.map(|argument| argument & 0xffff_ffff);
        }
        call
    }

    /// Makes of most calls the execve() that starts the program.
    fn start(&self, choices: &mut Choices, call: &mut Call, cookie: [u64; 3]) {
        call.arguments[3..].copy_from_slice(&cookie);
        if choices.one_in(3) {
            call.arguments[3 + choices.below(3)] ^= 1 << choices.below(64);
        }
    }
}

/// Bits of a register beyond those that the kernel looks at.
fn garbage(choices: &mut Choices) -> u64 {
    match choices.below(3) {
        0 => 0,
        1 => u64::MAX,
        _ => choices.number(),
    }
}

fn fill_in(choices: &mut Choices, call: &mut Call, abi: Abi, known: Option<&tables::Call>) {
    for argument in &mut call.arguments {
        *argument = match choices.below(3) {
            0 => 0,
            1 => choices.edge(64),
            _ => choices.number() % 8,
        };
        if !abi.is_64_bit() {
            *argument &= 0xffff_ffff;
        }
    }
    call.instruction_pointer = choices.number();
    call.number_high = choices.edge(32) as u32;
    call.pkey = choices.edge(32) as u32;
    let Some(extensible) = known.and_then(|known| tables::extensible(known.name)) else {
        return;
    };
    call.size = match choices.below(3) {
        0 => extensible.known_on(abi).into(),
        1 => choices.edge(64),
        _ => choices.number() % 4097,
    };
    let known = extensible.known_on(abi) as usize;
    // Of what does not grow the kernel copies no more.
    let most = if extensible.kind == Kind::Struct {
        4096
    } else {
        known
    };
    let length = match choices.below(5) {
        0 => 0,
        1..3 => known,
        3 => choices.below(known + 1),
        _ => choices.below(most + 1),
    };
    call.extensible = vec![0; length];
    let how = choices.below(3);
    for byte in call.extensible.iter_mut().take(known) {
        *byte = match how {
            0 => 0,
            1 => choices.number() as u8,
            _ => (choices.number() % 32 == 31).into(),
        };
    }
    if most > known && choices.one_in(6) {
        let offset = match choices.below(4) {
            0 => known - 1,
            1 => known,
            2 => known + choices.below(4),
            _ => choices.below(most),
        };
        fill(call, offset, &[1 + choices.below(255) as u8]);
    }
}

/// Makes what a test looks at near to what it compares with.
fn aim_at(choices: &mut Choices, call: &mut Call, aim: &Aim) {
    if let Some(family) = aim.place.family() {
        if choices.below(8) < 7 {
            fill(call, 0, &family.to_le_bytes());
        }
    }
    if let (Place::Address(offset), Some(mut address)) = (aim.place, aim.address) {
        if choices.one_in(3) {
            address[choices.below(16)] ^= 1 << choices.below(8);
        }
        return fill(call, offset, &address);
    }
    let Operand {
        mask,
        value,
        written,
        ..
    } = aim.operand;
    let (mask, value, written) = (mask as u64, value as u64, written as u64);
    let random = choices.number();
    let bits = match choices.below(10) {
        0 => value,
        1 => value.wrapping_add(1),
        2 => value.wrapping_sub(1),
        3 => value & mask | random & !mask,
        4 => value ^ (1 << (random % 64)),
        5 => random & written,
        6 => random & written | (1 << (random >> 58)),
        7 => random & mask,
        8 => choices.edge(64),
        _ => written,
    };
    let garbage = garbage(choices);
    aim.place.put(call, bits, garbage);
}
