// SPDX-License-Identifier: MIT OR Apache-2.0

//! The filters of all operations.

use crate::{
    action::Action,
    bpf::Insn,
    compile::{
        rings::{
            filter,
            Unseen,
            REFUSED, //
        },
        TooLong, //
    },
    describe,
    diagnostic::Diagnostic,
    policy::Made,
    rules::{
        Alternative,
        Condition,
        Rings,
        Rule,
        Rules, //
    },
    syntax::{
        ast::Span,
        parser::MOST_MISTAKES, //
    },
    tables,
    uring::{
        Operation,
        OPERATIONS, //
    },
};

/// `IO_URING_BPF_FILTER_DENY_REST`
const DENY_REST: u32 = 1;
/// `IO_URING_BPF_FILTER_SZ_STRICT`
const SZ_STRICT: u32 = 2;

/// A filter for each operation of [`OPERATIONS`], in that order.
///
/// All of them have to be registered: an operation without a filter is allowed. Operations that
/// later kernels have are to be refused by `IO_URING_BPF_FILTER_DENY_REST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filters {
    /// The filters.
    pub filters: Vec<Filter>,
}

/// The filter of an operation: a program over `struct io_uring_bpf_ctx`, which returns 1 if the
/// request is allowed, and 0 if not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The operation.
    pub operation: &'static Operation,
    /// Its number: `IORING_OP_*`.
    pub number: u8,
    /// The `pdu_size` with which it is registered: what the kernel must tell the filter of the
    /// operation, in bytes; 0 if the filter looks at nothing.
    pub pdu_size: u8,
    /// The instructions, at most [`MAX_INSNS`](crate::bpf::MAX_INSNS).
    pub insns: Vec<Insn>,
    /// By the place of a return instruction, the lines that demand what it returns.
    pub returns: Vec<(usize, Vec<Span>)>,
}

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is refused.
    Refused,
    /// That depends on the request.
    Depends,
    /// It is allowed.
    Allowed,
}

impl Filter {
    /// What becomes of the operation.
    pub fn verdict(&self) -> Verdict {
        match *self.insns.as_slice() {
            [Insn { k: REFUSED, .. }] => Verdict::Refused,
            [_] => Verdict::Allowed,
            _ => Verdict::Depends,
        }
    }
}

impl Filters {
    /// The filters, each with the `IO_URING_BPF_FILTER_*` flags to register it with, in this order:
    /// the last refuses operations that this does not know.
    pub fn registrations(&self) -> impl Iterator<Item = (&Filter, u32)> {
        let last = self.filters.len().saturating_sub(1);
        let filters = self.filters.iter().enumerate();
        filters.map(move |(place, filter)| {
            let strict = if filter.pdu_size != 0 { SZ_STRICT } else { 0 };
            let rest = if place == last { DENY_REST } else { 0 };
            (filter, strict | rest)
        })
    }

    /// How many operations are decided like this.
    pub fn count(&self, verdict: Verdict) -> usize {
        let filters = self.filters.iter();
        filters.filter(|filter| filter.verdict() == verdict).count()
    }
}

/// The filters of io_uring that hold rings to what a policy says of calls; `None` if it has no
/// `@io_uring`.
pub fn filters(rules: &Rules) -> Result<Option<Made<Filters>>, TooLong> {
    let Some(rings) = &rules.rings else {
        return Ok(None);
    };
    let mut remarks = Vec::new();
    if let Some(place) = rings.lenient {
        let message = "io_uring's operations are allowed, and not logged: its filters cannot log";
        remarks.push(Diagnostic::note(message).at(place, "refuses nothing"));
    }
    let mut filters = Vec::new();
    let mut blinds = Vec::new();
    for (operation, number) in OPERATIONS.iter().zip(0..) {
        let mut unseen = Vec::new();
        let filter = filter(operation, number, (rules, rings), &mut unseen)?;
        blind(&filter, &unseen, &mut blinds);
        remarks.extend(in_vain(&filter, rings));
        filters.push(filter);
    }
    remarks.extend(blinds.iter().map(Blind::note));
    Ok(Some(Made {
        made: Filters { filters },
        remarks,
    }))
}

/// What a policy tests, and operations whose filters do not see it.
struct Blind {
    what: String,
    origin: Option<Span>,
    /// Are the operations refused whatever the request is?
    always: bool,
    operations: Vec<&'static str>,
}

impl Blind {
    fn note(&self) -> Diagnostic {
        let (noun, verb) = match self.operations.len() {
            1 => ("operation", "is"),
            _ => ("operations", "are"),
        };
        let operations = self.operations.join(", ");
        let extent = if self.always {
            ""
        } else {
            " where that decides"
        };
        let note = Diagnostic::note(format!(
            "io_uring's filters do not see {}: the {noun} {operations} {verb} refused{extent}",
            self.what
        ));
        match self.origin {
            Some(origin) => note.at(origin, ""),
            None => note,
        }
    }
}

/// Adds an operation's filter to those that do not see what the policy tests.
fn blind(filter: &Filter, unseen: &[Unseen], all: &mut Vec<Blind>) {
    if filter.verdict() == Verdict::Allowed {
        return;
    }
    let always = filter.verdict() == Verdict::Refused;
    for one in unseen {
        if all.len() >= MOST_MISTAKES {
            // Nobody reads more, and a policy can have as many as it likes.
            return;
        }
        let test = describe::condition(&Condition::Test(one.test), one.call, one.abi);
        let what = format!("{test}, which {} tests", one.call.name);
        let is_same = |known: &&mut Blind| {
            (&known.what, known.origin, known.always) == (&what, one.origin, always)
        };
        let name = filter.operation.name;
        match all.iter_mut().find(is_same) {
            Some(known) if known.operations.contains(&name) => {}
            Some(known) => known.operations.push(name),
            None => all.push(Blind {
                what,
                origin: one.origin,
                always,
                operations: vec![name],
            }),
        }
    }
}

/// Says that the policy names an operation in vain, if it does.
fn in_vain(filter: &Filter, rings: &Rings) -> Option<Diagnostic> {
    let named = rings.named.get(&filter.number)?;
    let Operation { name, calls } = filter.operation;
    (filter.verdict() == Verdict::Refused).then(|| {
        Diagnostic::warning(format!("the operation {name} is always refused"))
            .at(*named, "named here")
            .help(format!(
                "not all calls are allowed that do the same: {}",
                calls.join(", ")
            ))
    })
}

/// May a program make rings? If the policy does not let io_uring_setup() through, no operation is
/// ever asked for.
pub fn is_reachable(rules: &Rules) -> bool {
    let may_pass = |action: Action| match action {
        Action::Allow | Action::Log | Action::Notify | Action::Trace(_) => true,
        Action::Errno(_) | Action::Trap(_) | Action::Kill | Action::KillThread => false,
    };
    let may_make = |rule: &Rule| {
        let alternatives = rule.alternatives.iter();
        let decisions = alternatives.flat_map(|alternative| match alternative {
            Alternative::Always(decision) => [Some(*decision), None],
            Alternative::If {
                then, otherwise, ..
            } => [Some(*then), *otherwise],
        });
        let decisions = decisions.flatten().chain([rule.default]);
        decisions
            .into_iter()
            .any(|decision| may_pass(decision.action))
    };
    may_pass(rules.other.action)
        || rules.sections.iter().any(|section| {
            tables::call(section.abi, "io_uring_setup")
                .is_some_and(|call| may_make(&section.rule(call.number)))
        })
}
