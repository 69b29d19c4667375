// SPDX-License-Identifier: GPL-2.0

//! Bounds the time that is spent on a program.
//!
//! Any process can install filters, and can make one that is hard to analyse. So all code that
//! looks at a program charges its work to a [`Meter`]. When that is spent, the analysis ends with
//! what it has: the calls that it has not come to are left to the filter's own program.
//!
//! What is charged depends on the program alone, so that the same program always gets as far.

use super::insn::{
    Insn,
    BPF_JMP, //
};

/// Units that are charged between two calls of [`Meter::go_on`].
const STRIDE: u32 = 1 << 15;

/// What is left to spend. A unit is about one machine instruction.
pub struct Meter {
    left: u32,
    /// Charged since `go_on` was called.
    stride: u32,
    /// Shall the analysis go on?
    go_on: fn() -> bool,
}

impl Meter {
    /// A meter of this many units. After each [`STRIDE`] of them it calls `go_on`, which may sleep;
    /// if that returns false, all is spent.
    pub fn new(units: u32, go_on: fn() -> bool) -> Self {
        Self {
            left: units,
            stride: STRIDE,
            go_on,
        }
    }

    /// A meter of more units than any program takes.
    pub fn unlimited() -> Self {
        Self::new(u32::MAX, || true)
    }

    /// Takes `units`. False if fewer are left; then nothing is left.
    #[inline]
    #[must_use]
    pub fn spend(&mut self, units: u32) -> bool {
        match self.left.checked_sub(units) {
            Some(left) => self.left = left,
            None => {
                self.left = 0;
                return false;
            }
        }
        self.stride = self.stride.saturating_add(units);
        if self.stride >= STRIDE {
            self.stride = 0;
            if !(self.go_on)() {
                self.left = 0;
                return false;
            }
        }
        true
    }

    /// Takes `units` if they are left, else none.
    #[must_use]
    pub fn spend_if_left(&mut self, units: u32) -> bool {
        units <= self.left && self.spend(units)
    }

    /// What is left.
    pub fn left(&self) -> u32 {
        self.left
    }
}

/// The units that may be spent on a program.
///
/// The kernel, too, takes longer for a longer filter, and for one with more jumps. So the units are
/// such that, whatever the filter is, installing it takes less than twice what the built-in engine
/// takes, and 50,000 machine instructions: `make test T=costs` checks that. Measured: the built-in
/// engine takes 50,000 for the shortest filter, and 860 for each instruction that compiles easily.
/// The module takes as much, 28,000 for its tables, and these units.
pub fn units(prog: &[Insn]) -> u32 {
    /// For any program, and for each of its instructions.
    const ANY: u32 = 75_000;
    const EACH: u32 = 600;
    /// For each jump beyond these: the more there are, the longer the kernel takes for each.
    const FEW_JUMPS: u32 = 32;
    const JUMP: u32 = 700;

    let jumps = prog
        .iter()
        .filter(|insn| insn.code & 0x07 == BPF_JMP && insn.jt != insn.jf)
        .count();
    // CAST: Programs are short.
    let (len, jumps) = (prog.len() as u32, jumps as u32);
    let further = jumps.saturating_sub(FEW_JUMPS).saturating_mul(JUMP);
    ANY.saturating_add(EACH.saturating_mul(len))
        .saturating_add(further)
}
