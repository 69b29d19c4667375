// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tests that io_uring's filters allow nothing that a policy does not allow.
//!
//! For a random request, [`Request`] has what the kernel makes of it before it asks the filter:
//! the context, and the call that does the same. If the filter allows the context, the policy must
//! allow each call that has it, whatever else there is in the call.

use std::{
    cell::RefCell,
    collections::BTreeMap, //
};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::TestRunner, //
};
use secpol::{
    abi::Abi,
    action::Action,
    call::Call,
    compile::Program,
    policy::Target,
    rules::Rules,
    simulate,
    syntax::{
        ast::{
            Directive,
            Item, //
        },
        display, //
    },
    tables,
    uring::{
        self,
        filters,
        Filter,
        Filters,
        Operation,
        Verdict, //
    }, //
};

use crate::{
    agree::Forms,
    calls::Calls,
    checker,
    choices::Choices,
    policies::{
        policy,
        SMALL_ONE, //
    },
    properties::Stream,
    request::Request,
    values::nowhere, //
};

const POLICIES: u32 = 4000;
/// Requests for each.
const REQUESTS: u32 = 64;
/// Calls for each request.
const VARIANTS: u32 = 16;
/// The operations whose filters see something; their calls have the same names.
const SEEN: [&str; 4] = ["openat", "openat2", "socket", "connect"];

/// A policy, with the filters that it has for rings.
struct Case {
    rules: Rules,
    calls: Calls,
    filters: Filters,
    lenient: bool,
}

impl Case {
    fn filter(&self, name: &str) -> &Filter {
        let (number, _) = Operation::from_name(name).expect("there is one");
        &self.filters.filters[usize::from(number)]
    }

    fn allows(&self, call: &Call) -> bool {
        let action = self.rules.decide(call).action;
        action == Action::Allow || self.lenient && action == Action::Log
    }

    /// Tries a request. The error is a call that the policy refuses, and the filter allows.
    fn try_request(
        &self,
        choices: &mut Choices,
        counts: &mut BTreeMap<(&'static str, &'static str), u32>,
    ) -> Result<(), Call> {
        let Some((abi, name)) = self.calls.among(choices, &SEEN) else {
            return Ok(());
        };
        let mut count = |what| *counts.entry((name, what)).or_default() += 1;
        let filter = self.filter(name);
        let Some(mut asked) = self.calls.of(choices, abi, name) else {
            return Ok(());
        };
        let request = Request::of(name, abi, asked.clone());
        if abi.is_64_bit() {
            // CAST: It is short.
            asked.size = asked.extensible.len() as u64;
            let made = uring::Request::new(filter.operation, abi, &asked);
            let seen = request.as_ref().map(|request| request.context.bytes());
            assert_eq!(
                made.as_ref().ok().map(uring::Request::bytes),
                seen,
                "{asked:x?}"
            );
        }
        let Some(request) = request else {
            return Ok(());
        };
        let seen = request.context.as_call(choices);
        let end = simulate::run(&filter.insns, &seen, 0).expect("the kernel takes it");
        assert!(end.ret <= 1, "{end:?}");
        // What explains filters of calls explains the same.
        let as_call = filter.as_call().expect("it looks at nothing else");
        let explained = simulate::run(&as_call, &request.context.of_operation(name), 4096);
        let expected = match end.ret {
            1 => Action::Allow,
            _ => uring::REFUSAL,
        };
        assert_eq!(
            explained.map(|end| end.ret),
            Ok(expected.ret()),
            "{filter:?}"
        );
        match (filter.verdict(), end.ret) {
            (Verdict::Depends, 0) => count("refused"),
            (Verdict::Depends, _) => count("allowed"),
            _ => {}
        }
        let mut all_allowed = self.allows(&request.call);
        if end.ret == 1 && !all_allowed {
            return Err(request.call);
        }
        for _ in 0..VARIANTS {
            let Some(other) = self.calls.of(choices, abi, name) else {
                continue;
            };
            let Some(variant) = request.variant(choices, other) else {
                continue;
            };
            count("variants");
            all_allowed &= self.allows(&variant.call);
            if end.ret == 1 && !all_allowed {
                return Err(variant.call);
            }
        }
        if end.ret == 0 && all_allowed {
            count("refused without need");
        }
        Ok(())
    }

    /// Tries a call with the operations that do the same and whose filters see nothing.
    fn try_call(&self, choices: &mut Choices) -> Result<u32, Call> {
        let call = self.calls.call(choices);
        let abi = Abi::ALL
            .into_iter()
            .find(|abi| abi.audit_arch() == call.arch);
        let Some(known) = abi.and_then(|abi| tables::call_by_number(abi, call.number)) else {
            return Ok(0);
        };
        if !self
            .rules
            .sections
            .iter()
            .any(|section| Some(section.abi) == abi)
        {
            return Ok(0);
        }
        let mut tried = 0;
        for filter in &self.filters.filters {
            if SEEN.contains(&filter.operation.name) {
                continue;
            }
            assert_ne!(filter.verdict(), Verdict::Depends, "{filter:?}");
            let does = filter.operation.calls.contains(&known.name);
            if does && filter.verdict() == Verdict::Allowed {
                tried += 1;
                if !self.allows(&call) {
                    return Err(call);
                }
            }
        }
        Ok(tried)
    }
}

/// Checks that the kernel takes a filter, and that it sees the context alone.
fn is_taken(filter: &Filter) {
    let program = Program {
        insns: filter.insns.clone(),
        returns: filter.returns.clone(),
        appended: false,
        extensible_arg_size: 0,
    };
    checker::check(&program).unwrap_or_else(|why| panic!("{filter:?}: {why}"));
    let mut loads = filter.insns.iter().filter(|insn| insn.code == 0x20);
    let ends = 16 + u32::from(filter.pdu_size);
    assert!(
        loads.all(|load| load.k >= 16 && load.k < ends),
        "{filter:?}"
    );
}

/// What is tried: a policy's text, and all that is made of it.
fn case(stream: Vec<u64>, machine: Abi) -> Option<(String, Target, Case)> {
    let mut choices = Choices::from_stream(stream);
    let (mut target, mut items) = policy(&mut choices, machine, SMALL_ONE);
    // With it an execve() is allowed that the policy does not allow.
    target.exec_cookie = None;
    let like_calls = vec![nowhere("like-calls".to_string())];
    items.push(Item::Directive(Directive::IoUring(like_calls)));
    let text = display::text(&items);
    let forms = Forms::of(&text, target.clone()).ok()?;
    let filters = filters(&forms.rules).expect("they are short")?.made;
    filters.filters.iter().for_each(is_taken);
    let calls = Calls::new(&forms.reference());
    let rings = forms.rules.rings.as_ref()?;
    let lenient = rings.lenient.is_some();
    let case = Case {
        calls,
        filters,
        lenient,
        rules: forms.rules,
    };
    Some((text, target, case))
}

fn allows_no_more(machine: Abi) {
    let counts: RefCell<BTreeMap<(&str, &str), u32>> = RefCell::default();
    let calls = RefCell::new(0);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: POLICIES,
        max_global_rejects: POLICIES / 20,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let input = (vec(any::<u64>(), 20..800).prop_map(Stream), any::<u64>());
    let result = runner.run(&input, |(Stream(stream), seed)| {
        let Some((text, target, case)) = case(stream, machine) else {
            return Err(TestCaseError::reject("not accepted"));
        };
        let mut choices = Choices::from_seed(seed);
        let failed = |call| TestCaseError::fail(format!("{text}\nfor {target:?}\nand {call:x?}"));
        for _ in 0..REQUESTS {
            let counts = &mut counts.borrow_mut();
            case.try_request(&mut choices, counts).map_err(failed)?;
            *calls.borrow_mut() += case.try_call(&mut choices).map_err(failed)?;
        }
        Ok(())
    });
    if let Err(why) = result {
        panic!("{why}");
    }
    let counts = counts.borrow();
    println!("{counts:?}, {} calls of other operations", calls.borrow());
    for name in SEEN {
        for (what, least) in [("allowed", 300), ("refused", 300), ("variants", 10_000)] {
            let count = counts.get(&(name, what)).copied().unwrap_or(0);
            assert!(count > least, "{name}: {what} {count} times");
        }
    }
    assert!(*calls.borrow() > 5000);
}

#[test]
fn on_x86_64() {
    allows_no_more(Abi::X86_64);
}

#[test]
fn on_aarch64() {
    allows_no_more(Abi::Aarch64);
}
