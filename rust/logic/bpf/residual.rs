// SPDX-License-Identifier: GPL-2.0

//! What is left of a filter when the system call is known.

use super::{
    append::ArchView,
    check::{
        check_classic,
        check_scratch, //
    },
    domain::Val,
    flow::{
        AbstractState, //
        Effect,
        Given,
    },
    insn::{
        target,
        Alu,
        Insn,
        Op,
        Src,
        BPF_LD,
        BPF_LDX,
        BPF_MEM,
        CELLS,
        MAX_INSNS, //
    },
    live::{
        Remover,
        SLOT_A,
        SLOT_X, //
    },
    meter::Meter,
    price,
    walk::{
        At,
        Walk,
        Walker, //
    }, //
};
use crate::logic::{
    buf::{
        Buf,
        NoMemory, //
    },
    verdict::SECCOMP_RET_ACTION_FULL, //
};

/// Loads of cells.
const LD_MEM: u16 = BPF_LD | BPF_MEM;
const LDX_MEM: u16 = BPF_LDX | BPF_MEM;

/// Rounds of simplification. Few programs need more than four to come to rest.
const MAX_ROUNDS: usize = 16;

/// Different return values that [`Round::thread`] knows.
const MAX_RETURNS: usize = 16;

/// What `prog` does for the system call `nr` as it sees it, as a program that does no more than it
/// must: it never looks at the number or the architecture, and if it always returns the same, it
/// is a single instruction.
///
/// The result passes [`check_classic`] and [`check_scratch`], and returns what `prog` returns for
/// all arguments and instruction pointers. `None` if `prog` does not pass [`check_classic`], or (as
/// good as never) if the result would be too long.
///
/// At most 16 rounds of a few steps per instruction, of which all but the first see what the one
/// before has left. Memory as for [`analyse`](super::analyse::analyse) with a second look. Fails
/// with [`NoMemory`] if there is none.
pub fn specialise(
    prog: &[Insn],
    view: impl Into<ArchView>,
    nr: u32,
) -> Result<Option<Buf<Insn>>, NoMemory> {
    Specialiser::new(prog).specialise(
        &mut Given::one(nr, view.into()),
        0,
        usize::MAX,
        &mut Meter::unlimited(),
    )
}

/// [`specialise`] for more than one number.
pub(super) struct Specialiser<'a> {
    prog: &'a [Insn],
    /// Does it pass [`check_classic`]? `None` before anybody wants to know.
    valid: Option<bool>,
    tools: Tools,
}

impl<'a> Specialiser<'a> {
    /// For this program.
    pub(super) fn new(prog: &'a [Insn]) -> Self {
        Self {
            prog,
            valid: None,
            tools: Tools {
                walker: Walker::new(),
                remover: Remover::new(),
                code: Buf::new(),
                places: Buf::new(),
                last: Buf::new(),
                reached: Buf::new(),
                kept: Buf::new(),
            },
        }
    }

    /// See [`specialise`]: for all numbers that are alike in `given` afterwards, which start at the
    /// instruction `from`, see [`Start`](super::outcomes::Start). `None` also if there is no time for
    /// it in `meter`, or if it is obvious that there is more left than `most` instructions.
    pub(super) fn specialise(
        &mut self,
        given: &mut Given,
        from: usize,
        most: usize,
        meter: &mut Meter,
    ) -> Result<Option<Buf<Insn>>, NoMemory> {
        let prog = self.prog;
        let valid = *self
            .valid
            .get_or_insert_with(|| check_classic(prog).is_ok());
        if !valid {
            return Ok(None);
        }
        let Some(mut code) = round(prog, from, given, &mut self.tools, meter)? else {
            return Ok(None);
        };
        if code.len() > most {
            return Ok(None);
        }
        // If there was nothing to simplify there is nothing more.
        let mut same = prog.get(from..).is_some_and(|rest| *code == *rest);
        for _ in 1..MAX_ROUNDS {
            if let Some(ret) = always(&code) {
                code.clear();
                code.push(Op::RetK(ret).into())?;
                break;
            }
            if same {
                break;
            }
            let Some(next) = round(&code, 0, given, &mut self.tools, meter)? else {
                return Ok(None);
            };
            same = *next == *code;
            code = next;
        }
        declare_scratch(code)
    }
}

/// What a round works with: kept, as most of its time would go into allocations.
struct Tools {
    walker: Walker,
    remover: Remover,
    /// See [`round`].
    code: Buf<Insn>,
    places: Buf<u16>,
    /// See [`Round::thread`].
    last: Buf<(u32, usize)>,
    /// See [`Round::compact`].
    reached: Buf<bool>,
    kept: Buf<u16>,
}

/// Calls `f` with each value that a program can return: `None` if that is one it computed.
fn for_each_return(prog: &[Insn], mut f: impl FnMut(Option<u32>)) {
    for insn in prog {
        match insn.decode() {
            Some(Op::RetK(ret)) => f(Some(ret)),
            // It may be a division by 0.
            Some(Op::Alu(Alu::Div, Src::X)) => f(Some(0)),
            Some(Op::RetA) => f(None),
            _ => {}
        }
    }
}

/// What a program returns, if all its returns are the same.
fn always(prog: &[Insn]) -> Option<u32> {
    let mut only = None;
    let mut same = true;
    for_each_return(prog, |ret| {
        same &= ret.is_some() && (only.is_none() || only == ret);
        only = ret;
    });
    only.filter(|_| same)
}

/// Simplifies once what comes from the instruction `from` on. `None` if there is something wrong with
/// the program, or no time.
fn round(
    prog: &[Insn],
    from: usize,
    given: &mut Given,
    tools: &mut Tools,
    meter: &mut Meter,
) -> Result<Option<Buf<Insn>>, NoMemory> {
    let Tools { code, places, .. } = tools;

    // What is reached and does something, and where it was.
    code.clear();
    places.clear();
    let mut done = Ok(());
    let mut in_time = true;
    let nr = given.nr();
    let sound = tools
        .walker
        .walk(prog, from, given, |At { pc, only }, state, op, effect| {
            in_time = meter.spend(effect.cost());
            let insn = match effect {
                _ if !in_time => return Walk::Stop,
                // Nothing comes before its target.
                Effect::Goto(_) if only => return Walk::On,
                _ => simplify(pc, nr, state, op, effect),
            };
            if insn == Insn::NOP {
                return Walk::On;
            }
            // CAST: It is below `MAX_INSNS`.
            done = code.push(insn).and_then(|()| places.push(pc as u16));
            match done {
                Ok(()) => Walk::On,
                Err(_) => Walk::Stop,
            }
        })?;
    done?;
    // CAST: It is at most `MAX_INSNS`.
    if !sound || !in_time || !meter.spend((code.len() as u32).saturating_mul(price::KEEP)) {
        return Ok(None);
    }
    if code.len() < prog.len() {
        close_ranks(code, places);
    }
    tools.remover.remove_dead(code)?;
    let mut round = Round { code };
    round.thread(&mut tools.last)?;
    round.compact(&mut tools.reached, &mut tools.kept).map(Some)
}

/// Has jumps go where their targets are now. What is there was at `places`, in this order; where
/// something is missing, one gets to what is next.
fn close_ranks(code: &mut [Insn], places: &[u16]) {
    for (pc, (insn, &place)) in code.iter_mut().zip(places).enumerate() {
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
}

/// An instruction that does the same in this state, and is no more expensive.
fn simplify(pc: usize, nr: u32, state: &AbstractState, op: Op, effect: Effect) -> Insn {
    // `X` as a constant, if it is known. Shifts look at five bits only.
    let with_k = |src, shift: bool| match (src, state.operand(src)) {
        (Src::X, Val::Known(k)) if shift => Src::K(k & 31),
        (Src::X, Val::Known(k)) => Src::K(k),
        (Src::X, Val::Nr) if shift => Src::K(nr & 31),
        (Src::X, Val::Nr) => Src::K(nr),
        _ => src,
    };
    let op = match effect {
        Effect::Set(slot, val) => match val {
            // It is there already.
            Val::Known(_) | Val::Nr | Val::Word(_) if state.get(slot) == val => return Insn::NOP,
            Val::Known(k) if slot == SLOT_A => Op::LdImm(k),
            Val::Known(k) if slot == SLOT_X => Op::LdxImm(k),
            // If anything came of it that is left, the number would be the only one.
            Val::Nr if slot == SLOT_A => Op::LdImm(nr),
            Val::Nr if slot == SLOT_X => Op::LdxImm(nr),
            Val::Word(word) if slot == SLOT_A => Op::LdWord(word.into()),
            Val::Word(_) if slot == SLOT_X && state.get(SLOT_A) == val => Op::Tax,
            _ => match op {
                Op::Alu(op, src) => Op::Alu(op, with_k(src, matches!(op, Alu::Lsh | Alu::Rsh))),
                _ => op,
            },
        },
        Effect::Divide => op,
        Effect::Goto(to) => jump(pc, to),
        Effect::Split(..) => match op {
            Op::Jcc(cond, src, jt, jf) => Op::Jcc(cond, with_k(src, false), jt, jf),
            _ => op,
        },
        Effect::Return(Val::Known(k)) => Op::RetK(k),
        Effect::Return(_) => Op::RetA,
    };
    op.into()
}

/// A jump from `pc` forward to `to`.
fn jump(pc: usize, to: usize) -> Op {
    // CAST: Both are within a program, which is short.
    Op::Ja(to.saturating_sub(pc).saturating_sub(1) as u32)
}

/// The code while it is simplified; instructions that are not reached are of no meaning.
struct Round<'a> {
    code: &'a mut [Insn],
}

impl Round<'_> {
    fn op(&self, pc: usize) -> Option<Op> {
        self.code.get(pc)?.decode()
    }

    /// Where one ends up who goes to `pc`: beyond jumps that are not conditional.
    ///
    /// One look is enough if the jumps further down are resolved already.
    fn resolve(&self, pc: usize) -> usize {
        match self.op(pc) {
            Some(Op::Ja(k)) => target(pc, k),
            _ => pc,
        }
    }

    /// Has jumps go where one ends up, and to the last of the returns of the same constant, as far
    /// as they reach.
    fn thread(&mut self, last: &mut Buf<(u32, usize)>) -> Result<(), NoMemory> {
        last.clear();
        for pc in (0..self.code.len()).rev() {
            match self.op(pc) {
                Some(Op::RetK(ret)) => {
                    let known = last.iter().any(|(other, _)| *other == ret);
                    if !known && last.len() < MAX_RETURNS {
                        last.push((ret, pc))?;
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
                        let far = self.last_like(last, resolved);
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

    fn put(&mut self, pc: usize, op: Op) {
        if let Some(insn) = self.code.get_mut(pc) {
            *insn = op.into();
        }
    }

    /// The last return that is like the one at `pc`; else `pc`.
    fn last_like(&self, last: &[(u32, usize)], pc: usize) -> usize {
        match self.op(pc) {
            Some(Op::RetK(ret)) => last
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

    /// Leaves out what is not reached, and jumps to what is next then.
    fn compact(&self, reached: &mut Buf<bool>, kept: &mut Buf<u16>) -> Result<Buf<Insn>, NoMemory> {
        let code = &self.code;
        let len = code.len();

        reached.refill(len, false)?;
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        for (pc, insn) in code.iter().enumerate() {
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

        // By instruction, how many are kept from there to the end. As places are counted from the
        // end, this is also the place of the first that is kept.
        kept.refill(len.saturating_add(1), 0)?;
        let place = |kept: &[u16], pc: usize| kept.get(pc).copied().unwrap_or(0);
        for (pc, insn) in code.iter().enumerate().rev() {
            let after = place(kept, target(pc, 0));
            let keep = reached.get(pc).copied().unwrap_or(false)
                && match insn.decode() {
                    Some(Op::Ja(k)) => place(kept, target(pc, k)) != after,
                    _ => true,
                };
            if let Some(count) = kept.get_mut(pc) {
                *count = after.saturating_add(keep.into());
            }
        }

        let mut new = Buf::with_capacity(place(kept, 0).into())?;
        for (pc, insn) in code.iter().enumerate() {
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
}

/// Stores the cells that `check_load_and_stores()` may believe to be loaded before they are stored:
/// it takes a return to be followed by what comes next, which need not be what came next before.
fn declare_scratch(code: Buf<Insn>) -> Result<Option<Buf<Insn>>, NoMemory> {
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
    for insn in code.iter() {
        new.push(*insn)?;
    }
    Ok(Some(new).filter(|new| new.len() <= MAX_INSNS))
}

/// The strongest of the actions that a program can return: the least as `SECCOMP_RET_ACTION_FULL`
/// is compared, signed. `None` if it can return what it computed.
///
/// Takes all returns to be possible, as they are in the result of [`specialise`]. Linear.
pub fn strongest(prog: &[Insn]) -> Option<u32> {
    let mut least = None;
    let mut known = true;
    for_each_return(prog, |ret| match ret {
        // CAST: As `ACTION_ONLY()` does it.
        Some(ret) => {
            let action = (ret & SECCOMP_RET_ACTION_FULL) as i32;
            least = Some(least.map_or(action, |least: i32| least.min(action)));
        }
        None => known = false,
    });
    least.filter(|_| known).map(|least| least as u32)
}
