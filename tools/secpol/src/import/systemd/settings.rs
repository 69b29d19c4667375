// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a unit says of its service.

use super::{
    families::Families,
    list::{
        refusal,
        List,
        Lists, //
    },
    namespaces,
    unit::Assignment, //
};
use crate::{
    abi::Abi,
    action::Action,
    import::{
        quoted,
        text::At,
        Error, //
    }, //
};

/// What a unit says of its service, as far as filters are concerned.
#[derive(Debug)]
pub(super) struct Settings {
    /// `SystemCallFilter=`
    pub(super) filter: Option<List>,
    /// `SystemCallErrorNumber=`
    pub(super) refusal: Action,
    /// `SystemCallLog=`
    pub(super) log: Option<List>,
    /// `SystemCallArchitectures=`; empty, if nothing is said.
    arches: Vec<String>,
    /// `RestrictAddressFamilies=`
    pub(super) families: Families,
    /// `RestrictNamespaces=`: the flags of those that there may be.
    pub(super) namespaces: Option<u64>,
    /// `Personality=`
    pub(super) personality: String,
    /// The other settings that are switched on.
    switched_on: Vec<(Switch, At)>,
    /// Is there a command that is run without all this?
    has_privileged: bool,
}

/// A setting that is switched on or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Switch {
    DynamicUser,
    LockPersonality,
    MemoryDenyWriteExecute,
    PrivateDevices,
    ProtectClock,
    ProtectHostname,
    ProtectKernelLogs,
    ProtectKernelModules,
    ProtectKernelTunables,
    RestrictRealtime,
    RestrictSuidSgid,
}

/// Their names.
const SWITCHES: [(&str, Switch); 11] = [
    ("DynamicUser", Switch::DynamicUser),
    ("LockPersonality", Switch::LockPersonality),
    ("MemoryDenyWriteExecute", Switch::MemoryDenyWriteExecute),
    ("PrivateDevices", Switch::PrivateDevices),
    ("ProtectClock", Switch::ProtectClock),
    ("ProtectHostname", Switch::ProtectHostname),
    ("ProtectKernelLogs", Switch::ProtectKernelLogs),
    ("ProtectKernelModules", Switch::ProtectKernelModules),
    ("ProtectKernelTunables", Switch::ProtectKernelTunables),
    ("RestrictRealtime", Switch::RestrictRealtime),
    ("RestrictSUIDSGID", Switch::RestrictSuidSgid),
];

/// Architectures.
const ARCHES: [&str; 24] = [
    "native",
    "x86",
    "x86-64",
    "x32",
    "arm",
    "arm64",
    "loongarch64",
    "m68k",
    "mips",
    "mips64",
    "mips64-n32",
    "mips-le",
    "mips64-le",
    "mips64-le-n32",
    "parisc",
    "parisc64",
    "ppc",
    "ppc64",
    "ppc64-le",
    "riscv64",
    "s390",
    "s390x",
    "sh",
    "sheb",
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            filter: None,
            refusal: Action::Kill,
            log: None,
            arches: Vec::new(),
            families: Families::default(),
            namespaces: None,
            personality: String::new(),
            switched_on: Vec::new(),
            has_privileged: false,
        }
    }
}

impl Settings {
    /// Takes notice of an assignment.
    pub(super) fn assign(
        &mut self,
        assignment: &Assignment,
        lists: &mut Lists<'_>,
    ) -> Result<(), Error> {
        let value = assignment.value();
        match assignment.key() {
            "SystemCallFilter" => lists.assign(&mut self.filter, assignment, true)?,
            "SystemCallLog" => lists.assign(&mut self.log, assignment, false)?,
            "SystemCallErrorNumber" => self.refusal = error_number(assignment)?,
            "SystemCallArchitectures" => self.assign_arches(assignment)?,
            "RestrictAddressFamilies" => self.families.assign(assignment)?,
            "RestrictNamespaces" => namespaces::assign(&mut self.namespaces, assignment)?,
            "Personality" => self.personality = value.to_string(),
            key if key.starts_with("Exec") => {
                let prefix = value.split(|c: char| !"@-:+!|".contains(c)).next();
                self.has_privileged |= prefix.is_some_and(|prefix| prefix.contains('+'));
            }
            key => {
                if let Some((_, switch)) = SWITCHES.iter().find(|(name, _)| *name == key) {
                    self.switch(*switch, assignment)?;
                }
            }
        }
        Ok(())
    }

    fn switch(&mut self, switch: Switch, assignment: &Assignment) -> Result<(), Error> {
        // A hostname of its own is no filter, and with one a filter protects it as well.
        let value = match (switch, assignment.value().split_once(':')) {
            (Switch::ProtectHostname, Some((value, _))) => value,
            _ => assignment.value(),
        };
        let on = match boolean(value) {
            Some(on) => on,
            None if switch == Switch::ProtectHostname && value == "private" => false,
            None => return Err(assignment.error(value, "this is neither yes nor no")),
        };
        self.switched_on.retain(|(known, _)| *known != switch);
        if on {
            self.switched_on.push((switch, assignment.at()));
        }
        Ok(())
    }

    fn assign_arches(&mut self, assignment: &Assignment) -> Result<(), Error> {
        let Some((inverted, words)) = assignment.words()? else {
            self.arches.clear();
            return Ok(());
        };
        let unknown = |word: &&&str| !ARCHES.contains(*word);
        let wrong = match words.iter().find(unknown) {
            _ if inverted => Some(assignment.value()),
            wrong => wrong.copied(),
        };
        if let Some(word) = wrong {
            let why = format!("there is no architecture {}", quoted(word));
            return Err(assignment.error(word, &why));
        }
        self.arches.extend(words.into_iter().map(str::to_string));
        Ok(())
    }

    /// Is it switched on?
    pub(super) fn is_on(&self, switch: Switch) -> bool {
        let has = |switch| self.place(switch).is_some();
        has(switch) || switch == Switch::RestrictSuidSgid && has(Switch::DynamicUser)
    }

    /// Where it is switched on.
    pub(super) fn place(&self, switch: Switch) -> Option<&At> {
        let on = self.switched_on.iter().find(|(known, _)| *known == switch);
        on.map(|(_, at)| at)
    }

    /// May there be calls of this architecture, which is not the machine's own?
    pub(super) fn has_arch(&self, abi: Abi) -> bool {
        self.arches.is_empty() || self.arches.iter().any(|arch| arch == arch_name(abi))
    }

    /// Are there no calls of some architecture of the machine?
    pub(super) fn restricts_arches(&self) -> bool {
        !self.arches.is_empty()
    }

    /// The personality that there may be alone, of a program on a machine.
    pub(super) fn locked_personality(&self, machine: Abi) -> u64 {
        /// `PER_LINUX32`
        const LINUX32: u64 = 8;
        match machine.compat() {
            Some(compat) if self.personality == arch_name(compat) => LINUX32,
            _ => 0,
        }
    }

    /// How the policy differs from what systemd does.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = vec![
            "drop-ins of the unit and the manager's own configuration are not read".to_string(),
        ];
        let mut note = |is_so: bool, what: &str| {
            if is_so {
                notes.push(what.to_string());
            }
        };
        note(
            self.has_privileged,
            "commands with a + before them are run without a filter",
        );
        note(
            true,
            "calls of programs for other architectures, x32 among them, end the process",
        );
        note(
            self.is_on(Switch::MemoryDenyWriteExecute),
            "MemoryDenyWriteExecute=: systemd has the kernel do it, by prctl(2), where it can; the \
             filter that it makes elsewhere refuses more",
        );
        note(
            self.is_on(Switch::LockPersonality) && self.personality.is_empty(),
            "LockPersonality=: to PER_LINUX, which is what systemd starts programs with",
        );
        note(
            self.families.used().is_some() && self.has_arch(Abi::I386),
            "RestrictAddressFamilies=: not for programs for i386, as with systemd",
        );
        let refuses_write = self.filter.as_ref().is_some_and(|filter| {
            let write = filter.calls.get("write");
            match filter.includes {
                true => write != Some(&None),
                false => write.is_some(),
            }
        });
        note(
            refuses_write,
            "SystemCallFilter=: systemd lets write through nevertheless if it waits for what it \
             has started",
        );
        notes
    }
}

/// What systemd calls an architecture.
fn arch_name(abi: Abi) -> &'static str {
    match abi {
        Abi::X86_64 => "x86-64",
        Abi::I386 => "x86",
        Abi::Aarch64 => "arm64",
        Abi::Arm => "arm",
    }
}

fn error_number(assignment: &Assignment) -> Result<Action, Error> {
    let value = assignment.value();
    if value.is_empty() {
        return Ok(Action::Kill);
    }
    match refusal(value) {
        Ok(Action::Errno(0)) => Err(assignment.error(value, "0 is no error")),
        Ok(action) => Ok(action),
        Err(why) => Err(assignment.error(value, &why)),
    }
}

/// Yes, or no.
pub(super) fn boolean(value: &str) -> Option<bool> {
    let is_one_of = |words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    if is_one_of(&["1", "yes", "y", "true", "t", "on"]) {
        Some(true)
    } else if is_one_of(&["0", "no", "n", "false", "f", "off"]) {
        Some(false)
    } else {
        None
    }
}
