// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the analysis says of random programs, which do what no compiler makes.

use std::time::{
    Duration,
    Instant, //
};

use secpol::{
    abi::Abi,
    bpf::{
        Insn,
        LD,
        MAX_INSNS, //
    },
    call::Call,
    compile::Program,
    output, //
};
use secpol_analysis::{
    Analysis,
    Filter,
    Sight, //
};

use super::samples::{
    arches,
    possible,
    Studied, //
};
use crate::choices::Choices;

const PROGRAMS: u64 = if cfg!(debug_assertions) { 400 } else { 4000 };
const CALLS: u32 = 256;
/// For a program, whatever it is.
const MOST_TIME: Duration = Duration::from_secs(60);

const RETS: [u32; 6] = [
    0x7fff_0000,
    0x0005_0001,
    0x0005_0026,
    0x8000_0000,
    0x0003_0007,
    0x7ff0_0005,
];
const WORDS: [u32; 12] = [0, 0, 0, 4, 4, 16, 16, 20, 24, 32, 36, 8];
const NUMBERS: [u32; 6] = [0, 1, 16, 59, 0x4000_0000, 437];

fn constant(choices: &mut Choices) -> u32 {
    match choices.below(6) {
        0 => Abi::ALL[choices.below(4)].audit_arch(),
        1 => NUMBERS[choices.below(NUMBERS.len())],
        2 => choices.below(8) as u32,
        _ => choices.edge(32) as u32,
    }
}

/// An instruction at so many from the end. Nothing is loaded from cells that were not stored:
/// `stored` are those that all ways store.
fn insn(choices: &mut Choices, left: usize, stored: &[u32]) -> Insn {
    let k = constant(choices);
    let skip = |choices: &mut Choices| choices.below(left.min(12)) as u8;
    match choices.below(20) {
        0..6 => Insn::new(LD, WORDS[choices.below(WORDS.len())]),
        6..13 => {
            let code = 0x05 | [0x10, 0x10, 0x20, 0x30, 0x40][choices.below(5)];
            let code = code | if choices.one_in(8) { 8 } else { 0 };
            Insn {
                code,
                jt: skip(choices),
                jf: skip(choices),
                k,
            }
        }
        13 => Insn::new(0x06, RETS[choices.below(RETS.len())]),
        14 => Insn::new([0x07, 0x87, 0x84][choices.below(3)], 0),
        15 if !stored.is_empty() => {
            Insn::new([0x60, 0x61][choices.below(2)], *choices.pick(stored))
        }
        16 => Insn::new([0x00, 0x01, 0x80][choices.below(3)], k),
        17 => Insn::new([0x02, 0x03][choices.below(2)], choices.below(3) as u32),
        _ => {
            let op = *choices.pick(&[0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x50, 0x60, 0x70, 0xa0]);
            let k = match op {
                0x60 | 0x70 => k % 32,
                0x30 | 0x20 => 1 + k % 7,
                _ => k,
            };
            Insn::new(0x04 | op | if choices.one_in(10) { 8 } else { 0 }, k)
        }
    }
}

pub fn program(choices: &mut Choices, len: usize) -> Program {
    let mut insns = vec![Insn::new(0x02, 0), Insn::new(0x02, 1)];
    for place in 2..len - 1 {
        insns.push(insn(choices, len - 1 - place, &[0, 1]));
    }
    insns.push(Insn::new(0x06, RETS[choices.below(RETS.len())]));
    Program {
        insns,
        returns: Vec::new(),
        appended: false,
        extensible_arg_size: 0,
    }
}

pub fn call(choices: &mut Choices, program: &Program) -> Call {
    let value = |choices: &mut Choices| -> u32 {
        let k = program.insns[choices.below(program.insns.len())].k;
        match choices.below(6) {
            0 => k,
            1 => k.wrapping_add(1),
            2 => k.wrapping_sub(1),
            3 => choices.below(4) as u32,
            _ => choices.edge(32) as u32,
        }
    };
    let mut call = Call {
        arch: match choices.one_in(12) {
            true => value(choices),
            false => Abi::ALL[choices.below(4)].audit_arch(),
        },
        number: match choices.below(3) {
            0 => value(choices),
            1 => NUMBERS[choices.below(NUMBERS.len())],
            _ => choices.below(512) as u32,
        },
        instruction_pointer: choices.number(),
        ..Call::default()
    };
    for argument in &mut call.arguments {
        *argument = u64::from(value(choices)) | (u64::from(value(choices)) << 32);
    }
    possible(call)
}

#[test]
fn random_programs() {
    let (mut tried, mut unknown) = (0, 0);
    for seed in 0..PROGRAMS {
        let mut choices = Choices::from_seed(seed ^ 0xb9f);
        let len = 4 + choices.below(40);
        let program = program(&mut choices, len);
        let mut analysis = Analysis::default();
        let abis = Abi::ALL.map(Abi::audit_arch);
        let studied = Studied::new(&mut analysis, &program, &arches(&[&program], &abis));
        for _ in 0..CALLS {
            let call = call(&mut choices, &program);
            tried += 1;
            match studied.analysed(&mut analysis, &call) {
                Some(ret) => {
                    let simulated = studied.simulated(&call);
                    assert_eq!(ret, simulated, "{:x?}\n{call:x?}", program.insns);
                }
                None => unknown += 1,
            }
        }
    }
    println!("{tried} calls, of which {unknown} are not decided");
    assert!(unknown < tried / 10);
}

#[test]
fn random_bytes() {
    let mut accepted = 0;
    for seed in 0..50_000 {
        let mut choices = Choices::from_seed(seed);
        let len = choices.below(40);
        let mut bytes: Vec<u8> = (0..len).map(|_| choices.number() as u8).collect();
        if choices.one_in(2) {
            // Near to what is a filter.
            bytes = output::raw(&program(&mut choices, 6));
            for _ in 0..choices.below(3) {
                let place = choices.below(bytes.len());
                bytes[place] = choices.number() as u8;
            }
        }
        let sight = match choices.below(3) {
            0 => Sight::Classic,
            _ => Sight::Appended {
                flags: choices.number(),
                extensible_arg_size: choices.below(70) as u32,
            },
        };
        let Ok(filter) = Filter::new(&bytes, sight) else {
            continue;
        };
        accepted += 1;
        if accepted % 50 == 0 {
            let mut analysis = Analysis::default();
            for arch in filter.arches() {
                analysis.study(&filter, &secpol_analysis::Arch::One(arch));
            }
        }
    }
    println!("{accepted} are filters");
    assert!(accepted > 1000);
}

/// Programs as large as can be: random ones, and one that adds up all words.
#[test]
fn large_programs() {
    for seed in 0..4 {
        let mut choices = Choices::from_seed(seed);
        let mut program = program(&mut choices, MAX_INSNS);
        if seed == 3 {
            let sum = [Insn::new(0x07, 0), Insn::new(LD, 16), Insn::new(0x0c, 0)];
            let compare = Insn {
                code: 0x15,
                jt: 0,
                jf: 1,
                k: 7,
            };
            program.insns = (0..1000)
                .flat_map(|place| {
                    [
                        sum[0],
                        Insn::new(LD, 16 + 4 * (place % 12)),
                        sum[2],
                        compare,
                    ]
                })
                .collect();
            program.insns.push(Insn::new(0x06, RETS[0]));
            program.insns.push(Insn::new(0x06, RETS[1]));
        }
        let start = Instant::now();
        let mut analysis = Analysis::default();
        let abis = Abi::ALL.map(Abi::audit_arch);
        let studied = Studied::new(&mut analysis, &program, &arches(&[&program], &abis));
        let took = start.elapsed();
        println!("{took:?}");
        assert!(took < MOST_TIME);
        for _ in 0..CALLS {
            let call = call(&mut choices, &program);
            if let Some(ret) = studied.analysed(&mut analysis, &call) {
                assert_eq!(ret, studied.simulated(&call), "{call:x?}");
            }
        }
    }
}
