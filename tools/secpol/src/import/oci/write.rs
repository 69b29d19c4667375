// SPDX-License-Identifier: MIT OR Apache-2.0

//! Writes down what a profile means, as a policy.

use std::collections::BTreeSet;

use super::{
    machine::Machine,
    profile::Profile,
    Options,
    MACHINES, //
};
use crate::{
    abi::Abi,
    import::{
        libseccomp::{
            self,
            Section, //
        },
        quoted,
        tree,
        write::{
            note,
            Writer,
            Written, //
        },
        Imported, //
    },
    syntax::ast::{
        Directive,
        Item, //
    },
    tables, //
};

/// The policy.
pub(super) fn policy(profile: &Profile, machines: &[Machine], options: &Options) -> Imported {
    let sections = || machines.iter().flat_map(|machine| &machine.sections);
    let abis: Vec<Abi> = sections().map(|section| section.abi).collect();
    let written: Vec<Written> = sections()
        .map(|section| Written {
            abi: section.abi,
            calls: section
                .calls
                .iter()
                .map(|(call, decided)| (*call, decided.clauses()))
                .collect(),
        })
        .collect();
    let mut items = vec![Item::Directive(Directive::Default(tree::action(
        profile.default,
    )))];
    // Without a word about it, a policy is for the machine's own.
    if abis != MACHINES {
        let names = abis.iter().map(|abi| tree::name(abi.name()));
        items.push(Item::Directive(Directive::Arch(names.collect())));
    }
    let mut writer = Writer::new(options.exact);
    items.extend(writer.rules(&written));
    Imported {
        items,
        notes: notes(profile, machines, &writer),
    }
}

/// How the policy differs from the filter that a runtime makes.
fn notes(profile: &Profile, machines: &[Machine], writer: &Writer) -> Vec<String> {
    let sections: Vec<&Section> = machines
        .iter()
        .flat_map(|machine| &machine.sections)
        .collect();
    let says_more = profile.says_more.iter().map(|name| (*name).to_string());
    let unknown: BTreeSet<&str> = profile
        .rules
        .iter()
        .flat_map(|conditional| &conditional.rule.names)
        .map(String::as_str)
        .filter(|name| !tables::is_call_name(name) && !libseccomp::has_part(&sections, name))
        .collect();
    let x32 = machines.iter().any(|machine| machine.has_x32);
    let mut notes: Vec<String> = [
        note(
            says_more,
            "not in the policy: whoever loads the filter must do that",
        ),
        note(
            unknown.into_iter().map(quoted),
            &format!(
                "left out: no call of Linux {} on any architecture",
                tables::KERNEL
            ),
        ),
        note(
            x32.then(|| "SCMP_ARCH_X32".to_string()).into_iter(),
            "left out: calls of x32 programs end the process",
        ),
    ]
    .into_iter()
    .flatten()
    .collect();
    notes.extend(libseccomp::part_notes(&sections));
    notes.extend(writer.notes("libseccomp"));
    notes.extend(libseccomp::intricate_note(&sections));
    notes
}
