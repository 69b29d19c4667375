// SPDX-License-Identifier: GPL-2.0

//! What is said of programs is what they do.

use proptest::prelude::*;
use rust_seccomp_host::logic::bpf::listing::Listing;
use rust_seccomp_host::shared::oracle::{compare, Count, Effort};
use rust_seccomp_host::shared::programs::{from_bytes, from_text};
use rust_seccomp_host::shared::rng::Rng;

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
