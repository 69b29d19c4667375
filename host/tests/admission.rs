// SPDX-License-Identifier: GPL-2.0

//! The checks admit what the kernel's do.

use proptest::prelude::*;
use rust_seccomp_host::bpf::check::{check, check_classic, check_scratch};
use rust_seccomp_host::bpf::insn::Insn;
use rust_seccomp_host::programs::random;
use rust_seccomp_host::reference::{admits, seccomp_admits};
use rust_seccomp_host::rng::Rng;

fn admitted(prog: &[Insn]) -> bool {
    check(prog).is_ok() && check_classic(prog).is_ok() && check_scratch(prog) == Ok(0)
}

#[test]
fn every_code() {
    let mut valid = 0;
    for code in 0..=u16::MAX {
        for k in [0, 1, 3, 4, 15, 16, 31, 32, 60, 62, 63, 64, 68, u32::MAX] {
            let insn = Insn::jump(code, k, 3, 9);
            assert_eq!(check(&[insn]).is_ok(), seccomp_admits(&insn), "{insn:x?}");
            valid += u32::from(k == 0 && seccomp_admits(&insn));
        }
    }
    assert_eq!(valid, 41);
}

#[test]
fn every_load() {
    for k in 0..200 {
        assert_eq!(check(&[Insn::stmt(0x20, k)]).is_ok(), k < 64 && k % 4 == 0);
    }
}

#[test]
fn lengths() {
    let ret = Insn::stmt(0x06, 0);
    assert!(!admitted(&[]));
    assert!(admitted(&[ret]));
    assert!(admitted(&vec![ret; 4096]));
    assert!(!admitted(&vec![ret; 4097]));
    assert!(!admitted(&[ret, Insn::stmt(0x00, 0)]));
}

#[test]
fn damaged_programs() {
    let mut rng = Rng::new(7);
    let mut refused = 0;
    for _ in 0..100_000 {
        let mut prog = random(&mut rng);
        for _ in 0..1 + rng.below(3) {
            let at = rng.below(prog.len());
            let other = prog[rng.below(prog.len())];
            let insn = &mut prog[at];
            match rng.below(6) {
                0 => insn.code ^= 1 << rng.below(9),
                1 => insn.k = rng.pick(&[0, 1, 15, 16, 31, 32, u32::MAX, at as u32]),
                2 => insn.jt = rng.word() as u8,
                3 => insn.jf = rng.below(4) as u8,
                4 => *insn = other,
                _ => {
                    prog.remove(at);
                    break;
                }
            }
        }
        assert_eq!(admitted(&prog), admits(&prog), "{prog:x?}");
        refused += u32::from(!admits(&prog));
    }
    assert!(refused > 10_000);
}

proptest! {
    #[test]
    fn any_bytes(fields in prop::collection::vec((0u16..0x100, 0u8..8, 0u8..8, 0u32..70), 0..12)) {
        let prog: Vec<Insn> = fields
            .into_iter()
            .map(|(code, jt, jf, k)| Insn::jump(code, k, jt, jf))
            .chain([Insn::stmt(0x06, 0)])
            .collect();
        prop_assert_eq!(admitted(&prog), admits(&prog));
    }
}
