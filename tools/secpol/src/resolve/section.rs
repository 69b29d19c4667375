// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which rule decides about which call of an architecture.

use std::{
    collections::{
        BTreeMap,
        BTreeSet, //
    },
    rc::Rc, //
};

use super::{
    rule::{
        self,
        no_such_call, //
    },
    settings::{
        no_such_arch,
        Settings, //
    },
    Said, //
};
use crate::{
    abi::Abi,
    action::Action,
    diagnostic::Diagnostic,
    groups::Groups,
    policy::Target,
    rules::{
        self,
        Alternative,
        Condition,
        Decision,
        Field,
        Order,
        Section,
        Test, //
    },
    syntax::ast::{
        Item,
        Name,
        Rule,
        Span, //
    },
    syntax::nearest::nearest,
    syntax::parser::DEEPEST,
    tables, //
};

/// The calls that probes make, in place of instructions of the program. The kernel asks no filter.
const UNFILTERED: [&str; 2] = ["uprobe", "uretprobe"];

fn no_effect(call: &Name) -> Diagnostic {
    let message = format!(
        "no filter is asked about {}: the rule has no effect",
        call.value
    );
    Diagnostic::note(message).at(call.span, "")
}

/// What a policy means for each of these architectures.
pub(super) fn sections(
    items: &[Item],
    settings: &Settings<'_>,
    target: &Target,
    abis: &[Abi],
    groups: &dyn Groups,
    said: &mut Said,
) -> Vec<Section> {
    let rules: Vec<Ruled<'_>> = items
        .iter()
        .filter_map(|item| match item {
            Item::Rule(rule) => Some(rule),
            Item::Directive(_) => None,
        })
        .filter_map(|rule| match said.is_full() {
            true => None,
            false => Ruled::new(rule, settings, groups, said),
        })
        .collect();
    abis.iter()
        .map(|abi| section(&rules, settings, target, *abi, said))
        .collect()
}

/// A rule, and the calls that it is for.
struct Ruled<'a> {
    rule: &'a Rule,
    calls: Vec<String>,
    is_group: bool,
    arches: Vec<Abi>,
}

impl<'a> Ruled<'a> {
    fn new(
        rule: &'a Rule,
        settings: &Settings<'_>,
        groups: &dyn Groups,
        said: &mut Said,
    ) -> Option<Self> {
        let mut arches = Vec::new();
        for name in &rule.arches {
            match Abi::from_name(&name.value) {
                Some(abi) => arches.push(abi),
                None => said.say(no_such_arch(name)),
            }
        }
        let is_group = rule.target.value.starts_with('@');
        let calls = if is_group {
            let mut calls = BTreeSet::new();
            members(
                &rule.target,
                settings,
                groups,
                &mut Vec::new(),
                &mut calls,
                said,
            )?;
            let is_call = |name: &String| !name.starts_with('@');
            calls.into_iter().filter(is_call).collect()
        } else {
            if !tables::is_call_name(&rule.target.value) {
                said.say(no_such_call(&rule.target));
                return None;
            }
            if UNFILTERED.contains(&rule.target.value.as_str()) {
                said.say(no_effect(&rule.target));
            }
            vec![rule.target.value.clone()]
        };
        Some(Self {
            rule,
            calls,
            is_group,
            arches,
        })
    }

    fn is_for(&self, abi: Abi) -> bool {
        self.arches.is_empty() || self.arches.contains(&abi)
    }
}

/// Adds the calls of a group, named with its `@`. `None` if something was said to be wrong.
fn members(
    group: &Name,
    settings: &Settings<'_>,
    groups: &dyn Groups,
    open: &mut Vec<String>,
    calls: &mut BTreeSet<String>,
    said: &mut Said,
) -> Option<()> {
    let bare = group.value.trim_start_matches('@');
    let Some((_, names)) = settings.group(bare) else {
        return match groups.calls(&group.value) {
            Ok(Some(found)) => {
                // Such a list is for all architectures and versions.
                calls.extend(found.into_iter().filter(|name| tables::is_call_name(name)));
                Some(())
            }
            Ok(None) => {
                let mut error = Diagnostic::error(format!("there is no group {}", group.value));
                if let Some(nearest) = nearest(bare, settings.groups()) {
                    error = error.help(format!("there is @{nearest}"));
                }
                said.say(error.at(group.span, "not known"));
                None
            }
            Err(why) => {
                said.say(
                    Diagnostic::error(format!("cannot find out what {} is: {why}", group.value))
                        .at(group.span, "not defined in the policy"),
                );
                None
            }
        };
    };
    if open.iter().any(|known| known == bare) {
        said.say(
            Diagnostic::error(format!("{} has itself as a member", group.value))
                .at(group.span, "here"),
        );
        return None;
    }
    if open.len() == DEEPEST {
        said.say(
            Diagnostic::error(format!(
                "groups are members of each other more than {DEEPEST} levels deep"
            ))
            .at(group.span, "here"),
        );
        return None;
    }
    // Once is enough.
    if !calls.insert(format!("@{bare}")) {
        return Some(());
    }
    open.push(bare.to_string());
    let mut all = Some(());
    for name in names {
        settings.work(name.span, said)?;
        if said.is_full() {
            return None;
        }
        if name.value.starts_with('@') {
            all = all.and(members(name, settings, groups, open, calls, said));
        } else if tables::is_call_name(&name.value) {
            calls.insert(name.value.clone());
        } else {
            said.say(no_such_call(name));
            all = None;
        }
    }
    open.pop();
    all
}

/// A rule that was chosen for a call.
struct Chosen {
    rule: Rc<rules::Rule>,
    is_group: bool,
    place: Span,
}

fn section(
    all: &[Ruled<'_>],
    settings: &Settings<'_>,
    target: &Target,
    abi: Abi,
    said: &mut Said,
) -> Section {
    let mut chosen: BTreeMap<u32, Chosen> = BTreeMap::new();
    // What a rule of a call's own says, groups cannot say wrong.
    let (groups, own): (Vec<_>, Vec<_>) = all
        .iter()
        .filter(|ruled| ruled.is_for(abi))
        .partition(|ruled| ruled.is_group);
    for ruled in own.into_iter().chain(groups) {
        for name in &ruled.calls {
            let Some(call) = tables::call(abi, name) else {
                continue;
            };
            let has_own = |old: &Chosen| ruled.is_group && !old.is_group;
            if chosen.get(&call.number).is_some_and(has_own) {
                continue;
            }
            if said.is_full() || settings.work(ruled.rule.target.span, said).is_none() {
                break;
            }
            let Some(rule) = rule::rule(ruled.rule, call, abi, settings, target, said) else {
                continue;
            };
            let new = Chosen {
                rule: Rc::new(rule),
                is_group: ruled.is_group,
                place: ruled.rule.target.span,
            };
            if let Some(old) = chosen.get(&call.number) {
                conflict(name, old, &new, said);
            }
            chosen.insert(call.number, new);
        }
    }
    let mut calls: BTreeMap<u32, Rc<rules::Rule>> = chosen
        .into_iter()
        .map(|(number, chosen)| (number, chosen.rule))
        .collect();
    if let (Some(cookie), true) = (target.exec_cookie, abi == target.machine) {
        if let Some(execve) = tables::call(abi, "execve") {
            let rule = calls
                .entry(execve.number)
                .or_insert_with(|| Rc::new(rules::Rule::always(settings.default())));
            Rc::make_mut(rule)
                .alternatives
                .insert(0, let_through(cookie));
        }
    }
    let mut known: Vec<u32> = if settings.knows_kernel() {
        tables::calls(abi).map(|call| call.number).collect()
    } else {
        Vec::new()
    };
    known.sort_unstable();
    Section {
        abi,
        calls,
        known,
        default: settings.default(),
        unknown: settings.unknown(),
    }
}

/// Two rules for a call would have to be merged somehow, and whichever way that is, some author
/// would be surprised. Rules of two groups may say the same.
fn conflict(name: &str, old: &Chosen, new: &Chosen, said: &mut Said) {
    if new.is_group && old.rule.same_as(&new.rule) {
        return;
    }
    let mut error = Diagnostic::error(format!("there are two rules for {name}"))
        .at(new.place, "the second")
        .at(old.place, "the first");
    error = if new.is_group {
        error.help(format!(
            "both groups have it; a rule for {name} itself decides"
        ))
    } else {
        error.help("write alternatives: { TEST -> ACTION, TEST -> ACTION }")
    };
    said.say(error);
}

/// Lets the execve() through whose last three arguments are these.
fn let_through(cookie: [u64; 3]) -> Alternative {
    let tests = cookie.iter().zip(3..).map(|(value, argument)| {
        let field = Field {
            offset: 16 + 8 * argument,
            bytes: 8,
            signed: false,
            big_endian: false,
        };
        Condition::Test(Test {
            field,
            mask: field.all(),
            order: Order::Equal,
            value: *value,
        })
    });
    Alternative::If {
        condition: Condition::All(tests.collect()),
        then: Decision {
            action: Action::Allow,
            origin: None,
        },
        otherwise: None,
    }
}
