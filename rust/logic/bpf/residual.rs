// SPDX-License-Identifier: GPL-2.0

//! Residual programs: what is left of a filter once the system call is known.

use super::{
    append::{
        ArchView,
        RET_E2BIG, //
    },
    check::check_classic,
    domain::Val,
    flow::{
        AbstractState,
        Effect,
        Given, //
    },
    insn::{
        Alu,
        Insn,
        Op,
        Src,
        WORD_EA_CHECKED, //
    },
    live::{
        SLOT_A,
        SLOT_X, //
    },
    meter::Meter,
    passes::{
        declare_scratch,
        jump,
        Draft,
        PASSES, //
    },
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

/// The most rounds of simplification. Few programs change in more than four.
const MAX_ROUNDS: usize = 16;

/// Specialises `prog` for the system call `nr`: the result returns what `prog` returns, whatever
/// the arguments and the instruction pointer are, but never loads the number or the architecture.
/// If it always returns the same value, it is a single instruction.
///
/// The result passes [`check_classic`] and [`check_scratch`](super::check::check_scratch). `None`
/// if `prog` does not pass [`check_classic`], or if the result would be too long, which is possible
/// only if it has to store nearly all cells first.
///
/// Takes at most 16 rounds of a few steps per instruction, each over the result of the one before.
/// Memory as for the flow of [`analyse`](super::analyse::analyse). Fails with [`NoMemory`] if an
/// allocation fails.
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
    /// Does it pass [`check_classic`]? `None` until that was checked.
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
                draft: Draft::new(),
            },
        }
    }

    /// [`specialise`] for all numbers that are alike in `given` afterwards, which start at the
    /// instruction `from`: see [`Start`](super::outcomes::Start). `None` also if the meter is
    /// spent, or if more than `most` instructions are left after the first round.
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
        // A round that changes nothing is the last.
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

/// What a round works with. Its memory is kept from one to the next, as most of the time would go
/// into allocations.
struct Tools {
    walker: Walker,
    draft: Draft,
}

/// Calls `f` with each value that a program can return, `None` for a computed value.
fn for_each_return(prog: &[Insn], mut f: impl FnMut(Option<u32>)) {
    for insn in prog {
        match insn.decode() {
            Some(Op::RetK(ret)) => f(Some(ret)),
            // A division by 0 returns 0.
            Some(Op::Alu(Alu::Div, Src::X)) => f(Some(0)),
            Some(Op::LdWord(WORD_EA_CHECKED..)) => f(Some(RET_E2BIG)),
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

/// A round of simplification, from the instruction `from` on: folds the program, and has each of
/// [`PASSES`] improve the result. `None` if the program is invalid, or the meter is spent.
fn round(
    prog: &[Insn],
    from: usize,
    given: &mut Given,
    tools: &mut Tools,
    meter: &mut Meter,
) -> Result<Option<Buf<Insn>>, NoMemory> {
    if !fold(prog, from, given, tools, meter)? {
        return Ok(None);
    }
    for pass in PASSES {
        pass(&mut tools.draft)?;
    }
    tools.draft.finish().map(Some)
}

/// Puts the instructions that can be reached into the draft, simplified by what is known before
/// each, and leaves out those that do nothing. False if the program is invalid, or the meter is
/// spent.
fn fold(
    prog: &[Insn],
    from: usize,
    given: &mut Given,
    tools: &mut Tools,
    meter: &mut Meter,
) -> Result<bool, NoMemory> {
    let Tools { walker, draft } = tools;
    draft.start();
    let mut done = Ok(());
    let mut in_time = true;
    let nr = given.nr();
    let sound = walker.walk(prog, from, given, |At { pc, only }, state, op, effect| {
        in_time = meter.spend(effect.cost());
        let insn = match effect {
            _ if !in_time => return Walk::Stop,
            // Nothing is put before its target.
            Effect::Goto(_) if only => return Walk::On,
            _ => simplify(pc, nr, state, op, effect),
        };
        if insn == Insn::NOP {
            return Walk::On;
        }
        done = draft.push(insn, pc);
        match done {
            Ok(()) => Walk::On,
            Err(_) => Walk::Stop,
        }
    })?;
    done?;
    draft.end(prog.len());
    // CAST: It is at most `BPF_MAXINSNS`.
    let kept = draft.len() as u32;
    Ok(sound && in_time && meter.spend(kept.saturating_mul(price::KEEP)))
}

/// An instruction that has the same effect in this state, and is no more expensive.
fn simplify(pc: usize, nr: u32, state: &AbstractState, op: Op, effect: Effect) -> Insn {
    // `X` as a constant, if it is known. Shifts use five bits of it.
    let with_k = |src, shift: bool| match (src, state.operand(src)) {
        (Src::X, Val::Known(k)) if shift => Src::K(k & 31),
        (Src::X, Val::Known(k)) => Src::K(k),
        (Src::X, Val::Nr) if shift => Src::K(nr & 31),
        (Src::X, Val::Nr) => Src::K(nr),
        _ => src,
    };
    let op = match effect {
        Effect::Set(slot, val) => match val {
            // The slot has the value already.
            Val::Known(_) | Val::Nr | Val::Word(_) if state.get(slot) == val => return Insn::NOP,
            Val::Known(k) if slot == SLOT_A => Op::LdImm(k),
            Val::Known(k) if slot == SLOT_X => Op::LdxImm(k),
            // Should the value be used, then for this number alone: the set was narrowed to it.
            Val::Nr if slot == SLOT_A => Op::LdImm(nr),
            Val::Nr if slot == SLOT_X => Op::LdxImm(nr),
            Val::Word(word) if slot == SLOT_A => Op::LdWord(word.into()),
            Val::Word(_) if slot == SLOT_X && state.get(SLOT_A) == val => Op::Tax,
            _ => match op {
                Op::Alu(op, src) => Op::Alu(op, with_k(src, matches!(op, Alu::Lsh | Alu::Rsh))),
                _ => op,
            },
        },
        // The load was done already, and has not ended the program.
        Effect::MayEnd(val @ Val::Word(_), _) if state.get(SLOT_A) == val => return Insn::NOP,
        Effect::MayEnd(..) => op,
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

/// The strongest of the actions that a program can return. `None` if it can return a computed
/// value.
///
/// Takes all returns to be reachable, as they are in the result of [`specialise`]. Linear.
pub fn strongest(prog: &[Insn]) -> Option<u32> {
    let mut least = None;
    let mut known = true;
    for_each_return(prog, |ret| match ret {
        // CAST: `ACTION_ONLY()` compares actions as signed numbers; the least is the strongest.
        Some(ret) => {
            let action = (ret & SECCOMP_RET_ACTION_FULL) as i32;
            least = Some(least.map_or(action, |least: i32| least.min(action)));
        }
        None => known = false,
    });
    least.filter(|_| known).map(|least| least as u32)
}
