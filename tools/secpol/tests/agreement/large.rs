// SPDX-License-Identifier: MIT OR Apache-2.0

//! Policies whose programs are so long that jumps do not reach, or that the kernel does not take.

use std::fmt::Write;

use secpol::{
    abi::Abi,
    bpf::{
        JA,
        MAX_INSNS,
        RET, //
    },
    compile::TooLong,
    policy::Target,
    syntax::display,
    tables, //
};

use crate::{
    agree::{
        Forms,
        Refused, //
    },
    calls::Calls,
    choices::Choices,
    policies::{
        policy,
        Extent, //
    }, //
};

const POLICIES: u64 = if cfg!(debug_assertions) { 6 } else { 60 };
const CALLS: u32 = 1000;

/// Tries many calls.
fn agrees(forms: &Forms, text: &str, seed: u64) {
    let reference = forms.reference();
    let calls = Calls::new(&reference);
    let mut choices = Choices::from_seed(seed);
    for _ in 0..CALLS {
        let call = calls.call(&mut choices);
        if let Err(why) = forms.agree(&reference, &call) {
            panic!("{text}\nfor {:?}\nand {call:x?}:\n{why}", forms.target);
        }
    }
}

fn count(forms: &Forms, code: u16) -> usize {
    let insns = forms.program.insns.iter();
    insns.filter(|insn| insn.code == code).count()
}

#[test]
fn many_rules() {
    let large = Extent {
        rules: 500,
        alternatives: 6,
        depth: 3,
    };
    let (mut tried, mut longest, mut too_long) = (0, 0, 0);
    let mut jumps = 0;
    for seed in 0..POLICIES {
        let machine = [Abi::X86_64, Abi::Aarch64][(seed % 2) as usize];
        let (target, items) = policy(&mut Choices::from_seed(seed), machine, large);
        let text = display::text(&items);
        match Forms::of(&text, target) {
            Ok(forms) => {
                agrees(&forms, &text, seed);
                tried += 1;
                longest = longest.max(forms.program.insns.len());
                jumps += count(&forms, JA);
            }
            Err(Refused::TooLong(TooLong { insns })) => {
                assert!(insns > MAX_INSNS);
                too_long += 1;
            }
            Err(Refused::Wrong(_)) => {}
        }
    }
    println!("{tried} tried, {too_long} too long, the longest has {longest}; {jumps} jumps");
    assert!(tried > POLICIES / 3, "{tried} of {POLICIES}");
    assert!(longest > 1500, "the longest has {longest}");
    assert!(jumps > 50, "{jumps}");
}

/// The calls of a machine, each allowed by a test that has far to go for its two ends.
fn distant(calls: usize) -> String {
    let mut text = "@default errno(4095)\n".to_string();
    for (place, call) in tables::calls(Abi::X86_64).take(calls).enumerate() {
        let name = call.name;
        let _ = writeln!(
            text,
            "{name}: {{ arg0 == {place} || arg1 > 0x1234{place:04} -> trace({place}), \
             arg2 & 0xf0f0 == 0x{:x}0 -> notify, arg3 in 7 && arg4 != {place} -> log }}",
            place % 16
        );
    }
    text
}

#[test]
fn jumps_reach() {
    let text = distant(160);
    let forms = Forms::of(&text, Target::new(Abi::X86_64)).unwrap_or_else(|why| panic!("{why:?}"));
    assert!(forms.program.insns.len() > 2000);
    // Ends are brought near by returns, what has a test by jumps.
    let jumps = forms.program.insns.iter().filter(|insn| insn.code == JA);
    let far = jumps.clone().filter(|insn| insn.k > 255).count();
    assert!(jumps.count() > 4 && far > 2, "{far} far ones");
    assert!(count(&forms, RET) > forms.rules.sections[0].calls.len() + 3);
    for seed in 0..20 {
        agrees(&forms, &text, seed);
    }
}

#[test]
fn too_long() {
    let why = Forms::of(&distant(350), Target::new(Abi::X86_64)).err();
    let Some(Refused::TooLong(TooLong { insns })) = why else {
        panic!("{why:?}");
    };
    assert!(insns > MAX_INSNS);
}

/// As many tests of a number as a program can have, and one more.
#[test]
fn as_long_as_can_be() {
    let compiled = |tests: usize| {
        let mut text = "read: {\n".to_string();
        for test in 0..tests {
            let _ = writeln!(text, "fd == {} -> errno({}),", 3 * test, 1 + test % 2);
        }
        text += "}\n";
        Forms::of(&text, Target::new(Abi::X86_64)).map(|forms| (forms, text))
    };
    let (mut fits, mut does_not) = (1, MAX_INSNS);
    while fits + 1 < does_not {
        let middle = (fits + does_not) / 2;
        match compiled(middle) {
            Ok(_) => fits = middle,
            Err(Refused::TooLong(_)) => does_not = middle,
            Err(why) => panic!("{why:?}"),
        }
    }
    let (forms, text) = compiled(fits).unwrap_or_else(|why| panic!("{why:?}"));
    let length = forms.program.insns.len();
    assert!((MAX_INSNS - 3..=MAX_INSNS).contains(&length), "{length}");
    let why = compiled(does_not).err();
    let Some(Refused::TooLong(TooLong { insns })) = why else {
        panic!("{why:?}");
    };
    assert!((MAX_INSNS + 1..MAX_INSNS + 4).contains(&insns), "{insns}");
    agrees(&forms, &text, 1);
}
