// SPDX-License-Identifier: MIT OR Apache-2.0

//! What rules mean for calls of an architecture.

use super::{
    merge::{
        merge,
        Conflict,
        Decided,
        Stated, //
    },
    multiplexed::part_of, //
};
use crate::{
    abi::Abi,
    action::Action,
    import::{
        comparison::Comparison,
        Error, //
    },
    syntax::ast::Operator,
    tables, //
};

/// A rule.
#[derive(Clone, Debug)]
pub(in crate::import) struct Rule {
    /// Where it is.
    pub(in crate::import) path: String,
    /// The calls.
    pub(in crate::import) names: Vec<String>,
    /// What becomes of them.
    pub(in crate::import) action: Action,
    /// All of these must hold, except if two are of one argument.
    pub(in crate::import) args: Vec<Comparison>,
}

/// So many rules there are at most for an architecture, each for one call: they are compared with
/// each other, and a filter of 4096 instructions has no room for more.
const MOST_RULES: usize = 8192;

/// What rules mean for calls of an architecture.
pub(in crate::import) struct Section {
    /// The architecture.
    pub(in crate::import) abi: Abi,
    /// The calls that have rules, in the order of the rules, and what becomes of them.
    pub(in crate::import) calls: Vec<(&'static tables::Call, Decided)>,
    /// Calls of which rules are also for another call, that has them as its parts: these, and it.
    pub(in crate::import) parts: Vec<(String, &'static str)>,
}

impl Section {
    pub(in crate::import) fn new(rules: &[&Rule], abi: Abi) -> Result<Self, Error> {
        let mut stated: Vec<(&'static tables::Call, Vec<Stated>)> = Vec::new();
        let mut parts = Vec::new();
        let mut count = 0;
        for rule in rules {
            let lists = alternatives(&rule.args);
            for name in &rule.names {
                if tables::call(abi, name).is_none() && part_of(abi, name).is_none() {
                    continue;
                }
                count += lists.len();
                if count > MOST_RULES {
                    return Err(Error {
                        path: rule.path.clone(),
                        why: format!("more than {MOST_RULES} rules, counted for each call"),
                    });
                }
                for comparisons in &lists {
                    if let Some(call) = tables::call(abi, name) {
                        state(&mut stated, call, abi, rule, comparisons);
                    }
                    let whole = part_of(abi, name);
                    if let Some((call, number)) =
                        whole.and_then(|(whole, number)| Some((tables::call(abi, whole)?, number)))
                    {
                        let which = Comparison {
                            index: 0,
                            operator: Operator::Equal,
                            mask: None,
                            value: number,
                        };
                        let others = comparisons.iter().filter(|other| other.index != 0);
                        let comparisons: Vec<_> =
                            [&which].into_iter().chain(others).copied().collect();
                        state(&mut stated, call, abi, rule, &comparisons);
                        let part = (name.clone(), call.name);
                        if !parts.contains(&part) {
                            parts.push(part);
                        }
                    }
                }
            }
        }
        let decided = |(call, stated): (&'static tables::Call, Vec<Stated>)| {
            merge(&stated)
                .map(|decided| (call, decided))
                .map_err(|conflict| ambiguous(call, abi, &conflict))
        };
        let calls: Vec<(&'static tables::Call, Decided)> =
            stated.into_iter().map(decided).collect::<Result<_, _>>()?;
        // A rule of the other's own may decide without looking which part is meant.
        let looks = |whole: &str| {
            let mut by_part = calls
                .iter()
                .filter(|(_, decided)| matches!(decided, Decided::When(_)));
            by_part.any(|(call, _)| call.name == whole)
        };
        parts.retain(|(_, whole)| looks(whole));
        Ok(Self { abi, calls, parts })
    }
}

/// The lists of comparisons, one of which must hold: all of a rule's, or each if two are of one
/// argument. So runc and crun do, as was done before rules could have several.
fn alternatives(args: &[Comparison]) -> Vec<Vec<Comparison>> {
    let is_twice =
        |arg: &Comparison| args.iter().filter(|other| other.index == arg.index).count() > 1;
    if args.iter().any(is_twice) {
        return args.iter().map(|arg| vec![*arg]).collect();
    }
    let mut all = args.to_vec();
    all.sort_by_key(|arg| arg.index);
    vec![all]
}

/// Adds a rule for a call.
fn state(
    stated: &mut Vec<(&'static tables::Call, Vec<Stated>)>,
    call: &'static tables::Call,
    abi: Abi,
    rule: &Rule,
    comparisons: &[Comparison],
) {
    let bits = if abi.is_64_bit() { 64 } else { 32 };
    let new = Stated {
        path: rule.path.clone(),
        action: rule.action,
        comparisons: comparisons
            .iter()
            .filter_map(|arg| arg.at_width(bits))
            .collect(),
    };
    match stated
        .iter_mut()
        .find(|(known, _)| known.number == call.number)
    {
        Some((_, rules)) => rules.push(new),
        None => stated.push((call, vec![new])),
    }
}

fn ambiguous(call: &tables::Call, abi: Abi, Conflict(first, second): &Conflict<'_>) -> Error {
    Error {
        path: (*second).to_string(),
        why: format!(
            "of {} on {} it says something else than {first} does, and both can hold of one call: \
             which of them decides, libseccomp leaves open",
            call.name,
            abi.name()
        ),
    }
}
