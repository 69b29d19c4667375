// SPDX-License-Identifier: GPL-2.0

//! What it costs to find out what a program does, in units of the [`Meter`](super::meter::Meter).
//!
//! Measured in machine instructions, and rounded up: what is charged is more than what is spent.

/// The sweep: an instruction, each way to reach it.
pub(super) const STEP: u32 = 280;
/// A way to reach an instruction that was not there before.
pub(super) const SPAWN: u32 = 200;
/// A constant that is returned, each with what the tables take for it.
pub(super) const CONSTANT: u32 = 1300;
/// A comparison with a constant that is known.
pub(super) const TRY: u32 = 6;
/// Taking numbers from a constant, as they were said to vary.
pub(super) const SETTLE: u32 = 70;

/// To begin and end with numbers that are alike.
pub(super) const BEGIN: u32 = 900;
/// Then, a look at a place where numbers may start, or at a finding.
pub(super) const LOOK: u32 = 20;
/// The flow: an instruction that jumps.
pub(super) const GOTO: u32 = 300;
/// An instruction that jumps two ways: two states are copied or joined.
pub(super) const SPLIT: u32 = 1400;
/// Any other instruction.
pub(super) const FOLLOW: u32 = 550;
/// An instruction that is left after a round of simplification, besides following it.
pub(super) const KEEP: u32 = 800;

/// Lowering an instruction of a residual program.
pub(super) const LOWER: u32 = 450;
/// Comparing a residual program with another.
pub(super) const COMPARE: u32 = 20;

/// Compiling a program of `insns` instructions of eBPF. A program with twice as many jumps takes
/// more than twice as long, as the JIT needs more rounds until they are short.
pub(super) fn compilation(insns: usize) -> u32 {
    const ANY: u32 = 28_000;
    // CAST: Programs are short.
    let insns = insns as u32;
    match insns {
        0 => 0,
        _ => ANY.saturating_add(insns.saturating_mul(insns.saturating_mul(20).min(1700) + 800)),
    }
}
