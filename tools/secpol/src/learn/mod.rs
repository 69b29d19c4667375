// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes a policy of the calls that a program was seen to make.
//!
//! Of most calls it is enough that they were made. Of those that do different things for different
//! values of an argument, or of a member of a struct, [`fields`] has which, and the policy allows
//! the values that were seen.

mod fields;
mod merge;
mod rule;

use std::{
    collections::BTreeMap,
    path::Path, //
};

use self::rule::Body;
use crate::{
    abi::Abi,
    call::Call,
    diagnostic::Diagnostic,
    groups::NoGroups,
    policy::{
        Policy,
        Sight,
        Target, //
    },
    tables, //
};

/// What a program was seen to do: of each call, the values by which its rule is written.
#[derive(Clone, Debug)]
pub struct Seen {
    abi: Abi,
    sight: Sight,
    calls: BTreeMap<u32, BTreeMap<Vec<u64>, Call>>,
}

/// So many different calls of one number are remembered. From there on only the first counts, and
/// all of the arguments are allowed.
const MOST_OF_A_NUMBER: usize = 4096;

impl Seen {
    /// Nothing yet. The program is of this architecture; `sight` says whether what arguments point
    /// to is seen as well.
    pub fn new(abi: Abi, sight: Sight) -> Self {
        Self {
            abi,
            sight,
            calls: BTreeMap::new(),
        }
    }

    /// The program has made a call.
    pub fn add(&mut self, call: Call) {
        let values = match tables::call_by_number(self.abi, call.number) {
            Some(known) => fields::values(known, &call, self.abi, self.sight),
            None => Vec::new(),
        };
        let known = self.calls.entry(call.number).or_default();
        if known.len() < MOST_OF_A_NUMBER {
            known.entry(values).or_insert(call);
        }
    }

    /// Was nothing seen?
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// The numbers of which the tables have no call. A policy cannot allow them.
    pub fn unknown(&self) -> impl Iterator<Item = u32> + '_ {
        self.calls
            .keys()
            .copied()
            .filter(|number| tables::call_by_number(self.abi, *number).is_none())
    }

    /// A policy that allows what was seen.
    ///
    /// # Errors
    ///
    /// If it could not be written: a mistake of this library.
    pub fn policy(&self) -> Result<String, String> {
        let mut text = String::from(HEAD);
        for (number, values) in &self.calls {
            let Some(call) = tables::call_by_number(self.abi, *number) else {
                text.push_str(&format!("# {number} was called, which has no name\n"));
                continue;
            };
            let body = rule::body(call, values.keys(), self.abi, self.sight);
            text.push_str(&body.text(call.name));
        }
        self.checked(text)
    }

    /// A policy that allows what `old` allows, and what was seen.
    ///
    /// # Errors
    ///
    /// Where `old` refuses what was seen by more than a condition, so that nobody can tell whether
    /// it means to.
    pub fn merged(&self, old: &Policy) -> Result<String, Vec<Diagnostic>> {
        let wrong = |why: String| vec![Diagnostic::error(why)];
        let rules = old.rules(&self.target(), &NoGroups)?.made;
        let mut new: BTreeMap<u32, Body> = BTreeMap::new();
        for (number, values) in &self.calls {
            let missing: Vec<&Vec<u64>> = values
                .iter()
                .filter(|(_, call)| !rules.decide(call).action.lets_through())
                .map(|(values, _)| values)
                .collect();
            let known = tables::call_by_number(self.abi, *number);
            if let (Some(call), false) = (known, missing.is_empty()) {
                let body = rule::body(call, missing.into_iter(), self.abi, self.sight);
                new.insert(*number, body);
            }
        }
        let text = merge::merge(old, &rules, self.abi, new)?;
        self.checked(text).map_err(wrong)
    }

    fn target(&self) -> Target {
        Target {
            sight: self.sight,
            ..Target::new(self.abi)
        }
    }

    /// The text, if it is a policy that allows all that was seen.
    fn checked(&self, text: String) -> Result<String, String> {
        let mistake = |why: &str| format!("the policy is wrong, which is a bug: {why}\n{text}");
        let policy = Policy::parse(Path::new("learnt"), text.clone())
            .map_err(|(files, errors)| mistake(&lines(&files, &errors)))?;
        let rules = policy
            .rules(&self.target(), &NoGroups)
            .map_err(|errors| mistake(&lines(&policy.files, &errors)))?
            .made;
        for (number, calls) in &self.calls {
            let Some(known) = tables::call_by_number(self.abi, *number) else {
                continue;
            };
            if calls
                .values()
                .any(|call| !rules.decide(call).action.lets_through())
            {
                return Err(mistake(&format!("{} is refused", known.name)));
            }
        }
        Ok(text)
    }
}

fn lines(files: &crate::diagnostic::Files, errors: &[Diagnostic]) -> String {
    let lines: Vec<String> = errors.iter().map(|error| error.line(files)).collect();
    lines.join("; ")
}

const HEAD: &str = "\
# What a program was seen to do, learnt from a run of it. What it does in other circumstances is
# not here: run it in these as well, with --merge, and read what is allowed before you rely on it.

@default errno(EPERM)
@kernel 7.3
@unknown errno(ENOSYS)

";
