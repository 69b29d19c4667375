// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where the analysis says that two filters differ.

use std::collections::HashMap;

use secpol::{
    abi::Abi,
    action::Action,
    call::Call,
    compile::Program,
    syntax::display, //
};
use secpol_analysis::{
    Analysis,
    Arch,
    Difference,
    Kind, //
};

use super::{
    programs,
    samples::{
        self,
        arches,
        possible,
        Studied, //
    },
};
use crate::{
    agree::Forms,
    calls::Calls,
    choices::Choices,
    policies::{
        policy,
        SMALL_ONE, //
    },
};

const PAIRS: u64 = if cfg!(debug_assertions) { 200 } else { 1500 };
const CALLS: u32 = 300;

#[derive(Default)]
struct Counts {
    calls: u32,
    differ: u32,
    witnesses: u32,
    unknown: u32,
}

/// Changes a program in one instruction.
fn changed(choices: &mut Choices, program: &Program) -> Program {
    let mut changed = program.clone();
    for _ in 0..100 {
        let place = choices.below(changed.insns.len());
        let insn = &mut changed.insns[place];
        match insn.code {
            0x06 => insn.k = [0x7fff_0000, 0x0005_0001, 0x0005_0009, 0][choices.below(4)],
            code if code & 7 == 5 && code != 5 => match choices.below(4) {
                0 => insn.k ^= 1 << choices.below(32),
                1 => std::mem::swap(&mut insn.jt, &mut insn.jf),
                2 => insn.code ^= 0x30,
                _ => insn.k = insn.k.wrapping_add(1),
            },
            _ => continue,
        }
        let known = [0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d, 0x06];
        if known.contains(&changed.insns[place].code) {
            return changed;
        }
        changed = program.clone();
    }
    changed
}

/// Compares two programs, by what they do with calls and by what the analysis says.
fn compare(old: &Program, new: &Program, calls: &[Call], counts: &mut Counts) {
    let mut analysis = Analysis::default();
    let abis = Abi::ALL.map(Abi::audit_arch);
    let all = arches(&[old, new], &abis);
    let [old, new] = [old, new].map(|program| Studied::new(&mut analysis, program, &all));
    let mut known: HashMap<(u32, Option<u32>), Difference> = HashMap::new();
    for call in calls {
        counts.calls += 1;
        let (was, is) = (old.simulated(call), new.simulated(call));
        counts.differ += u32::from(was != is);
        let (old_study, new_study) = (old.study(call.arch), new.study(call.arch));
        let is_alone =
            matches!(old_study.arch(), Arch::One(_)) && old_study.numbers().contains(&call.number);
        let number = is_alone.then_some(call.number);
        // All architectures that none of the two names are one.
        let arch = match old_study.arch() {
            Arch::One(arch) => *arch,
            Arch::AllBut(_) => 0,
        };
        let found = known.entry((arch, number)).or_insert_with(|| {
            analysis.difference((&old.filter, old_study), (&new.filter, new_study), number)
        });
        match found {
            Difference::None => assert_eq!(was, is, "the same, but {call:x?}"),
            Difference::Undecided(_) => counts.unknown += 1,
            Difference::Found {
                witness,
                old: said_old,
                new: said_new,
                kinds,
                ..
            } => {
                counts.witnesses += 1;
                let tried = samples::call(witness);
                let ends = (old.simulated(&tried), new.simulated(&tried));
                assert_eq!(ends, (*said_old, *said_new), "{witness:x?}\n{tried:x?}");
                assert_ne!(ends.0, ends.1, "{tried:x?}");
                assert_eq!(tried, possible(tried.clone()), "no call can be so");
                let kind = kind(ends.0, ends.1);
                assert!(kinds.contains(&kind), "{kinds:?} without {kind:?}");
                if was != is {
                    let kind = self::kind(was, is);
                    assert!(kinds.contains(&kind), "{kinds:?} without {kind:?}");
                }
            }
        }
    }
}

/// By precedence, as seccomp(2) has it.
fn kind(old: u32, new: u32) -> Kind {
    let rank = |ret: u32| match Action::from_ret(ret) {
        Action::Kill => 0,
        Action::KillThread => 1,
        Action::Trap(_) => 2,
        Action::Errno(_) => 3,
        Action::Notify => 4,
        Action::Trace(_) => 5,
        Action::Log => 6,
        Action::Allow => 7,
    };
    match rank(new).cmp(&rank(old)) {
        std::cmp::Ordering::Less => Kind::Stricter,
        std::cmp::Ordering::Greater => Kind::Looser,
        std::cmp::Ordering::Equal => Kind::Other,
    }
}

#[test]
fn of_policies() {
    let mut counts = Counts::default();
    for seed in 0..PAIRS {
        let mut choices = Choices::from_seed(seed ^ 0xd1ff);
        let machine = [Abi::X86_64, Abi::Aarch64][choices.below(2)];
        let (target, items) = policy(&mut choices, machine, SMALL_ONE);
        let Ok(forms) = Forms::of(&display::text(&items), target) else {
            continue;
        };
        let makes = Calls::new(&forms.reference());
        let calls: Vec<Call> = (0..CALLS)
            .map(|_| possible(makes.call(&mut choices)))
            .collect();
        let new = changed(&mut choices, &forms.program);
        compare(&forms.program, &new, &calls, &mut counts);
    }
    let Counts {
        calls,
        differ,
        witnesses,
        unknown,
    } = counts;
    println!("{calls} calls, {differ} differ, {witnesses} witnesses, {unknown} not decided");
    assert!(differ > calls / 200 && witnesses >= differ && unknown < calls / 100);
}

#[test]
fn of_programs() {
    let mut counts = Counts::default();
    for seed in 0..PAIRS {
        let mut choices = Choices::from_seed(seed ^ 0xd1ffe4);
        let len = 4 + choices.below(30);
        let old = programs::program(&mut choices, len);
        let new = changed(&mut choices, &old);
        let calls: Vec<Call> = (0..CALLS)
            .map(|_| programs::call(&mut choices, &old))
            .collect();
        compare(&old, &new, &calls, &mut counts);
    }
    let Counts {
        calls,
        differ,
        witnesses,
        unknown,
    } = counts;
    println!("{calls} calls, {differ} differ, {witnesses} witnesses, {unknown} not decided");
    assert!(differ > calls / 200 && unknown < calls / 10);
}
