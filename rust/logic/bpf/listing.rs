// SPDX-License-Identifier: GPL-2.0

//! Programs as text.

use super::insn::{
    target,
    Insn,
    Op,
    Src,
    BPF_LEN,
    DATA_WORDS,
    EA_WORDS,
    WORD_ARCH,
    WORD_EA,
    WORD_EA_SIZE,
    WORD_EXTENT,
    WORD_FEATURES,
    WORD_NR,
    WORD_NR_HIGH,
    WORD_PKEY, //
};
use core::fmt;

/// A program as text, in the manner of `bpf_asm`: one instruction per line, each with a label.
pub struct Listing<'a>(pub &'a [Insn]);

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (pc, insn) in self.0.iter().enumerate() {
            write!(f, "L{pc}: ")?;
            write_insn(f, pc, *insn)?;
            f.write_str("\n")?;
        }
        Ok(())
    }
}

fn write_insn(f: &mut fmt::Formatter<'_>, pc: usize, insn: Insn) -> fmt::Result {
    let Some(op) = insn.decode() else {
        return write!(
            f,
            ".invalid {:#06x}, {}, {}, {:#x}",
            insn.code, insn.jt, insn.jf, insn.k
        );
    };
    match op {
        Op::LdWord(word) => write_word(f, word),
        Op::LdImm(_) if insn.code & BPF_LEN != 0 => f.write_str("ld #len"),
        Op::LdxImm(_) if insn.code & BPF_LEN != 0 => f.write_str("ldx #len"),
        Op::LdImm(k) => write!(f, "ld #{k:#x}"),
        Op::LdxImm(k) => write!(f, "ldx #{k:#x}"),
        Op::LdMem(k) => write!(f, "ld M[{k}]"),
        Op::LdxMem(k) => write!(f, "ldx M[{k}]"),
        Op::St(k) => write!(f, "st M[{k}]"),
        Op::Stx(k) => write!(f, "stx M[{k}]"),
        Op::Tax => f.write_str("tax"),
        Op::Txa => f.write_str("txa"),
        Op::Alu(op, src) => {
            f.write_str(op.name())?;
            write_src(f, src)
        }
        Op::Neg => f.write_str("neg"),
        Op::Ja(k) => write!(f, "ja L{}", target(pc, k)),
        Op::Jcc(cond, src, jt, jf) => {
            f.write_str(cond.name())?;
            write_src(f, src)?;
            let (jt, jf) = (target(pc, jt.into()), target(pc, jf.into()));
            write!(f, ", L{jt}, L{jf}")
        }
        Op::RetK(k) => write!(f, "ret #{k:#x}"),
        Op::RetA => f.write_str("ret a"),
    }
}

fn write_word(f: &mut fmt::Formatter<'_>, word: usize) -> fmt::Result {
    let half = if word & 1 == 0 { "lo" } else { "hi" };
    match word {
        WORD_NR => f.write_str("ld nr"),
        WORD_ARCH => f.write_str("ld arch"),
        2 | 3 => write!(f, "ld ip.{half}"),
        0..DATA_WORDS => write!(f, "ld args[{}].{half}", (word >> 1).saturating_sub(2)),
        WORD_NR_HIGH => f.write_str("ld nr_high"),
        WORD_PKEY => f.write_str("ld arch_reserved[0]"),
        WORD_FEATURES => f.write_str("ld features.lo"),
        WORD_EXTENT => f.write_str("ld extensible_arg_extent"),
        WORD_EA_SIZE..WORD_EA => write!(f, "ld extensible_arg_size.{half}"),
        _ => {
            let offset = word.saturating_sub(WORD_EA) % EA_WORDS * 4;
            write!(f, "ld extensible_arg[{offset}]")
        }
    }
}

fn write_src(f: &mut fmt::Formatter<'_>, src: Src) -> fmt::Result {
    match src {
        Src::K(k) => write!(f, " #{k:#x}"),
        Src::X => f.write_str(" x"),
    }
}
