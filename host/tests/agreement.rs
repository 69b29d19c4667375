// SPDX-License-Identifier: GPL-2.0

//! What is said of programs is what they do. The binary `fuzz` does the same for longer.

use proptest::prelude::*;
use rust_seccomp_host::bpf::listing::Listing;
use rust_seccomp_host::oracle::{compare, Count, Effort};
use rust_seccomp_host::programs::{from_bytes, from_text, random};
use rust_seccomp_host::rng::Rng;

#[test]
fn random_programs() {
    let mut count = Count::default();
    for seed in 0..30_000 {
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
        assert!(often > 10_000, "{count:?}");
    }
}

#[test]
fn corpus() {
    let mut files = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let prog = from_text(&text).unwrap_or_else(|| panic!("{path:?}"));
        for seed in 0..16 {
            let mut rng = Rng::new(seed);
            if let Err(e) = compare(&prog, &mut rng, Effort::HEAVY, &mut Count::default()) {
                panic!("{path:?}: {e}\n{}", Listing(&prog));
            }
        }
        files += 1;
    }
    assert!(files >= 8);
}

/// What the guided fuzzer has found to be different, a line of bytes each.
#[test]
fn guided_corpus() {
    let mut programs = 0;
    for line in include_str!("../fuzz/corpus.txt").lines() {
        let bytes: Vec<u8> = (0..line.len() / 2)
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 8..160), seed in any::<u64>()) {
        if let Some(prog) = from_bytes(&bytes) {
            let mut rng = Rng::new(seed);
            let result = compare(&prog, &mut rng, Effort::LIGHT, &mut Count::default());
            prop_assert!(result.is_ok(), "{}\n{}", result.unwrap_err(), Listing(&prog));
        }
    }
}
