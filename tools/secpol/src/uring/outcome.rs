// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is known about a condition if not all is seen that it looks at.

use super::sight::{
    Outcome,
    Sight, //
};
use crate::rules::{
    Condition,
    Test, //
};

/// What is known about a condition on a call. The tests whose outcome is not known are added to
/// `unseen`.
pub(crate) fn outcome(condition: &Condition, sight: &Sight, unseen: &mut Vec<Test>) -> Outcome {
    match condition {
        Condition::Test(test) => {
            let outcome = sight.test(test);
            if !outcome.is_seen {
                unseen.push(*test);
            }
            outcome
        }
        Condition::Not(inner) => {
            let inner = outcome(inner, sight, unseen);
            Outcome {
                surely: not(inner.possibly),
                possibly: not(inner.surely),
                is_seen: inner.is_seen,
            }
        }
        Condition::All(parts) => {
            let settled = |part: &Outcome| part.possibly == Condition::NEVER;
            joined(parts, sight, unseen, settled, all)
        }
        Condition::Any(parts) => {
            let settled = |part: &Outcome| part.surely == Condition::ALWAYS;
            joined(parts, sight, unseen, settled, any)
        }
    }
}

/// What is known about conditions that are joined; if one is `settled`, it is what they all are.
fn joined(
    parts: &[Condition],
    sight: &Sight,
    unseen: &mut Vec<Test>,
    settled: impl Fn(&Outcome) -> bool,
    join: fn(Vec<Condition>) -> Condition,
) -> Outcome {
    let (mut surely, mut possibly) = (Vec::new(), Vec::new());
    let mut is_seen = true;
    let known = unseen.len();
    for part in parts {
        let part = outcome(part, sight, unseen);
        if settled(&part) {
            unseen.truncate(known);
            return part;
        }
        is_seen &= part.is_seen;
        surely.push(part.surely);
        possibly.push(part.possibly);
    }
    Outcome {
        surely: join(surely),
        possibly: join(possibly),
        is_seen,
    }
}

fn not(condition: Condition) -> Condition {
    if condition == Condition::NEVER {
        Condition::ALWAYS
    } else if condition == Condition::ALWAYS {
        Condition::NEVER
    } else {
        Condition::Not(Box::new(condition))
    }
}

fn all(mut parts: Vec<Condition>) -> Condition {
    if parts.contains(&Condition::NEVER) {
        return Condition::NEVER;
    }
    parts.retain(|part| *part != Condition::ALWAYS);
    Condition::All(parts)
}

fn any(mut parts: Vec<Condition>) -> Condition {
    if parts.contains(&Condition::ALWAYS) {
        return Condition::ALWAYS;
    }
    parts.retain(|part| *part != Condition::NEVER);
    Condition::Any(parts)
}
