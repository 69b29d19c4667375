// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes policies of what units of systemd say of their services: what `SystemCallFilter=` and the
//! other settings mean that systemd makes filters for.
//!
//! systemd makes a filter for each of these settings and for each architecture, and the strongest
//! of what they say of a call counts. A policy says that at once. Which calls are in a group is
//! asked of the machine's systemd-analyze(1); the rest is what systemd 257 does.

mod families;
mod filters;
mod list;
mod namespaces;
mod settings;
mod unit;

use std::path::Path;

use self::{
    filters::Filters,
    settings::Settings, //
};
use super::{
    libseccomp::{
        compose,
        strongest, //
    },
    tree,
    write::{
        Writer,
        Written, //
    },
    Error,
    Imported,
    Options, //
};
use crate::{
    action::Action,
    groups::Groups,
    syntax::ast::{
        Directive,
        Item, //
    },
    tables, //
};

/// The policy that a unit is. `path` is where it is from, for messages.
pub fn import(
    path: &Path,
    text: &str,
    options: &Options,
    groups: &dyn Groups,
) -> Result<Imported, Error> {
    let mut settings = Settings::default();
    let mut lists = list::Lists::new(groups);
    for assignment in unit::service(path, text)? {
        settings.assign(&assignment, &mut lists)?;
    }
    let mut notes = settings.notes();
    notes.extend(lists.note());
    let filters = Filters::new(&settings, &mut lists)?;
    let mut items = Vec::new();
    if filters.are_none() {
        items.push(tree::unrestricted());
        notes.push("the unit says nothing that systemd makes a filter for".to_string());
        return Ok(Imported { items, notes });
    }
    let mut abis = Vec::new();
    let mut written = Vec::new();
    let mut defaults = Defaults::default();
    for machine in &options.machines {
        for abi in [Some(*machine), machine.compat()].into_iter().flatten() {
            if abi != *machine && !settings.has_arch(abi) {
                continue;
            }
            let stack = filters.stack(abi, *machine)?;
            let unknown = strongest(stack.iter().map(|layer| layer.default()));
            defaults = Defaults {
                listed: filters.refusal().unwrap_or(unknown),
                unknown,
            };
            let calls = tables::calls(abi)
                .map(|call| (call, compose(&stack, call.number, defaults.listed)))
                .filter(|(_, clauses)| !clauses.is_empty());
            written.push(Written {
                abi,
                calls: calls.collect(),
            });
            abis.push(abi);
        }
    }
    items.extend(defaults.items());
    let names = abis.iter().map(|abi| tree::name(abi.name()));
    items.push(Item::Directive(Directive::Arch(names.collect())));
    let mut writer = Writer::new(options.exact);
    items.extend(writer.rules(&written));
    notes.extend(writer.notes("systemd"));
    Ok(Imported { items, notes })
}

/// What becomes of calls without a rule. It is the same on all architectures.
struct Defaults {
    /// Of those that there are in Linux.
    listed: Action,
    /// Of others.
    unknown: Action,
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            listed: Action::Allow,
            unknown: Action::Allow,
        }
    }
}

impl Defaults {
    fn items(&self) -> Vec<Item> {
        let mut items = vec![Directive::Default(tree::action(self.listed))];
        if self.unknown != self.listed {
            items.push(Directive::Kernel(tree::name(tables::KERNEL)));
            items.push(Directive::Unknown(tree::action(self.unknown)));
        }
        items.into_iter().map(Item::Directive).collect()
    }
}
