// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random units: the policy that is made of one decides as all filters of systemd do, one after
//! another.

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{
        select,
        subsequence, //
    }, //
};
use secpol::{
    abi::Abi,
    action::Action,
    call::Call,
    syntax::display,
    tables, //
};

use super::{
    import,
    options, //
};
use crate::{
    agreement::{
        as_taken,
        calls, //
    },
    meaning,
};

/// Calls that some setting looks at, and others.
const CALLS: &[&str] = &[
    "read",
    "write",
    "execve",
    "socket",
    "clone",
    "clone3",
    "setns",
    "unshare",
    "mmap",
    "mmap2",
    "mprotect",
    "shmat",
    "openat",
    "openat2",
    "fchmod",
    "personality",
    "sched_setscheduler",
    "syslog",
    "settimeofday",
    "finit_module",
    "ioperm",
    "sethostname",
    "_sysctl",
    "landlock_add_rule",
];
/// Those that a list names. A list with a socket call has one with another number on 32-bit x86.
const LISTED: &[&str] = &[
    "read",
    "write",
    "clone",
    "clone3",
    "setns",
    "mmap",
    "openat",
    "openat2",
    "personality",
    "syslog",
    "settimeofday",
    "landlock_add_rule",
];
const SWITCHES: &[&str] = &[
    "LockPersonality",
    "MemoryDenyWriteExecute",
    "PrivateDevices",
    "ProtectClock",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "RestrictRealtime",
    "RestrictSUIDSGID",
];

/// Calls, with what they fail with.
type Errnos = Vec<(&'static str, u16)>;

#[derive(Clone, Debug)]
struct Unit {
    filter: Option<(bool, Vec<&'static str>, Errnos)>,
    errno: Option<u16>,
    log: Option<(bool, Vec<&'static str>)>,
    switches: Vec<&'static str>,
    families: Option<(bool, Vec<&'static str>)>,
    namespaces: Option<Vec<&'static str>>,
}

const FAMILIES: &[(&str, u64)] = &[("AF_UNIX", 1), ("AF_INET", 2), ("AF_NETLINK", 16)];
const NAMESPACES: &[(&str, u64)] = &[
    ("user", 0x1000_0000),
    ("net", 0x4000_0000),
    ("mnt", 0x20000),
];

impl Unit {
    fn text(&self) -> String {
        let mut text = "[Unit]\nDescription=random\n[Service]\n".to_string();
        let mut set = |key: &str, value: String| text += &format!("{key}={value}\n");
        let tilde = |includes: bool| if includes { "" } else { "~" };
        if let Some((includes, names, errnos)) = &self.filter {
            set(
                "SystemCallFilter",
                format!("{}{}", tilde(*includes), names.join(" ")),
            );
            for (name, errno) in errnos {
                set("SystemCallFilter", format!("~{name}:{errno}"));
            }
        }
        if let Some(errno) = self.errno {
            set("SystemCallErrorNumber", errno.to_string());
        }
        if let Some((includes, names)) = &self.log {
            set(
                "SystemCallLog",
                format!("{}{}", tilde(*includes), names.join(" ")),
            );
        }
        if let Some((includes, names)) = &self.families {
            set(
                "RestrictAddressFamilies",
                format!("{}{}", tilde(*includes), names.join(" ")),
            );
        }
        if let Some(names) = &self.namespaces {
            set("RestrictNamespaces", names.join(" "));
        }
        for name in &self.switches {
            set(name, "yes".to_string());
        }
        text
    }

    /// What each filter says of a call; the last is loaded last.
    fn answers(&self, abi: Abi, name: &str, call: &Call) -> Vec<Action> {
        let arg = |index: usize| call.arguments[index];
        let on = |switch: &str| self.switches.contains(&switch);
        let refuse_if = |is_so: bool, errno: u16| match is_so {
            true => Action::Errno(errno),
            false => Action::Allow,
        };
        let mut answers = vec![refuse_if(on("ProtectHostname") && name == "sethostname", 1)];
        if let (Some((includes, names)), "socket", false) = (&self.families, name, abi == Abi::I386)
        {
            let has = |(name, number): &&(&str, u64)| names.contains(name) && *number == arg(0);
            let has = FAMILIES.iter().any(|family| has(&family));
            answers.push(refuse_if(has != *includes, 97));
        }
        if on("MemoryDenyWriteExecute") {
            let mmap = match abi {
                Abi::I386 | Abi::Arm => "mmap2",
                _ => "mmap",
            };
            let refuses = match name {
                "mmap" if abi == Abi::I386 => true,
                _ if name == mmap => arg(2) & 2 != 0 && arg(2) & 4 != 0,
                "mprotect" => arg(2) & 4 != 0,
                "shmat" => abi != Abi::I386 && arg(2) & 0o100_000 != 0,
                _ => false,
            };
            answers.push(refuse_if(refuses, 1));
        }
        let realtime = name == "sched_setscheduler" && ![0, 3, 5].contains(&arg(1));
        answers.push(refuse_if(on("RestrictRealtime") && realtime, 1));
        if on("RestrictSUIDSGID") {
            let has_mode = |index: usize| arg(index) & 0o4000 != 0 || arg(index) & 0o2000 != 0;
            answers.push(match name {
                "fchmod" => refuse_if(has_mode(1), 1),
                "openat" => refuse_if(arg(2) & 0o100 != 0 && has_mode(3), 1),
                "openat2" => Action::Errno(38),
                _ => Action::Allow,
            });
        }
        if let Some(names) = &self.namespaces {
            let may = |flag: u64| {
                let mut flags = NAMESPACES.iter().filter(|(name, _)| names.contains(name));
                flags.any(|(_, allowed)| *allowed == flag)
            };
            let all = [
                0x0200_0000,
                0x0800_0000,
                0x4000_0000,
                0x20000,
                0x2000_0000,
                0x1000_0000,
            ]
            .into_iter()
            .chain([0x0400_0000]);
            let wants = |word: u64| all.clone().any(|flag| word & flag == flag && !may(flag));
            answers.push(match name {
                "clone3" => Action::Errno(38),
                "clone" | "unshare" => refuse_if(wants(arg(0)), 1),
                "setns" => refuse_if(names.is_empty() || arg(1) == 0 || wants(arg(1)), 1),
                _ => Action::Allow,
            });
        }
        let of_group = (on("ProtectKernelTunables") && name == "_sysctl" && abi != Abi::Aarch64)
            || (on("ProtectKernelModules") && name == "finit_module")
            || (on("ProtectKernelLogs") && name == "syslog")
            || (on("ProtectClock") && name == "settimeofday")
            || (on("PrivateDevices") && name == "ioperm");
        answers.push(refuse_if(of_group, 1));
        let personality = name == "personality" && arg(0) != 0;
        answers.push(refuse_if(on("LockPersonality") && personality, 1));
        if let Some((includes, names)) = self.log.as_ref().filter(|(_, names)| !names.is_empty()) {
            answers.push(match names.contains(&name) == *includes {
                true => Action::Log,
                false => Action::Allow,
            });
        }
        answers.extend(self.listed(name));
        answers
    }

    fn listed(&self, name: &str) -> Option<Action> {
        let refusal = self.errno.map_or(Action::Kill, Action::Errno);
        let (includes, names, errnos) = self.filter.as_ref()?;
        let errno = errnos.iter().rev().find(|(it, _)| *it == name);
        if let Some((_, errno)) = errno {
            return Some(Action::Errno(*errno));
        }
        let always = *includes && name == "execve";
        let is_listed = names.contains(&name) || always;
        Some(match (is_listed == *includes, name.contains("landlock")) {
            (true, _) => Action::Allow,
            (false, true) if *includes => Action::Errno(38),
            (false, _) => refusal,
        })
    }
}

/// What the kernel does with such answers.
fn strongest(answers: &[Action]) -> Action {
    let strength = |action: &Action| match action {
        Action::Kill => 4,
        Action::Errno(_) => 3,
        Action::Log => 1,
        _ => 0,
    };
    let mut strongest = Action::Allow;
    for answer in answers.iter().rev() {
        if strength(answer) > strength(&strongest) {
            strongest = *answer;
        }
    }
    strongest
}

fn unit() -> impl Strategy<Value = Unit> {
    let listed = || subsequence(LISTED, 1..LISTED.len());
    let errnos = vec((select(LISTED), 1..30u16), 0..3);
    let families = subsequence(&["AF_UNIX", "AF_INET", "AF_NETLINK"][..], 1..3);
    let namespaces = subsequence(&["user", "net", "mnt"][..], 1..=3);
    let namespaces = prop_oneof![namespaces, Just(vec![])];
    (
        option::of((any::<bool>(), listed(), errnos)),
        option::of(1..40u16),
        option::weighted(0.3, (any::<bool>(), listed())),
        subsequence(SWITCHES, 0..SWITCHES.len()),
        option::of((any::<bool>(), families)),
        option::of(namespaces),
    )
        .prop_map(
            |(filter, errno, log, switches, families, namespaces)| Unit {
                filter,
                errno,
                log,
                switches,
                families,
                // Nothing is no list.
                namespaces,
            },
        )
}

/// More of what the settings look at.
fn words() -> impl Strategy<Value = Vec<u64>> {
    vec(
        select(
            &[
                0,
                1,
                2,
                3,
                4,
                5,
                6,
                8,
                16,
                0o100,
                0o2000,
                0o4000,
                0o6777,
                0o100_000,
                0x20000,
                0x1000_0000,
                0x4000_0000,
                0x7e02_0000,
                0x0400_0011,
                0xffff_ffff,
                1 << 32,
                0x1_0000_0001,
            ][..],
        ),
        6,
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn all_filters(
        unit in unit(),
        calls in calls(CALLS),
        words in vec(words(), 100),
        exact in any::<bool>(),
    ) {
        let mut text = unit.text();
        if unit.namespaces.as_ref().is_some_and(Vec::is_empty) {
            text = text.replace("RestrictNamespaces=\n", "RestrictNamespaces=yes\n");
        }
        for machine in [Abi::X86_64, Abi::Aarch64] {
            let imported = import(&text, &options(machine, exact)).unwrap();
            let policy = display::text(&imported.items);
            let rules = meaning(&policy, machine);
            for ((abi, call), words) in calls.iter().zip(&words) {
                if *abi != machine && machine.compat() != Some(*abi) {
                    continue;
                }
                let known = tables::call_by_number(*abi, call.number).unwrap();
                let mut call = call.clone();
                for (argument, word) in call.arguments.iter_mut().zip(words) {
                    *argument = if abi.is_64_bit() { *word } else { *word & 0xffff_ffff };
                }
                let taken = if exact { call.clone() } else { as_taken(*abi, &call) };
                let expected = strongest(&unit.answers(*abi, known.name, &taken));
                let found = rules.decide(&call).action;
                prop_assert_eq!(
                    found, expected, "{}\n{}\n{:?} {} {:?}", text, policy, abi, known.name, call
                );
            }
            // A number that no kernel has.
            let call = Call { arch: machine.audit_arch(), number: 5000, ..Call::default() };
            let missing = match &unit.filter {
                Some((true, ..)) => Action::Errno(38),
                _ => match &unit.log {
                    Some((false, _)) => Action::Log,
                    _ => Action::Allow,
                },
            };
            prop_assert_eq!(rules.decide(&call).action, missing, "{}\n{}", text, policy);
        }
    }
}
