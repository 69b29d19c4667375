// SPDX-License-Identifier: MIT OR Apache-2.0

//! Writes down what a profile means, as a policy.

use std::collections::{
    BTreeMap,
    BTreeSet, //
};

use super::{
    comparison::{
        can_both_hold,
        Comparison, //
    },
    field::{
        Field,
        Unnamed, //
    },
    machine::Machine,
    merge::Decided,
    profile::Profile,
    Options,
    MACHINES, //
};
use crate::{
    abi::Abi,
    action::Action,
    import::{
        json::quoted,
        tree,
        Imported, //
    },
    syntax::ast::{
        Alternative,
        Directive,
        Item, //
    },
    tables::{
        self,
        Call, //
    }, //
};

/// What is noted about arguments.
#[derive(Default)]
struct Arguments {
    /// Fewer bits are compared than libseccomp does.
    fewer_bits: BTreeSet<String>,
    /// More bits are compared than the kernel takes.
    more_bits: BTreeSet<String>,
    /// Calls with several rules that libseccomp may not put together as it should.
    several_ordered: BTreeSet<String>,
}

/// The policy.
pub(super) fn policy(profile: &Profile, machines: &[Machine], options: &Options) -> Imported {
    let sections = || machines.iter().flat_map(|machine| &machine.sections);
    let abis: Vec<Abi> = sections().map(|section| section.abi).collect();
    let mut arguments = Arguments::default();
    // By call, in the order of the profile, what each architecture does.
    let mut order: Vec<&str> = Vec::new();
    let mut bodies: BTreeMap<&str, Vec<(Abi, Vec<Alternative>)>> = BTreeMap::new();
    for section in sections() {
        for (call, decided) in &section.calls {
            let body = body(call, section.abi, decided, options, &mut arguments);
            let known = bodies.entry(call.name).or_insert_with(|| {
                order.push(call.name);
                Vec::new()
            });
            known.push((section.abi, body));
        }
    }

    let mut items = vec![Item::Directive(Directive::Default(tree::action(
        profile.default,
    )))];
    // Without a word about it, a policy is for the machine's own.
    if abis != MACHINES {
        let names = abis.iter().map(|abi| tree::name(abi.name()));
        items.push(Item::Directive(Directive::Arch(names.collect())));
    }
    for name in order {
        let all = abis
            .iter()
            .filter(|abi| tables::call(**abi, name).is_some())
            .count();
        let mut rest = bodies.remove(name).unwrap_or_default();
        while let Some((_, body)) = rest.first().cloned() {
            let (same, others): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|(_, other)| *other == body);
            let arches: Vec<&str> = if same.len() == all {
                Vec::new()
            } else {
                same.iter().map(|(abi, _)| abi.name()).collect()
            };
            items.push(tree::rule(name, &arches, body));
            rest = others;
        }
    }
    Imported {
        items,
        notes: notes(profile, machines, &arguments),
    }
}

/// What a policy says of a call.
fn body(
    call: &'static Call,
    abi: Abi,
    decided: &Decided,
    options: &Options,
    arguments: &mut Arguments,
) -> Vec<Alternative> {
    let by_action = match decided {
        Decided::Always(action) => return vec![Alternative::Always(tree::action(*action))],
        Decided::When(by_action) => by_action,
    };
    let mut of_argument: BTreeMap<usize, Vec<&Comparison>> = BTreeMap::new();
    for comparison in by_action.iter().flat_map(|(_, lists)| lists).flatten() {
        of_argument
            .entry(comparison.index)
            .or_default()
            .push(comparison);
    }
    if is_intricate(by_action) {
        arguments.several_ordered.insert(call.name.to_string());
    }
    let fields: BTreeMap<usize, Field> = of_argument
        .into_iter()
        .map(|(index, comparisons)| {
            let field = field(call, abi, index, &comparisons, options, arguments);
            (index, field)
        })
        .collect();
    by_action
        .iter()
        .map(|(action, lists)| {
            let lists = lists.iter().map(|list| {
                let tests = list.iter().map(|comparison| {
                    let field = fields.get(&comparison.index).copied();
                    field
                        .unwrap_or(Field::Numbered(comparison.index))
                        .test(comparison)
                });
                tree::all(tests.collect())
            });
            tree::when(tree::any(lists.collect()), *action)
        })
        .collect()
}

/// Are there several rules, with < or > in one, that overlap, never hold or compare several
/// arguments? libseccomp shares parts of such rules that are not the same, as trying many shows.
fn is_intricate(by_action: &[(Action, Vec<Vec<Comparison>>)]) -> bool {
    let lists: Vec<&Vec<Comparison>> = by_action.iter().flat_map(|(_, lists)| lists).collect();
    let is_simple = |(place, list): (usize, &&Vec<Comparison>)| {
        let overlaps = |other: &&Vec<Comparison>| can_both_hold(other, list);
        list.len() == 1 && can_both_hold(list, list) && !lists[..place].iter().any(overlaps)
    };
    lists.len() > 1
        && lists.iter().copied().flatten().any(Comparison::is_ordered)
        && !lists.iter().enumerate().all(is_simple)
}

/// How a policy names the argument of these comparisons.
fn field(
    call: &'static Call,
    abi: Abi,
    index: usize,
    comparisons: &[&Comparison],
    options: &Options,
    arguments: &mut Arguments,
) -> Field {
    if options.exact {
        return Field::Numbered(index);
    }
    match Field::named(call, index, comparisons) {
        Ok(field) => {
            if let (Field::Named(argument), true) = (field, field.has_other_bits(abi)) {
                arguments
                    .fewer_bits
                    .insert(format!("{} of {}", argument.name, call.name));
            }
            field
        }
        Err(why) => {
            if why == Unnamed::Wider {
                arguments
                    .more_bits
                    .insert(format!("arg{index} of {}", call.name));
            }
            Field::Numbered(index)
        }
    }
}

/// How the policy differs from the filter that a runtime makes.
fn notes(profile: &Profile, machines: &[Machine], arguments: &Arguments) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |names: Vec<String>, what: &str| {
        if !names.is_empty() {
            notes.push(format!("{}: {what}", names.join(", ")));
        }
    };
    note(
        profile
            .says_more
            .iter()
            .map(|name| (*name).to_string())
            .collect(),
        "not in the policy: whoever loads the filter must do that",
    );
    let unknown: BTreeSet<&str> = profile
        .rules
        .iter()
        .flat_map(|rule| &rule.names)
        .map(String::as_str)
        .filter(|name| !tables::is_call_name(name) && !machines.iter().any(|m| m.has_part(name)))
        .collect();
    note(
        unknown.into_iter().map(quoted).collect(),
        &format!(
            "left out: no call of Linux {} on any architecture",
            tables::KERNEL
        ),
    );
    if machines.iter().any(|machine| machine.has_x32) {
        note(
            vec!["SCMP_ARCH_X32".to_string()],
            "left out: calls of x32 programs end the process",
        );
    }
    let parts = machines.iter().flat_map(|machine| &machine.sections);
    let mut wholes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (part, whole) in parts.flat_map(|section| &section.parts) {
        wholes.entry(whole).or_default().insert(part);
    }
    for (whole, parts) in wholes {
        note(
            parts.into_iter().map(str::to_string).collect(),
            &format!("on i386 also a rule for {whole}, as libseccomp makes one"),
        );
    }
    note(
        arguments.fewer_bits.iter().cloned().collect(),
        "compared at the width that the kernel takes; libseccomp compares all of the register, so \
         with other bits set above it decides differently, as with --exact",
    );
    note(
        arguments.more_bits.iter().cloned().collect(),
        "compared as libseccomp does: with more bits than the kernel takes",
    );
    note(
        arguments.several_ordered.iter().cloned().collect(),
        "several rules, with < or > in one: libseccomp (2.6.0 at least) may make another filter \
         of them than they say",
    );
    notes
}

impl Machine {
    /// Is this name that of a part of another call?
    fn has_part(&self, name: &str) -> bool {
        let mut parts = self.sections.iter().flat_map(|section| &section.parts);
        parts.any(|(part, _)| part == name)
    }
}
