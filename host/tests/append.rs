// SPDX-License-Identifier: GPL-2.0

//! Appended filters do what they would do over the whole of `struct seccomp_data_append`.

use rust_seccomp_host::bpf::analyse::{analyse, Outcome};
use rust_seccomp_host::bpf::append::{canonical, Needs, Sight, View};
use rust_seccomp_host::bpf::insn::Insn;
use rust_seccomp_host::bpf::listing::Listing;
use rust_seccomp_host::bpf::lower::{lower, Layout, Word};
use rust_seccomp_host::bpf::residual::specialise;
use rust_seccomp_host::calls::{self, CALLS};
use rust_seccomp_host::programs::{random, AARCH64, ALLOW, I386, X86_64};
use rust_seccomp_host::reference::{admits_with, run_ebpf_with, run_with_len, seccomp_admits};
use rust_seccomp_host::rng::Rng;

const E2BIG: u32 = 0x0005_0007;

/// A system call, as an appended filter may see it.
struct Made {
    nr: u32,
    arch: u32,
    nr_high: u32,
    pkey: u32,
    ip_and_args: [u32; 14],
    size: u64,
    argument: Vec<u8>,
}

impl Made {
    fn extent(&self) -> usize {
        self.argument
            .iter()
            .rposition(|b| *b != 0)
            .map_or(0, |at| at + 1)
    }

    /// `struct seccomp_data_append`, as words, written down field by field.
    fn structure(&self, sight: Sight) -> Vec<u32> {
        let understood = sight.argument.unwrap_or(0);
        let sees = sight.argument.is_some() && calls::find(self.arch, self.nr).is_some();
        let mut words = vec![self.nr, self.arch];
        words.extend(self.ip_and_args);
        words.extend([1136 + understood, 0]);
        let mut features = 0;
        features |= u32::from(sight.nr_high);
        features |= u32::from(sight.pkey) << 1;
        features |= u32::from(sees) << 2;
        features |= u32::from(sees && sight.tail && self.extent() > understood as usize) << 3;
        words.extend([features, 0]);
        words.push(if sight.nr_high { self.nr_high } else { 0 });
        words.push(if sight.pkey { self.pkey } else { 0 });
        words.extend([0; 4]);
        words.extend([0; 256]);
        let size = if sees { self.size } else { 0 };
        words.extend([size as u32, (size >> 32) as u32]);
        for word in 0..understood as usize / 4 {
            let bytes = &self.argument[4 * word..4 * word + 4];
            let value = u32::from_le_bytes(bytes.try_into().unwrap());
            words.push(if sees { value } else { 0 });
        }
        words
    }

    fn answer(&self, prog: &[Insn], sight: Sight) -> u32 {
        let sees = sight.argument.is_some() && calls::find(self.arch, self.nr).is_some();
        if sees && !sight.tail && self.extent() > sight.argument.unwrap() as usize {
            return E2BIG;
        }
        let len = 1136 + sight.argument.unwrap_or(0);
        run_with_len(prog, &self.structure(sight), len)
    }

    /// What lowered programs find, by [`layout`].
    fn context(&self) -> Vec<u8> {
        let mut words = vec![self.nr];
        words.extend(self.ip_and_args);
        words.push(self.nr_high);
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn extra(&self) -> Vec<u8> {
        let has = calls::find(self.arch, self.nr).is_some();
        let mut bytes = vec![0; 8];
        bytes.extend(if has { self.size } else { 0 }.to_le_bytes());
        bytes.extend(if has { self.extent() as u32 } else { 0 }.to_le_bytes());
        bytes.extend((u32::from(has) << 2).to_le_bytes());
        bytes.extend(self.pkey.to_le_bytes());
        bytes
    }

    fn memory(&self) -> Vec<u8> {
        match calls::find(self.arch, self.nr) {
            Some(_) => self.argument.clone(),
            None => vec![0; 4096],
        }
    }
}

fn layout(arch: u32, sight: Sight) -> Layout {
    let mut words = [Word::Const(arch); 16];
    words[0] = Word::At(0);
    for (word, place) in words.iter_mut().enumerate().skip(2) {
        *place = Word::At(4 * (word as i16 - 1));
    }
    Layout {
        words,
        nr_high: Word::At(60),
        sight,
    }
}

fn sight(rng: &mut Rng) -> Sight {
    let argument = match rng.below(4) {
        0 => None,
        _ => Some(rng.pick(&[0, 4, 24, 64, 88, 90, 144, 4096])),
    };
    Sight {
        nr_high: rng.one_in(2),
        pkey: rng.one_in(2),
        argument,
        tail: argument.is_some() && rng.one_in(2),
    }
}

/// A random program that loads from all over the structure.
fn program(rng: &mut Rng, sight: Sight) -> Vec<Insn> {
    let mut prog = random(rng);
    let end = 1136 + sight.argument.unwrap_or(0);
    for insn in &mut prog {
        if insn.code == 0x20 && rng.one_in(2) {
            let offset = match rng.below(3) {
                0 => rng.pick(&[64, 68, 72, 72, 76, 80, 80, 84, 84, 88, 104, 1128, 1132]),
                1 => 1136 + 4 * rng.below(24) as u32,
                _ => 4 * rng.below(1136 / 4) as u32,
            };
            insn.k = if offset + 4 <= end { offset } else { 72 };
        }
    }
    prog
}

fn make(rng: &mut Rng, prog: &[Insn], arch: u32) -> Made {
    let value = |rng: &mut Rng| match rng.below(4) {
        0 => 0,
        1 => rng.word(),
        _ => rng
            .pick(prog)
            .k
            .wrapping_add(rng.below(3) as u32)
            .wrapping_sub(1),
    };
    let nr = match rng.below(3) {
        0 => rng.pick(CALLS).number(arch).unwrap_or(3),
        1 => rng.pick(prog).k % 512,
        _ => rng.below(512) as u32,
    };
    let mut argument = vec![0; 4096];
    for _ in 0..rng.below(8) {
        let words = rng.pick(&[24, 24, 1024]);
        let at = 4 * rng.below(words);
        argument[at..at + 4].copy_from_slice(&value(rng).to_le_bytes());
    }
    let mut ip_and_args = [0; 14];
    ip_and_args.iter_mut().for_each(|word| *word = value(rng));
    Made {
        nr,
        arch,
        nr_high: value(rng),
        pkey: value(rng),
        ip_and_args,
        size: u64::from(value(rng)) << rng.pick(&[0, 32]),
        argument,
    }
}

#[test]
fn agree() {
    let mut rng = Rng::new(5);
    let (mut constants, mut tails, mut needy) = (0, 0, 0);
    for _ in 0..4000 {
        let sight = sight(&mut rng);
        let prog = program(&mut rng, sight);
        let code = canonical(&prog, sight).unwrap().expect("admitted");
        let arch = rng.pick(&[X86_64, AARCH64, I386]);
        let view = View { arch, sight };
        let mut out = [Outcome::Varies; 512];
        analyse(&code, view, 512, &mut out).unwrap();
        let whole = lower(&code, &layout(arch, sight)).unwrap().unwrap();
        for _ in 0..12 {
            let made = make(&mut rng, &prog, arch);
            let expected = made.answer(&prog, sight);
            tails += u32::from(expected == E2BIG);
            let text = || format!("{sight:?}, nr {}:\n{}", made.nr, Listing(&code));
            if let Outcome::Constant(ret) = out[made.nr as usize] {
                constants += 1;
                assert_eq!(ret, expected, "analysis, {}", text());
            }
            let (context, memory) = (made.context(), made.memory());
            let got = run_ebpf_with(&whole, &context, &made.extra(), &memory);
            assert_eq!(got, expected.into(), "whole, {}", text());

            let residual = specialise(&code, view, made.nr).unwrap().unwrap();
            let lowered = lower(&residual, &layout(arch, sight)).unwrap().unwrap();
            // What it says it does not need is not there.
            let needs = Needs::of(&residual);
            let extra = match needs.is_empty() {
                true => Vec::new(),
                false => made.extra(),
            };
            needy += u32::from(!needs.is_empty());
            if calls::find(arch, made.nr).is_none() || sight.argument.is_none() {
                assert!(!needs.argument, "{}", text());
            }
            let got = run_ebpf_with(&lowered, &context, &extra, &memory);
            assert_eq!(got, expected.into(), "residual, {}", text());
        }
    }
    assert!(
        constants > 5000 && tails > 500 && needy > 3000,
        "{constants} {tails} {needy}"
    );
}

/// A load is admitted where the structure, as far as the filter understands it, has a word.
#[test]
fn every_load() {
    for argument in [
        None,
        Some(0),
        Some(1),
        Some(4),
        Some(10),
        Some(88),
        Some(4096),
    ] {
        let sight = Sight {
            argument,
            ..Sight::NONE
        };
        for offset in (0..1136 + 4096 + 64).chain([u32::MAX, u32::MAX - 3, 0x8000_0000]) {
            let prog = [Insn::stmt(0x20, offset), Insn::stmt(0x06, ALLOW)];
            let within = u64::from(offset) + 4 <= 1136 + u64::from(argument.unwrap_or(0));
            let admitted = canonical(&prog, sight).unwrap().is_some();
            assert_eq!(
                admitted,
                within && offset % 4 == 0,
                "{offset} of {argument:?}"
            );
        }
    }
}

/// Programs are admitted as others are, but for what they load.
#[test]
fn damaged_programs() {
    let mut rng = Rng::new(6);
    let mut refused = 0;
    for _ in 0..20000 {
        let sight = sight(&mut rng);
        let mut prog = program(&mut rng, sight);
        let at = rng.below(prog.len());
        match rng.below(4) {
            0 => prog[at].code = rng.word() as u16 & 0xff,
            1 => prog[at].k = rng.word(),
            2 => prog[at].jt = rng.word() as u8,
            _ => prog.truncate(at + 1),
        }
        let end = u64::from(1136 + sight.argument.unwrap_or(0));
        let expected = admits_with(&prog, |insn| match insn.code {
            0x20 => insn.k % 4 == 0 && u64::from(insn.k) + 4 <= end,
            _ => seccomp_admits(insn),
        });
        refused += u32::from(!expected);
        let admitted = canonical(&prog, sight).unwrap().is_some();
        assert_eq!(admitted, expected, "{}", Listing(&prog));
    }
    assert!(refused > 1000);
}

/// Loads of what is the same for all calls leave nothing to be run.
#[test]
fn constants() {
    let sight = Sight {
        nr_high: false,
        pkey: false,
        argument: Some(24),
        tail: true,
    };
    for (offset, value) in [
        (64, 1160),
        (68, 0),
        (76, 0),
        (80, 0),
        (84, 0),
        (104, 0),
        (1124, 0),
    ] {
        let prog = [
            Insn::stmt(0x20, offset),
            Insn::jump(0x15, value, 0, 1),
            Insn::stmt(0x06, ALLOW),
            Insn::stmt(0x06, 0),
        ];
        let code = canonical(&prog, sight).unwrap().unwrap();
        let mut out = [Outcome::Varies; 512];
        analyse(
            &code,
            View {
                arch: X86_64,
                sight,
            },
            512,
            &mut out,
        )
        .unwrap();
        assert_eq!(out, [Outcome::Constant(ALLOW); 512]);
    }
    // For all but the calls that have an argument, so are the features.
    let prog = [
        Insn::stmt(0x20, 72),
        Insn::jump(0x45, 8, 0, 1),
        Insn::stmt(0x06, 0),
        Insn::stmt(0x06, ALLOW),
    ];
    let code = canonical(&prog, sight).unwrap().unwrap();
    let mut out = [Outcome::Varies; 512];
    analyse(
        &code,
        View {
            arch: X86_64,
            sight,
        },
        512,
        &mut out,
    )
    .unwrap();
    for (nr, outcome) in out.iter().enumerate() {
        let varies = calls::find(X86_64, nr as u32).is_some();
        assert_eq!(*outcome == Outcome::Varies, varies, "{nr}");
    }
    // And a filter that is told of no tail knows that there is none.
    let told = Sight {
        tail: false,
        ..sight
    };
    let code = canonical(&prog, told).unwrap().unwrap();
    let residual = specialise(
        &code,
        View {
            arch: X86_64,
            sight: told,
        },
        437,
    )
    .unwrap()
    .unwrap();
    assert_eq!(
        Needs::of(&residual),
        Needs {
            pkey: false,
            argument: true
        }
    );
    assert_eq!(residual.len(), 4, "{}", Listing(&residual));
}

/// The calls are found by their numbers, and nothing else is.
#[test]
fn calls() {
    for arch in [X86_64, I386, AARCH64, calls::AUDIT_ARCH_ARM] {
        for nr in (0..2000).chain([u32::MAX, 0x8000_0000, 0x4000_0000]) {
            let listed = CALLS.iter().find(|call| call.number(arch) == Some(nr));
            let found = calls::find(arch, nr);
            assert_eq!(
                found.map(|call| call.name),
                listed.map(|call| call.name),
                "{nr}"
            );
        }
        assert!(calls::find(arch ^ 1, 437).is_none());
    }
    // Calls of x32 are those of x86_64.
    assert_eq!(
        calls::find(X86_64, 0x4000_0000 | 437).unwrap().name,
        "openat2"
    );
    assert!(calls::find(AARCH64, 0x4000_0000 | 437).is_none());
}
