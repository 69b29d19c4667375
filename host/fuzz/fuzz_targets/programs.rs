// SPDX-License-Identifier: GPL-2.0

//! Programs that the fuzzer makes, guided by what they reach. `qemu/fuzz` builds and runs it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rust_seccomp_host::logic::bpf::listing::Listing;
use rust_seccomp_host::shared::oracle::{compare, Count, Effort};
use rust_seccomp_host::shared::programs::from_bytes;
use rust_seccomp_host::shared::rng::Rng;

fuzz_target!(|bytes: &[u8]| {
    let Some((seed, bytes)) = bytes.split_first() else {
        return;
    };
    let Some(prog) = from_bytes(bytes) else {
        return;
    };
    let mut rng = Rng::new((*seed).into());
    if let Err(e) = compare(&prog, &mut rng, Effort::LIGHT, &mut Count::default()) {
        panic!("{e}\n{}", Listing(&prog));
    }
});
