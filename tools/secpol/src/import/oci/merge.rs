// SPDX-License-Identifier: MIT OR Apache-2.0

//! What several rules for one call mean together, as libseccomp takes them.
//!
//! A rule without comparisons decides alone, wherever it stands: it removes those before it, and
//! those behind it are not added. Of other rules with one action, it is enough that one holds. If
//! two with different actions can hold of one call, the one that libseccomp happens to test first
//! decides, by an order of its own that it does not promise; or it refuses the second.

use super::comparison::{
    can_both_hold,
    Comparison, //
};
use crate::action::Action;

/// A rule for one call.
#[derive(Clone, Debug)]
pub(super) struct Stated {
    /// Where it is.
    pub(super) path: String,
    /// What becomes of the call.
    pub(super) action: Action,
    /// If all of these hold; no two are of one argument.
    pub(super) comparisons: Vec<Comparison>,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decided {
    /// Always this.
    Always(Action),
    /// By action, when: if all comparisons of one of the lists hold. At most one action is so
    /// decided for any call; the default if none is.
    When(Vec<(Action, Vec<Vec<Comparison>>)>),
}

/// Two rules of which libseccomp's order decides which counts: where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Conflict<'a>(pub(super) &'a str, pub(super) &'a str);

/// What rules for one call mean together. There is one at least.
pub(super) fn merge(rules: &[Stated]) -> Result<Decided, Conflict<'_>> {
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
