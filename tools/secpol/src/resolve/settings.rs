// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a policy's directives say. They may stand anywhere.

use std::{
    cell::Cell,
    collections::BTreeMap, //
};

use super::{
    rings,
    rule,
    value::{
        number,
        Number, //
    },
    Said,
    WIDEST, //
};
use crate::{
    abi::Abi,
    action::Action,
    diagnostic::Diagnostic,
    policy::Target,
    rules::{
        Decision,
        Rings, //
    },
    syntax::ast::{
        self,
        Directive,
        Item,
        Name,
        Span,
        Spanned,
        Value, //
    },
    tables, //
};

/// So many values, members of groups and rules for calls are looked up at most, each as often as
/// it is, so that no policy takes forever. No filter of 4096 instructions needs a tenth of that.
const MOST_WORK: u32 = 1 << 19;

/// What a policy's directives say.
pub(super) struct Settings<'a> {
    default: Option<Decision>,
    unknown: Option<Decision>,
    kernel: Option<&'a Name>,
    arches: Option<Vec<(Abi, Span)>>,
    complain: Option<Span>,
    defines: BTreeMap<&'a str, Define<'a>>,
    groups: BTreeMap<&'a str, (&'a Name, &'a [Name])>,
    fallbacks: BTreeMap<&'a str, (&'a Name, &'a Spanned<ast::Action>)>,
    rings: Option<Rings>,
    /// How much was looked up.
    work: Cell<u32>,
    /// Where it is said that everything is allowed.
    pub(super) unrestricted: Option<Span>,
}

/// A value that a policy gives a name.
struct Define<'a> {
    name: &'a Name,
    /// By architecture: a constant may differ, or be missing.
    values: [Result<Number, Vec<Diagnostic>>; 4],
}

impl<'a> Settings<'a> {
    fn empty() -> Self {
        Self {
            default: None,
            unknown: None,
            kernel: None,
            arches: None,
            complain: None,
            defines: BTreeMap::new(),
            groups: BTreeMap::new(),
            fallbacks: BTreeMap::new(),
            rings: None,
            work: Cell::new(0),
            unrestricted: None,
        }
    }

    /// Gathers the directives.
    pub(super) fn gather(items: &'a [Item], said: &mut Said) -> Self {
        let mut settings = Self::empty();
        let mut actions = Vec::new();
        for item in items {
            if let (Item::Directive(directive), false) = (item, said.is_full()) {
                settings.add(directive, &mut actions, said);
            }
        }
        // Their values may be defined further down.
        for (kind, spanned) in actions {
            let decision = rule::decision(spanned, WIDEST, &settings, said);
            let place = match kind {
                "@default" => &mut settings.default,
                _ => &mut settings.unknown,
            };
            if let Some(before) = place.and_then(|before| before.origin) {
                twice(kind, spanned.span, before, said);
            }
            *place = decision;
        }
        for name in settings.fallbacks.values() {
            if !said.is_full() && !tables::is_call_name(&name.0.value) {
                said.say(rule::no_such_call(name.0));
            }
        }
        if let (Some(unknown), None) = (settings.unknown, settings.kernel) {
            let mut error = Diagnostic::error("@unknown needs @kernel: which calls are known?")
                .help(format!("write \"@kernel {}\" before it", tables::KERNEL));
            if let Some(origin) = unknown.origin {
                error = error.at(origin, "calls that which kernel does not have?");
            }
            said.say(error);
        }
        settings
    }

    fn add(
        &mut self,
        directive: &'a Directive,
        actions: &mut Vec<(&'static str, &'a Spanned<ast::Action>)>,
        said: &mut Said,
    ) {
        match directive {
            Directive::Default(action) => actions.push(("@default", action)),
            Directive::Unknown(action) => actions.push(("@unknown", action)),
            Directive::Kernel(version) => self.set_kernel(version, said),
            Directive::Arch(names) => self.set_arches(names, said),
            // `Policy` has replaced them.
            Directive::Include(_) => {}
            Directive::Define(name, value) => self.set_define(name, value, said),
            Directive::Group(name, members) => {
                if let Some((before, _)) = self.groups.get(name.value.as_str()) {
                    twice(&name.value, name.span, before.span, said);
                }
                self.groups.insert(&name.value, (name, members));
            }
            Directive::Fallback(name, action) => {
                if let Some((before, _)) = self.fallbacks.get(name.value.as_str()) {
                    twice(&name.value, name.span, before.span, said);
                }
                self.fallbacks.insert(&name.value, (name, action));
            }
            Directive::IoUring(names) => {
                rings::add(self.rings.get_or_insert_with(rings::none), names, said);
                //
            }
            Directive::Complain(span) => self.complain = Some(*span),
            Directive::Unrestricted(span) => self.unrestricted = Some(*span),
        }
    }

    fn set_kernel(&mut self, version: &'a Name, said: &mut Said) {
        if let Some(before) = self.kernel {
            twice("@kernel", version.span, before.span, said);
        }
        if version.value != tables::KERNEL {
            said.say(
                Diagnostic::error(format!(
                    "the calls of Linux {} are not known, those of {} are",
                    version.value,
                    tables::KERNEL
                ))
                .at(version.span, "not known"),
            );
        }
        self.kernel = Some(version);
    }

    fn set_arches(&mut self, names: &'a [Name], said: &mut Said) {
        let known = self.arches.get_or_insert_default();
        for name in names {
            let Some(abi) = Abi::from_name(&name.value) else {
                said.say(no_such_arch(name));
                continue;
            };
            match known.iter().find(|(known, _)| *known == abi) {
                Some((_, before)) => twice(&name.value, name.span, *before, said),
                None => known.push((abi, name.span)),
            }
        }
    }

    /// Each value may be made of those before it, so none is made of itself.
    fn set_define(&mut self, name: &'a Name, value: &'a Value, said: &mut Said) {
        if let Some(before) = self.defines.get(name.value.as_str()) {
            return twice(&name.value, name.span, before.name.span, said);
        }
        if tables::is_constant_name(&name.value) || name.value == "NULL" {
            return said.say(
                Diagnostic::error(format!("{} is a constant of the kernel", name.value))
                    .at(name.span, "cannot have another meaning"),
            );
        }
        let values = Abi::ALL.map(|abi| {
            let mut wrong = Said::default();
            number(value, abi, self, &mut wrong).ok_or(wrong.diagnostics)
        });
        if let [Err(wrong), Err(_), Err(_), Err(_)] = &values {
            wrong.iter().for_each(|wrong| said.say(wrong.clone()));
        }
        self.defines.insert(&name.value, Define { name, values });
    }

    /// The architectures that the policy is for, of those of a machine.
    pub(super) fn abis(&self, target: &Target, said: &mut Said) -> Vec<Abi> {
        let Some(arches) = &self.arches else {
            return vec![target.machine];
        };
        let on_machine =
            |abi: &Abi| *abi == target.machine || target.machine.compat() == Some(*abi);
        let abis: Vec<Abi> = arches
            .iter()
            .map(|(abi, _)| *abi)
            .filter(on_machine)
            .collect();
        if abis.is_empty() {
            let mut error =
                Diagnostic::error(format!("the policy is not for {}", target.machine.name()));
            if let Some((_, span)) = arches.first() {
                error = error.at(*span, "for these alone");
            }
            said.say(error);
        }
        abis
    }

    /// Counts what is about to be looked up. `None` if it is too much, which is said to be wrong.
    pub(super) fn work(&self, place: Span, said: &mut Said) -> Option<()> {
        let done = self.work.get();
        if done == MOST_WORK {
            said.say(
                Diagnostic::error(format!(
                    "the policy has more than {MOST_WORK} values, members of groups and rules, \
                     counted for each call"
                ))
                .at(place, "given up here"),
            );
            return None;
        }
        self.work.set(done + 1);
        Some(())
    }

    /// Does the policy say of which kernel calls are known?
    pub(super) fn knows_kernel(&self) -> bool {
        self.kernel.is_some()
    }

    /// What becomes of calls without a rule; without a word about it, the process ends.
    pub(super) fn default(&self) -> Decision {
        self.complaining(self.default.unwrap_or(Decision {
            action: Action::Kill,
            origin: None,
        }))
    }

    /// What becomes of calls that the kernel does not have.
    pub(super) fn unknown(&self) -> Decision {
        self.unknown
            .map_or(self.default(), |decision| self.complaining(decision))
    }

    /// What rings may do.
    pub(super) fn rings(&self) -> Option<Rings> {
        let lenient = self.unrestricted.or(self.complain);
        self.rings.clone().map(|rings| Rings { lenient, ..rings })
    }

    /// The decision, or if the policy only complains, what it does instead.
    pub(super) fn complaining(&self, decision: Decision) -> Decision {
        let refuses = !decision.action.lets_through() && decision.action != Action::Notify;
        if self.complain.is_some() && refuses {
            return Decision {
                action: Action::Log,
                ..decision
            };
        }
        decision
    }

    /// A value that the policy defines, or why there is none on an architecture.
    pub(super) fn define(&self, name: &str, abi: Abi) -> Option<&Result<Number, Vec<Diagnostic>>> {
        let place = Abi::ALL.iter().position(|known| *known == abi)?;
        self.defines.get(name)?.values.get(place)
    }

    /// The names of values.
    pub(super) fn defined(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.defines.keys().copied()
    }

    /// The members of a group.
    pub(super) fn group(&self, name: &str) -> Option<(&'a Name, &'a [Name])> {
        self.groups.get(name).copied()
    }

    /// The names of groups.
    pub(super) fn groups(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.groups.keys().copied()
    }

    /// What becomes of a call whose struct cannot be seen.
    pub(super) fn fallback(&self, call: &str) -> Option<&'a Spanned<ast::Action>> {
        self.fallbacks.get(call).map(|(_, action)| *action)
    }
}

/// Says that there is no such architecture.
pub(super) fn no_such_arch(name: &Name) -> Diagnostic {
    let known: Vec<&str> = Abi::ALL.iter().map(|abi| abi.name()).collect();
    Diagnostic::error(format!("there is no architecture {}", name.value))
        .at(name.span, format!("known are {}", known.join(", ")))
}

pub(super) fn twice(what: &str, span: Span, before: Span, said: &mut Said) {
    said.say(
        Diagnostic::error(format!("{what} is there twice"))
            .at(span, "the second")
            .at(before, "the first"),
    );
}
