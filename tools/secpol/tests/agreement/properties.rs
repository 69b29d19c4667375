// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds for all policies and calls.

use std::{
    cell::{
        Cell,
        RefCell, //
    },
    collections::BTreeMap,
    fmt, //
};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::TestRunner, //
};
use secpol::{
    abi::Abi,
    syntax::display, //
};

use crate::{
    agree::{
        Forms,
        Refused, //
    },
    calls::Calls,
    choices::Choices,
    policies::{
        policy,
        SMALL_ONE, //
    },
    reference::By, //
};

/// Policies for each of two machines.
const POLICIES: u32 = 3000;
/// Calls for each.
const CALLS: u32 = 256;

/// All ways in which something becomes of a call.
const WAYS: [By; 11] = [
    By::Unrestricted,
    By::Foreign,
    By::Start,
    By::NoRule,
    By::Unknown,
    By::Fallback,
    By::Extent,
    By::Always,
    By::Then,
    By::Else,
    By::Default,
];

/// What a policy is made from, of which nobody wants to read more than how much it is.
#[derive(Clone)]
pub struct Stream(pub Vec<u64>);

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} choices", self.0.len())
    }
}

/// Tries many calls on many policies.
fn agrees(machine: Abi) {
    let counts: RefCell<BTreeMap<By, u32>> = RefCell::default();
    let refused = Cell::new(0);
    let reasons: RefCell<BTreeMap<String, u32>> = RefCell::default();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: POLICIES,
        // Few: what is refused by mistake is no less wrong.
        max_global_rejects: POLICIES / 20,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let input = (vec(any::<u64>(), 20..800).prop_map(Stream), any::<u64>());
    let result = runner.run(&input, |(Stream(stream), seed)| {
        let mut choices = Choices::from_stream(stream);
        let (target, items) = policy(&mut choices, machine, SMALL_ONE);
        let text = display::text(&items);
        let forms = match Forms::of(&text, target) {
            Ok(forms) => forms,
            Err(why) => {
                refused.set(refused.get() + 1);
                if let Refused::Wrong(messages) = &why {
                    *reasons.borrow_mut().entry(messages[0].clone()).or_default() += 1;
                }
                return Err(TestCaseError::reject("not accepted"));
            }
        };
        let reference = forms.reference();
        let calls = Calls::new(&reference);
        let mut choices = Choices::from_seed(seed);
        for _ in 0..CALLS {
            let call = calls.call(&mut choices);
            match forms.agree(&reference, &call) {
                Ok(verdict) => *counts.borrow_mut().entry(verdict.by).or_default() += 1,
                Err(why) => {
                    let target = &forms.target;
                    return Err(TestCaseError::fail(format!(
                        "{text}\nfor {target:?}\nand {call:x?}:\n{why}"
                    )));
                }
            }
        }
        Ok(())
    });
    if let Err(why) = result {
        panic!("{why}\nrefused: {:?}", reasons.borrow());
    }
    let counts = counts.borrow();
    let all = POLICIES * CALLS;
    println!("{all} calls: {counts:?}, {} refused", refused.get());
    for way in WAYS {
        let count = counts.get(&way).copied().unwrap_or(0);
        assert!(count > all / 1000, "{way:?} in {count} calls of {all}");
    }
}

#[test]
fn on_x86_64() {
    agrees(Abi::X86_64);
}

#[test]
fn on_aarch64() {
    agrees(Abi::Aarch64);
}
