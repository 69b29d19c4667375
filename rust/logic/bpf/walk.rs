// SPDX-License-Identifier: GPL-2.0

//! Walks through a program, with the [abstract state](super::flow) before each instruction.
//!
//! As jumps only lead forward, one walk meets each instruction after all that lead to it. The
//! states that reach an instruction are joined into one.

use super::{
    flow::{
        AbstractState,
        Effect,
        Given, //
    },
    insn::{
        target,
        Insn,
        Op,
        BPF_MAXINSNS, //
    },
    live::SLOT_A, //
};
use crate::logic::buf::{
    Buf,
    NoMemory, //
};

/// Where a walk is.
#[derive(Clone, Copy)]
pub(super) struct At {
    /// The instruction.
    pub(super) pc: usize,
    /// No other jump target is pending, so every remaining path passes through `pc`.
    pub(super) only: bool,
}

/// What `visit` decides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    /// The walk goes on.
    On,
    /// The walk ends, as enough was found.
    Stop,
}

/// No jump to the instruction was met.
const NONE: u16 = u16::MAX;

/// Walks programs, with the same memory for each.
///
/// Two bytes per instruction, and a [`AbstractState`] per target of a jump that is yet to be
/// reached.
pub(super) struct Walker {
    /// By instruction, the index in `states` of the state that reaches it by jumps, or [`NONE`].
    /// After a walk that was not given up, all are [`NONE`].
    at: Buf<u16>,
    given_up: bool,
    states: Buf<AbstractState>,
    /// Indices of `states` that are not in use.
    free: Buf<u16>,
}

impl Walker {
    pub(super) fn new() -> Self {
        Self {
            at: Buf::new(),
            given_up: false,
            states: Buf::new(),
            free: Buf::new(),
        }
    }

    /// Calls `visit` for each instruction that can be reached from `from`, in the order of the
    /// program, with the state before it. One step per instruction.
    ///
    /// False if an instruction was invalid, or a jump left the program. Then what `visit` has
    /// learnt is meaningless.
    pub(super) fn walk(
        &mut self,
        prog: &[Insn],
        from: usize,
        given: &mut Given,
        mut visit: impl FnMut(At, &AbstractState, Op, Effect) -> Walk,
    ) -> Result<bool, NoMemory> {
        if prog.len() > BPF_MAXINSNS {
            return Ok(false);
        }
        if self.at.len() < prog.len() {
            self.at = Buf::filled(prog.len(), NONE)?;
        } else if self.given_up {
            self.at.fill(NONE);
        }
        self.given_up = true;
        self.states.clear();
        self.free.clear();
        let mut state = AbstractState::START;
        let mut falls_through = true;
        let mut pc = from;
        loop {
            if !falls_through {
                pc = self.next_target(pc, prog.len());
            }
            let Some(insn) = prog.get(pc) else {
                break;
            };
            let slot = self.take(pc);
            if slot != NONE {
                if let Some(jumped) = self.states.get(usize::from(slot)) {
                    if falls_through {
                        state.join(jumped, Some(insn), given);
                    } else {
                        state = *jumped;
                    }
                }
                self.free.push(slot)?;
            }
            let Some(op) = insn.decode() else {
                return Ok(false);
            };
            let effect = given.effect(&state, pc, op);
            let only = self.free.len() == self.states.len();
            if visit(At { pc, only }, &state, op, effect) == Walk::Stop {
                return Ok(true);
            }
            let next = target(pc, 0);
            falls_through = match effect {
                Effect::Set(slot, val) => {
                    state.set(slot, val);
                    true
                }
                Effect::MayEnd(val, _) => {
                    state.set(SLOT_A, val);
                    true
                }
                Effect::Goto(to) if only => {
                    pc = to;
                    falls_through = true;
                    continue;
                }
                Effect::Goto(to) => {
                    if to != next && !self.jump(to, prog, &state, given)? {
                        return Ok(false);
                    }
                    to == next
                }
                Effect::Split(jt, jf) => {
                    for to in [jt, jf] {
                        if to != next && !self.jump(to, prog, &state, given)? {
                            return Ok(false);
                        }
                    }
                    jt == next || jf == next
                }
                Effect::Return(_) => false,
            };
            pc = next;
        }
        self.given_up = false;
        // Falling off the end is as bad as jumping out.
        Ok(!falls_through)
    }

    /// The first instruction from `pc` on that jumps reach; `len` if there is none.
    fn next_target(&self, pc: usize, len: usize) -> usize {
        let rest = self.at.get(pc..len).unwrap_or(&[]);
        match rest.iter().position(|slot| *slot != NONE) {
            Some(distance) => pc.saturating_add(distance),
            None => len,
        }
    }

    /// Takes the index in `states` of the state that reaches an instruction by jumps.
    fn take(&mut self, pc: usize) -> u16 {
        match self.at.get_mut(pc) {
            Some(at) => core::mem::replace(at, NONE),
            None => NONE,
        }
    }

    /// Has `state` reach the instruction `to`. False if the program has none there.
    fn jump(
        &mut self,
        to: usize,
        prog: &[Insn],
        state: &AbstractState,
        given: &mut Given,
    ) -> Result<bool, NoMemory> {
        let Some(at) = self.at.get_mut(to).filter(|_| to < prog.len()) else {
            return Ok(false);
        };
        if let Some(there) = self.states.get_mut(usize::from(*at)) {
            there.join(state, prog.get(to), given);
            return Ok(true);
        }
        if let Some(slot) = self.free.pop() {
            if let Some(place) = self.states.get_mut(usize::from(slot)) {
                *place = *state;
            }
            *at = slot;
            return Ok(true);
        }
        // CAST: There are never more states than instructions, which are at most `BPF_MAXINSNS`.
        let slot = self.states.len() as u16;
        self.states.push(*state)?;
        *at = slot;
        Ok(true)
    }
}
