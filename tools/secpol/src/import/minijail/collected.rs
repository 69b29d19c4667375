// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a text says, whichever dialect it is in.

use super::{
    Dialect,
    Options, //
};
use crate::{
    action::Action,
    import::{
        comparison::Comparison,
        text::At,
        tree,
        write::{
            Clause,
            When,
            Writer,
            Written, //
        },
        Error,
        Imported, //
    },
    syntax::ast::{
        Directive,
        Item, //
    },
    tables::Call, //
};

/// What a text says.
#[derive(Debug)]
pub(super) struct Collected {
    /// For calls of which nothing is said, and if nothing that is said of a call holds.
    pub(super) default: Action,
    /// What is said of calls, in the order of the text.
    pub(super) calls: Vec<Said>,
    /// How the policy differs from the text.
    pub(super) notes: Vec<String>,
}

/// What is said of a call.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) call: &'static Call,
    /// The first that holds decides.
    pub(super) filters: Vec<Filter>,
}

/// Part of what is said of a call.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// One of these lists must hold; without them, the filter always does.
    pub(super) lists: Option<Vec<Vec<Comparison>>>,
    /// What becomes of the call then.
    pub(super) then: Action,
    /// Where it is.
    pub(super) at: At,
}

impl Default for Collected {
    fn default() -> Self {
        Self {
            default: Action::KillThread,
            calls: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Collected {
    /// What is said of a call, to add to.
    pub(super) fn of(&mut self, call: &'static Call) -> &mut Said {
        let known = self.calls.iter().position(|said| said.call == call);
        let place = known.unwrap_or_else(|| {
            self.calls.push(Said {
                call,
                filters: Vec::new(),
            });
            self.calls.len() - 1
        });
        &mut self.calls[place]
    }

    /// The policy.
    pub(super) fn policy(self, options: &Options) -> Imported {
        let written = Written {
            abi: options.machine,
            calls: self
                .calls
                .iter()
                .map(|said| (said.call, said.clauses()))
                .collect(),
        };
        let default = Directive::Default(tree::action(self.default));
        let arch = Directive::Arch(vec![tree::name(options.machine.name())]);
        let mut items = vec![Item::Directive(default), Item::Directive(arch)];
        let mut writer = Writer::new(options.exact);
        items.extend(writer.rules(&[written]));
        let mut notes = self.notes;
        notes.push(match options.dialect {
            Dialect::C => "minijail0 ends the thread of a call that it does not let through; with \
                           -L it logs the call, with -Y it ends the process"
                .to_string(),
            Dialect::Python if self.default == Action::Allow => {
                "calls of which nothing is said are allowed, as with --denylist".to_string()
            }
            Dialect::Python => "kill ends the thread, as without --use-kill-process".to_string(),
        });
        notes.push(
            "calls of programs for other architectures, x32 among them, end the process; minijail \
             ends the thread, and takes numbers of x32 for those of no call"
                .to_string(),
        );
        notes.extend(writer.notes("minijail"));
        Imported { items, notes }
    }
}

impl Said {
    fn clauses(&self) -> Vec<Clause> {
        self.filters
            .iter()
            .map(|filter| Clause {
                when: filter.lists.clone().map_or(When::Always, When::Any),
                then: filter.then,
            })
            .collect()
    }
}

/// An errno that a call fails with.
pub(super) fn errno(value: u64, at: &At) -> Result<Action, Error> {
    u16::try_from(value)
        .ok()
        .filter(|errno| *errno <= crate::action::MAX_ERRNO)
        .map(Action::Errno)
        .ok_or_else(|| {
            at.error(format!(
                "an errno is a number from 0 to {}",
                crate::action::MAX_ERRNO
            ))
        })
}
