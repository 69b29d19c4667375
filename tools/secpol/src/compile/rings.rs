// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes filters of io_uring.

use super::{
    condition::condition,
    emit,
    graph::{
        Graph,
        Node, //
    },
    TooLong, //
};
use crate::{
    abi::Abi,
    action::Action,
    bpf::{
        self,
        Insn, //
    },
    rules::{
        Alternative,
        Decision,
        Rings,
        Rule,
        Rules,
        Test, //
    },
    syntax::ast::Span,
    tables,
    uring::{
        outcome::outcome,
        sight::{
            Sight,
            AF_INET,
            AF_INET6,
            AF_UNSPEC,
            FAMILY,
            PORT, //
        },
        Filter,
        Operation, //
    },
};

/// What a filter that refuses the request returns.
pub(crate) const REFUSED: u32 = 0;
/// What a filter that allows it returns.
pub const ALLOWED: u32 = 1;

/// What a call's rule looks at and the filter does not see.
pub(crate) struct Unseen {
    pub(crate) call: &'static tables::Call,
    pub(crate) abi: Abi,
    pub(crate) test: Test,
    /// Where the policy has it.
    pub(crate) origin: Option<Span>,
}

/// Makes the filter of an operation, which allows what all calls are allowed that do the same.
/// Adds to `unseen` what it cannot see.
pub(crate) fn filter(
    operation: &'static Operation,
    number: u8,
    (rules, rings): (&Rules, &Rings),
    unseen: &mut Vec<Unseen>,
) -> Result<Filter, TooLong> {
    let mut maker = Maker {
        graph: Graph::default(),
        lenient: rings.lenient.is_some(),
        unseen,
    };
    let is_meant = maker.lenient
        || rings.named.contains_key(&number)
        || rings.like_calls.is_some() && operation.is_like_calls();
    let root = match is_meant {
        true => maker.operation(operation, rules),
        false => maker.graph.end_with(REFUSED, None),
    };
    let (insns, returns) = emit::emit(&maker.graph, root);
    if insns.len() > bpf::MAX_INSNS {
        return Err(TooLong { insns: insns.len() });
    }
    let looks = insns.iter().any(|insn| insn.code == bpf::LD);
    Ok(Filter {
        operation,
        number,
        pdu_size: if looks { operation.pdu_size() } else { 0 },
        insns,
        returns,
    })
}

struct Maker<'a> {
    graph: Graph,
    /// Does the policy refuse nothing?
    lenient: bool,
    unseen: &'a mut Vec<Unseen>,
}

impl Maker<'_> {
    /// The program that allows a request if on each architecture each of the calls is allowed: the
    /// filter does not see which programs make a request.
    fn operation(&mut self, operation: &'static Operation, rules: &Rules) -> Node {
        let mut next = self.graph.end_with(ALLOWED, None);
        for section in &rules.sections {
            let calls = operation.calls.iter();
            let mut calls = calls
                .filter_map(|name| tables::call(section.abi, name))
                .peekable();
            if calls.peek().is_none() && !operation.calls.is_empty() {
                return self.graph.end_with(REFUSED, None);
            }
            for call in calls {
                let rule = section.rule(call.number);
                next = match operation.name {
                    "connect" => self.connect(&rule, (call, section.abi), next),
                    _ => {
                        let sight = Sight::new(operation, section.abi);
                        self.rule(&rule, (call, section.abi), &sight, next)
                    }
                };
            }
        }
        next
    }

    /// As [`Maker::rule`], for each family. Of an address that is too short the kernel copies no
    /// port, or nothing: what is copied is then no member of what was passed.
    fn connect(&mut self, rule: &Rule, call: (&'static tables::Call, Abi), allowed: Node) -> Node {
        let known = self.unseen.len();
        let short = self.rule(rule, call, &Sight::nothing(), allowed);
        let portless = [AF_INET, AF_INET6]
            .map(|family| self.rule(rule, call, &Sight::family_alone(family), allowed));
        // That is not told: the kernel refuses such addresses.
        self.unseen.truncate(known);
        let mut next = self.rule(rule, call, &Sight::address(None), allowed);
        let load = [Insn::new(bpf::LD, PORT)];
        let mut families = vec![(AF_UNSPEC, short)];
        for (family, portless) in [AF_INET, AF_INET6].into_iter().zip(portless) {
            let seen = self.rule(rule, call, &Sight::address(Some(family)), allowed);
            families.push((
                family,
                self.graph.branch(&load, (bpf::JEQ, 0), (portless, seen)),
            ));
        }
        let load = [Insn::new(bpf::LD, FAMILY)];
        for (family, node) in families {
            next = self.graph.branch(&load, (bpf::JEQ, family), (node, next));
        }
        next
    }

    /// The program that goes on with `allowed` if a rule allows the call, whatever is not seen of
    /// it, and else refuses the request.
    fn rule(
        &mut self,
        rule: &Rule,
        (call, abi): (&'static tables::Call, Abi),
        sight: &Sight,
        allowed: Node,
    ) -> Node {
        if let Some((_, refused)) = rule.extent {
            if !sight.refuses_unknown && !self.allows(refused) {
                return self.end(refused, allowed);
            }
        }
        let mut next = self.end(rule.default, allowed);
        for alternative in rule.alternatives.iter().rev() {
            let (what, then, otherwise) = match alternative {
                Alternative::Always(decision) => {
                    next = self.end(*decision, allowed);
                    continue;
                }
                Alternative::If {
                    condition,
                    then,
                    otherwise,
                } => (condition, *then, *otherwise),
            };
            let no = otherwise.map_or(next, |decision| self.end(decision, allowed));
            let yes = self.end(then, allowed);
            let mut unseen = Vec::new();
            let known = outcome(what, sight, &mut unseen);
            self.unseen.extend(unseen.into_iter().map(|test| Unseen {
                call,
                abi,
                test,
                origin: then.origin,
            }));
            let what = match self.allows(then) {
                true => known.surely,
                false => known.possibly,
            };
            next = condition(&mut self.graph, &what, yes, no);
        }
        next
    }

    fn end(&mut self, decision: Decision, allowed: Node) -> Node {
        match self.allows(decision) {
            true => allowed,
            false => self.graph.end_with(REFUSED, decision.origin),
        }
    }

    /// Is the call made, and nobody told of it or asked? A filter cannot do that.
    fn allows(&self, decision: Decision) -> bool {
        decision.action == Action::Allow || self.lenient && decision.action.lets_through()
    }
}
