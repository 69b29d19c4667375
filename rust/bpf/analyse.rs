// SPDX-License-Identifier: GPL-2.0

//! For which system calls does a filter return a constant?
//!
//! One pass over the program answers for all numbers. What reaches an instruction is a short list
//! of states, each with the set of numbers for which it is reached that way. A comparison of the
//! number splits the set; one of an argument sends the set both ways. As jumps only lead forward,
//! the pass has met all that leads to an instruction when it comes to it.
//!
//! The pass does not follow what is computed from the number, or through scratch memory. Numbers
//! for which that is what made the difference are looked at again, one by one, by `flow`;
//! and so are those for which it ran out of states. The result is never less than what looking at
//! each number alone would give.

use super::{
    append::View,
    flow::{
        Effect,
        Given,
        Val as Alone,
        Walk,
        Walker, //
    },
    insn::{
        Insn,
        MAX_INSNS, //
    },
    pass::{
        Pass,
        Val, //
    },
    set::{
        Set,
        LIMIT, //
    }, //
};
use crate::mem::NoMemory;

/// What a filter does for a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returns this, whatever the arguments and the instruction pointer are.
    Constant(u32),
    /// That depends, or could not be found out.
    Varies,
}

/// Tells for each system call below `limit` what `prog` does, which sees it by `view`.
///
/// `prog` has passed [`check_classic`](super::check::check_classic); what is said of another means
/// nothing. Fills `out` from its start; where it is longer than `limit`, or than 512, the rest is
/// [`Outcome::Varies`].
///
/// The pass takes at most 8 steps per instruction, each of a few operations on 512 bits; a number
/// that is looked at again takes one more per instruction, so that all is done in
/// `(limit + 8) * prog.len()` steps. (A list of comparisons takes about 100 machine instructions
/// for each of its own. The longest programs, when they make all numbers be looked at again, have
/// taken 35 ms, without a place to reschedule.)
///
/// Memory is two bytes per instruction and at most 90 KiB; a second look takes two bytes per
/// instruction and 150 per target of a jump that is pending. Fails with [`NoMemory`] if there is
/// none; `out` then means nothing.
pub fn analyse(
    prog: &[Insn],
    view: impl Into<View>,
    limit: usize,
    out: &mut [Outcome],
) -> Result<(), NoMemory> {
    let view = view.into();
    out.fill(Outcome::Varies);
    if prog.len() > MAX_INSNS {
        return Ok(());
    }
    let limit = limit.min(out.len()).min(LIMIT);
    let results = Results::new(&mut *out);
    // CAST: At most `LIMIT`.
    let Results { vary, unsure, .. } = Pass::new(prog, view, results)?.run(limit as u32)?;

    let mut walker = Walker::new();
    let mut done = Ok(());
    vary.and(&unsure).for_each(|nr| {
        if done.is_err() {
            return;
        }
        match alone(prog, view, nr, &mut walker) {
            Ok(outcome) => {
                // CAST: Numbers are below `LIMIT`.
                if let Some(place) = out.get_mut(nr as usize) {
                    *place = outcome;
                }
            }
            Err(e) => done = Err(e),
        }
    });
    done
}

/// What `prog` does for a single number.
fn alone(prog: &[Insn], view: View, nr: u32, walker: &mut Walker) -> Result<Outcome, NoMemory> {
    let mut result = None;
    let mut add = |val| {
        let outcome = match val {
            Alone::Known(ret) => Outcome::Constant(ret),
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
    let sound = walker.walk(prog, Given::new(nr, view), |_, _, _, effect| match effect {
        Effect::Return(val) => add(val),
        Effect::Divide => add(Alone::Known(0)),
        _ => Walk::On,
    })?;
    Ok(result.filter(|_| sound).unwrap_or(Outcome::Varies))
}

/// What has been found so far.
pub(super) struct Results<'a> {
    /// Those that reached a return; their outcome is in `out`.
    seen: Set,
    /// Those whose outcome is `Varies`.
    vary: Set,
    /// Those for which more might be found by looking at each alone.
    pub(super) unsure: Set,
    out: &'a mut [Outcome],
}

impl<'a> Results<'a> {
    fn new(out: &'a mut [Outcome]) -> Self {
        Self {
            seen: Set::EMPTY,
            vary: Set::EMPTY,
            unsure: Set::EMPTY,
            out,
        }
    }

    /// `nrs` return `val`.
    pub(super) fn add(&mut self, nrs: &Set, val: Val) {
        match val {
            Val::Known(ret) => self.add_each(nrs, |_| ret),
            Val::Nr => self.add_each(nrs, |nr| nr),
            Val::PerNr | Val::Unknown => {
                self.vary(nrs);
                if val.depends_on_nr() {
                    self.unsure.unite(nrs);
                }
            }
        }
    }

    fn add_each(&mut self, nrs: &Set, ret: impl Fn(u32) -> u32) {
        // What varies does so for good, so it costs nothing any more.
        nrs.without(&self.vary)
            .for_each(|nr| self.add_one(nr, Outcome::Constant(ret(nr))));
    }

    /// `nr` has this outcome, or the one it had so far.
    #[inline(always)]
    pub(super) fn add_one(&mut self, nr: u32, outcome: Outcome) {
        // CAST: Numbers are below `LIMIT`.
        let Some(place) = self.out.get_mut(nr as usize) else {
            return;
        };
        if !self.seen.contains(nr) {
            self.seen.add(nr);
            *place = outcome;
        } else if *place != outcome {
            *place = Outcome::Varies;
            self.vary.add(nr);
        }
    }

    /// `nrs` return this or that.
    fn vary(&mut self, nrs: &Set) {
        nrs.without(&self.vary)
            .for_each(|nr| self.add_one(nr, Outcome::Varies));
        self.vary.unite(nrs);
    }

    /// Nothing more is known of what `nrs` do.
    pub(super) fn lose(&mut self, nrs: &Set) {
        self.vary(nrs);
        self.unsure.unite(nrs);
    }
}
