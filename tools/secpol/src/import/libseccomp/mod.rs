// SPDX-License-Identifier: MIT OR Apache-2.0

//! What libseccomp makes of rules: what it does with several for one call, and with calls that
//! 32-bit x86 has as parts of another.

mod merge;
mod multiplexed;
mod section;
mod stack;

use std::collections::{
    BTreeMap,
    BTreeSet, //
};

pub(super) use self::{
    section::{
        Rule,
        Section, //
    },
    stack::{
        compose,
        strongest,
        Layer,
        Verdict, //
    }, //
};
use super::write::note;

/// Is this name that of a part of another call?
pub(super) fn has_part(sections: &[&Section], name: &str) -> bool {
    let mut parts = sections.iter().flat_map(|section| &section.parts);
    parts.any(|(part, _)| part == name)
}

/// Notes that rules are also for the calls that others are parts of.
pub(super) fn part_notes(sections: &[&Section]) -> Vec<String> {
    let mut wholes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (part, whole) in sections.iter().flat_map(|section| &section.parts) {
        wholes.entry(whole).or_default().insert(part);
    }
    wholes
        .into_iter()
        .filter_map(|(whole, parts)| {
            note(
                parts.into_iter().map(str::to_string),
                &format!("on i386 also a rule for {whole}, as libseccomp makes one"),
            )
        })
        .collect()
}

/// Notes which calls have several rules that libseccomp may not put together as it should.
pub(super) fn intricate_note(sections: &[&Section]) -> Option<String> {
    let names: BTreeSet<&str> = sections
        .iter()
        .flat_map(|section| &section.calls)
        .filter(|(_, decided)| decided.is_intricate())
        .map(|(call, _)| call.name)
        .collect();
    note(
        names.into_iter().map(str::to_string),
        "several rules, with < or > in one: libseccomp (2.6.0 at least) may make another filter \
         of them than they say",
    )
}
