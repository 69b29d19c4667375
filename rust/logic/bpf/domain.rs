// SPDX-License-Identifier: GPL-2.0

//! The abstract domain: what is known of a value, and what operations make of that.
//!
//! The [sweep](super::sweep), which follows all system call numbers at once, and the
//! [flow](super::flow), which follows one and those like it, both compute with these values. What
//! is folded is decided here alone, so that the two cannot differ about it.

use super::{
    append::{
        ArchView,
        RET_E2BIG, //
    },
    insn::{
        Alu,
        Cond,
        DATA_WORDS,
        WORD_ARCH,
        WORD_EA_CHECKED,
        WORD_NR, //
    },
    set::Set, //
};

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Val {
    /// It is this.
    Known(u32),
    /// It is the number of the system call.
    Nr,
    /// It is this word of the data. The sweep, which does not tell words apart, has none of these.
    Word(u16),
    /// Nothing, but it may be known for each of the numbers alone. The flow has no such values.
    PerNr,
    /// Nothing.
    Unknown,
}

impl Val {
    /// Could more be known for each of the numbers alone?
    pub(super) fn depends_on_nr(self) -> bool {
        matches!(self, Val::Nr | Val::PerNr)
    }

    /// Is this so of one of two?
    fn depend_on_nr(a: Self, b: Self) -> bool {
        a.depends_on_nr() || b.depends_on_nr()
    }

    /// What is known if it is the one for some numbers and the other for others.
    pub(super) fn join(self, other: Self) -> Self {
        if self == other {
            self
        } else {
            Val::PerNr
        }
    }

    /// What an operation makes of these that it cannot fold.
    fn computed(a: Self, b: Self) -> Self {
        if Val::depend_on_nr(a, b) {
            Val::PerNr
        } else {
            Val::Unknown
        }
    }
}

/// What an operation does to `A`.
#[derive(Clone, Copy)]
pub(super) enum Folded {
    /// Nothing.
    Same,
    /// `A` is this afterwards.
    Is(Val),
    /// The program ends with 0: it has divided by 0.
    Ends,
    /// `A` is the first afterwards, unless the program ends with the second.
    MayEnd(Val, u32),
}

/// What a load of a word does to a program that sees calls by `view`: calls that all have an
/// extensible argument, or (not `extensible`) none of which has.
#[inline(always)]
pub(super) fn load(word: usize, view: ArchView, extensible: bool) -> Folded {
    // CAST: Words are below `WORDS`.
    let any = Val::Word(word as u16);
    Folded::Is(match word {
        WORD_NR => Val::Nr,
        WORD_ARCH => Val::Known(view.arch),
        ..DATA_WORDS => any,
        _ => match view.visible.known(word, extensible) {
            Some(k) => Val::Known(k),
            None if word >= WORD_EA_CHECKED => return Folded::MayEnd(any, RET_E2BIG),
            None => any,
        },
    })
}

/// `-a`.
pub(super) fn neg(a: Val) -> Val {
    match a {
        Val::Known(a) => Val::Known(a.wrapping_neg()),
        a => Val::computed(a, a),
    }
}

/// `a op b`. A known operand may decide alone.
#[inline]
pub(super) fn alu(op: Alu, a: Val, b: Val) -> Folded {
    match (a, b) {
        (Val::Known(a), Val::Known(b)) => match op.eval(a, b) {
            Some(result) => Folded::Is(Val::Known(result)),
            None => Folded::Ends,
        },
        (a, Val::Known(k)) => match (op, k) {
            (Alu::Div, 0) => Folded::Ends,
            (Alu::And | Alu::Mul, 0) => Folded::Is(Val::Known(0)),
            (Alu::Or, u32::MAX) => Folded::Is(Val::Known(u32::MAX)),
            _ if is_neutral(op, k) => Folded::Same,
            _ => Folded::Is(Val::computed(a, b)),
        },
        // Unless the divisor is 0.
        _ if op == Alu::Div => Folded::MayEnd(Val::computed(a, b), 0),
        (Val::Known(0), _) if matches!(op, Alu::And | Alu::Mul | Alu::Lsh | Alu::Rsh) => {
            Folded::Is(Val::Known(0))
        }
        _ => Folded::Is(Val::computed(a, b)),
    }
}

/// Does the operation leave `A` as it is?
fn is_neutral(op: Alu, k: u32) -> bool {
    match op {
        Alu::Add | Alu::Sub | Alu::Or | Alu::Xor => k == 0,
        Alu::Mul | Alu::Div => k == 1,
        Alu::And => k == u32::MAX,
        Alu::Lsh | Alu::Rsh => k & 31 == 0,
    }
}

/// Whether a condition holds.
#[derive(Clone, Copy)]
pub(super) enum Compared {
    /// It always does, or never.
    Always(bool),
    /// The number alone decides.
    ByNumber(NumberTest),
    /// That depends on what is not known.
    Depends,
}

/// A comparison of the number with a constant.
#[derive(Clone, Copy)]
pub(super) struct NumberTest {
    cond: Cond,
    k: u32,
    /// The number is the right operand, else the left.
    swapped: bool,
}

impl NumberTest {
    /// The numbers for which it holds.
    pub(super) fn numbers(self) -> Set {
        match self.swapped {
            false => Set::holding(self.cond, self.k),
            true => Set::held_by(self.k, self.cond),
        }
    }

    /// Does it hold for this number, which need not be one that sets have?
    pub(super) fn holds(self, nr: u32) -> bool {
        match self.swapped {
            false => self.cond.eval(nr, self.k),
            true => self.cond.eval(self.k, nr),
        }
    }

    /// The only number for which it holds, if it is a test for that.
    #[inline(always)]
    pub(super) fn only(self) -> Option<u32> {
        (self.cond == Cond::Eq).then_some(self.k)
    }
}

/// Does `a cond b` hold?
#[inline(always)]
pub(super) fn compare(cond: Cond, a: Val, b: Val) -> Compared {
    let by_number = |cond, k, swapped| Compared::ByNumber(NumberTest { cond, k, swapped });
    match (cond, a, b) {
        (_, Val::Known(a), Val::Known(b)) => Compared::Always(cond.eval(a, b)),
        (_, Val::Nr, Val::Known(k)) => by_number(cond, k, false),
        (_, Val::Known(k), Val::Nr) => by_number(cond, k, true),
        // It has a bit in common with itself if it is not 0.
        (Cond::Set, Val::Nr, Val::Nr) => by_number(Cond::Gt, 0, false),
        (Cond::Eq | Cond::Ge, Val::Nr, Val::Nr) => Compared::Always(true),
        (Cond::Gt, Val::Nr, Val::Nr) => Compared::Always(false),
        (Cond::Eq | Cond::Ge, Val::Word(a), Val::Word(b)) if a == b => Compared::Always(true),
        (Cond::Gt, Val::Word(a), Val::Word(b)) if a == b => Compared::Always(false),
        (Cond::Set, _, Val::Known(0)) | (Cond::Set, Val::Known(0), _) => Compared::Always(false),
        (Cond::Gt, _, Val::Known(u32::MAX)) | (Cond::Gt, Val::Known(0), _) => {
            Compared::Always(false)
        }
        (Cond::Ge, _, Val::Known(0)) | (Cond::Ge, Val::Known(u32::MAX), _) => {
            Compared::Always(true)
        }
        _ => Compared::Depends,
    }
}
