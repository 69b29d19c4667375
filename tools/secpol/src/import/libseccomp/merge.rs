// SPDX-License-Identifier: MIT OR Apache-2.0

//! What several rules for one call mean together, as libseccomp takes them.
//!
//! A rule without comparisons decides alone, wherever it stands: it removes those before it, and
//! those behind it are not added. Of other rules with one action, it is enough that one holds. If
//! two with different actions can hold of one call, the one that libseccomp happens to test first
//! decides, by an order of its own that it does not promise; or it refuses the second.

use crate::{
    action::Action,
    import::{
        comparison::{
            can_both_hold,
            Comparison, //
        },
        write::{
            Clause,
            When, //
        }, //
    }, //
};

/// A rule for one call.
#[derive(Clone, Debug)]
pub(in crate::import) struct Stated {
    /// Where it is.
    pub(in crate::import) path: String,
    /// What becomes of the call.
    pub(in crate::import) action: Action,
    /// If all of these hold; no two are of one argument.
    pub(in crate::import) comparisons: Vec<Comparison>,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) enum Decided {
    /// Always this.
    Always(Action),
    /// By action, when: if all comparisons of one of the lists hold. At most one action is so
    /// decided for any call; the default if none is.
    When(Vec<(Action, Vec<Vec<Comparison>>)>),
}

/// Two rules of which libseccomp's order decides which counts: where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct Conflict<'a>(
    pub(in crate::import) &'a str,
    pub(in crate::import) &'a str,
);

/// What rules for one call mean together. There is one at least.
pub(in crate::import) fn merge(rules: &[Stated]) -> Result<Decided, Conflict<'_>> {
    if let Some(always) = rules.iter().find(|rule| rule.comparisons.is_empty()) {
        return Ok(Decided::Always(always.action));
    }
    let mut by_action: Vec<(Action, Vec<Vec<Comparison>>)> = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        let conflicts = |other: &&Stated| {
            other.action != rule.action && can_both_hold(&other.comparisons, &rule.comparisons)
        };
        if let Some(other) = rules[..place].iter().find(conflicts) {
            return Err(Conflict(&other.path, &rule.path));
        }
        let comparisons = rule.comparisons.clone();
        match by_action
            .iter_mut()
            .find(|(action, _)| *action == rule.action)
        {
            Some((_, lists)) if lists.contains(&comparisons) => {}
            Some((_, lists)) => lists.push(comparisons),
            None => by_action.push((rule.action, vec![comparisons])),
        }
    }
    Ok(Decided::When(by_action))
}

impl Decided {
    /// Are there several rules, with < or > in one, that overlap, never hold or compare several
    /// arguments? libseccomp shares parts of such rules that are not the same, as trying many
    /// shows.
    pub(in crate::import) fn is_intricate(&self) -> bool {
        let Self::When(by_action) = self else {
            return false;
        };
        let lists: Vec<&Vec<Comparison>> = by_action.iter().flat_map(|(_, lists)| lists).collect();
        let is_simple = |(place, list): (usize, &&Vec<Comparison>)| {
            let overlaps = |other: &&Vec<Comparison>| can_both_hold(other, list);
            list.len() == 1 && can_both_hold(list, list) && !lists[..place].iter().any(overlaps)
        };
        lists.len() > 1
            && lists.iter().copied().flatten().any(Comparison::is_ordered)
            && !lists.iter().enumerate().all(is_simple)
    }

    /// What a policy says of the call: the default decides if none of this does.
    pub(in crate::import) fn clauses(&self) -> Vec<Clause> {
        let clause = |when, then: &Action| Clause { when, then: *then };
        match self {
            Self::Always(action) => vec![clause(When::Always, action)],
            Self::When(by_action) => by_action
                .iter()
                .map(|(action, lists)| clause(When::Any(lists.clone()), action))
                .collect(),
        }
    }
}
