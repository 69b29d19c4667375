// SPDX-License-Identifier: GPL-2.0

//! Finds the system calls for which a filter returns a constant.
//!
//! The [sweep](super::sweep) answers for all numbers in one pass, but it does not follow what a
//! program computes from the number, or stores in cells, and it keeps few states apart. The
//! [flow](super::flow) looks again at the numbers for which that made the difference, at those
//! together that the program cannot tell apart. If the meter lasts, the result is never less than
//! what looking at each number alone would give.

use super::{
    append::ArchView,
    domain::Val,
    flow::{
        Effect,
        Given, //
    },
    insn::{
        Insn,
        BPF_MAXINSNS, //
    },
    meter::Meter,
    outcomes::{
        Outcome,
        Outcomes,
        Results, //
    },
    price,
    sweep::Sweep,
    walk::{
        Walk,
        Walker, //
    }, //
};
use crate::logic::buf::NoMemory;

/// Finds out what `prog` does for each system call, if it sees calls by `view`.
///
/// `prog` has passed [`check_classic`](super::check::check_classic); for another program the result
/// is meaningless. A number [varies](Outcome::Varies) if the meter was spent before it was looked
/// at, and if the program returns more than [`MAX_CONSTANTS`](super::outcomes::MAX_CONSTANTS)
/// constants.
///
/// The sweep takes at most 8 steps per instruction, each of a few operations on 512 bits. Each
/// number that is looked at again takes one more step per instruction, so that the whole takes at
/// most `(LIMIT + 8) * prog.len()` steps. (In a list of comparisons, each takes about 100 machine
/// instructions.)
///
/// The sweep takes two bytes of memory per instruction and at most 110 KiB; the flow takes two
/// bytes per instruction and 150 per pending target of a jump. Fails with [`NoMemory`] if an
/// allocation fails.
pub fn analyse(
    prog: &[Insn],
    view: impl Into<ArchView>,
    meter: &mut Meter,
) -> Result<Outcomes, NoMemory> {
    let view = view.into();
    if prog.len() > BPF_MAXINSNS {
        return Results::new().finish();
    }
    let mut results = Sweep::new(prog, view)?.run(meter)?;
    let mut rest = results.vary.and(&results.unsure);
    if !rest.is_empty() {
        let mut walker = Walker::new();
        while let Some(nr) = rest.first() {
            if !meter.spend(price::BEGIN) {
                break;
            }
            let mut given = Given::new(nr, rest, view);
            let Some(outcome) = look(prog, &mut given, &mut walker, meter)? else {
                break;
            };
            let alike = given.alike();
            if let Outcome::Constant(ret) = outcome {
                results.settle(&alike, ret)?;
                if !meter.spend(core::mem::take(&mut results.cost)) {
                    break;
                }
            }
            rest = rest.without(&alike);
        }
    }
    results.finish()
}

/// What `prog` does for the numbers that are given; `None` if the meter is spent.
fn look(
    prog: &[Insn],
    given: &mut Given,
    walker: &mut Walker,
    meter: &mut Meter,
) -> Result<Option<Outcome>, NoMemory> {
    let mut result = None;
    let mut in_time = true;
    let mut add = |val| {
        let outcome = match val {
            Val::Known(ret) => Outcome::Constant(ret),
            _ => Outcome::Varies,
        };
        if *result.get_or_insert(outcome) != outcome {
            result = Some(Outcome::Varies);
        }
        match result {
            Some(Outcome::Varies) => Walk::Stop,
            _ => Walk::On,
        }
    };
    let sound = walker.walk(prog, 0, given, |_, _, _, effect| {
        in_time = meter.spend(effect.cost());
        match effect {
            _ if !in_time => Walk::Stop,
            Effect::Return(val) => add(val),
            Effect::MayEnd(_, ret) => add(Val::Known(ret)),
            _ => Walk::On,
        }
    })?;
    Ok(in_time.then_some(result.filter(|_| sound).unwrap_or(Outcome::Varies)))
}
