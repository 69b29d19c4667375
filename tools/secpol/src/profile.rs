// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes profiles of policies: `linux.seccomp` of the OCI runtime specification, which runc and
//! crun compile by libseccomp.
//!
//! A profile decides as the policy does, whatever the order is in which libseccomp looks at its
//! entries: no two entries of a call have arguments in common. They are compared by masks alone, at
//! the kernel's width. What cannot be said so is an error.

mod cubes;

use std::{
    collections::BTreeMap,
    error,
    fmt, //
};

use serde_json::{
    json,
    Map,
    Value, //
};

use self::cubes::{
    parts,
    Cube,
    Inexpressible,
    MOST, //
};
use crate::{
    abi::Abi,
    action::Action,
    rules::{
        Rules,
        Section, //
    },
    tables, //
};

/// A profile that was made.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its text, JSON.
    pub text: String,
    /// How it differs from the policy, a line each. It lets through nothing that the policy
    /// refuses.
    pub notes: Vec<String>,
}

/// Why a policy is no profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// It is for 32-bit programs as well. libseccomp gives their socketcall() and ipc() the rules
    /// of the calls that these stand for, and a policy does not.
    Compat,
    /// This call's rule looks at more than arguments.
    Field(&'static str),
    /// This call's rule comes to too many entries.
    TooMany(&'static str),
    /// libseccomp has no such action, which becomes of this call.
    Action(&'static str, Action),
    /// Calls that are not known would get the default, which does not refuse them.
    Unknown,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compat => f.write_str(
                "a profile gives socketcall() and ipc() of 32-bit programs the rules of other calls: \
                 compile for the 64-bit architecture alone",
            ),
            Self::Field(call) => write!(
                f,
                "a profile cannot say what the rule for {call} looks at: it has arguments alone"
            ),
            Self::TooMany(call) => write!(
                f,
                "the rule for {call} comes to more than {MOST} entries of a profile"
            ),
            Self::Action(call, action) => {
                write!(f, "a profile cannot say {action}, which is for {call}")
            }
            Self::Unknown => f.write_str(
                "a profile's default is for calls that are not known as well: one that refuses is \
                 needed, or the same @unknown",
            ),
        }
    }
}

impl error::Error for Error {}

/// The profile of a policy's rules, which are for a kernel whose filters see arguments alone.
pub fn profile(rules: &Rules) -> Result<Profile, Error> {
    let [section] = rules.sections.as_slice() else {
        return Err(Error::Compat);
    };
    let arch = match section.abi {
        Abi::X86_64 => "SCMP_ARCH_X86_64",
        Abi::Aarch64 => "SCMP_ARCH_AARCH64",
        Abi::I386 | Abi::Arm => return Err(Error::Compat),
    };
    let default = section.default.action;
    let mut notes = Vec::new();
    if section.unknown.action != default {
        let refuses = matches!(
            default,
            Action::Errno(_) | Action::Trap(_) | Action::KillThread | Action::Kill
        );
        if !refuses {
            return Err(Error::Unknown);
        }
        notes.push(format!(
            "calls that are not known get the default, {default}, or what the runtime puts before \
             the filter; the policy says {}",
            section.unknown.action
        ));
    }
    let mut profile = Map::new();
    decide(
        &mut profile,
        "defaultAction",
        "defaultErrnoRet",
        "other calls",
        default,
    )?;
    profile.insert("architectures".into(), json!([arch]));
    profile.insert("syscalls".into(), entries(section)?.into());
    // A Value can always be printed.
    let text = format!("{:#}\n", Value::from(profile));
    Ok(Profile { text, notes })
}

/// The entries for the calls that do not get the default.
fn entries(section: &Section) -> Result<Vec<Value>, Error> {
    let mut always: BTreeMap<u32, (Action, Vec<&'static str>)> = BTreeMap::new();
    let mut entries = Vec::new();
    for (&number, rule) in &section.calls {
        let Some(call) = tables::call_by_number(section.abi, number) else {
            continue;
        };
        let parts = parts(rule, section.default.action).map_err(|why| match why {
            Inexpressible::Field => Error::Field(call.name),
            Inexpressible::TooMany => Error::TooMany(call.name),
        })?;
        for (cube, action) in parts {
            if cube == Cube::default() {
                let (_, names) = always.entry(action.ret()).or_insert((action, Vec::new()));
                names.push(call.name);
            } else {
                let mut entry = entry(&[call.name], action)?;
                entry.insert("args".into(), arguments(&cube).into());
                entries.push(entry.into());
            }
        }
    }
    let mut all = Vec::new();
    for (action, names) in always.values() {
        all.push(entry(names, *action)?.into());
    }
    all.extend(entries);
    Ok(all)
}

fn entry(names: &[&'static str], action: Action) -> Result<Map<String, Value>, Error> {
    let mut entry = Map::new();
    entry.insert("names".into(), json!(names));
    decide(&mut entry, "action", "errnoRet", names[0], action)?;
    Ok(entry)
}

/// Says in `map` what becomes of a call.
fn decide(
    map: &mut Map<String, Value>,
    key: &str,
    errno_key: &str,
    call: &'static str,
    action: Action,
) -> Result<(), Error> {
    let (name, errno) = match action {
        Action::Allow => ("SCMP_ACT_ALLOW", None),
        Action::Log => ("SCMP_ACT_LOG", None),
        Action::Trace(message) => ("SCMP_ACT_TRACE", Some(message)),
        Action::Notify => ("SCMP_ACT_NOTIFY", None),
        Action::Errno(errno) => ("SCMP_ACT_ERRNO", Some(errno)),
        Action::Trap(0) => ("SCMP_ACT_TRAP", None),
        Action::Trap(_) => return Err(Error::Action(call, action)),
        Action::KillThread => ("SCMP_ACT_KILL_THREAD", None),
        Action::Kill => ("SCMP_ACT_KILL_PROCESS", None),
    };
    map.insert(key.into(), name.into());
    if let Some(errno) = errno {
        map.insert(errno_key.into(), errno.into());
    }
    Ok(())
}

/// What is compared: all of these must hold.
fn arguments(cube: &Cube) -> Vec<Value> {
    let compared = (0..6).filter(|argument| cube.masks[*argument] != 0);
    compared
        .map(|argument| match cube.masks[argument] {
            u64::MAX => json!({
                "index": argument, "value": cube.values[argument], "op": "SCMP_CMP_EQ",
            }),
            mask => json!({
                "index": argument, "value": mask, "valueTwo": cube.values[argument],
                "op": "SCMP_CMP_MASKED_EQ",
            }),
        })
        .collect()
}
