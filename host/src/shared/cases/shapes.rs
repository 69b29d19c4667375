// SPDX-License-Identifier: GPL-2.0

//! The exact results for filters of known shapes.

use crate::logic::bpf::analyse::analyse;
use crate::logic::bpf::insn::Insn;
use crate::logic::bpf::listing::Listing;
use crate::logic::bpf::lower::{lower, Layout, Word};
use crate::logic::bpf::meter::Meter;
use crate::logic::bpf::outcomes::{Outcome, Outcomes, MAX_CONSTANTS};
use crate::logic::bpf::residual::{specialise, strongest};
use crate::logic::buf::Buf;
use crate::memory;
use crate::shared::buf::Text;
use crate::shared::programs::{AARCH64, ALLOW, X86_64};

const KILL: u32 = 0x8000_0000;
const ENOSYS: u32 = 0x0005_0026;

fn stmt(code: u16, k: u32) -> Insn {
    Insn::stmt(code, k)
}

fn jump(code: u16, k: u32, jt: u8, jf: u8) -> Insn {
    Insn::jump(code, k, jt, jf)
}

/// The outcome for each number, on the heap, as a kernel stack is small.
fn outcomes(prog: &[Insn], arch: u32) -> Buf<Outcome> {
    list_of(&analyse(prog, arch, &mut Meter::unlimited()).unwrap())
}

fn list_of(outcomes: &Outcomes) -> Buf<Outcome> {
    let mut out = Buf::filled(512, Outcome::Varies).unwrap();
    for (nr, outcome) in (0..).zip(out.iter_mut()) {
        *outcome = outcomes.get(nr);
    }
    out
}

fn all_are(out: &[Outcome], outcome: Outcome) -> bool {
    out.iter().all(|o| *o == outcome)
}

fn left(prog: &[Insn], nr: u32) -> Text {
    let left = specialise(prog, X86_64, nr).unwrap().unwrap();
    text!("{}", Listing(&left))
}

/// A filter that allows these numbers and kills for all others. For 41 it checks the first
/// argument.
fn list(numbers: impl Iterator<Item = u32>) -> Buf<Insn> {
    let mut prog = Buf::from([
        stmt(0x20, 4),
        jump(0x15, X86_64, 1, 0),
        stmt(0x06, KILL),
        stmt(0x20, 0),
        jump(0x35, 0x4000_0000, 0, 1),
        stmt(0x06, KILL),
    ]);
    for nr in numbers {
        if nr == 41 {
            prog.extend([
                jump(0x15, nr, 0, 6),
                stmt(0x20, 20),
                jump(0x15, 0, 0, 3),
                stmt(0x20, 16),
                jump(0x15, 1, 0, 1),
                stmt(0x06, ALLOW),
                stmt(0x20, 0),
            ]);
        } else {
            prog.extend([jump(0x15, nr, 0, 1), stmt(0x06, ALLOW)]);
        }
    }
    prog.extend([stmt(0x06, KILL)]);
    prog
}

pub fn lists() {
    let prog = list((0..400).filter(|nr| nr % 4 != 3));
    let out = outcomes(&prog, X86_64);
    for (nr, outcome) in out.iter().enumerate() {
        let expected = match nr {
            41 => Outcome::Varies,
            _ if nr < 400 && nr % 4 != 3 => Outcome::Constant(ALLOW),
            _ => Outcome::Constant(KILL),
        };
        assert_eq!(*outcome, expected, "{nr}");
    }
    assert!(all_are(&outcomes(&prog, AARCH64), Outcome::Constant(KILL)));
    assert_eq!(
        left(&prog, 41),
        "L0: ld args[0].hi\n\
         L1: jeq #0x0, L2, L5\n\
         L2: ld args[0].lo\n\
         L3: jeq #0x1, L4, L5\n\
         L4: ret #0x7fff0000\n\
         L5: ret #0x80000000\n"
    );
    assert_eq!(left(&prog, 3), "L0: ret #0x80000000\n");
}

/// All comparisons jump to the end, by way of a second jump, as the end is far.
pub fn far_jumps() {
    let mut prog = Buf::from([stmt(0x20, 0)]);
    for nr in 0..250 {
        prog.extend([jump(0x15, nr, 254 - nr as u8, 0)]);
    }
    prog.extend([stmt(0x05, 255); 5]);
    prog.extend([stmt(0x05, 251)]);
    prog.extend([stmt(0x06, KILL); 250]);
    prog.extend([stmt(0x06, ENOSYS), stmt(0x06, ALLOW), stmt(0x06, ALLOW)]);
    let out = outcomes(&prog, X86_64);
    assert!(all_are(&out[..250], Outcome::Constant(ALLOW)));
    assert!(all_are(&out[250..], Outcome::Constant(ENOSYS)));
}

pub fn comparisons_of_the_number() {
    type Holds = fn(u32, u32) -> bool;
    let conditions: [(u16, Holds); 4] = [
        (0x15, |a, b| a == b),
        (0x25, |a, b| a > b),
        (0x35, |a, b| a >= b),
        (0x45, |a, b| a & b != 0),
    ];
    for (code, holds) in conditions {
        for k in (0..520).chain([0x1ff, 0x200, 0x4000_0000, 0x4000_0041, u32::MAX]) {
            let returns = [stmt(0x06, 1), stmt(0x06, 2)];
            // The constant as the right operand, in the instruction and in `X`, and as the left.
            let plain = [stmt(0x20, 0), jump(code, k, 1, 0)];
            let by_x = [stmt(0x01, k), stmt(0x20, 0), jump(code | 8, 0, 1, 0)];
            let left = [
                stmt(0x20, 0),
                stmt(0x07, 0),
                stmt(0x00, k),
                jump(code | 8, 0, 1, 0),
            ];
            for (swapped, mut prog) in [
                (false, Buf::from(plain)),
                (false, Buf::from(by_x)),
                (true, Buf::from(left)),
            ] {
                prog.extend(returns);
                for (nr, outcome) in outcomes(&prog, X86_64).iter().enumerate() {
                    let nr = nr as u32;
                    let held = if swapped { holds(k, nr) } else { holds(nr, k) };
                    let expected = if held { 2 } else { 1 };
                    assert_eq!(
                        *outcome,
                        Outcome::Constant(expected),
                        "{nr} in\n{}",
                        Listing(&prog)
                    );
                }
            }
        }
    }
}

pub fn computed_from_the_number() {
    // A bit of a constant in a cell, selected by the number.
    let prog = [
        stmt(0x00, 0b1011),
        stmt(0x02, 3),
        stmt(0x20, 0),
        stmt(0x54, 3),
        stmt(0x07, 0),
        stmt(0x60, 3),
        stmt(0x7c, 0),
        jump(0x45, 1, 0, 1),
        stmt(0x06, ALLOW),
        stmt(0x06, ENOSYS),
    ];
    for (nr, outcome) in outcomes(&prog, X86_64).iter().enumerate() {
        let expected = if nr % 4 == 2 { ENOSYS } else { ALLOW };
        assert_eq!(*outcome, Outcome::Constant(expected));
    }
    let prog = [stmt(0x20, 0), stmt(0x04, 5), stmt(0x16, 0)];
    for (nr, outcome) in outcomes(&prog, X86_64).iter().enumerate() {
        let expected = match nr {
            ..MAX_CONSTANTS => Outcome::Constant(nr as u32 + 5),
            _ => Outcome::Varies,
        };
        assert_eq!(*outcome, expected);
    }
}

/// More states of an instruction than are kept apart.
pub fn many_states() {
    let mut prog = Buf::from([stmt(0x20, 0)]);
    for nr in 0..60 {
        // Each `nr` goes on with a different `X`.
        prog.extend([jump(0x15, nr, 0, 1), stmt(0x01, nr + 1000)]);
    }
    prog.extend([stmt(0x20, 16), stmt(0x87, 0), stmt(0x16, 0)]);
    for (nr, outcome) in outcomes(&prog, X86_64).iter().enumerate() {
        let expected = if nr < 60 { nr as u32 + 1000 } else { 0 };
        assert_eq!(*outcome, Outcome::Constant(expected));
    }
}

/// The same with a different `A` for each.
pub fn many_values() {
    const RULES: u32 = 60;
    let mut prog = Buf::from([stmt(0x20, 0)]);
    for nr in 0..RULES {
        let to_the_end = 3 * (RULES - nr - 1);
        prog.extend([
            jump(0x15, nr, 0, 2),
            stmt(0x00, nr + 1000),
            stmt(0x05, to_the_end),
        ]);
    }
    prog.extend([stmt(0x16, 0)]);
    for (nr, outcome) in outcomes(&prog, X86_64).iter().enumerate() {
        let nr = nr as u32;
        let expected = match nr {
            ..RULES => Outcome::Constant(nr + 1000),
            // The sweep meets these constants first, so that others find no room.
            _ if nr < MAX_CONSTANTS as u32 => Outcome::Constant(nr),
            _ => Outcome::Varies,
        };
        assert_eq!(*outcome, expected, "{nr}");
    }
}

/// More pending states than the sweep has room for: many jumps forward, each to a different place.
pub fn too_many_states() {
    const JUMPS: u32 = 1300;
    let mut prog = Buf::from([stmt(0x20, 16)]);
    for step in 0..JUMPS {
        let distance = 1 + 2 * JUMPS + step - (2 + 2 * step) - 1;
        prog.extend([jump(0x15, step, 0, 1), stmt(0x05, distance)]);
    }
    for step in 0..JUMPS {
        prog.extend([stmt(0x01, step)]);
    }
    prog.extend([stmt(0x06, ALLOW)]);
    assert!(all_are(&outcomes(&prog, X86_64), Outcome::Constant(ALLOW)));
    assert_eq!(left(&prog, 5), "L0: ret #0x7fff0000\n");
}

pub fn division_by_zero() {
    let prog = [
        stmt(0x20, 16),
        stmt(0x07, 0),
        stmt(0x00, 8),
        stmt(0x3c, 0),
        stmt(0x06, ALLOW),
    ];
    assert!(all_are(&outcomes(&prog, X86_64), Outcome::Varies));
    assert_eq!(strongest(&prog), Some(0));
    let prog = [
        stmt(0x20, 0),
        stmt(0x07, 0),
        stmt(0x00, 8),
        stmt(0x3c, 0),
        stmt(0x16, 0),
    ];
    let out = outcomes(&prog, X86_64);
    assert_eq!(out[..4], [0, 8, 4, 2].map(Outcome::Constant));
}

pub fn arguments_that_do_not_matter() {
    let prog = [
        stmt(0x20, 16),
        jump(0x15, 7, 0, 1),
        stmt(0x06, ALLOW),
        stmt(0x06, ALLOW),
    ];
    assert!(all_are(&outcomes(&prog, X86_64), Outcome::Constant(ALLOW)));
    assert_eq!(left(&prog, 0), "L0: ret #0x7fff0000\n");
}

pub fn strongest_action() {
    let ret = |k| stmt(0x06, k);
    assert_eq!(
        strongest(&[ret(ALLOW), ret(0x0005_0001)]),
        Some(0x0005_0000)
    );
    assert_eq!(strongest(&[ret(0), ret(KILL)]), Some(KILL));
    assert_eq!(strongest(&[ret(0x0005_0001), ret(0)]), Some(0));
    assert_eq!(strongest(&[ret(0), stmt(0x16, 0)]), None);
}

/// The test of a 64-bit argument takes four instructions.
pub fn lowered() {
    let mut words = [Word::Const(0); 16];
    words[4] = Word::At(112);
    words[5] = Word::At(116);
    let residual = specialise(&list(0..100), X86_64, 41).unwrap().unwrap();
    let code = lower(&residual, &Layout::from(words)).unwrap().unwrap();
    let code: Buf<(u8, u8, i16, u32)> = code
        .insns()
        .iter()
        .map(|i| (i.code, i.regs, i.off, i.imm as u32))
        .collect();
    assert_eq!(
        code[..],
        [
            (0x61, 0x10, 116, 0),
            (0x56, 0x00, 4, 0),
            (0x61, 0x10, 112, 0),
            (0x56, 0x00, 2, 1),
            (0xb4, 0x00, 0, ALLOW),
            (0x95, 0x00, 0, 0),
            (0xb4, 0x00, 0, KILL),
            (0x95, 0x00, 0, 0),
        ]
    );
}

pub fn listing() {
    let prog = [
        stmt(0x20, 0),
        stmt(0x20, 4),
        stmt(0x20, 8),
        stmt(0x20, 60),
        stmt(0x80, 0),
        stmt(0x81, 0),
        stmt(0x02, 1),
        stmt(0x61, 1),
        stmt(0x87, 0),
        stmt(0x3c, 0),
        stmt(0x54, 0xff),
        jump(0x4d, 0, 1, 0),
        stmt(0x05, 0),
        stmt(0x16, 0),
        stmt(0x94, 1),
    ];
    assert_eq!(
        text!("{}", Listing(&prog)),
        "L0: ld nr\nL1: ld arch\nL2: ld ip.lo\nL3: ld args[5].hi\nL4: ld #len\nL5: ldx #len\n\
         L6: st M[1]\nL7: ldx M[1]\nL8: txa\nL9: div x\nL10: and #0xff\nL11: jset x, L13, L12\n\
         L12: ja L13\nL13: ret a\nL14: .invalid 0x0094, 0, 0, 0x1\n"
    );
}

pub fn nonsense_is_harmless() {
    let progs: [&[Insn]; 6] = [
        &[],
        &[stmt(0x20, 0)],
        &[jump(0x15, 0, 9, 9), stmt(0x06, 0)],
        &[stmt(0x05, u32::MAX), stmt(0x06, 0)],
        &[stmt(0x94, 0), stmt(0x06, 0)],
        &[stmt(0x02, u32::MAX), stmt(0x60, 16), stmt(0x64, 99)],
    ];
    for prog in progs {
        assert!(all_are(&outcomes(prog, X86_64), Outcome::Varies));
        assert!(specialise(prog, X86_64, 0).unwrap().is_none());
        let layout = Layout::from([Word::Const(0); 16]);
        assert!(lower(prog, &layout).unwrap().is_none());
    }
    let long = Buf::filled(5000, stmt(0x06, 0)).unwrap();
    assert!(all_are(&outcomes(&long, X86_64), Outcome::Varies));
    assert!(specialise(&long, X86_64, 0).unwrap().is_none());
}

pub fn every_allocation_may_fail() {
    let prog = list(30..50);
    let layout = Layout::from([Word::At(0); 16]);
    let truth = outcomes(&prog, X86_64);
    let residual = specialise(&prog, X86_64, 41).unwrap().unwrap();
    let lowered = lower(&prog, &layout).unwrap().unwrap();
    let mut failed = [0; 3];
    for n in 0..10_000 {
        memory::fail_after(n);
        let analysed = analyse(&prog, X86_64, &mut Meter::unlimited());
        memory::fail_after(n);
        let specialised = specialise(&prog, X86_64, 41);
        memory::fail_after(n);
        let translated = lower(&prog, &layout);
        memory::never_fail();
        match &analysed {
            Ok(outcomes) => assert_eq!(list_of(outcomes)[..], truth[..]),
            Err(_) => failed[0] += 1,
        }
        match &specialised {
            Ok(got) => assert_eq!(got.as_deref(), Some(&residual[..])),
            Err(_) => failed[1] += 1,
        }
        match &translated {
            Ok(got) => {
                assert_eq!(got.as_ref().map(|got| got.insns()), Some(lowered.insns()));
            }
            Err(_) => failed[2] += 1,
        }
        if analysed.is_ok() && specialised.is_ok() && translated.is_ok() {
            assert!(failed.iter().all(|failed| *failed > 0), "{failed:?}");
            return;
        }
    }
    panic!("never enough memory");
}
