// SPDX-License-Identifier: GPL-2.0

//! Compiled appended filters return what the reference interpreter does over the whole of
//! `struct seccomp_data_append`.

use crate::logic::bpf::analyse::analyse;
use crate::logic::bpf::append::{canonical, ArchView, Inputs, NeededInputs, VisibleFields};
use crate::logic::bpf::ending::SeenCall;
use crate::logic::bpf::insn::Insn;
use crate::logic::bpf::listing::Listing;
use crate::logic::bpf::lower::lower;
use crate::logic::bpf::meter::{units, Meter};
use crate::logic::bpf::outcomes::Outcome;
use crate::logic::bpf::residual::specialise;
use crate::logic::bpf::study::{study, Finding, Side};
use crate::logic::buf::Buf;
use crate::logic::syscalls::{self, CALLS};
use crate::shared::appended::{layout, make, program, visible, Made, E2BIG, EA_FEATURES};
use crate::shared::programs::{AARCH64, ALLOW, I386, X86_64};
use crate::shared::reference::{admits_with, run_ebpf_with, seccomp_admits};
use crate::shared::rng::Rng;

use super::scaled;

/// The outcome for each number, on the heap, as a kernel stack is small.
fn outcomes(code: &[Insn], view: ArchView) -> Buf<Outcome> {
    let outcomes = analyse(code, view, &mut Meter::unlimited()).unwrap();
    let mut out = Buf::filled(512, Outcome::Varies).unwrap();
    for (nr, outcome) in (0..).zip(out.iter_mut()) {
        *outcome = outcomes.get(nr);
    }
    out
}

pub fn agree() {
    let mut rng = Rng::new(5);
    let (mut constants, mut tails, mut needy, mut studied, mut unknown) = (0, 0, 0, 0, 0);
    for _ in 0..scaled(4000) {
        let visible = visible(&mut rng);
        let prog = program(&mut rng, visible);
        let code = canonical(&prog, visible).unwrap().expect("admitted");
        let arch = rng.pick(&[X86_64, AARCH64, I386]);
        let view = ArchView { arch, visible };
        let out = outcomes(&code, view);
        let whole = lower(&code, &layout(arch, visible)).unwrap().unwrap();
        let side = || Side {
            view,
            layout: layout(arch, visible),
        };
        // Half of the studies get the units that a filter gets, the others get unlimited units.
        let units = rng.pick(&[u32::MAX, units(&code)]);
        let study = study(&code, &[side(), side()], Meter::new(units, || true)).unwrap();
        for _ in 0..12 {
            let made = make(&mut rng, &prog, arch);
            let expected = made.answer(&prog, visible);
            tails += u64::from(expected == E2BIG);
            unknown += u64::from(!check_ending(&made, &prog, visible, expected));
            let text = || text!("{visible:?}, nr {}:\n{}", made.nr, Listing(&code));
            if let Outcome::Constant(ret) = out[made.nr as usize] {
                constants += 1;
                assert_eq!(ret, expected, "analysis, {}", text());
            }
            let (context, memory) = (made.context(), made.memory());
            let got = run_ebpf_with(&whole, &context, &made.inputs(), &memory);
            assert_eq!(got, expected.into(), "whole, {}", text());

            let residual = specialise(&code, view, made.nr).unwrap().unwrap();
            let lowered = lower(&residual, &layout(arch, visible)).unwrap().unwrap();
            // A program that says it needs nothing gets nothing.
            let needs = NeededInputs::of(&residual);
            let inputs = match needs.is_empty() {
                true => Buf::new(),
                false => made.inputs(),
            };
            needy += u64::from(!needs.is_empty());
            if syscalls::find(arch, made.nr).is_none() || visible.argument.is_none() {
                assert!(!needs.argument, "{}", text());
            }
            let got = run_ebpf_with(&lowered, &context, &inputs, &memory);
            assert_eq!(got, expected.into(), "residual, {}", text());

            let found = match study.findings[1].get(made.nr) {
                Finding::Whole => continue,
                Finding::Constant(ret) => ret,
                Finding::Residual(which) => {
                    let mut inputs = made.inputs();
                    let program = study.program.as_ref().unwrap();
                    if program.needs(which.into()).is_empty() {
                        // It gets nothing but the choice.
                        inputs.truncate(4);
                    }
                    inputs[..4].copy_from_slice(&u32::from(which).to_le_bytes());
                    run_ebpf_with(program, &context, &inputs, &memory) as u32
                }
            };
            studied += 1;
            assert_eq!(found, expected, "study, {}", text());
        }
    }
    assert!(
        constants > scaled(5000)
            && tails > scaled(500)
            && needy > scaled(3000)
            && studied > scaled(20000)
            && unknown > scaled(1000),
        "{constants} {tails} {needy} {studied} {unknown}"
    );
}

/// The instruction that is said to end the program does, and it returns what is said. Returns
/// whether that can be told without the argument.
fn check_ending(made: &Made, prog: &[Insn], visible: VisibleFields, expected: u32) -> bool {
    let code = canonical(prog, visible).unwrap().unwrap();
    let memory = made.memory();
    let extensible = syscalls::find(made.arch, made.nr).is_some();
    let ending = |features| {
        let inputs = Inputs {
            which: 0,
            pkey: made.pkey,
            argument: (),
            size: made.size,
            extent: made.extent(),
            features,
        };
        let seen = SeenCall {
            data: made.data(),
            nr_high: made.nr_high,
            pkey: made.pkey,
            extensible,
            inputs: &inputs,
            argument: if features == 0 { &[] } else { &memory },
        };
        seen.ending(&code, visible)
    };
    let found = ending(EA_FEATURES).unwrap();
    let text = || text!("{visible:?}, nr {}:\n{}", made.nr, Listing(&code));
    assert_eq!(found.value, expected, "ending, {}", text());
    let mut other: Buf<Insn> = prog.iter().copied().collect();
    other[found.at] = Insn::stmt(0x06, !expected);
    assert_eq!(
        made.answer(&other, visible),
        !expected,
        "at {}, {}",
        found.at,
        text()
    );
    let without = ending(0);
    assert!(without.is_none_or(|ending| ending == found), "{}", text());
    without.is_some()
}

/// A tail begins right behind the bytes that the filter sees, and matters to loads of these alone.
pub fn tails() {
    // They return the features, the extent, and the features after a load that nobody needs.
    let features: &[Insn] = &[Insn::stmt(0x20, 72), Insn::stmt(0x16, 0)];
    let extent: &[Insn] = &[Insn::stmt(0x20, 104), Insn::stmt(0x16, 0)];
    let dead: &[Insn] = &[
        Insn::stmt(0x20, 1136),
        Insn::stmt(0x20, 72),
        Insn::stmt(0x16, 0),
    ];
    let mut rng = Rng::new(7);
    for (size, tail) in [0, 4, 10, 24, 88, 4096]
        .into_iter()
        .flat_map(|size| [(size, false), (size, true)])
    {
        let visible = VisibleFields {
            argument: Some(size),
            tail,
            ..VisibleFields::NONE
        };
        let view = ArchView {
            arch: X86_64,
            visible,
        };
        for prog in [features, extent, dead] {
            let loads = prog == dead;
            if loads && size < 4 {
                continue;
            }
            let code = canonical(prog, visible).unwrap().unwrap();
            let residual = specialise(&code, view, 437).unwrap().unwrap();
            let needs = NeededInputs::of(&residual).argument;
            // Without a load the features are the same for each struct, unless the tail is one.
            assert_eq!(needs, tail || prog != features);
            for made_extent in [
                0,
                size.saturating_sub(1),
                size,
                size + 1,
                4096,
                4097,
                u32::MAX,
            ] {
                let mut made = make(&mut rng, prog, X86_64);
                made.nr = 437;
                made.argument.iter_mut().for_each(|byte| *byte = 0);
                made.end = 0;
                match made_extent {
                    0 => {}
                    1..=4096 => made.argument[made_extent as usize - 1] = 1,
                    _ => made.end = made_extent,
                }
                let has_tail = made_extent > size;
                let expected = match (prog == extent, has_tail) {
                    (true, _) => made_extent,
                    (_, true) if tail => EA_FEATURES | 8,
                    (_, true) if loads => E2BIG,
                    _ => EA_FEATURES,
                };
                assert_eq!(made.answer(prog, visible), expected);
                for code in [&code, &residual] {
                    let lowered = lower(code, &layout(X86_64, visible)).unwrap().unwrap();
                    let got =
                        run_ebpf_with(&lowered, &made.context(), &made.inputs(), &made.memory());
                    assert_eq!(
                        got,
                        expected.into(),
                        "{made_extent} of {size}, {}",
                        Listing(code)
                    );
                }
            }
        }
    }
}

/// A load is admitted if it is of an aligned word within the length that the filter understands.
pub fn every_load() {
    for argument in [
        None,
        Some(0),
        Some(1),
        Some(4),
        Some(10),
        Some(88),
        Some(4096),
    ] {
        let visible = VisibleFields {
            argument,
            ..VisibleFields::NONE
        };
        for offset in (0..1136 + 4096 + 64).chain([u32::MAX, u32::MAX - 3, 0x8000_0000]) {
            let prog = [Insn::stmt(0x20, offset), Insn::stmt(0x06, ALLOW)];
            let within = u64::from(offset) + 4 <= 1136 + u64::from(argument.unwrap_or(0));
            let admitted = canonical(&prog, visible).unwrap().is_some();
            assert_eq!(
                admitted,
                within && offset % 4 == 0,
                "{offset} of {argument:?}"
            );
        }
    }
}

/// But for their loads, appended filters are admitted as others are.
pub fn damaged_programs() {
    let mut rng = Rng::new(6);
    let mut refused = 0;
    for _ in 0..scaled(20000) {
        let visible = visible(&mut rng);
        let mut prog = program(&mut rng, visible);
        let at = rng.below(prog.len());
        match rng.below(4) {
            0 => prog[at].code = rng.word() as u16 & 0xff,
            1 => prog[at].k = rng.word(),
            2 => prog[at].jt = rng.word() as u8,
            _ => prog.truncate(at + 1),
        }
        let end = u64::from(1136 + visible.argument.unwrap_or(0));
        let expected = admits_with(&prog, |insn| match insn.code {
            0x20 => insn.k % 4 == 0 && u64::from(insn.k) + 4 <= end,
            _ => seccomp_admits(insn),
        });
        refused += u64::from(!expected);
        let admitted = canonical(&prog, visible).unwrap().is_some();
        assert_eq!(admitted, expected, "{}", Listing(&prog));
    }
    assert!(refused > scaled(1000));
}

/// For fields that are the same for all calls, the filter returns a constant.
pub fn constants() {
    let visible = VisibleFields {
        nr_high: false,
        pkey: false,
        argument: Some(24),
        tail: true,
    };
    let view = ArchView {
        arch: X86_64,
        visible,
    };
    for (offset, value) in [
        (64, 1160),
        (68, 0),
        (76, 0),
        (80, 0),
        (84, 0),
        (108, 0),
        (1124, 0),
    ] {
        let prog = [
            Insn::stmt(0x20, offset),
            Insn::jump(0x15, value, 0, 1),
            Insn::stmt(0x06, ALLOW),
            Insn::stmt(0x06, 0),
        ];
        let code = canonical(&prog, visible).unwrap().unwrap();
        let out = outcomes(&code, view);
        assert!(out
            .iter()
            .all(|outcome| *outcome == Outcome::Constant(ALLOW)));
    }
    // The features and the extent are the same for all calls that have no extensible argument.
    let told = VisibleFields {
        tail: false,
        ..visible
    };
    let extensible = |nr| syscalls::find(X86_64, nr).is_some();
    for (offset, visible) in [(72, visible), (104, visible), (104, told)] {
        let prog = [
            Insn::stmt(0x20, offset),
            Insn::jump(0x45, 8, 0, 1),
            Insn::stmt(0x06, 0),
            Insn::stmt(0x06, ALLOW),
        ];
        let code = canonical(&prog, visible).unwrap().unwrap();
        let out = outcomes(&code, ArchView { visible, ..view });
        for (nr, outcome) in (0..).zip(out.iter()) {
            assert_eq!(
                *outcome == Outcome::Varies,
                extensible(nr),
                "{offset}, {nr}"
            );
        }
    }
    // For a filter that sees no tail, the features never say that there is one, whatever the call.
    let prog = [Insn::stmt(0x20, 72), Insn::stmt(0x16, 0)];
    let code = canonical(&prog, told).unwrap().unwrap();
    let out = outcomes(
        &code,
        ArchView {
            visible: told,
            ..view
        },
    );
    for (nr, outcome) in (0..).zip(out.iter()) {
        let features = if extensible(nr) { EA_FEATURES } else { 0 };
        assert_eq!(*outcome, Outcome::Constant(features), "{nr}");
    }
}

/// Only calls for which the program can come to a load from the argument need that.
pub fn needs_of_a_branch() {
    let openat2 = 437;
    let prog = [
        Insn::stmt(0x20, 0),
        Insn::jump(0x15, openat2, 0, 2),
        Insn::stmt(0x20, 1136),
        Insn::stmt(0x06, ALLOW),
        Insn::stmt(0x06, ALLOW),
    ];
    for tail in [false, true] {
        let visible = VisibleFields {
            argument: Some(24),
            tail,
            ..VisibleFields::NONE
        };
        let view = ArchView {
            arch: X86_64,
            visible,
        };
        let code = canonical(&prog, visible).unwrap().unwrap();
        let out = outcomes(&code, view);
        for (nr, outcome) in (0..).zip(out.iter()) {
            // The load may end the program, though nobody needs what it loads.
            let varies = nr == openat2 && !tail;
            assert_eq!(*outcome == Outcome::Varies, varies, "{nr}");
            let residual = specialise(&code, view, nr).unwrap().unwrap();
            assert_eq!(NeededInputs::of(&residual).argument, varies, "{nr}");
        }
    }
}

/// Each call is found by its numbers, and no other number finds one.
pub fn calls() {
    for arch in [X86_64, I386, AARCH64, syscalls::AUDIT_ARCH_ARM] {
        for nr in (0..2000).chain([u32::MAX, 0x8000_0000, 0x4000_0000]) {
            let listed = CALLS.iter().find(|call| call.number(arch) == Some(nr));
            let found = syscalls::find(arch, nr);
            assert_eq!(
                found.map(|call| call.name),
                listed.map(|call| call.name),
                "{nr}"
            );
        }
        assert!(syscalls::find(arch ^ 1, 437).is_none());
    }
    // An x32 call has the number of the x86_64 call, with a bit set.
    assert_eq!(
        syscalls::find(X86_64, 0x4000_0000 | 437).unwrap().name,
        "openat2"
    );
    assert!(syscalls::find(AARCH64, 0x4000_0000 | 437).is_none());
}
