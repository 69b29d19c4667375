// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is read of the module's file `filters` is what the module has printed: the residual
//! programs that it would print are read, and come to what the analysis finds of the filters.

use secpol::{
    abi::Abi,
    bpf::Insn,
    compile::compile,
    filters_file::{
        parse,
        Program as Shown,
        Shown as File, //
    },
    groups::NoGroups,
    output,
    policy::{
        Policy,
        Target, //
    },
    tables, //
};
use secpol_analysis::{
    Analysis,
    Arch,
    Filter,
    Outcome,
    Place,
    Residual,
    Sample,
    Sight,
    Unseen, //
};

use super::{
    programs::program,
    samples::filter, //
};
use crate::choices::Choices;

const PROGRAMS: u64 = if cfg!(debug_assertions) { 400 } else { 1000 };

/// The residual program for a call, after it was printed and read.
pub fn residual(filter: &Filter, arch: u32, number: u32) -> Vec<Insn> {
    let listing = filter.residual(arch, number).unwrap();
    let lines: Vec<String> = listing
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    let indented = lines.concat();
    let text = format!(
        "thread 1: 1 filters\nfilter 1: {} instructions, has residual programs\narch {arch:#x}\n\
         0: allow, or stronger:\n  filter 1:\n{indented}others: all programs\n",
        filter.len()
    );
    let shown = parse(&text, 1).unwrap_or_else(|error| panic!("{error} in:\n{text}"));
    let File::Filters(filters) = shown else {
        panic!("no filters in:\n{text}");
    };
    let entry = filters.arches[0].ranges[0].entry.as_ref().unwrap();
    let (1, Shown::Residual(insns)) = &entry.programs[0] else {
        panic!("no program in:\n{text}");
    };
    insns.clone()
}

/// What it comes to.
fn read(
    analysis: &mut Analysis,
    filter: &Filter,
    arch: u32,
    number: u32,
) -> Result<Outcome, Unseen> {
    let insns = residual(filter, arch, number);
    let residual = Residual::new(&output::raw_insns(&insns)).unwrap();
    assert_eq!(
        Some(residual.listing()),
        filter.residual(arch, number).as_deref()
    );
    analysis.residual(&residual, arch, number)
}

#[test]
fn residual_programs_are_what_was_printed() {
    let mut conditional = 0;
    for seed in 0..PROGRAMS {
        let mut choices = Choices::from_seed(seed);
        let len = 4 + choices.below(40);
        let filter = filter(&program(&mut choices, len));
        let mut analysis = Analysis::default();
        for arch in [Abi::X86_64, Abi::I386].map(Abi::audit_arch) {
            let study = analysis.study(&filter, &Arch::One(arch));
            for number in [0, 1, 16, 59, 437] {
                let expected = study.outcome(&mut analysis.space, number);
                let found = read(&mut analysis, &filter, arch, number);
                let Outcome::Decided(node) = expected else {
                    continue;
                };
                assert_eq!(found, Ok(expected), "program {seed}, call {number}");
                conditional += u32::from(analysis.space.constant(node).is_none());
            }
        }
    }
    assert!(conditional > 50, "only {conditional} have conditions");
}

fn policy(text: &str) -> Filter {
    let policy = Policy::parse("shown.pol".as_ref(), text.to_string()).unwrap();
    let target = Target::new(Abi::X86_64);
    let rules = policy.rules(&target, &NoGroups).unwrap().made;
    filter(&compile(&rules).unwrap())
}

/// It is not shown how much of an argument a filter sees. What it does with an argument of which it
/// sees all is known.
#[test]
fn policies_about_structs_are_known() {
    let filter = policy(
        "@default errno(EPERM)\nopenat2: how.resolve & RESOLVE_BENEATH != 0\n\
         statmount: req.param == 1\nmount: nr_high == 0 && pkey == 0\n",
    );
    let arch = Abi::X86_64.audit_arch();
    let mut analysis = Analysis::default();
    let study = analysis.study(&filter, &Arch::One(arch));
    let number = |name| tables::call(Abi::X86_64, name).unwrap().number;
    for name in ["openat2", "statmount", "mount"] {
        let expected = study.outcome(&mut analysis.space, number(name));
        assert!(analysis.space.constant(expected.node().unwrap()).is_none());
        let found = match read(&mut analysis, &filter, arch, number(name)) {
            Ok(found) | Err(Unseen::Size(found)) => found,
            Err(Unseen::Features) => panic!("features are looked at"),
        };
        assert_eq!(found, expected, "{name}");
    }
    // All of the member is looked at, and the filter sees no less.
    let filter = policy("@default errno(EPERM)\nopenat2: how.resolve == 8\n");
    let study = analysis.study(&filter, &Arch::One(arch));
    let expected = study.outcome(&mut analysis.space, number("openat2"));
    let found = read(&mut analysis, &filter, arch, number("openat2"));
    assert_eq!(found, Ok(expected));
}

/// What is copied of sendmsg() has no size that the filter would look at.
#[test]
fn arguments_of_which_a_filter_sees_less_are_told_apart() {
    let filter =
        policy("@default errno(EPERM)\nclone3: uargs.flags == 0\nsendmsg: msg.name == NULL\n");
    let arch = Abi::X86_64.audit_arch();
    let mut analysis = Analysis::default();
    let study = analysis.study(&filter, &Arch::One(arch));
    // Nothing tells here how much is refused. The analysis knows: more than clone3 has.
    let Err(Unseen::Size(found)) = read(&mut analysis, &filter, arch, 46) else {
        panic!("it is known how much the filter sees");
    };
    let expected = study.outcome(&mut analysis.space, 46);
    let small = |extent: u64| {
        let mut sample = Sample::default();
        sample.set(Place::Extent, extent);
        sample
    };
    for (extent, is_same) in [(88, true), (89, false)] {
        let value = |outcome: &Outcome| {
            let node = outcome.node().unwrap();
            analysis.space.value(node, &small(extent)).unwrap()
        };
        assert_eq!(value(&found) == value(&expected), is_same, "{extent}");
    }
}

/// A filter that asks whether an argument has more than it sees.
#[test]
fn features_are_not_known() {
    let insns = [
        [0x20, 0, 0, 0, 72, 0, 0, 0],
        [0x45, 0, 0, 1, 8, 0, 0, 0],
        [0x06, 0, 0, 0, 5, 0, 5, 0],
        [0x06, 0, 0, 0, 0, 0, 0xff, 0x7f],
    ];
    let sight = Sight::Appended {
        flags: 3 << 34,
        extensible_arg_size: 24,
    };
    let filter = Filter::new(&insns.concat(), sight).unwrap();
    let arch = Abi::X86_64.audit_arch();
    let found = read(&mut Analysis::default(), &filter, arch, 437);
    assert_eq!(found, Err(Unseen::Features));
}
