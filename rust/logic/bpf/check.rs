// SPDX-License-Identifier: GPL-2.0

//! Which programs user space may install.
//!
//! Follows `seccomp_check_filter()` of `kernel/seccomp.c`, and `bpf_check_classic()` with
//! `check_load_and_stores()` of `net/core/filter.c`.

use super::insn::{
    target,
    Alu,
    Insn,
    Op,
    Src,
    BPF_MAXINSNS,
    CELLS,
    DATA_WORDS, //
};
use crate::logic::buf::{
    Buf,
    NoMemory, //
};

/// The program is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid;

/// Checks the instructions one by one, and their number. Linear.
///
/// Fails with [`Invalid`] where `seccomp_check_filter()` fails with `EINVAL`: an instruction is not
/// in seccomp's dialect of classic BPF, or loads from beyond `struct seccomp_data`.
pub fn check(prog: &[Insn]) -> Result<(), Invalid> {
    let valid = |insn: &Insn| match insn.decode() {
        Some(Op::LdWord(word)) => word < DATA_WORDS,
        op => op.is_some(),
    };
    if prog.len() <= BPF_MAXINSNS && prog.iter().all(valid) {
        Ok(())
    } else {
        Err(Invalid)
    }
}

/// Checks that a program can be run: every instruction is known, jumps, cells and constants are in
/// range, and the last instruction returns. Linear.
///
/// A program that also passes [`check`] and [`check_scratch`] is one that `bpf_check_classic()` and
/// then `seccomp_check_filter()` admit.
pub fn check_classic(prog: &[Insn]) -> Result<(), Invalid> {
    if prog.len() > BPF_MAXINSNS {
        return Err(Invalid);
    }
    let inside = |pc, distance| target(pc, distance) < prog.len();
    let cell = |k: u32| k < CELLS as u32;
    let mut ends = false;
    for (pc, insn) in prog.iter().enumerate() {
        let op = insn.decode().ok_or(Invalid)?;
        let valid = match op {
            Op::Ja(k) => inside(pc, k),
            Op::Jcc(_, _, jt, jf) => inside(pc, jt.into()) && inside(pc, jf.into()),
            Op::Alu(Alu::Div, Src::K(k)) => k != 0,
            Op::Alu(Alu::Lsh | Alu::Rsh, Src::K(k)) => k < 32,
            Op::LdMem(k) | Op::LdxMem(k) | Op::St(k) | Op::Stx(k) => cell(k),
            _ => true,
        };
        if !valid {
            return Err(Invalid);
        }
        ends = matches!(op, Op::RetK(_) | Op::RetA);
    }
    if ends {
        Ok(())
    } else {
        Err(Invalid)
    }
}

/// The cells that may be loaded before they are stored, as bits. A program is admitted if there are
/// none.
///
/// Errs on the safe side in the same way as `check_load_and_stores()`: it takes a return to fall
/// through to the next instruction. `prog` has passed [`check_classic`]. Linear; two bytes per
/// instruction.
pub fn check_scratch(prog: &[Insn]) -> Result<u16, NoMemory> {
    let mut masks = Buf::filled(prog.len(), u16::MAX)?;
    let cell = |k: u32| 1u16.checked_shl(k).unwrap_or(0);
    let mut bad = 0;
    let mut stored = 0u16;
    for (pc, insn) in prog.iter().enumerate() {
        stored &= masks.get(pc).copied().unwrap_or(0);
        let mut limit = |distance| {
            if let Some(mask) = masks.get_mut(target(pc, distance)) {
                *mask &= stored;
            }
        };
        match insn.decode() {
            Some(Op::St(k) | Op::Stx(k)) => stored |= cell(k),
            Some(Op::LdMem(k) | Op::LdxMem(k)) => bad |= cell(k) & !stored,
            Some(Op::Ja(k)) => {
                limit(k);
                stored = u16::MAX;
            }
            Some(Op::Jcc(_, _, jt, jf)) => {
                limit(jt.into());
                limit(jf.into());
                stored = u16::MAX;
            }
            _ => {}
        }
    }
    Ok(bad)
}
