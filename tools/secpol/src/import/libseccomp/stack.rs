// SPDX-License-Identifier: MIT OR Apache-2.0

//! Several filters of one task: each says what becomes of a call, and the strongest of that counts.
//! Of two that are as strong, as two errnos are, that of the filter counts that was loaded last.

use std::collections::BTreeMap;

use super::{
    merge::Decided,
    section::Section, //
};
use crate::{
    action::Action,
    import::{
        comparison::Comparison,
        write::{
            Clause,
            When, //
        }, //
    },
    tables::Call, //
};

/// A filter, for calls of an architecture.
#[derive(Clone, Debug)]
pub(in crate::import) struct Layer {
    /// What becomes of calls of which it says nothing else.
    default: Action,
    /// What it says of calls, by their numbers.
    verdicts: BTreeMap<u32, Verdict>,
}

/// What a filter says of a call.
#[derive(Clone, Debug)]
pub(in crate::import) struct Verdict {
    /// By action, when: if one of the lists holds. At most one action is so decided for any call.
    pub(in crate::import) cases: Vec<(Action, Vec<Vec<Comparison>>)>,
    /// What becomes of the call if none does.
    pub(in crate::import) otherwise: Action,
}

impl Layer {
    /// A filter that says nothing of any call.
    pub(in crate::import) fn new(default: Action) -> Self {
        Self {
            default,
            verdicts: BTreeMap::new(),
        }
    }

    /// What libseccomp makes of rules.
    pub(in crate::import) fn of(section: &Section, default: Action) -> Self {
        let mut layer = Self::new(default);
        for (call, decided) in &section.calls {
            let verdict = match decided {
                Decided::Always(action) => Verdict {
                    cases: Vec::new(),
                    otherwise: *action,
                },
                Decided::When(by_action) => Verdict {
                    cases: by_action.clone(),
                    otherwise: default,
                },
            };
            layer.say(call, verdict);
        }
        layer
    }

    /// What becomes of calls of which it says nothing.
    pub(in crate::import) fn default(&self) -> Action {
        self.default
    }

    /// Says something of a call.
    pub(in crate::import) fn say(&mut self, call: &Call, verdict: Verdict) {
        self.verdicts.insert(call.number, verdict);
    }

    fn verdict(&self, number: u32) -> Verdict {
        let of_default = || Verdict {
            cases: Vec::new(),
            otherwise: self.default,
        };
        self.verdicts
            .get(&number)
            .cloned()
            .unwrap_or_else(of_default)
    }
}

/// How strong an action is: the least is done if filters say different things.
fn rank(action: Action) -> i32 {
    // CAST: The kernel compares them so, without their data.
    (action.ret() & 0xffff_0000) as i32
}

/// What becomes of calls of which no filter says anything: of the filters' defaults.
pub(in crate::import) fn strongest(newest_first: impl Iterator<Item = Action>) -> Action {
    let strongest = newest_first.min_by_key(|action| rank(*action));
    strongest.unwrap_or(Action::Allow)
}

/// What the filters say together of the call with a number, as a rule of a policy with this
/// default. There is nothing to say if it is the default alone.
pub(in crate::import) fn compose(
    newest_first: &[Layer],
    number: u32,
    default: Action,
) -> Vec<Clause> {
    let mut all: Vec<Clause> = newest_first
        .iter()
        .flat_map(|layer| layer.verdict(number).clauses())
        .collect();
    // This keeps the order of those that are as strong.
    all.sort_by_key(|clause| rank(clause.then));
    let always = all.iter().position(|clause| clause.when == When::Always);
    if let Some(always) = always {
        all.truncate(always + 1);
    }
    // Where a clause holds if none of some lists does, one of them does behind it.
    let covered = (0..all.len()).find(|place| {
        let before = &all[..*place];
        match &all[*place].when {
            When::Any(lists) => before.iter().any(|clause| clause.is_unless(lists)),
            _ => false,
        }
    });
    if let Some(covered) = covered {
        all.truncate(covered + 1);
    }
    // Each filter says something of any call, so one of the clauses holds.
    if let Some(last) = all.last_mut() {
        last.when = When::Always;
    }
    without_not(&mut all);
    let is_default = |last: &Clause| last.when == When::Always && last.then == default;
    if all.last().is_some_and(is_default) {
        all.pop();
    }
    all
}

impl Clause {
    /// Does it decide if none of these lists holds?
    fn is_unless(&self, lists: &[Vec<Comparison>]) -> bool {
        matches!(&self.when, When::NotAny(these) if these == lists)
    }
}

impl Verdict {
    fn clauses(self) -> Vec<Clause> {
        let Self { cases, otherwise } = self;
        // Stronger ones decide before.
        let weaker: Vec<Vec<Comparison>> = cases
            .iter()
            .filter(|(action, _)| rank(*action) > rank(otherwise))
            .flat_map(|(_, lists)| lists.clone())
            .collect();
        let when = if weaker.is_empty() {
            When::Always
        } else {
            When::NotAny(weaker)
        };
        let cases = cases.into_iter().map(|(then, lists)| Clause {
            when: When::Any(lists),
            then,
        });
        cases
            .chain([Clause {
                when,
                then: otherwise,
            }])
            .collect()
    }
}

/// `!(A) -> X, Y` is `A -> Y, X`.
fn without_not(clauses: &mut [Clause]) {
    if let [.., first, last] = clauses {
        if let (When::NotAny(lists), When::Always) = (&mut first.when, &last.when) {
            first.when = When::Any(std::mem::take(lists));
            std::mem::swap(&mut first.then, &mut last.then);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::ast::Operator;

    const DEFAULT: Action = Action::Errno(1);

    fn equal(value: u64) -> Vec<Vec<Comparison>> {
        vec![vec![Comparison {
            index: 0,
            operator: Operator::Equal,
            mask: None,
            value,
        }]]
    }

    fn holds(lists: &[Vec<Comparison>], number: u64) -> bool {
        lists.iter().any(|list| list[0].value == number)
    }

    fn decided(clauses: &[Clause], number: u64) -> Action {
        let clause = clauses.iter().find(|clause| match &clause.when {
            When::Always => true,
            When::Any(lists) => holds(lists, number),
            When::NotAny(lists) => !holds(lists, number),
        });
        clause.map_or(DEFAULT, |clause| clause.then)
    }

    /// All pairs of filters with up to two cases: the kernel asks each, from the newest on.
    #[test]
    fn as_the_kernel_does() {
        let actions = [
            Action::Allow,
            Action::Log,
            Action::Errno(1),
            Action::Errno(2),
            Action::Kill,
        ];
        let mut verdicts = Vec::new();
        for otherwise in actions {
            for first in actions {
                for second in actions {
                    let cases = vec![(first, equal(1)), (second, equal(2))];
                    verdicts.push(Verdict { cases, otherwise });
                }
            }
        }
        let of = |verdict: &Verdict, number| {
            let case = verdict.cases.iter().find(|(_, lists)| holds(lists, number));
            case.map_or(verdict.otherwise, |(action, _)| *action)
        };
        let layer = |verdict: &Verdict| Layer {
            default: Action::Allow,
            verdicts: BTreeMap::from([(7, verdict.clone())]),
        };
        for newer in &verdicts {
            for older in &verdicts {
                let clauses = compose(&[layer(newer), layer(older)], 7, DEFAULT);
                for number in 0..4 {
                    let mut expected = Action::Allow;
                    for verdict in [newer, older] {
                        let said = of(verdict, number);
                        if rank(said) < rank(expected) {
                            expected = said;
                        }
                    }
                    let found = decided(&clauses, number);
                    assert_eq!(found, expected, "{newer:?} {older:?} {number} {clauses:?}");
                }
            }
        }
    }
}
