// SPDX-License-Identifier: GPL-2.0

//! What is said of programs is what they do. The binary `fuzz` does the same for longer.

use crate::logic::bpf::listing::Listing;
use crate::logic::buf::Buf;
use crate::shared::oracle::{compare, Count, Effort};
use crate::shared::programs::{from_bytes, random};
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
    // All that is tested is tested often.
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

/// What the guided fuzzer has found to be different, a line of bytes each.
pub fn guided_corpus() {
    let mut programs = 0;
    for line in include_str!("../../../fuzz/corpus.txt").lines() {
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
