// SPDX-License-Identifier: MIT OR Apache-2.0

//! Runs a filter on a call, as the kernel would.

use std::fmt;

use crate::{
    bpf::Insn,
    call::Call, //
};

/// How a filter ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// What it returns.
    pub ret: u32,
    /// The place of the instruction that ended it.
    pub place: usize,
    /// How many instructions it took.
    pub steps: usize,
}

/// It is no filter that the kernel would take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The place of the instruction.
    pub place: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "instruction {} is none that a filter may have",
            self.place
        )
    }
}

impl std::error::Error for Malformed {}

/// What a load past the visible part of an extensible argument ends a filter with.
const RET_E2BIG: u32 = 0x0005_0007;
/// Bytes before the extensible argument.
const EA: u32 = crate::rules::EA;
/// `sizeof(struct seccomp_data)`, which the LEN loads yield.
const LEN: u32 = crate::rules::DATA;
/// Cells of scratch memory.
const CELLS: usize = 16;

/// What an instruction does to the program.
enum Next {
    Go(usize),
    End(u32),
}

/// A filter's registers.
#[derive(Default)]
struct Registers {
    a: u32,
    x: u32,
    cells: [u32; CELLS],
}

/// Runs a filter on a call. `seen` bytes of extensible arguments are visible to it: loads from an
/// argument with bytes beyond that are not zero end it, as those of filters without
/// `SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE`.
pub fn run(insns: &[Insn], call: &Call, seen: u32) -> Result<End, Malformed> {
    let mut registers = Registers::default();
    let mut place = 0;
    let mut steps = 0;
    loop {
        let malformed = Malformed { place };
        let insn = insns.get(place).ok_or(malformed)?;
        steps += 1;
        match step(insn, &mut registers, call, seen).ok_or(malformed)? {
            // Jumps lead forward, so this ends.
            Next::Go(skipped) => place += 1 + skipped,
            Next::End(ret) => return Ok(End { ret, place, steps }),
        }
    }
}

fn step(insn: &Insn, registers: &mut Registers, call: &Call, seen: u32) -> Option<Next> {
    let k = insn.k;
    match insn.code {
        0x20 if k % 4 == 0 && k < EA + 4096 => {
            if k >= EA && call.extent() > seen {
                return Some(Next::End(RET_E2BIG));
            }
            registers.a = call.word(k);
        }
        0x80 => registers.a = LEN,
        0x81 => registers.x = LEN,
        0x00 => registers.a = k,
        0x01 => registers.x = k,
        0x60 => registers.a = *registers.cells.get(k as usize)?,
        0x61 => registers.x = *registers.cells.get(k as usize)?,
        0x02 => *registers.cells.get_mut(k as usize)? = registers.a,
        0x03 => *registers.cells.get_mut(k as usize)? = registers.x,
        0x07 => registers.x = registers.a,
        0x87 => registers.a = registers.x,
        0x06 => return Some(Next::End(k)),
        0x16 => return Some(Next::End(registers.a)),
        0x05 => return Some(Next::Go(k as usize)),
        code if code & 7 == 5 => {
            let operand = if code & 8 == 0 { k } else { registers.x };
            let holds = match code & 0xf0 {
                0x10 => registers.a == operand,
                0x20 => registers.a > operand,
                0x30 => registers.a >= operand,
                0x40 => registers.a & operand != 0,
                _ => return None,
            };
            let skipped = if holds { insn.jt } else { insn.jf };
            return Some(Next::Go(usize::from(skipped)));
        }
        code if code & 7 == 4 => {
            let operand = if code & 8 == 0 { k } else { registers.x };
            if code & 0xf0 == 0x30 && operand == 0 {
                return (code & 8 != 0).then_some(Next::End(0));
            }
            registers.a = arithmetic(code & 0xf0, registers.a, operand)?;
        }
        _ => return None,
    }
    Some(Next::Go(0))
}

fn arithmetic(operator: u16, a: u32, operand: u32) -> Option<u32> {
    Some(match operator {
        0x00 => a.wrapping_add(operand),
        0x10 => a.wrapping_sub(operand),
        0x20 => a.wrapping_mul(operand),
        0x30 => a / operand,
        0x40 => a | operand,
        0x50 => a & operand,
        0x60 => a.wrapping_shl(operand),
        0x70 => a.wrapping_shr(operand),
        0x80 => a.wrapping_neg(),
        0xa0 => a ^ operand,
        _ => return None,
    })
}
