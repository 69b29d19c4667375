// SPDX-License-Identifier: MIT OR Apache-2.0

//! Alternatives that compare one field with values.
//!
//! One of them holds, whatever their order is. So the highest values come first, as in the filters
//! of libseccomp: no value takes longer than there. An upper half that several values have in
//! common is tested once. Values that are all combinations of some bits, zero included, are one
//! test of the other bits, the last.

use std::collections::{
    BTreeSet,
    HashSet, //
};

use crate::rules::{
    Condition,
    Order,
    Test, //
};

/// Runs of alternatives: those that compare one field, with one mask, with values are together.
pub(super) fn runs(conditions: &[Condition]) -> impl Iterator<Item = &[Condition]> {
    conditions.chunk_by(|a, b| match (a, b) {
        (Condition::Test(a), Condition::Test(b)) => {
            a.order == Order::Equal && b.order == Order::Equal && is_same_field(a, b)
        }
        _ => false,
    })
}

fn is_same_field(a: &Test, b: &Test) -> bool {
    (a.field, a.mask) == (b.field, b.mask)
}

/// The tests of a run that has several, in the order in which they are made. One of them holds if
/// one of the run does.
pub(super) fn tests(run: &[Condition]) -> Option<Vec<Test>> {
    let tests = run.iter().map(|condition| match condition {
        Condition::Test(test) if test.order == Order::Equal => Some(*test),
        _ => None,
    });
    let tests: Vec<Test> = tests.collect::<Option<_>>()?;
    let (first, _) = tests.split_first().filter(|(_, rest)| !rest.is_empty())?;
    let mut values: BTreeSet<u64> = tests.iter().map(|test| test.value).collect();
    let free = match first.mask == first.field.all() {
        true => free_bits(&mut values),
        false => 0,
    };
    let value = |value| Test { value, ..*first };
    let mut ordered: Vec<Test> = values.iter().rev().copied().map(value).collect();
    if free != 0 {
        ordered.push(Test {
            mask: first.mask & !free,
            value: 0,
            ..*first
        });
    }
    Some(ordered)
}

/// Bits of which all combinations are among the values, which are taken out of them; 0 if there are
/// none.
fn free_bits(values: &mut BTreeSet<u64>) -> u64 {
    let mut combinations = vec![0];
    let mut free = 0;
    if !values.contains(&0) {
        return 0;
    }
    for bit in values.iter().filter(|value| value.is_power_of_two()) {
        let with_bit: Vec<u64> = combinations.iter().map(|value| value | bit).collect();
        if with_bit.iter().all(|value| values.contains(value)) {
            combinations.extend(with_bit);
            free |= bit;
        }
    }
    if free != 0 {
        let taken: HashSet<u64> = combinations.into_iter().collect();
        values.retain(|value| !taken.contains(value));
    }
    free
}
