// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a profile says, before it is decided which of its rules count.

use super::{
    arch::Arch,
    condition::Condition, //
};
use crate::{
    action::{
        Action,
        MAX_ERRNO, //
    },
    import::{
        comparison::Comparison,
        errno,
        json::{
            Members,
            Place, //
        },
        libseccomp::Rule,
        quoted,
        Error, //
    },
    syntax::ast::Operator, //
};

/// A profile.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    /// For calls without a rule, and for those whose rules do not hold.
    pub(super) default: Action,
    /// The architectures besides the machine's own.
    pub(super) arches: Arches,
    /// The rules, in their order.
    pub(super) rules: Vec<Conditional>,
    /// Says more than a filter can: who listens, how it is loaded.
    pub(super) says_more: Vec<&'static str>,
}

/// Which architectures a profile is for.
#[derive(Clone, Debug)]
pub(super) enum Arches {
    /// `architectures`
    Listed(Vec<Arch>),
    /// `archMap`: by the machine, those that run there as well.
    Map(Vec<(Arch, Vec<Arch>)>),
}

/// A rule that may count or not.
#[derive(Clone, Debug)]
pub(super) struct Conditional {
    /// The rule.
    pub(super) rule: Rule,
    /// The rule counts if this holds.
    pub(super) includes: Condition,
    /// The rule does not count if part of this holds.
    pub(super) excludes: Condition,
}

/// `EPERM`, which an error is if nothing else is said, and the message for a tracer as well.
const EPERM: u16 = 1;
/// Arguments of a system call.
const ARGUMENTS: u64 = 6;
/// What does not concern the filter.
const MORE: [&str; 3] = ["flags", "listenerPath", "listenerMetadata"];

impl Profile {
    /// Reads a profile, or the one in the configuration of a container.
    pub(super) fn read(root: &Place<'_>) -> Result<Self, Error> {
        let nested = root
            .member("linux")
            .and_then(|linux| linux.member("seccomp"));
        Self::of(nested.as_ref().unwrap_or(root))
    }

    fn of(place: &Place<'_>) -> Result<Self, Error> {
        let known = [
            "defaultAction",
            "defaultErrnoRet",
            "defaultErrno",
            "architectures",
            "archMap",
            "syscalls",
        ];
        let members = place.members(&[&known[..], &MORE].concat())?;
        let default = action(
            &members,
            ["defaultAction", "defaultErrnoRet", "defaultErrno"],
        )?;
        let rules = members.elements("syscalls")?;
        Ok(Self {
            default,
            arches: Arches::read(place, &members)?,
            rules: rules
                .iter()
                .map(Conditional::read)
                .collect::<Result<_, _>>()?,
            says_more: MORE
                .into_iter()
                .filter(|name| members.get(name).is_some())
                .collect(),
        })
    }
}

impl Arches {
    fn read(place: &Place<'_>, members: &Members<'_>) -> Result<Self, Error> {
        let list = |places: Vec<Place<'_>>| -> Result<Vec<Arch>, Error> {
            places.iter().map(Arch::read).collect()
        };
        let listed = members.elements("architectures")?;
        let map = members.elements("archMap")?;
        if map.is_empty() {
            return list(listed).map(Self::Listed);
        }
        if !listed.is_empty() {
            return Err(place.error("there are both architectures and an archMap"));
        }
        let entry = |place: &Place<'_>| {
            let members = place.members(&["architecture", "subArchitectures"])?;
            let machine = Arch::read(&members.required("architecture")?)?;
            Ok((machine, list(members.elements("subArchitectures")?)?))
        };
        let entries: Result<_, Error> = map.iter().map(entry).collect();
        entries.map(Self::Map)
    }
}

impl Conditional {
    fn read(place: &Place<'_>) -> Result<Self, Error> {
        let members = place.members(&[
            "names", "name", "action", "errnoRet", "errno", "args", "comment", "includes",
            "excludes",
        ])?;
        let args = members.elements("args")?;
        Ok(Self {
            rule: Rule {
                path: place.path().to_string(),
                names: names(place, &members)?,
                action: action(&members, ["action", "errnoRet", "errno"])?,
                args: args.iter().map(comparison).collect::<Result<_, _>>()?,
            },
            includes: Condition::read(members.get("includes"))?,
            excludes: Condition::read(members.get("excludes"))?,
        })
    }
}

fn names(place: &Place<'_>, members: &Members<'_>) -> Result<Vec<String>, Error> {
    let mut names = members.elements("names")?;
    if let Some(name) = members.get("name") {
        if !names.is_empty() {
            return Err(place.error("there are both name and names"));
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(place.error("names no call"));
    }
    let name = |place: &Place<'_>| match place.text()? {
        "" => Err(place.error("no name of a call")),
        name => Ok(name.to_string()),
    };
    names.iter().map(name).collect()
}

/// The action in three members: what is done, and with which errno, as a number and as a name.
fn action(members: &Members<'_>, [name, number, errno]: [&str; 3]) -> Result<Action, Error> {
    let place = members.required(name)?;
    let written = place.text()?;
    let data = data(members, number, errno)?;
    let action = match written {
        "SCMP_ACT_ERRNO" => Action::Errno(data.unwrap_or(EPERM)),
        "SCMP_ACT_TRACE" => Action::Trace(data.unwrap_or(EPERM)),
        "SCMP_ACT_ALLOW" => Action::Allow,
        "SCMP_ACT_LOG" => Action::Log,
        "SCMP_ACT_NOTIFY" => Action::Notify,
        "SCMP_ACT_TRAP" => Action::Trap(0),
        "SCMP_ACT_KILL" | "SCMP_ACT_KILL_THREAD" => Action::KillThread,
        "SCMP_ACT_KILL_PROCESS" => Action::Kill,
        other => return Err(place.error(format!("there is no action {}", quoted(other)))),
    };
    match (action, data) {
        (Action::Errno(errno), _) if errno > MAX_ERRNO => {
            Err(place.error(format!("an errno is at most {MAX_ERRNO}")))
        }
        (Action::Errno(_) | Action::Trace(_), _) | (_, None) => Ok(action),
        _ => Err(place.error(format!("{written} has no errno"))),
    }
}

/// The errno for an action. Podman takes the name if there are both, Docker the number.
fn data(members: &Members<'_>, number: &str, name: &str) -> Result<Option<u16>, Error> {
    let number = match members.get(number) {
        // CAST: It is checked not to be greater.
        Some(place) => Some(place.number(u64::from(u16::MAX))? as u16),
        None => None,
    };
    let Some(place) = members.get(name) else {
        return Ok(number);
    };
    let text = place.text()?;
    if text.is_empty() {
        return Ok(number);
    }
    let named = match text.parse() {
        Ok(number) => number,
        Err(_) => {
            errno(text).ok_or_else(|| place.error(format!("there is no errno {}", quoted(text))))?
        }
    };
    match number {
        Some(number) if number != named => {
            Err(place.error(format!("the number beside it is another: {number}")))
        }
        _ => Ok(Some(named)),
    }
}

fn comparison(place: &Place<'_>) -> Result<Comparison, Error> {
    let members = place.members(&["index", "value", "valueTwo", "op"])?;
    // CAST: It is small.
    let index = members.required("index")?.number(ARGUMENTS - 1)? as usize;
    let value = members.required("value")?.number(u64::MAX)?;
    let value_two = match members.get("valueTwo") {
        Some(place) => place.number(u64::MAX)?,
        None => 0,
    };
    let place = members.required("op")?;
    let operator = match place.text()? {
        "SCMP_CMP_NE" => Operator::NotEqual,
        "SCMP_CMP_LT" => Operator::Less,
        "SCMP_CMP_LE" => Operator::LessOrEqual,
        "SCMP_CMP_EQ" => Operator::Equal,
        "SCMP_CMP_GE" => Operator::GreaterOrEqual,
        "SCMP_CMP_GT" => Operator::Greater,
        "SCMP_CMP_MASKED_EQ" => {
            return Ok(Comparison {
                index,
                operator: Operator::Equal,
                mask: Some(value),
                value: value_two,
            });
        }
        other => return Err(place.error(format!("there is no operator {}", quoted(other)))),
    };
    Ok(Comparison {
        index,
        operator,
        mask: None,
        value,
    })
}
