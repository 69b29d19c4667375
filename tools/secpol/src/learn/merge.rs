// SPDX-License-Identifier: MIT OR Apache-2.0

//! Adds to a policy what it refuses, and a program was seen to do.

use std::collections::BTreeMap;

use super::rule::Body;
use crate::{
    abi::Abi,
    diagnostic::Diagnostic,
    policy::Policy,
    rules::Rules,
    syntax::ast::{
        Action,
        Alternative,
        Item,
        Rule,
        Spanned, //
    },
    tables, //
};

/// The policy with more: by number, what it has to allow beyond what it does.
pub(super) fn merge(
    old: &Policy,
    rules: &Rules,
    abi: Abi,
    mut new: BTreeMap<u32, Body>,
) -> Result<String, Vec<Diagnostic>> {
    let mut text = String::new();
    let mut errors = Vec::new();
    for item in &old.items {
        let number = match item {
            Item::Rule(rule) => tables::call(abi, &rule.target.value).map(|call| call.number),
            Item::Directive(_) => None,
        };
        match (item, number.and_then(|number| new.remove(&number))) {
            (Item::Rule(rule), Some(body)) => match added(rule, &body) {
                Ok(rule) => text.push_str(&rule),
                Err(error) => errors.push(error),
            },
            (item, _) => text.push_str(&format!("{item}\n")),
        }
    }
    let by_groups = rules
        .sections
        .iter()
        .filter(|section| section.abi == abi)
        .flat_map(|section| section.calls.keys());
    for number in by_groups {
        if let (Some(call), Some(_)) = (tables::call_by_number(abi, *number), new.get(number)) {
            errors.push(Diagnostic::error(format!(
                "{} was called in a way that the rule for its group refuses: write a rule for \
                 the call",
                call.name
            )));
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    for (number, body) in new {
        if let Some(call) = tables::call_by_number(abi, number) {
            text.push_str(&body.text(call.name));
        }
    }
    Ok(text)
}

/// A rule that allows more.
fn added(rule: &Rule, body: &Body) -> Result<String, Diagnostic> {
    let name = &rule.target.value;
    let refused = |why: &str| {
        Diagnostic::error(format!(
            "{name} was called in a way that the policy refuses"
        ))
        .at(rule.span, why)
        .help("change the rule, and learn again")
    };
    if !rule.arches.is_empty() {
        return Err(refused("a rule for some architectures is not changed"));
    }
    let allows = |action: &Option<Spanned<Action>>| {
        action
            .as_ref()
            .is_none_or(|action| action.value == Action::Allow)
    };
    match &rule.body[..] {
        [Alternative::If {
            expression,
            then,
            otherwise: None,
        }] if allows(then) => Ok(body.or(&expression.to_string()).text(name)),
        [Alternative::Always(_)] => Err(refused("refused whatever the arguments are")),
        _ => Err(refused("what is more than a condition is not changed")),
    }
}
