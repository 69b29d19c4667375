// SPDX-License-Identifier: GPL-2.0-only

//! Which architectures a filter names.

use std::collections::BTreeSet;

use crate::logic::bpf::insn::{
    Cond,
    Insn,
    Op,
    Src,
    CELLS,
    WORD_ARCH, //
};

const A: u32 = 1 << CELLS;
const X: u32 = 1 << (CELLS + 1);

/// The values (`AUDIT_ARCH_*`) that a program compares the architecture with, as far as it compares
/// it with constants. Whatever else it does with it is found out for all other values together.
pub(crate) fn named(insns: &[Insn]) -> BTreeSet<u32> {
    let mut named = BTreeSet::new();
    // By instruction, the registers and cells that may have the architecture before it.
    let mut may = vec![0u32; insns.len()];
    for (pc, insn) in insns.iter().enumerate() {
        let Some(op) = insn.decode() else {
            continue;
        };
        let before = may[pc];
        let cell = |k: u32| 1u32.checked_shl(k).unwrap_or(0);
        let put = |to: u32, is_so: bool| if is_so { before | to } else { before & !to };
        let after = match op {
            Op::LdWord(word) => put(A, word == WORD_ARCH),
            Op::LdImm(_) | Op::Neg | Op::Alu(..) => put(A, false),
            Op::LdxImm(_) => put(X, false),
            Op::LdMem(k) => put(A, before & cell(k) != 0),
            Op::LdxMem(k) => put(X, before & cell(k) != 0),
            Op::St(k) => put(cell(k), before & A != 0),
            Op::Stx(k) => put(cell(k), before & X != 0),
            Op::Tax => put(X, before & A != 0),
            Op::Txa => put(A, before & X != 0),
            Op::Ja(_) | Op::Jcc(..) | Op::RetK(_) | Op::RetA => before,
        };
        if let Op::Jcc(Cond::Eq, Src::K(k), ..) = op {
            if before & A != 0 {
                named.insert(k);
            }
        }
        let mut reach = |skipped: usize| {
            if let Some(there) = may.get_mut(pc + 1 + skipped) {
                *there |= after;
            }
        };
        match op {
            Op::Ja(k) => reach(k as usize),
            Op::Jcc(_, _, jt, jf) => {
                reach(jt.into());
                reach(jf.into());
            }
            Op::RetK(_) | Op::RetA => {}
            _ => reach(0),
        }
    }
    named
}
