// SPDX-License-Identifier: GPL-2.0

//! The analysis agrees with the reference interpreter. The binary `fuzz` tries more programs.

use crate::logic::bpf::insn::Insn;
use crate::logic::bpf::listing::Listing;
use crate::logic::buf::Buf;
use crate::shared::oracle::{compare, Count, Effort};
use crate::shared::programs::{from_bytes, random};
use crate::shared::reference::admits;
use crate::shared::rng::Rng;

use super::scaled;

pub fn random_programs() {
    let mut count = Count::default();
    for seed in 0..scaled(30_000) {
        let mut rng = Rng::new(seed);
        let prog = random(&mut rng);
        if let Err(e) = compare(&prog, &mut rng, Effort::LIGHT, &mut count) {
            panic!("seed {seed}: {e}\n{}", Listing(&prog));
        }
    }
    // Nothing was tested rarely.
    let Count {
        constant,
        varies,
        residuals,
        single,
        failures,
        ..
    } = count;
    for often in [
        constant,
        varies,
        residuals,
        single,
        residuals - single,
        failures,
    ] {
        assert!(often > scaled(10_000), "{count:?}");
    }
}

/// Every operation and every comparison, on operands of every kind: constants (those that decide
/// alone or change nothing among them), the number, and words of the data.
pub fn every_operation() {
    const VALUES: [u32; 14] = [
        0,
        1,
        2,
        15,
        16,
        31,
        32,
        33,
        0xffff,
        0x1_0000,
        0x7fff_ffff,
        0x8000_0000,
        u32::MAX - 1,
        u32::MAX,
    ];
    const WORDS: [u32; 3] = [0, 16, 20];
    const ALU: [u16; 9] = [0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0xa4];
    const JUMPS: [u16; 4] = [0x15, 0x25, 0x35, 0x45];
    // How `A` is loaded, and what the right operand is.
    let constants = || VALUES.into_iter().map(|k| Insn::stmt(0x00, k));
    let words = || WORDS.into_iter().map(|offset| Insn::stmt(0x20, offset));
    let operands: Buf<Insn> = constants().chain(words()).collect();
    let mut rng = Rng::new(4);
    let mut tried = 0;
    for code in ALU.into_iter().chain(JUMPS) {
        for load_a in operands.iter() {
            for (load_b, by_x) in operands
                .iter()
                .map(|load| (load, true))
                .chain(operands[..VALUES.len()].iter().map(|load| (load, false)))
            {
                if !rng.one_in(crate::ONE_IN as usize) {
                    continue;
                }
                let mut prog = Buf::new();
                if by_x {
                    prog.extend([*load_b, Insn::stmt(0x07, 0)]);
                }
                let (code, k) = if by_x {
                    (code | 8, 0)
                } else {
                    (code, load_b.k)
                };
                prog.extend([*load_a, Insn::jump(code, k, 0, (code & 7 == 5).into())]);
                prog.extend(match code & 7 {
                    5 => [Insn::stmt(0x06, 1), Insn::stmt(0x06, 2)],
                    _ => [Insn::stmt(0x07, 0), Insn::stmt(0x16, 0)],
                });
                if !admits(&prog) {
                    continue;
                }
                let mut count = Count::default();
                if let Err(e) = compare(&prog, &mut rng, Effort::LIGHT, &mut count) {
                    panic!("{e}\n{}", Listing(&prog));
                }
                tried += 1;
            }
        }
    }
    assert!(tried > scaled(6000), "{tried}");
}

/// The programs of the guided fuzzer that reach different code, a line of bytes each.
pub fn guided_corpus() {
    let mut programs = 0;
    let corpus = include_str!("../../../fuzz/corpus.txt").lines();
    for line in corpus.filter(|line| !line.starts_with('#')) {
        let bytes: Buf<u8> = (0..line.len() / 2)
            .map(|at| u8::from_str_radix(&line[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let Some((seed, bytes)) = bytes.split_first() else {
            continue;
        };
        if let Some(prog) = from_bytes(bytes) {
            let mut rng = Rng::new((*seed).into());
            if let Err(e) = compare(&prog, &mut rng, Effort::LIGHT, &mut Count::default()) {
                panic!("{line}: {e}\n{}", Listing(&prog));
            }
            programs += 1;
        }
    }
    assert!(programs >= 100, "{programs}");
}
