// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lists of calls: `SystemCallFilter=` and `SystemCallLog=`.

use std::collections::{
    BTreeMap,
    BTreeSet, //
};

use super::unit::Assignment;
use crate::{
    action::{
        Action,
        MAX_ERRNO, //
    },
    groups::Groups,
    import::{
        errno,
        quoted,
        text::At,
        write::note,
        Error, //
    },
    tables, //
};

/// A list of calls.
#[derive(Clone, Debug)]
pub(super) struct List {
    /// Is it of those that are let through, or logged? Else it is of those that are not.
    pub(super) includes: bool,
    /// The calls, each with what becomes of it, if that is said.
    pub(super) calls: BTreeMap<String, Option<Action>>,
    /// The last line that says something of it.
    pub(super) at: At,
}

/// Knows groups, and remembers names of which it knows nothing.
pub(super) struct Lists<'a> {
    groups: &'a dyn Groups,
    known: BTreeMap<String, Vec<String>>,
    unknown: BTreeSet<String>,
}

impl<'a> Lists<'a> {
    pub(super) fn new(groups: &'a dyn Groups) -> Self {
        Self {
            groups,
            known: BTreeMap::new(),
            unknown: BTreeSet::new(),
        }
    }

    /// What names were left out.
    pub(super) fn note(&self) -> Option<String> {
        note(
            self.unknown.iter().map(|name| quoted(name)),
            &format!(
                "left out: no call of Linux {} on any architecture",
                tables::KERNEL
            ),
        )
    }

    /// The calls of a group; the error says why they are not known.
    pub(super) fn group(&mut self, name: &str) -> Result<&[String], String> {
        if !self.known.contains_key(name) {
            let calls = self
                .groups
                .calls(name)
                .map_err(|why| format!("cannot find out what {} is: {why}", quoted(name)))?
                .ok_or_else(|| format!("systemd-analyze knows no group {}", quoted(name)))?;
            self.known.insert(name.to_string(), calls);
        }
        Ok(self.known.get(name).map_or(&[], Vec::as_slice))
    }

    /// Assigns to a list. With `errnos`, words may say what becomes of a call: `CALL:ERRNO`.
    pub(super) fn assign(
        &mut self,
        list: &mut Option<List>,
        assignment: &Assignment,
        errnos: bool,
    ) -> Result<(), Error> {
        let Some((inverted, words)) = assignment.words()? else {
            *list = None;
            return Ok(());
        };
        let wrong = |why: String| assignment.error(assignment.key(), &why);
        let at = assignment.at();
        if list.is_none() {
            let mut calls = BTreeMap::new();
            if errnos && !inverted {
                let always = self.group("@default").map_err(wrong)?;
                calls.extend(always.iter().map(|name| (name.clone(), None)));
            }
            *list = Some(List {
                includes: !inverted,
                calls,
                at: at.clone(),
            });
        }
        let Some(list) = list else {
            return Ok(());
        };
        list.at = at;
        for word in words {
            let wrong = |why: String| assignment.error(word, &why);
            let (name, action) = match word.split_once(':') {
                Some((name, action)) if errnos => (name, Some(refusal(action).map_err(wrong)?)),
                _ => (word, None),
            };
            if action.is_some() && !inverted {
                return Err(wrong("what is let through has no errno".to_string()));
            }
            if name.starts_with('@') {
                for call in self.group(name).map_err(wrong)? {
                    list.assign(call, action, inverted);
                }
            } else if tables::is_call_name(name) {
                list.assign(name, action, inverted);
            } else {
                self.unknown.insert(name.to_string());
            }
        }
        Ok(())
    }
}

impl List {
    fn assign(&mut self, name: &str, action: Option<Action>, inverted: bool) {
        if inverted != self.includes || action.is_some() {
            self.calls.insert(name.to_string(), action);
        } else {
            self.calls.remove(name);
        }
    }

    /// Does it say anything?
    pub(super) fn is_used(&self) -> bool {
        self.includes || !self.calls.is_empty()
    }
}

/// `ERRNO` or `kill`
pub(super) fn refusal(text: &str) -> Result<Action, String> {
    if text == "kill" {
        return Ok(Action::Kill);
    }
    let number = match errno(text) {
        Some(errno) => Some(errno),
        None => text.parse().ok().filter(|errno| *errno <= MAX_ERRNO),
    };
    number
        .map(Action::Errno)
        .ok_or_else(|| format!("there is no errno {}", quoted(text)))
}
