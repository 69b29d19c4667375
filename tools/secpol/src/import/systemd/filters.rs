// SPDX-License-Identifier: MIT OR Apache-2.0

//! The filters that systemd makes of settings.

use super::{
    list::{
        List,
        Lists, //
    },
    namespaces,
    settings::{
        Settings,
        Switch, //
    }, //
};
use crate::{
    abi::Abi,
    action::Action,
    import::{
        comparison::Comparison,
        libseccomp::{
            Layer,
            Rule,
            Section,
            Verdict, //
        },
        text::At,
        Error, //
    },
    syntax::ast::Operator,
    tables, //
};

const EPERM: Action = Action::Errno(1);
const ENOSYS: Action = Action::Errno(38);
const EAFNOSUPPORT: Action = Action::Errno(97);

/// `S_ISUID` and `S_ISGID`
const SUID_SGID: u64 = 0o6000;
/// `O_CREAT`
const CREATE: u64 = 0o100;
const PROT_WRITE: u64 = 2;
const PROT_EXEC: u64 = 4;
const SHM_EXEC: u64 = 0o100_000;

/// The filters that systemd makes of settings.
pub(super) struct Filters<'a> {
    settings: &'a Settings,
    /// Calls of which systemd knows.
    known: Vec<String>,
    /// Settings that refuse calls of a group, from the one whose filter is loaded last, and these.
    refused: Vec<Vec<String>>,
}

/// Calls whose mode must not be S_ISUID or S_ISGID, and which argument that is.
const MODES: [(&str, usize); 9] = [
    ("chmod", 1),
    ("fchmod", 1),
    ("fchmodat", 2),
    ("fchmodat2", 2),
    ("mkdir", 1),
    ("mkdirat", 2),
    ("mknod", 1),
    ("mknodat", 2),
    ("creat", 1),
];

impl<'a> Filters<'a> {
    pub(super) fn new(settings: &'a Settings, lists: &mut Lists<'_>) -> Result<Self, Error> {
        let mut group = |at: &At, name: &str| -> Result<Vec<String>, Error> {
            let calls = lists.group(name).map_err(|why| at.error(why))?;
            Ok(calls.to_vec())
        };
        let known = match &settings.filter {
            Some(filter) if filter.includes => group(&filter.at, "@known")?,
            _ => Vec::new(),
        };
        let mut refused = Vec::new();
        for (switch, what) in [
            (Switch::PrivateDevices, "@raw-io"),
            (Switch::ProtectClock, "@clock"),
            (Switch::ProtectKernelLogs, "syslog"),
            (Switch::ProtectKernelModules, "@module"),
        ] {
            if let Some(at) = settings.place(switch) {
                refused.push(match what {
                    "syslog" => vec![what.to_string()],
                    what => group(at, what)?,
                });
            }
        }
        let filters = Self {
            settings,
            known,
            refused,
        };
        filters.check()?;
        Ok(filters)
    }

    /// libseccomp takes no rule that says what is so without it, and systemd then starts nothing.
    fn check(&self) -> Result<(), Error> {
        let Some(filter) = self.settings.filter.as_ref().filter(|it| it.includes) else {
            return Ok(());
        };
        match filter
            .calls
            .iter()
            .find(|(_, action)| **action == Some(ENOSYS))
        {
            Some((name, _)) => Err(filter.at.error(format!(
                "SystemCallFilter=: systemd cannot make a filter of a list with {name}:ENOSYS"
            ))),
            None => Ok(()),
        }
    }

    /// Does systemd make none at all?
    pub(super) fn are_none(&self) -> bool {
        let settings = self.settings;
        let lists = [&settings.filter, &settings.log];
        !lists.into_iter().flatten().any(List::is_used)
            && !settings.restricts_arches()
            && settings.families.used().is_none()
            && self.namespaces() == 0
            && self.refused.is_empty()
            && ![
                Switch::LockPersonality,
                Switch::MemoryDenyWriteExecute,
                Switch::ProtectHostname,
                Switch::ProtectKernelTunables,
                Switch::RestrictRealtime,
                Switch::RestrictSuidSgid,
            ]
            .into_iter()
            .any(|switch| settings.is_on(switch))
    }

    /// What becomes of calls that are not in the list of those that are let through, if there is
    /// one.
    pub(super) fn refusal(&self) -> Option<Action> {
        let filter = self.settings.filter.as_ref()?;
        filter.includes.then_some(self.settings.refusal)
    }

    /// The flags of kinds of namespaces that there may not be.
    fn namespaces(&self) -> u64 {
        let allowed = self.settings.namespaces.unwrap_or(namespaces::ALL);
        namespaces::ALL & !allowed
    }

    /// The filters for calls of an architecture of a machine. The first is loaded last.
    pub(super) fn stack(&self, abi: Abi, machine: Abi) -> Result<Vec<Layer>, Error> {
        let settings = self.settings;
        let mut stack = Vec::new();
        if let Some(filter) = settings.filter.as_ref().filter(|list| list.is_used()) {
            stack.push(self.listed(filter, abi)?);
        }
        if let Some(log) = settings.log.as_ref().filter(|list| list.is_used()) {
            stack.push(logged(log, abi)?);
        }
        if settings.is_on(Switch::LockPersonality) {
            let locked = equal(0, settings.locked_personality(machine));
            stack.push(layer(abi, [("personality", unless(vec![locked], EPERM))]));
        }
        for names in &self.refused {
            stack.push(layer(abi, names.iter().map(|name| (name, always(EPERM)))));
        }
        if settings.is_on(Switch::ProtectKernelTunables) && abi != Abi::Aarch64 {
            stack.push(layer(abi, [("_sysctl", always(EPERM))]));
        }
        if self.namespaces() != 0 {
            stack.push(self.restricted_namespaces(abi));
        }
        if settings.is_on(Switch::RestrictSuidSgid) {
            stack.push(restricted_modes(abi));
        }
        if settings.is_on(Switch::RestrictRealtime) {
            // SCHED_OTHER, SCHED_BATCH and SCHED_IDLE.
            let policies = [0, 3, 5].map(|policy| equal(1, policy)).to_vec();
            let verdict = unless(policies, EPERM);
            stack.push(layer(abi, [("sched_setscheduler", verdict)]));
        }
        if settings.is_on(Switch::MemoryDenyWriteExecute) {
            stack.push(write_or_execute(abi));
        }
        if let Some(numbers) = settings.families.used().filter(|_| abi != Abi::I386) {
            let is_real = |number: &u64| !settings.families.includes || *number != 0;
            let numbers = numbers.into_iter().filter(is_real);
            let lists = numbers.map(|number| equal(0, number)).collect();
            let verdict = match settings.families.includes {
                true => unless(lists, EAFNOSUPPORT),
                false => when(lists, EAFNOSUPPORT),
            };
            stack.push(layer(abi, [("socket", verdict)]));
        }
        if settings.is_on(Switch::ProtectHostname) {
            let names = ["sethostname", "setdomainname"];
            stack.push(layer(abi, names.map(|name| (name, always(EPERM)))));
        }
        // Even if there is but a list of architectures.
        stack.push(Layer::new(Action::Allow));
        Ok(stack)
    }

    /// The filter for `SystemCallFilter=`. Of calls that it does not know, systemd says that there
    /// are none.
    fn listed(&self, filter: &List, abi: Abi) -> Result<Layer, Error> {
        let refusal = self.settings.refusal;
        let (default, usual) = match filter.includes {
            true => (ENOSYS, Action::Allow),
            false => (Action::Allow, refusal),
        };
        let listed = filter
            .calls
            .iter()
            .map(|(name, action)| rule(filter, name, action.unwrap_or(usual)));
        let mut rules: Vec<Rule> = listed.collect();
        if filter.includes && refusal != default {
            let others = self.known.iter();
            let others = others.filter(|name| !filter.calls.contains_key(*name));
            rules.extend(others.map(|name| rule(filter, name, refusal)));
        }
        Section::new(&rules.iter().collect::<Vec<_>>(), abi)
            .map(|section| Layer::of(&section, default))
    }

    fn restricted_namespaces(&self, abi: Abi) -> Layer {
        let flags = self.namespaces();
        let setns = if flags == namespaces::ALL {
            always(EPERM)
        } else {
            // 0 is any kind.
            when(vec![equal(1, 0), any_bit(1, flags)], EPERM)
        };
        let of_flags = || when(vec![any_bit(0, flags)], EPERM);
        layer(
            abi,
            [
                ("clone3", always(ENOSYS)),
                ("setns", setns),
                ("unshare", of_flags()),
                ("clone", of_flags()),
            ],
        )
    }
}

/// The filter for `SystemCallLog=`.
fn logged(log: &List, abi: Abi) -> Result<Layer, Error> {
    let (default, action) = match log.includes {
        true => (Action::Allow, Action::Log),
        false => (Action::Log, Action::Allow),
    };
    let rules: Vec<Rule> = log
        .calls
        .keys()
        .map(|name| rule(log, name, action))
        .collect();
    Section::new(&rules.iter().collect::<Vec<_>>(), abi).map(|section| Layer::of(&section, default))
}

/// The filter for `RestrictSUIDSGID=`.
fn restricted_modes(abi: Abi) -> Layer {
    let created = |flags: usize, mode: usize| {
        let both = [any_bit(flags, CREATE), any_bit(mode, SUID_SGID)].concat();
        when(vec![both], EPERM)
    };
    let modes = MODES
        .iter()
        .map(|(name, mode)| (*name, when(vec![any_bit(*mode, SUID_SGID)], EPERM)));
    let opens = [
        ("open", created(1, 2)),
        ("openat", created(2, 3)),
        ("openat2", always(ENOSYS)),
    ];
    layer(abi, modes.chain(opens))
}

/// The filter for `MemoryDenyWriteExecute=`.
fn write_or_execute(abi: Abi) -> Layer {
    let both = Comparison {
        index: 2,
        operator: Operator::Equal,
        mask: Some(PROT_WRITE | PROT_EXEC),
        value: PROT_WRITE | PROT_EXEC,
    };
    let both = when(vec![vec![both]], EPERM);
    let executable = when(vec![any_bit(2, PROT_EXEC)], EPERM);
    let mut said = vec![
        ("mprotect", executable.clone()),
        ("pkey_mprotect", executable),
    ];
    match abi {
        Abi::X86_64 | Abi::Aarch64 => said.push(("mmap", both)),
        Abi::I386 => said.extend([("mmap2", both), ("mmap", always(EPERM))]),
        Abi::Arm => said.push(("mmap2", both)),
    }
    // On i386 it is part of ipc(), which is let through.
    if abi != Abi::I386 {
        said.push(("shmat", when(vec![any_bit(2, SHM_EXEC)], EPERM)));
    }
    layer(abi, said)
}

fn rule(list: &List, name: &str, action: Action) -> Rule {
    Rule {
        path: list.at.to_string(),
        names: vec![name.to_string()],
        action,
        args: Vec::new(),
    }
}

/// A filter that says this of calls, and lets others through.
fn layer<N: AsRef<str>>(abi: Abi, said: impl IntoIterator<Item = (N, Verdict)>) -> Layer {
    let mut layer = Layer::new(Action::Allow);
    for (name, verdict) in said {
        if let Some(call) = tables::call(abi, name.as_ref()) {
            layer.say(call, verdict);
        }
    }
    layer
}

fn always(action: Action) -> Verdict {
    Verdict {
        cases: Vec::new(),
        otherwise: action,
    }
}

/// If one of these lists holds.
fn when(lists: Vec<Vec<Comparison>>, action: Action) -> Verdict {
    Verdict {
        cases: vec![(action, lists)],
        otherwise: Action::Allow,
    }
}

/// If none of these lists does.
fn unless(lists: Vec<Vec<Comparison>>, action: Action) -> Verdict {
    let cases = match lists.is_empty() {
        true => Vec::new(),
        false => vec![(Action::Allow, lists)],
    };
    Verdict {
        cases,
        otherwise: action,
    }
}

fn equal(index: usize, value: u64) -> Vec<Comparison> {
    vec![Comparison {
        index,
        operator: Operator::Equal,
        mask: None,
        value,
    }]
}

fn any_bit(index: usize, bits: u64) -> Vec<Comparison> {
    vec![Comparison {
        index,
        operator: Operator::NotEqual,
        mask: Some(bits),
        value: 0,
    }]
}
