// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rules that compare one argument with several values.

use secpol::{
    abi::Abi,
    bpf::Insn,
    call::Call,
    compile::{
        compile,
        Program, //
    },
    groups::NoGroups,
    output,
    policy::{
        Policy,
        Target, //
    },
    simulate,
    tables, //
};
use secpol_analysis::{
    Filter,
    Sight, //
};

use super::{
    samples::filter,
    shown::residual, //
};
use crate::choices::Choices;

const ALLOW: u32 = 0x7fff_0000;
const POLICIES: u64 = if cfg!(debug_assertions) { 200 } else { 2000 };

fn program(text: &str) -> Program {
    let policy = Policy::parse("equals.pol".as_ref(), text.to_string()).unwrap();
    let target = Target::new(Abi::X86_64);
    compile(&policy.rules(&target, &NoGroups).unwrap().made).unwrap()
}

fn call(name: &str, argument: u64) -> Call {
    let mut call = Call {
        arch: Abi::X86_64.audit_arch(),
        number: tables::call(Abi::X86_64, name).unwrap().number,
        ..Call::default()
    };
    call.arguments[0] = argument;
    call
}

/// Instructions that the module runs of a filter for a call, and what it returns.
fn run_residual(filter: &Filter, call: &Call) -> (usize, u32) {
    let insns = residual(filter, call.arch, call.number);
    let end = simulate::run(&insns, call, 0).unwrap();
    (end.steps, end.ret)
}

/// What libseccomp makes of the values of personality() in the profile of containers-common.
fn libseccomp() -> Vec<Insn> {
    let jump = |k, jt, jf| Insn {
        code: 0x15,
        jt,
        jf,
        k,
    };
    vec![
        Insn::new(0x20, 20),
        jump(0, 0, 6),
        Insn::new(0x20, 16),
        jump(0xffff_ffff, 5, 0),
        jump(0x2_0008, 4, 0),
        jump(0x2_0000, 3, 0),
        jump(8, 2, 0),
        jump(0, 1, 0),
        Insn::new(0x06, 0x5_0001),
        Insn::new(0x06, ALLOW),
    ]
}

#[test]
fn no_value_takes_longer_than_with_libseccomp() {
    let ours = program(
        "@default errno(EPERM)\npersonality: personality == 0 || personality == 8 || \
         personality == 0x20000 || personality == 0x20008 || personality == 0xffffffff\n",
    );
    let theirs = libseccomp();
    let bytes = output::raw_insns(&theirs);
    let specialised = Filter::new(&bytes, Sight::Classic).unwrap();
    // `ld`, `jeq` and `ret` for what programs ask most; of others one test more.
    for (value, steps, is_allowed) in [
        (0xffff_ffff, 3, true),
        (0x2_0008, 4, true),
        (0x2_0000, 4, true),
        (8, 4, true),
        (0, 4, true),
        (4, 4, false),
        (0x4_0000, 4, false),
    ] {
        let call = call("personality", value);
        let (taken, ret) = run_residual(&filter(&ours), &call);
        assert_eq!((taken, ret == ALLOW), (steps, is_allowed), "{value:#x}");
        let (other, same) = run_residual(&specialised, &call);
        assert_eq!(ret, same, "{value:#x}");
        assert!(taken <= other, "{value:#x}: {taken} and {other}");
        // What stands behind the test of the number, which is all of libseccomp's here.
        let whole = simulate::run(&theirs, &call, 0).unwrap();
        assert!(
            taken <= whole.steps,
            "{value:#x}: {taken} and {}",
            whole.steps
        );
    }
}

/// An upper half that values have in common is tested once.
#[test]
fn upper_halves_are_tested_once() {
    let names: Vec<String> = (1..9).map(|value| format!("arg0 == {value}")).collect();
    let text = format!("@default kill\nlseek: {}\n", names.join(" || "));
    let program = program(&text);
    let insns = residual(&filter(&program), Abi::X86_64.audit_arch(), 8);
    // Two loads, nine tests, two returns.
    assert_eq!(insns.len(), 13, "{insns:?}");
    assert_eq!(
        simulate::run(&insns, &call("lseek", 1), 0).unwrap().steps,
        12
    );
}

/// A set of values that has many combinations of the same bits.
fn values(choices: &mut Choices, width: u32) -> Vec<u64> {
    let bits: Vec<u64> = (0..5).map(|_| 1 << choices.below(width as usize)).collect();
    let base = if choices.one_in(3) {
        choices.edge(width)
    } else {
        0
    };
    let combination = |which: usize| {
        let chosen = bits
            .iter()
            .enumerate()
            .filter(|(place, _)| (which >> place) & 1 == 1);
        chosen.fold(base, |value, (_, bit)| value | bit)
    };
    let kept = 1 + choices.below(12);
    (0..32)
        .map(combination)
        .filter(|_| choices.below(12) < kept)
        .collect()
}

#[test]
fn values_are_allowed_and_no_others() {
    for seed in 0..POLICIES {
        let mut choices = Choices::from_seed(seed);
        let (name, field, width) =
            *choices.pick(&[("personality", "personality", 32), ("lseek", "arg0", 64)]);
        let values = values(&mut choices, width);
        if values.is_empty() {
            continue;
        }
        let names: Vec<String> = values
            .iter()
            .map(|value| format!("{field} == {value:#x}"))
            .collect();
        let text = format!("@default kill\n{name}: {}\n", names.join(" || "));
        let program = program(&text);
        let probes = values.iter().flat_map(|value| {
            let flipped = (0..width).map(move |bit| value ^ (1 << bit));
            flipped.chain([*value])
        });
        for probe in probes {
            let end = simulate::run(&program.insns, &call(name, probe), 0).unwrap();
            let is_allowed = end.ret == ALLOW;
            assert_eq!(
                is_allowed,
                values.contains(&probe),
                "{probe:#x} under {text}"
            );
        }
    }
}
