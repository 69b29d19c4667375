// SPDX-License-Identifier: GPL-2.0

//! Follows one system call number through a program, as far as the arguments do not matter, and
//! finds the other numbers for which the program does the same.
//!
//! A [`Given`] starts with a set of numbers, of which it follows one. Each comparison of the number
//! takes those out of the set for which it ends in another way. Any other operation on the number
//! leaves it alone in the set. So the program cannot tell the numbers apart that are in the set at
//! the end of a [walk](super::walk): what was found for one is true of all.

use super::{
    append::ArchView,
    domain::{
        self,
        Compared,
        Folded,
        Val, //
    },
    insn::{
        target,
        Alu,
        Cond,
        Insn,
        Op,
        Src,
        CELLS,
        DATA_WORDS, //
    },
    live::{
        may_matter,
        SLOTS,
        SLOT_A,
        SLOT_X, //
    },
    price,
    set::Set, //
};

/// What is known of `A`, `X` and the cells.
#[derive(Clone, Copy)]
pub(super) struct AbstractState([Val; SLOTS]);

impl AbstractState {
    /// The state at the start of a program, and at a [start](super::outcomes::Start).
    pub(super) const START: Self = {
        let mut slots = [Val::Unknown; SLOTS];
        slots[SLOT_A] = Val::Known(0);
        slots[SLOT_X] = Val::Known(0);
        Self(slots)
    };

    /// The value in a slot.
    pub(super) fn get(&self, slot: usize) -> Val {
        self.0.get(slot).copied().unwrap_or(Val::Unknown)
    }

    pub(super) fn set(&mut self, slot: usize, val: Val) {
        if let Some(place) = self.0.get_mut(slot) {
            *place = val;
        }
    }

    /// The right operand of an instruction.
    pub(super) fn operand(&self, src: Src) -> Val {
        match src {
            Src::K(k) => Val::Known(k),
            Src::X => self.get(SLOT_X),
        }
    }

    /// Keeps what is true of both states, before `insn`.
    pub(super) fn join(&mut self, other: &Self, insn: Option<&Insn>, given: &mut Given) {
        if self.0 == other.0 {
            return;
        }
        let mut cheap = true;
        for (slot, (val, other)) in self.0.iter_mut().zip(&other.0).enumerate() {
            if val == other {
                continue;
            }
            if *val == Val::Nr || *other == Val::Nr {
                let (a, x) = may_matter(insn);
                let matters = match slot {
                    SLOT_A => a,
                    SLOT_X => x,
                    _ => true,
                };
                // An instruction that reads the slot can tell the numbers apart.
                cheap &= !matters;
                if matters && given.concrete(*val) == given.concrete(*other) {
                    *val = Val::Known(given.nr);
                    continue;
                }
            }
            *val = Val::Unknown;
        }
        if !cheap {
            given.single();
        }
    }
}

/// What an instruction does in a state.
#[derive(Clone, Copy)]
pub(super) enum Effect {
    /// Writes a slot and goes on.
    Set(usize, Val),
    /// Sets `A` and goes on, or returns the constant.
    MayEnd(Val, u32),
    /// Goes on at this instruction.
    Goto(usize),
    /// Goes on at the first place if its condition holds, else at the second.
    Split(usize, usize),
    /// Returns.
    Return(Val),
}

impl Effect {
    /// What an operation on `A` does before the instruction `next`.
    fn of(folded: Folded, next: usize) -> Self {
        match folded {
            Folded::Same => Effect::Goto(next),
            Folded::Is(val) => Effect::Set(SLOT_A, val),
            Folded::Ends => Effect::Return(Val::Known(0)),
            Folded::MayEnd(val, ret) => Effect::MayEnd(val, ret),
        }
    }

    /// What it costs to follow an instruction that has this effect, see
    /// [`Meter`](super::meter::Meter).
    pub(super) fn cost(self) -> u32 {
        match self {
            Effect::Goto(_) => price::GOTO,
            Effect::Split(..) => price::SPLIT,
            _ => price::FOLLOW,
        }
    }
}

/// The system calls that are followed.
pub(super) struct Given {
    /// The number that is followed.
    nr: u32,
    /// The numbers of which all that was found so far is true. `nr` is one of them if it is below
    /// [`LIMIT`](crate::logic::syscalls::LIMIT).
    alike: Set,
    /// Only `nr` is left.
    alone: bool,
    view: ArchView,
    extensible: bool,
}

impl Given {
    /// The data of system calls of these numbers, of which `nr` is followed.
    pub(super) fn new(nr: u32, alike: Set, view: ArchView) -> Self {
        Self {
            nr,
            alike,
            alone: false,
            view,
            extensible: view.sees_argument_of(nr),
        }
    }

    /// The data of a system call of this number.
    pub(super) fn one(nr: u32, view: ArchView) -> Self {
        Self {
            alone: true,
            ..Self::new(nr, Set::of(nr), view)
        }
    }

    /// The number that is followed.
    pub(super) fn nr(&self) -> u32 {
        self.nr
    }

    /// The numbers for which all that was found is the same.
    pub(super) fn alike(&self) -> Set {
        self.alike
    }

    /// From now on, what is found is true of no other number than the one that is followed.
    fn single(&mut self) {
        if !self.alone {
            self.alone = true;
            self.alike = Set::of(self.nr);
        }
    }

    /// From now on, what is found is true of these numbers only, one of which is followed.
    fn narrow(&mut self, to: impl FnOnce() -> Set) {
        if !self.alone {
            self.alike = self.alike.and(&to());
        }
    }

    fn load(&mut self, word: usize, next: usize) -> Effect {
        let (view, extensible) = (self.view, self.extensible);
        if word >= DATA_WORDS {
            self.narrow(|| {
                let mut seen = Set::EMPTY;
                view.for_each_argument_seen(|nr| seen.add(nr));
                match extensible {
                    true => seen,
                    false => Set::ALL.without(&seen),
                }
            });
        }
        match domain::load(word, view, extensible) {
            Folded::Is(Val::Nr) if self.alone => Effect::Set(SLOT_A, Val::Known(self.nr)),
            folded => Effect::of(folded, next),
        }
    }

    /// The value for the number that is followed.
    fn concrete(&self, val: Val) -> Val {
        match val {
            Val::Nr => Val::Known(self.nr),
            val => val,
        }
    }

    /// The same, for an operation whose result is true of that number only.
    fn spell_out(&mut self, val: Val) -> Val {
        if val == Val::Nr {
            self.single();
        }
        self.concrete(val)
    }

    /// What the instruction at `pc` does in `state`.
    pub(super) fn effect(&mut self, state: &AbstractState, pc: usize, op: Op) -> Effect {
        let a = state.get(SLOT_A);
        let x = state.get(SLOT_X);
        let next = target(pc, 0);
        match op {
            Op::LdWord(word) => self.load(word, next),
            Op::LdImm(k) => Effect::Set(SLOT_A, Val::Known(k)),
            Op::LdxImm(k) => Effect::Set(SLOT_X, Val::Known(k)),
            Op::LdMem(k) => Effect::Set(SLOT_A, state.get(cell(k))),
            Op::LdxMem(k) => Effect::Set(SLOT_X, state.get(cell(k))),
            Op::St(k) => Effect::Set(cell(k), a),
            Op::Stx(k) => Effect::Set(cell(k), x),
            Op::Tax => Effect::Set(SLOT_X, a),
            Op::Txa => Effect::Set(SLOT_A, x),
            Op::Neg => Effect::Set(SLOT_A, domain::neg(self.spell_out(a))),
            Op::Alu(op, src) => self.alu(op, a, state.operand(src), next),
            Op::Ja(k) => Effect::Goto(target(pc, k)),
            Op::Jcc(cond, src, jt, jf) => {
                let (jt, jf) = (target(pc, jt.into()), target(pc, jf.into()));
                if jt == jf {
                    return Effect::Goto(jt);
                }
                match self.decide(cond, a, state.operand(src)) {
                    Some(true) => Effect::Goto(jt),
                    Some(false) => Effect::Goto(jf),
                    None => Effect::Split(jt, jf),
                }
            }
            Op::RetK(k) => Effect::Return(Val::Known(k)),
            Op::RetA => Effect::Return(self.spell_out(a)),
        }
    }

    /// Arithmetic with two operands.
    fn alu(&mut self, op: Alu, a: Val, b: Val, next: usize) -> Effect {
        let folded = match domain::alu(op, a, b) {
            // An operation that leaves one number as it is leaves all.
            Folded::Same => Folded::Same,
            _ if a == Val::Nr || b == Val::Nr => {
                let (a, b) = (self.spell_out(a), self.spell_out(b));
                domain::alu(op, a, b)
            }
            folded => folded,
        };
        Effect::of(folded, next)
    }

    /// Does a condition hold? `None` if that depends on what is not known.
    fn decide(&mut self, cond: Cond, a: Val, b: Val) -> Option<bool> {
        match domain::compare(cond, a, b) {
            Compared::Always(held) => Some(held),
            Compared::ByNumber(test) => {
                let held = test.holds(self.nr);
                self.narrow(|| match held {
                    true => test.numbers(),
                    false => Set::ALL.without(&test.numbers()),
                });
                Some(held)
            }
            Compared::Depends if a == Val::Nr || b == Val::Nr => {
                let (a, b) = (self.spell_out(a), self.spell_out(b));
                match domain::compare(cond, a, b) {
                    Compared::Always(held) => Some(held),
                    _ => None,
                }
            }
            Compared::Depends => None,
        }
    }
}

/// The slot of a cell; `usize::MAX` if there is no such cell.
fn cell(k: u32) -> usize {
    if k < CELLS as u32 {
        k as usize
    } else {
        usize::MAX
    }
}
