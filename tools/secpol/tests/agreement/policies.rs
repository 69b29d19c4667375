// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random policies.

use std::collections::BTreeSet;

use secpol::{
    abi::Abi,
    policy::{
        Sight,
        Target, //
    },
    syntax::ast::{
        Action,
        Alternative,
        Directive,
        Item,
        Rule,
        Spanned,
        Value,
        ValueKind, //
    },
    tables, //
};

use crate::{
    choices::Choices,
    conditions::{
        expression,
        Context, //
    },
    values::{
        self,
        nowhere,
        Fields,
        NOWHERE, //
    }, //
};

/// Calls whose structs filters see, and others with arguments of all kinds.
const CALLS: &[&str] = &[
    "clone3",
    "openat2",
    "connect",
    "bind",
    "sendto",
    "sendmsg",
    "landlock_create_ruleset",
    "statmount",
    "sched_setattr",
    "perf_event_open",
    "clone",
    "connect",
    "openat",
    "socket",
    "sendto",
    "sendmsg",
    "mount_setattr",
    "setxattrat",
    "read",
    "open",
    "fchmodat2",
    "ioctl",
    "mmap",
    "lseek",
    "access",
    "clone",
    "madvise",
    "getpriority",
    "execve",
    "pkey_mprotect",
    "prctl",
    "timer_create",
    "kill",
];
/// Names of errors, and of other small numbers.
const SMALL: &[&str] = &["EPERM", "ENOSYS", "EACCES", "E2BIG", "AF_INET6", "NULL"];

/// How large a policy is.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// How many calls have rules of their own, at most.
    pub rules: usize,
    /// How many alternatives a rule has, at most.
    pub alternatives: usize,
    /// How deep conditions are.
    pub depth: u32,
}

/// That of most.
pub const SMALL_ONE: Extent = Extent {
    rules: 8,
    alternatives: 4,
    depth: 3,
};

/// Makes a policy.
struct Maker<'a> {
    choices: &'a mut Choices,
    extent: Extent,
    target: Target,
    abis: Vec<Abi>,
    defines: Vec<Item>,
    items: Vec<Item>,
    /// The calls that rules are for.
    ruled: BTreeSet<&'static str>,
    /// Those with a rule of their own on all architectures.
    own: BTreeSet<&'static str>,
}

/// A policy for a machine, and for what it is made there.
pub fn policy(choices: &mut Choices, machine: Abi, extent: Extent) -> (Target, Vec<Item>) {
    let mut target = Target::new(machine);
    if choices.one_in(8) {
        target.sight = Sight::Arguments;
    }
    if choices.one_in(8) {
        target.exec_cookie = Some([choices.number(), choices.edge(64), choices.number()]);
    }
    let mut maker = Maker {
        choices,
        extent,
        abis: vec![target.machine],
        target,
        defines: Vec::new(),
        items: Vec::new(),
        ruled: BTreeSet::new(),
        own: BTreeSet::new(),
    };
    maker.defines();
    maker.settings();
    for _ in 0..1 + maker.choices.below(maker.extent.rules) {
        maker.rules();
    }
    maker.groups();
    maker.fallbacks();
    let mut items = maker.items;
    // They may stand anywhere, but values are made of those before them.
    let place = maker.choices.below(items.len() + 1);
    items.rotate_left(place);
    let mut all = maker.defines;
    all.extend(items);
    (maker.target, all)
}

impl Maker<'_> {
    fn say(&mut self, directive: Directive) {
        self.items.push(Item::Directive(directive));
    }

    fn defines(&mut self) {
        for place in 0..self.choices.below(4) {
            let fields = Fields {
                widths: Abi::ALL
                    .map(|abi| (abi, 8 << self.choices.below(4)))
                    .to_vec(),
                signed: self.choices.one_in(2),
                ordered: false,
            };
            let value = values::value(self.choices, &fields, &self.defines);
            let define = Directive::Define(nowhere(format!("D{place}")), value);
            self.defines.push(Item::Directive(define));
        }
    }

    fn settings(&mut self) {
        if self.choices.below(4) < 3 {
            let action = self.action();
            self.say(Directive::Default(action));
        }
        if self.choices.one_in(3) {
            self.say(Directive::Kernel(nowhere(tables::KERNEL.to_string())));
            if self.choices.below(4) < 3 {
                let action = self.action();
                self.say(Directive::Unknown(action));
            }
        }
        let machine = self.target.machine;
        let compat: Vec<Abi> = machine.compat().into_iter().collect();
        match self.choices.below(6) {
            0..2 => {}
            2 => self.arch(&[&[machine], compat.as_slice()].concat()),
            3 => self.arch(&[compat.as_slice(), &[machine]].concat()),
            4 => self.arch(&compat),
            _ => self.arch(&Abi::ALL),
        }
        if self.choices.one_in(12) {
            self.say(Directive::Complain(NOWHERE));
        }
        if self.choices.one_in(100) {
            self.say(Directive::Unrestricted(NOWHERE));
        }
    }

    fn arch(&mut self, abis: &[Abi]) {
        let machine = self.target.machine;
        self.abis = abis.to_vec();
        self.abis
            .retain(|abi| *abi == machine || machine.compat() == Some(*abi));
        let named = |abi: &Abi| match abi {
            Abi::X86_64 if self.choices.one_in(2) => nowhere("amd64".to_string()),
            abi => nowhere(abi.name().to_string()),
        };
        let names = abis.iter().map(named).collect();
        self.say(Directive::Arch(names));
    }

    fn call(&mut self) -> &'static str {
        if self.choices.one_in(4) {
            let calls: Vec<&str> = tables::call_names().collect();
            return calls[self.choices.below(calls.len())];
        }
        CALLS[self.choices.below(CALLS.len())]
    }

    /// The rules for a call.
    fn rules(&mut self) {
        let name = self.call();
        if !self.ruled.insert(name) {
            return;
        }
        let abis = self.abis.clone();
        if abis.len() > 1 && self.choices.one_in(2) {
            for abi in abis {
                if self.choices.below(4) < 3 {
                    self.rule(name.to_string(), &[name], &[abi]);
                }
            }
        } else {
            self.rule(name.to_string(), &[name], &[]);
            self.own.insert(name);
        }
    }

    /// A rule, that is for these architectures, or if there are none, for all of the policy.
    fn rule(&mut self, target: String, names: &[&str], arches: &[Abi]) {
        let body = self.body(names, arches);
        self.push_rule(target, arches, body);
    }

    fn push_rule(&mut self, target: String, arches: &[Abi], body: Vec<Alternative>) {
        let arches = arches.iter().map(|abi| nowhere(abi.name().to_string()));
        self.items.push(Item::Rule(Rule {
            target: nowhere(target),
            arches: arches.collect(),
            body,
            span: NOWHERE,
        }));
    }

    fn body(&mut self, names: &[&str], arches: &[Abi]) -> Vec<Alternative> {
        let abis = if arches.is_empty() {
            &self.abis
        } else {
            arches
        };
        let calls: Vec<(Abi, &'static tables::Call)> = abis
            .iter()
            .flat_map(|abi| names.iter().map(move |name| (*abi, *name)))
            .filter_map(|(abi, name)| Some((abi, tables::call(abi, name)?)))
            .collect();
        let defines = self.defines.clone();
        let context = Context {
            calls,
            beyond: true,
            defines: &defines,
        };
        let count = 1 + self.choices.below(self.extent.alternatives);
        let mut body = Vec::new();
        for _ in 0..count {
            body.push(self.alternative(&context));
        }
        if self.choices.one_in(3) {
            body.push(Alternative::Always(self.action()));
        }
        body
    }

    fn alternative(&mut self, context: &Context<'_>) -> Alternative {
        if self.choices.one_in(12) {
            return Alternative::Always(self.action());
        }
        let depth = self.choices.below(self.extent.depth as usize + 1) as u32;
        Alternative::If {
            expression: expression(self.choices, context, depth),
            then: (self.choices.one_in(2)).then(|| self.action()),
            otherwise: (self.choices.one_in(5)).then(|| self.action()),
        }
    }

    /// Groups of other calls; some of them have those of another as members.
    fn groups(&mut self) {
        let mut before: Option<(String, Vec<Alternative>)> = None;
        for place in 0..self.choices.below(4) {
            let name = format!("g-{place}");
            let mut names: Vec<&'static str> = Vec::new();
            for _ in 0..1 + self.choices.below(4) {
                names.push(self.call());
            }
            // What is in two groups gets the same from both, or its own rule decides.
            names.retain(|name| {
                self.ruled.insert(name) || self.own.contains(name) && self.choices.one_in(2)
            });
            let mut members: Vec<_> = names.iter().map(|name| nowhere(name.to_string())).collect();
            let body = match &before {
                Some((group, body)) if self.choices.one_in(3) => {
                    members = vec![nowhere(format!("@{group}"))];
                    body.clone()
                }
                _ => self.body(&names, &[]),
            };
            if members.is_empty() {
                continue;
            }
            self.say(Directive::Group(nowhere(name.clone()), members));
            self.push_rule(format!("@{name}"), &[], body.clone());
            before = Some((name, body));
        }
    }

    fn fallbacks(&mut self) {
        if self.target.sight == Sight::Arguments {
            for name in self.ruled.clone() {
                let action = self.action();
                self.say(Directive::Fallback(nowhere(name.to_string()), action));
            }
        }
    }

    fn action(&mut self) -> Spanned<Action> {
        nowhere(match self.choices.below(10) {
            0 => Action::Allow,
            1 => Action::Log,
            2 => Action::Notify,
            3 => Action::Kill,
            4 => Action::KillThread,
            5 => Action::Trap(self.data(16)),
            6 => Action::Trace(self.data(16)),
            _ => Action::Errno(self.data(12)),
        })
    }

    fn data(&mut self, bits: u32) -> Value {
        if self.choices.one_in(2) {
            let name = SMALL[self.choices.below(SMALL.len())];
            return values::from(ValueKind::Name(name.to_string()));
        }
        values::from(ValueKind::Number(self.choices.edge(bits)))
    }
}
