// SPDX-License-Identifier: GPL-2.0

//! Which of `A`, `X` and the cells are read before they are written again.

use super::insn::{
    target,
    Alu,
    Insn,
    Op,
    Src,
    CELLS,
    WORD_EA_CHECKED, //
};
use crate::logic::buf::{
    Buf,
    NoMemory, //
};

/// The slot of `A`; those of the cells are before it.
pub(super) const SLOT_A: usize = CELLS;
/// The slot of `X`.
pub(super) const SLOT_X: usize = CELLS + 1;
/// Slots in all.
pub(super) const SLOTS: usize = CELLS + 2;

/// Slots, one bit each.
pub type Slots = u32;

/// `A` as a set of slots.
pub(super) const A: Slots = 1 << SLOT_A;
/// `X` as a set of slots.
pub(super) const X: Slots = 1 << SLOT_X;

/// A cell as a set of slots; empty if there is no such cell.
fn cell(k: u32) -> Slots {
    if k < CELLS as u32 {
        1u32.wrapping_shl(k)
    } else {
        0
    }
}

/// What an instruction reads, and what it writes.
#[inline]
fn effects(op: Op) -> (Slots, Slots) {
    match op {
        Op::LdWord(_) | Op::LdImm(_) => (0, A),
        Op::LdxImm(_) => (0, X),
        Op::LdMem(k) => (cell(k), A),
        Op::LdxMem(k) => (cell(k), X),
        Op::St(k) => (A, cell(k)),
        Op::Stx(k) => (X, cell(k)),
        Op::Tax => (A, X),
        Op::Txa => (X, A),
        Op::Alu(_, Src::K(_)) | Op::Neg => (A, A),
        Op::Alu(_, Src::X) => (A | X, A),
        Op::Jcc(_, Src::K(_), ..) | Op::RetA => (A, 0),
        Op::Jcc(_, Src::X, ..) => (A | X, 0),
        Op::Ja(_) | Op::RetK(_) => (0, 0),
    }
}

/// May an instruction, or one after it, read `A`; and `X`? Looks at this instruction only.
#[inline]
pub(super) fn may_matter(insn: Option<&Insn>) -> (bool, bool) {
    match insn.and_then(|insn| insn.decode()) {
        Some(Op::RetK(_)) => (false, false),
        Some(Op::LdWord(_) | Op::LdImm(_) | Op::LdMem(_) | Op::Txa) => (false, true),
        Some(Op::LdxImm(_) | Op::LdxMem(_) | Op::Tax | Op::RetA) => (true, false),
        _ => (true, true),
    }
}

/// Can the instruction be left out if nothing reads what it writes?
fn is_pure(op: Op) -> bool {
    !matches!(
        op,
        Op::Ja(_)
            | Op::Jcc(..)
            | Op::RetK(_)
            | Op::RetA
            | Op::Alu(Alu::Div, Src::X)
            | Op::LdWord(WORD_EA_CHECKED..)
    )
}

/// Fills `live` with the slots that are live before each instruction. One pass from the end is
/// enough, as jumps lead forward.
///
/// Calls `visit` for each instruction that can be left out: it is pure and writes nothing live.
fn pass(
    prog: &[Insn],
    live: &mut Buf<Slots>,
    mut visit: impl FnMut(usize) -> Result<(), NoMemory>,
) -> Result<(), NoMemory> {
    live.refill(prog.len(), 0)?;
    for (pc, insn) in prog.iter().enumerate().rev() {
        // Before an invalid instruction, and where a jump leaves the program, every slot is live.
        let Some(op) = insn.decode() else {
            if let Some(before) = live.get_mut(pc) {
                *before = Slots::MAX;
            }
            continue;
        };
        let at = |distance| {
            live.get(target(pc, distance))
                .copied()
                .unwrap_or(Slots::MAX)
        };
        let after = match op {
            Op::RetK(_) | Op::RetA => 0,
            Op::Ja(k) => at(k),
            Op::Jcc(_, _, jt, jf) => at(jt.into()) | at(jf.into()),
            _ => at(0),
        };
        let (reads, writes) = effects(op);
        let dead = is_pure(op) && writes & after == 0;
        if dead {
            visit(pc)?;
        }
        if let Some(before) = live.get_mut(pc) {
            *before = if dead {
                after
            } else {
                (after & !writes) | reads
            };
        }
    }
    Ok(())
}

/// The slots that are live before each instruction. Linear; four bytes per instruction.
pub fn liveness(prog: &[Insn]) -> Result<Buf<Slots>, NoMemory> {
    let mut live = Buf::new();
    pass(prog, &mut live, |_| Ok(()))?;
    Ok(live)
}

/// Replaces by a NOP each instruction whose result is never read. Linear, as [`liveness`].
pub(super) fn remove_dead(prog: &mut [Insn]) -> Result<(), NoMemory> {
    Remover::new().remove_dead(prog)
}

/// [`remove_dead`] for one program after the other, with the same memory.
pub(super) struct Remover {
    live: Buf<Slots>,
    dead: Buf<usize>,
}

impl Remover {
    pub(super) fn new() -> Self {
        Self {
            live: Buf::new(),
            dead: Buf::new(),
        }
    }

    /// See [`remove_dead`].
    pub(super) fn remove_dead(&mut self, prog: &mut [Insn]) -> Result<(), NoMemory> {
        let dead = &mut self.dead;
        dead.clear();
        pass(prog, &mut self.live, |pc| dead.push(pc))?;
        for pc in dead.iter() {
            if let Some(insn) = prog.get_mut(*pc) {
                *insn = Insn::NOP;
            }
        }
        Ok(())
    }
}
