// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sets of arguments, as libseccomp compares them: some bits of each register have a value.

use crate::{
    action::Action,
    rules::{
        Alternative,
        Condition,
        Decision,
        Order,
        Rule,
        Test,
        DATA, //
    },
};

/// The first argument's offset in `struct seccomp_data`.
const ARGUMENTS: u32 = 16;

/// The most cubes that a rule may come to: an entry of a profile each.
pub(super) const MOST: usize = 256;

/// The most on the way there: of those that get the default there may be many.
const MOST_AT_ONCE: usize = 64 * MOST;

/// Why a rule cannot be said by cubes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inexpressible {
    /// It looks at something else than arguments.
    Field,
    /// It comes to more than [`MOST`] cubes.
    TooMany,
}

/// The calls of which these bits of the arguments have these values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cube {
    /// By argument, the bits.
    pub(super) masks: [u64; 6],
    /// By argument, their values; other bits are zero.
    pub(super) values: [u64; 6],
}

impl Cube {
    /// What is in both; `None` if nothing is.
    fn and(&self, other: &Self) -> Option<Self> {
        let mut both = *self;
        for argument in 0..6 {
            let common = self.masks[argument] & other.masks[argument];
            if (self.values[argument] ^ other.values[argument]) & common != 0 {
                return None;
            }
            both.masks[argument] |= other.masks[argument];
            both.values[argument] |= other.values[argument];
        }
        Some(both)
    }

    /// What is not in the other, in cubes of which no two have a call in common.
    fn without(&self, other: &Self) -> Vec<Self> {
        if self.and(other).is_none() {
            return vec![*self];
        }
        let mut rest = *self;
        let mut pieces = Vec::new();
        for argument in 0..6 {
            let mut bits = other.masks[argument] & !self.masks[argument];
            while bits != 0 {
                let bit = 1 << (63 - bits.leading_zeros());
                bits &= !bit;
                rest.masks[argument] |= bit;
                rest.values[argument] |= bit & !other.values[argument];
                pieces.push(rest);
                rest.values[argument] ^= bit;
            }
        }
        pieces
    }
}

/// Cubes of which no two have a call in common.
type Cubes = Vec<Cube>;

/// What becomes of which arguments under a rule, but for those that get the default.
pub(super) fn parts(rule: &Rule, default: Action) -> Result<Vec<(Cube, Action)>, Inexpressible> {
    let mut parts = Vec::new();
    let mut give = |cubes: Cubes, decision: &Decision| {
        if decision.action != default {
            parts.extend(cubes.into_iter().map(|cube| (cube, decision.action)));
        }
    };
    let mut rest = vec![Cube::default()];
    for alternative in &rule.alternatives {
        match alternative {
            Alternative::Always(decision) => give(rest.split_off(0), decision),
            Alternative::If {
                condition,
                then,
                otherwise,
            } => {
                let (holds, fails) = split(rest, condition)?;
                give(holds, then);
                rest = fails;
                if let Some(otherwise) = otherwise {
                    give(rest.split_off(0), otherwise);
                }
            }
        }
    }
    give(rest, &rule.default);
    if parts.len() > MOST {
        return Err(Inexpressible::TooMany);
    }
    Ok(parts)
}

/// Of these, those for which the condition holds, and those for which it does not.
fn split(cubes: Cubes, condition: &Condition) -> Result<(Cubes, Cubes), Inexpressible> {
    let (mut holds, mut fails);
    match condition {
        Condition::All(conditions) => {
            (holds, fails) = (cubes, Vec::new());
            for condition in conditions {
                let (both, not) = split(holds, condition)?;
                holds = both;
                fails.extend(not);
            }
        }
        Condition::Any(conditions) => {
            (holds, fails) = (Vec::new(), cubes);
            for condition in conditions {
                let (either, not) = split(fails, condition)?;
                holds.extend(either);
                fails = not;
            }
        }
        Condition::Not(condition) => {
            let (not, holds) = split(cubes, condition)?;
            return Ok((holds, not));
        }
        Condition::Test(test) => {
            (holds, fails) = (Vec::new(), cubes);
            for cube in test_cubes(test)? {
                holds.extend(fails.iter().filter_map(|one| one.and(&cube)));
                fails = fails.iter().flat_map(|one| one.without(&cube)).collect();
                if holds.len() + fails.len() > MOST_AT_ONCE {
                    return Err(Inexpressible::TooMany);
                }
            }
        }
    }
    if holds.len() + fails.len() > MOST_AT_ONCE {
        return Err(Inexpressible::TooMany);
    }
    Ok((holds, fails))
}

/// The calls for which a comparison holds.
fn test_cubes(test: &Test) -> Result<Cubes, Inexpressible> {
    let field = test.field;
    let (all, sign) = (field.all(), field.ordered(0));
    let is_argument = field.offset >= ARGUMENTS && field.offset < DATA && field.offset % 8 == 0;
    // What a mask leaves out of a number that has an order cannot be its sign.
    let has_order = test.order == Order::Equal || test.mask & sign == sign;
    if !is_argument || field.big_endian || !has_order {
        return Err(Inexpressible::Field);
    }
    let argument = ((field.offset - ARGUMENTS) / 8) as usize;
    let cube = |mask: u64, value: u64| {
        let mut cube = Cube::default();
        cube.masks[argument] = mask;
        cube.values[argument] = value & mask;
        cube
    };
    if test.order == Order::Equal {
        // Nothing has a bit outside of the mask.
        let is_possible = test.value & !(test.mask & all) == 0;
        let cube = is_possible.then(|| cube(test.mask & all, test.value));
        return Ok(cube.into_iter().collect());
    }
    // A greater number equals the other down to a bit that is 1 in it, and 0 in the other. The bit
    // of a sign counts the other way round.
    let mut cubes = Vec::new();
    let value = field.ordered(test.value);
    let mut equal = 0;
    for bit in (0..8 * field.bytes).rev().map(|place| 1 << place) {
        let is_one = value & bit != 0;
        if test.mask & bit == 0 {
            if is_one {
                // All that equal it so far are smaller.
                return Ok(cubes);
            }
            continue;
        }
        if !is_one {
            cubes.push(cube(equal | bit, (value | bit) ^ sign));
        }
        equal |= bit;
    }
    if test.order == Order::GreaterOrEqual {
        cubes.push(cube(equal, value ^ sign));
    }
    Ok(cubes)
}
