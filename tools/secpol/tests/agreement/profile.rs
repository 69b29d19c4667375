// SPDX-License-Identifier: MIT OR Apache-2.0

//! A profile that is made of a policy means what the policy does: imported, it decides the same.

use std::collections::BTreeMap;

use secpol::{
    abi::Abi,
    call::Call,
    import::oci,
    policy::{
        Sight,
        Target, //
    },
    profile::{
        profile,
        Error, //
    },
    rules::Rules,
    syntax::{
        ast::{
            Directive,
            Item, //
        },
        display, //
    },
    tables, //
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

fn target(machine: Abi) -> Target {
    Target {
        sight: Sight::Arguments,
        ..Target::new(machine)
    }
}

/// What the profile of these rules means, by the importer.
fn again(rules: &Rules, machine: Abi) -> Result<Rules, Error> {
    let made = profile(rules)?;
    let options = oci::Options {
        machines: vec![machine],
        exact: true,
        ..oci::Options::default()
    };
    let imported = oci::import(&made.text, &options)
        .unwrap_or_else(|why| panic!("{}\nis not imported: {why}", made.text));
    let text = display::text(&imported.items);
    match Forms::of(&text, target(machine)) {
        Ok(forms) => Ok(forms.rules),
        Err(why) => panic!("{text}\nis no policy: {why:?}"),
    }
}

/// Is it a call that profiles know?
fn is_known(rules: &Rules, call: &Call) -> bool {
    let section = &rules.sections[0];
    call.arch == section.abi.audit_arch() && section.known.binary_search(&call.number).is_ok()
}

/// Not for other architectures, and not about a call that has a struct.
fn can_be_said(item: &Item) -> bool {
    match item {
        Item::Directive(directive) => !matches!(directive, Directive::Arch(_)),
        Item::Rule(rule) => {
            rule.arches.is_empty() && tables::extensible(&rule.target.value).is_none()
        }
    }
}

#[test]
fn means_the_same() {
    let mut ends: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut compared, mut ruled) = (0, 0);
    for seed in 0..3000 {
        let machine = [Abi::X86_64, Abi::Aarch64][seed as usize % 2];
        let mut choices = Choices::from_seed(seed);
        let (_, mut items) = policy(&mut choices, machine, SMALL_ONE);
        items.retain(can_be_said);
        let Ok(forms) = Forms::of(&display::text(&items), target(machine)) else {
            *ends.entry("no policy").or_default() += 1;
            continue;
        };
        let end = match again(&forms.rules, machine) {
            Ok(again) => {
                let calls = Calls::new(&forms.reference());
                for _ in 0..256 {
                    let call = calls.call(&mut choices);
                    if !is_known(&forms.rules, &call) {
                        continue;
                    }
                    let decision = forms.rules.decide(&call).action;
                    let text = display::text(&items);
                    assert_eq!(again.decide(&call).action, decision, "{text}\n{call:x?}");
                    compared += 1;
                    ruled += u32::from(decision != forms.rules.sections[0].default.action);
                }
                "the same"
            }
            Err(Error::Compat) => "for 32-bit programs",
            Err(Error::Field(_)) => "looks at more",
            Err(Error::TooMany(_)) => "too many entries",
            Err(Error::Action(..)) => "no such action",
            Err(Error::Unknown) => "unknown calls",
        };
        *ends.entry(end).or_default() += 1;
    }
    println!("{ends:?}, {compared} calls, {ruled} of them not by the default");
    assert!(
        ends["the same"] > 200 && compared > 20_000 && ruled > 10_000,
        "{ends:?}"
    );
}
