// SPDX-License-Identifier: GPL-2.0-only

//! Which of `A`, `X` and the cells are read before they are written again.

use crate::logic::bpf::insn::{
    Insn,
    Op,
    Src,
    CELLS, //
};

/// A bit for each cell, then one for `A` and one for `X`.
pub(crate) type Slots = u32;

const A: Slots = 1 << CELLS;
const X: Slots = 1 << (CELLS + 1);

fn cell(k: u32) -> Slots {
    if k < CELLS as u32 {
        1 << k
    } else {
        0
    }
}

/// What an instruction reads, and what it writes.
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

/// By instruction, what is live before it. What is not known is.
pub(crate) fn liveness(insns: &[Insn]) -> Vec<Slots> {
    let mut live = vec![Slots::MAX; insns.len()];
    for (pc, insn) in insns.iter().enumerate().rev() {
        let Some(op) = insn.decode() else {
            continue;
        };
        let at = |skipped: usize| live.get(pc + 1 + skipped).copied().unwrap_or(Slots::MAX);
        let after = match op {
            Op::RetK(_) | Op::RetA => 0,
            Op::Ja(k) => at(k as usize),
            Op::Jcc(_, _, jt, jf) => at(jt.into()) | at(jf.into()),
            _ => at(0),
        };
        let (reads, writes) = effects(op);
        live[pc] = after & !writes | reads;
    }
    live
}
