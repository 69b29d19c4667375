// SPDX-License-Identifier: GPL-2.0

//! For which system calls does a filter return a constant?
//!
//! One pass over the program answers for all numbers. What reaches an instruction is a short list
//! of states, each with the set of numbers for which it is reached that way. A comparison of the
//! number splits the set; one of an argument sends the set both ways. As jumps only lead forward,
//! the pass has met all that leads to an instruction when it comes to it.
//!
//! The pass does not follow what is computed from the number, or through scratch memory. Numbers
//! for which that is what made the difference are looked at again by `flow`, together if the program cannot tell them apart;
//! and so are those for which it ran out of states. For as long as there is something to spend the
//! result is never less than what looking at each number alone would give.

use super::{
    append::ArchView,
    domain::Val,
    flow::{
        Effect,
        Given, //
    },
    insn::{
        Insn,
        MAX_INSNS, //
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

/// Tells for each system call what `prog` does, which sees it by `view`.
///
/// `prog` has passed [`check_classic`](super::check::check_classic); what is said of another means
/// nothing. What there is no time for in `meter` is [`Outcome::Varies`], and so is what there are
/// more than [`MAX_CONSTANTS`](super::outcomes::MAX_CONSTANTS) of.
///
/// The pass takes at most 8 steps per instruction, each of a few operations on 512 bits; a number
/// that is looked at again takes one more per instruction, so that all is done in
/// `(LIMIT + 8) * prog.len()` steps. (A list of comparisons takes about 100 machine instructions
/// for each of its own.)
///
/// Memory is two bytes per instruction and at most 110 KiB; a second look takes two bytes per
/// instruction and 150 per target of a jump that is pending. Fails with [`NoMemory`] if there is
/// none.
pub fn analyse(
    prog: &[Insn],
    view: impl Into<ArchView>,
    meter: &mut Meter,
) -> Result<Outcomes, NoMemory> {
    let view = view.into();
    if prog.len() > MAX_INSNS {
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

/// What `prog` does for the numbers that are given; `None` if there is no time to find out.
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
            Effect::Divide => add(Val::Known(0)),
            _ => Walk::On,
        }
    })?;
    Ok(in_time.then_some(result.filter(|_| sound).unwrap_or(Outcome::Varies)))
}
