// SPDX-License-Identifier: GPL-2.0

//! The passes by which the specialiser improves what it has folded, see [`PASSES`].

use super::{
    check::check_scratch,
    insn::{
        target,
        Insn,
        Op,
        BPF_LD,
        BPF_LDX,
        BPF_MAXINSNS, //
        BPF_MEM,
        CELLS,
    },
    live::Remover, //
};
use crate::logic::buf::{
    Buf,
    NoMemory, //
};

/// What improves a draft.
pub(super) type Pass = fn(&mut Draft) -> Result<(), NoMemory>;

/// The passes of a round, in their order. Each is linear. [`Draft::finish`] comes after them.
pub(super) const PASSES: [Pass; 5] = [
    // Jumps lead to where their targets are after folding.
    Draft::close_ranks,
    // What is never read is not computed.
    Draft::remove_dead,
    // Jumps go past jumps, and returns that are alike are one.
    Draft::thread_jumps,
    // What cannot be reached is found,
    Draft::mark_reached,
    // and so are jumps to what is next.
    Draft::count_kept,
];

/// Different return values that [`Draft::thread_jumps`] makes one of.
const MAX_RETURNS: usize = 16;

/// A program on its way through the passes.
pub(super) struct Draft {
    code: Buf<Insn>,
    /// By instruction, where it was before it was folded, in rising order.
    places: Buf<u16>,
    /// Some instructions were left out when it was folded.
    has_gaps: bool,
    remover: Remover,
    /// Values that are returned, and the last place of each.
    returns: Buf<(u32, usize)>,
    /// By instruction, whether it can be reached.
    reached: Buf<bool>,
    /// By instruction, how many are kept from there to the end. As places are counted from the end,
    /// this is also the place of the first that is kept.
    kept: Buf<u16>,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self {
            code: Buf::new(),
            places: Buf::new(),
            has_gaps: false,
            remover: Remover::new(),
            returns: Buf::new(),
            reached: Buf::new(),
            kept: Buf::new(),
        }
    }

    /// Starts anew.
    pub(super) fn start(&mut self) {
        self.code.clear();
        self.places.clear();
    }

    /// Adds the instruction that was at `pc` of the program.
    #[inline]
    pub(super) fn push(&mut self, insn: Insn, pc: usize) -> Result<(), NoMemory> {
        self.code.push(insn)?;
        // CAST: It is below `BPF_MAXINSNS`.
        self.places.push(pc as u16)
    }

    /// All of a program of `len` instructions that is left has been added.
    pub(super) fn end(&mut self, len: usize) {
        self.has_gaps = self.code.len() < len;
    }

    /// The number of instructions.
    pub(super) fn len(&self) -> usize {
        self.code.len()
    }

    /// Has jumps go where their targets are now; where a target is missing, to what came next.
    fn close_ranks(&mut self) -> Result<(), NoMemory> {
        if !self.has_gaps {
            return Ok(());
        }
        let places = &self.places[..];
        for (pc, (insn, &place)) in self.code.iter_mut().zip(places).enumerate() {
            let to = |distance| {
                let old = target(place.into(), distance);
                let rest = places.get(pc..).unwrap_or(&[]);
                let ahead = rest.partition_point(|place| usize::from(*place) < old);
                pc.saturating_add(ahead)
            };
            // Distances never grow, so they still fit.
            let short = |old: u8| {
                let distance = to(old.into()).saturating_sub(pc).saturating_sub(1);
                u8::try_from(distance).unwrap_or(old)
            };
            match insn.decode() {
                Some(Op::Ja(k)) => *insn = jump(pc, to(k)).into(),
                Some(Op::Jcc(cond, src, jt, jf)) => {
                    *insn = Op::Jcc(cond, src, short(jt), short(jf)).into();
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Replaces by a NOP each instruction whose result is never read.
    fn remove_dead(&mut self) -> Result<(), NoMemory> {
        self.remover.remove_dead(&mut self.code)
    }

    /// Has jumps go past unconditional jumps, and to the last return of the same constant, as far
    /// as they reach. Goes from the end, so that jumps further down are resolved already.
    fn thread_jumps(&mut self) -> Result<(), NoMemory> {
        self.returns.clear();
        for pc in (0..self.code.len()).rev() {
            match self.op(pc) {
                Some(Op::RetK(ret)) => {
                    let known = self.returns.iter().any(|(other, _)| *other == ret);
                    if !known && self.returns.len() < MAX_RETURNS {
                        self.returns.push((ret, pc))?;
                    }
                }
                Some(Op::Ja(k)) => {
                    let to = self.resolve(target(pc, k));
                    self.put(pc, jump(pc, to));
                }
                Some(Op::Jcc(cond, src, jt, jf)) => {
                    let way = |distance: u8| {
                        let near = target(pc, distance.into());
                        let resolved = self.resolve(near);
                        let far = self.last_like(resolved);
                        // The furthest that is still in reach.
                        [far, resolved, near]
                            .into_iter()
                            .find_map(|to| u8::try_from(to.checked_sub(pc)?.checked_sub(1)?).ok())
                            .unwrap_or(distance)
                    };
                    let (new_jt, new_jf) = (way(jt), way(jf));
                    let (to, or) = (target(pc, new_jt.into()), target(pc, new_jf.into()));
                    let op = if to == or || self.return_alike(to, or) {
                        jump(pc, to)
                    } else {
                        Op::Jcc(cond, src, new_jt, new_jf)
                    };
                    self.put(pc, op);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Finds the instructions that can be reached.
    fn mark_reached(&mut self) -> Result<(), NoMemory> {
        let reached = &mut self.reached;
        reached.refill(self.code.len(), false)?;
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        for (pc, insn) in self.code.iter().enumerate() {
            if !reached.get(pc).copied().unwrap_or(false) {
                continue;
            }
            let mut reach = |distance| {
                if let Some(reached) = reached.get_mut(target(pc, distance)) {
                    *reached = true;
                }
            };
            match insn.decode() {
                Some(Op::Ja(k)) => reach(k),
                Some(Op::Jcc(_, _, jt, jf)) => {
                    reach(jt.into());
                    reach(jf.into());
                }
                Some(Op::RetK(_) | Op::RetA) | None => {}
                Some(_) => reach(0),
            }
        }
        Ok(())
    }

    /// Counts the instructions that are kept: all that are reached, but for jumps to what is next
    /// then.
    fn count_kept(&mut self) -> Result<(), NoMemory> {
        let kept = &mut self.kept;
        kept.refill(self.code.len().saturating_add(1), 0)?;
        for (pc, insn) in self.code.iter().enumerate().rev() {
            let after = place(kept, target(pc, 0));
            let keep = self.reached.get(pc).copied().unwrap_or(false)
                && match insn.decode() {
                    Some(Op::Ja(k)) => place(kept, target(pc, k)) != after,
                    _ => true,
                };
            if let Some(count) = kept.get_mut(pc) {
                *count = after.saturating_add(keep.into());
            }
        }
        Ok(())
    }

    /// The instructions that are kept.
    pub(super) fn finish(&self) -> Result<Buf<Insn>, NoMemory> {
        let kept = &self.kept[..];
        let mut new = Buf::with_capacity(place(kept, 0).into())?;
        for (pc, insn) in self.code.iter().enumerate() {
            let after = place(kept, target(pc, 0));
            if place(kept, pc) == after {
                continue;
            }
            let distance = |old| after.saturating_sub(place(kept, target(pc, old)));
            let short = |old: u8| u8::try_from(distance(old.into())).unwrap_or(old);
            new.push(match insn.decode() {
                Some(Op::Ja(k)) => match self.op(target(pc, k)) {
                    // No detour.
                    Some(op @ (Op::RetK(_) | Op::RetA)) => op.into(),
                    _ => Op::Ja(distance(k).into()).into(),
                },
                // Distances never grow, so they still fit.
                Some(Op::Jcc(cond, src, jt, jf)) => Op::Jcc(cond, src, short(jt), short(jf)).into(),
                _ => *insn,
            })?;
        }
        Ok(new)
    }

    fn op(&self, pc: usize) -> Option<Op> {
        self.code.get(pc)?.decode()
    }

    fn put(&mut self, pc: usize, op: Op) {
        if let Some(insn) = self.code.get_mut(pc) {
            *insn = op.into();
        }
    }

    /// Where a jump to `pc` ends up: if there is a jump that is not conditional, at its target.
    fn resolve(&self, pc: usize) -> usize {
        match self.op(pc) {
            Some(Op::Ja(k)) => target(pc, k),
            _ => pc,
        }
    }

    /// The last return that is like the one at `pc`; else `pc`.
    fn last_like(&self, pc: usize) -> usize {
        match self.op(pc) {
            Some(Op::RetK(ret)) => self
                .returns
                .iter()
                .find(|(other, _)| *other == ret)
                .map_or(pc, |(_, last)| *last),
            _ => pc,
        }
    }

    /// Do both return the same?
    fn return_alike(&self, a: usize, b: usize) -> bool {
        match (self.op(a), self.op(b)) {
            (Some(Op::RetK(a)), Some(Op::RetK(b))) => a == b,
            (Some(Op::RetA), Some(Op::RetA)) => true,
            _ => false,
        }
    }
}

/// By [`Draft::kept`], the place of the first instruction from `pc` on that is kept.
fn place(kept: &[u16], pc: usize) -> u16 {
    kept.get(pc).copied().unwrap_or(0)
}

/// A jump from `pc` forward to `to`.
pub(super) fn jump(pc: usize, to: usize) -> Op {
    // CAST: Both are within a program, which is short.
    Op::Ja(to.saturating_sub(pc).saturating_sub(1) as u32)
}

/// The last step, once: stores the cells that [`check_scratch`] takes to be loaded before they are
/// stored. It takes a return to fall through to the next instruction, and that may be another one
/// than in the original program.
pub(super) fn declare_scratch(code: Buf<Insn>) -> Result<Option<Buf<Insn>>, NoMemory> {
    const LD_MEM: u16 = BPF_LD | BPF_MEM;
    const LDX_MEM: u16 = BPF_LDX | BPF_MEM;
    if !code
        .iter()
        .any(|insn| matches!(insn.code, LD_MEM | LDX_MEM))
    {
        return Ok(Some(code));
    }
    let cells = check_scratch(&code)?;
    if cells == 0 {
        return Ok(Some(code));
    }
    let mut new = Buf::with_capacity(code.len().saturating_add(CELLS))?;
    for cell in 0..CELLS as u32 {
        if u32::from(cells) & 1u32.wrapping_shl(cell) != 0 {
            new.push(Op::St(cell).into())?;
        }
    }
    new.extend_from_slice(&code)?;
    Ok(Some(new).filter(|new| new.len() <= BPF_MAXINSNS))
}
