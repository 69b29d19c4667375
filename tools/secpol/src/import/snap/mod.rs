// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes policies of the profiles that snapd writes for its snaps, as snap-seccomp reads them.
//!
//! snap-seccomp makes two filters of a profile, by libseccomp. One lets the calls through that the
//! profile lists, and refuses others with EPERM; the other refuses what has a `~` before it with
//! EACCES, and lets all else through. snap-confine loads the first behind the second.

mod accounts;
mod line;

use std::path::Path;

pub use self::accounts::{
    Accounts,
    Getent, //
};
use self::line::Line;
use super::{
    libseccomp::{
        self,
        compose,
        Layer,
        Rule,
        Section, //
    },
    quoted,
    text::At,
    tree,
    write::{
        note,
        Clause,
        Writer,
        Written, //
    },
    Error,
    Imported,
    Options, //
};
use crate::{
    abi::Abi,
    action::Action,
    syntax::ast::{
        Directive,
        Item, //
    },
    tables, //
};

/// What becomes of a call that is not listed.
const UNLISTED: Action = Action::Errno(1);
/// What becomes of a call that is listed with a `~`.
const DENIED: Action = Action::Errno(13);
/// snap-seccomp reads no further than to a line that is as long, and does not say so.
const LONGEST: usize = 64 * 1024 - 1;

/// The policy that a profile is. `path` is where it is from, for messages.
pub fn import(
    path: &Path,
    text: &str,
    options: &Options,
    accounts: &dyn Accounts,
) -> Result<Imported, Error> {
    let lines = lines(path, text)?;
    let has = |word: &str| lines.iter().any(|(_, line)| line.trim() == word);
    if has("@unrestricted") {
        return Ok(Imported {
            items: vec![tree::unrestricted()],
            notes: Vec::new(),
        });
    }
    let default = if has("@complain") {
        Action::Log
    } else {
        UNLISTED
    };
    let mut unknown = Vec::new();
    let mut items = vec![Item::Directive(Directive::Default(tree::action(default)))];
    let mut abis = Vec::new();
    let mut written = Vec::new();
    let mut sections = Vec::new();
    for machine in &options.machines {
        let mut read = Vec::new();
        for (at, line) in &lines {
            match Line::read(at, line, *machine, accounts)? {
                Line::Rule(rule) => read.push(rule),
                Line::Unknown(name) if !unknown.contains(&name) => unknown.push(name),
                Line::Unknown(_) | Line::Nothing => {}
            }
        }
        for abi in [Some(*machine), machine.compat()].into_iter().flatten() {
            let of = |action| -> Result<Section, Error> {
                let rules: Vec<&Rule> = read.iter().filter(|rule| rule.action == action).collect();
                Section::new(&rules, abi)
            };
            let (allowed, denied) = (of(Action::Allow)?, of(DENIED)?);
            written.push(write(abi, &allowed, &denied, default));
            abis.push(abi);
            sections.extend([allowed, denied]);
        }
    }
    let names = abis.iter().map(|abi| tree::name(abi.name()));
    items.push(Item::Directive(Directive::Arch(names.collect())));
    let mut writer = Writer::new(options.exact);
    items.extend(writer.rules(&written));
    Ok(Imported {
        items,
        notes: notes(&unknown, &sections, &writer),
    })
}

/// The lines of a profile, with their places.
fn lines<'a>(path: &Path, text: &'a str) -> Result<Vec<(At, &'a str)>, Error> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let lines = text.split('\n').enumerate().map(|(index, line)| {
        let at = At::line(path, index + 1);
        if line.len() >= LONGEST {
            return Err(at.error("snap-seccomp reads no line that is as long"));
        }
        Ok((at, line.strip_suffix('\r').unwrap_or(line)))
    });
    lines.collect()
}

/// What both filters mean for calls of an architecture.
fn write(abi: Abi, allowed: &Section, denied: &Section, default: Action) -> Written {
    let newest_first = [
        Layer::of(allowed, default),
        Layer::of(denied, Action::Allow),
    ];
    let mut calls: Vec<(&'static tables::Call, Vec<Clause>)> = Vec::new();
    for (call, _) in allowed.calls.iter().chain(&denied.calls) {
        if calls.iter().any(|(known, _)| known == call) {
            continue;
        }
        let clauses = compose(&newest_first, call.number, default);
        if !clauses.is_empty() {
            calls.push((*call, clauses));
        }
    }
    Written { abi, calls }
}

/// How the policy differs from what snap-seccomp makes of the profile.
fn notes(unknown: &[String], sections: &[Section], writer: &Writer) -> Vec<String> {
    let sections: Vec<&Section> = sections.iter().collect();
    let is_missing = |name: &&String| !libseccomp::has_part(&sections, name);
    let mut notes: Vec<String> = note(
        unknown.iter().filter(is_missing).map(|name| quoted(name)),
        &format!(
            "left out: no call of Linux {} on any architecture",
            tables::KERNEL
        ),
    )
    .into_iter()
    .collect();
    notes.push(
        "calls of programs for other architectures, x32 among them, end the process; with \
         snap-seccomp the thread"
            .to_string(),
    );
    notes.extend(libseccomp::part_notes(&sections));
    notes.extend(writer.notes("libseccomp"));
    notes.extend(libseccomp::intricate_note(&sections));
    notes
}
