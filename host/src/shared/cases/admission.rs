// SPDX-License-Identifier: GPL-2.0

//! The checks admit what the kernel's do.

use crate::logic::bpf::check::{check, check_classic, check_scratch};
use crate::logic::bpf::insn::Insn;
use crate::logic::buf::Buf;
use crate::shared::programs::random;
use crate::shared::reference::{admits, seccomp_admits};
use crate::shared::rng::Rng;

use super::scaled;

/// Do the module's checks admit the program?
pub fn admitted(prog: &[Insn]) -> bool {
    check(prog).is_ok() && check_classic(prog).is_ok() && check_scratch(prog) == Ok(0)
}

pub fn every_code() {
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

pub fn every_load() {
    for k in 0..200 {
        assert_eq!(check(&[Insn::stmt(0x20, k)]).is_ok(), k < 64 && k % 4 == 0);
    }
}

pub fn lengths() {
    let ret = Insn::stmt(0x06, 0);
    assert!(!admitted(&[]));
    assert!(admitted(&[ret]));
    assert!(admitted(&Buf::filled(4096, ret).unwrap()));
    assert!(!admitted(&Buf::filled(4097, ret).unwrap()));
    assert!(!admitted(&[ret, Insn::stmt(0x00, 0)]));
}

pub fn damaged_programs() {
    let mut rng = Rng::new(7);
    let mut refused = 0;
    for _ in 0..scaled(100_000) {
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
                    prog[at..].rotate_left(1);
                    prog.pop();
                    break;
                }
            }
        }
        assert_eq!(admitted(&prog), admits(&prog), "{prog:x?}");
        refused += u64::from(!admits(&prog));
    }
    assert!(refused > scaled(10_000), "{refused}");
}
