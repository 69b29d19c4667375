// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes a filter of what a policy means.
//!
//! The filter finds the architecture, then what decides about the number by halves, and then tests
//! what the rule tests. Equal parts are there once, and what was loaded already is not loaded
//! again.

mod condition;
mod emit;
mod equals;
mod graph;
pub(crate) mod rings;
mod tree;

use std::{
    collections::HashMap,
    fmt,
    rc::Rc, //
};

use self::graph::{
    Graph,
    Node, //
};
use crate::{
    bpf::{
        self,
        Insn, //
    },
    rules::{
        Alternative,
        Rule,
        Rules,
        Section,
        DATA,
        EXTENT,
        NUMBER_HIGH,
        PKEY,
        X32_SYSCALL_BIT, //
    },
    syntax::ast::Span, //
};

/// A filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The instructions, at most [`MAX_INSNS`](bpf::MAX_INSNS).
    pub insns: Vec<Insn>,
    /// By the place of a return instruction, the lines that demand what it returns. There are
    /// several if they demand the same: equal parts of a filter are there once.
    pub returns: Vec<(usize, Vec<Span>)>,
    /// Does it look at what is beyond `struct seccomp_data`? Then the kernel takes it by
    /// `SECCOMP_APPEND_FILTER` alone.
    pub appended: bool,
    /// Bytes of extensible arguments that it looks at, a multiple of 4.
    pub extensible_arg_size: u32,
}

impl Program {
    /// The `SECCOMP_APPEND_FLAG_*` that it needs to see what it looks at.
    pub fn append_flags(&self) -> u64 {
        let looks_at = |fields: std::ops::Range<u32>| {
            self.insns
                .iter()
                .any(|insn| insn.code == bpf::LD && fields.contains(&insn.k))
        };
        let mut flags = 0;
        if looks_at(NUMBER_HIGH..PKEY) {
            flags |= WANT_NR_HIGH;
        }
        if looks_at(PKEY..PKEY + 4) {
            flags |= WANT_ARCH;
        }
        if self.extensible_arg_size != 0 {
            flags |= USE_EA_SIZE;
        }
        flags
    }
}

/// `SECCOMP_APPEND_FLAG_WANT_NR_HIGH`
const WANT_NR_HIGH: u64 = 1 << 32;
/// `SECCOMP_APPEND_FLAG_WANT_ARCH`
const WANT_ARCH: u64 = 1 << 33;
/// `SECCOMP_APPEND_FLAG_USE_EA_SIZE`
const USE_EA_SIZE: u64 = 1 << 34;

/// The filter would have more instructions than the kernel takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong {
    /// How many it would have.
    pub insns: usize,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the filter would have {} instructions, and the kernel takes {}",
            self.insns,
            bpf::MAX_INSNS
        )
    }
}

impl std::error::Error for TooLong {}

/// Makes a filter of what a policy means.
pub fn compile(rules: &Rules) -> Result<Program, TooLong> {
    let mut graph = Graph::default();
    let mut root = graph.end(rules.other);
    for section in rules.sections.iter().rev() {
        let numbers = numbers(&mut graph, section, root);
        let load = [Insn::new(bpf::LD, 4)];
        let arch = section.abi.audit_arch();
        root = graph.branch(&load, (bpf::JEQ, arch), (numbers, root));
    }
    let (insns, returns) = emit::emit(&graph, root);
    if insns.len() > bpf::MAX_INSNS {
        return Err(TooLong { insns: insns.len() });
    }
    let beyond = |insn: &Insn| insn.code == bpf::LD && insn.k >= DATA;
    Ok(Program {
        appended: insns.iter().any(beyond),
        extensible_arg_size: extensible_arg_size(rules),
        insns,
        returns,
    })
}

/// The program that decides by the number.
fn numbers(graph: &mut Graph, section: &Section, other: Node) -> Node {
    let default = graph.end(section.default);
    let unknown = graph.end(section.unknown);
    let mut bodies: HashMap<Rc<Rule>, Node> = HashMap::new();
    let mut decided: Vec<(u32, Node)> = Vec::new();
    let mut numbers: Vec<u32> = section.known.clone();
    numbers.extend(section.calls.keys());
    numbers.sort_unstable();
    numbers.dedup();
    let mut next = 0;
    for number in numbers {
        if number > next {
            decided.push((next, unknown));
        }
        let node = match section.calls.get(&number) {
            Some(rule) => *bodies
                .entry(rule.clone())
                .or_insert_with(|| body(graph, rule)),
            None => default,
        };
        decided.push((number, node));
        next = number + 1;
    }
    decided.push((next, unknown));
    if section.is_foreign(X32_SYSCALL_BIT) {
        decided.push((X32_SYSCALL_BIT, other));
    }
    tree::tree(graph, 0, &decided)
}

/// The program that decides by a rule.
fn body(graph: &mut Graph, rule: &Rule) -> Node {
    let mut next = graph.end(rule.default);
    for alternative in rule.alternatives.iter().rev() {
        next = match alternative {
            Alternative::Always(decision) => graph.end(*decision),
            Alternative::If {
                condition,
                then,
                otherwise,
            } => {
                let no = otherwise.map_or(next, |decision| graph.end(decision));
                let yes = graph.end(*then);
                self::condition::condition(graph, condition, yes, no)
            }
        };
    }
    match rule.extent {
        Some((known, refused)) => {
            let refused = graph.end(refused);
            let load = [Insn::new(bpf::LD, EXTENT)];
            graph.branch(&load, (bpf::JGT, known), (refused, next))
        }
        None => next,
    }
}

/// Bytes of extensible arguments that the filter has to see: of each call whose struct is tested,
/// all that the policy's kernel knows.
fn extensible_arg_size(rules: &Rules) -> u32 {
    rules
        .sections
        .iter()
        .flat_map(|section| section.calls.values())
        .map(|rule| rule.sees)
        .max()
        .unwrap_or(0)
        .next_multiple_of(4)
}
