// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tells what policies let rings of io_uring do, and where two differ.

use std::collections::{
    BTreeMap,
    BTreeSet, //
};

use secpol::{
    abi::Abi,
    action::Action,
    bpf::{
        self,
        Insn, //
    },
    output,
    rules::Rules,
    tables,
    uring::{
        self,
        Filters,
        Operation,
        Verdict,
        OPERATIONS,
        REFUSAL, //
    }, //
};
use secpol_analysis::{
    Analysis,
    Arch,
    Difference,
    Filter,
    Kind,
    Sight, //
};

use super::{
    diff::{
        self,
        Found,
        Told as Differs, //
    },
    notation::{
        cases,
        Names, //
    },
    sections::{
        title,
        Calls,
        Teller,
        Told, //
    },
    source,
    Failure, //
};

/// `SECCOMP_APPEND_FLAG_USE_EA_SIZE` and `SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE`
const SEES_STRUCT: u64 = 3 << 34;

/// What holds the rings of a program under a policy.
pub(super) enum Held {
    /// Nothing, as there is no `@io_uring`.
    Not,
    /// These filters.
    By(Filters),
    /// It can make no ring.
    NoRings,
}

impl Held {
    /// By these rules.
    pub(super) fn by(rules: &Rules) -> Result<Self, Failure> {
        if !uring::is_reachable(rules) {
            return Ok(Self::NoRings);
        }
        let filters = uring::filters(rules).map_err(Failure::because)?;
        Ok(filters.map_or(Self::Not, |filters| Self::By(filters.made)))
    }

    /// The filter of the operation at a place of [`OPERATIONS`], as one of a call.
    fn filter(&self, place: usize) -> Option<Vec<Insn>> {
        let always = |action: Action| Some(vec![Insn::new(bpf::RET, action.ret())]);
        match self {
            Self::Not => always(Action::Allow),
            Self::NoRings => always(REFUSAL),
            Self::By(filters) => filters.filters.get(place)?.as_call(),
        }
    }
}

/// An operation, as the call that has its name.
struct Call {
    filter: Filter,
    number: u32,
    names: Names,
}

impl Call {
    fn new(operation: &Operation, insns: &[Insn], machine: Abi) -> Option<Self> {
        let call = tables::call(machine, operation.name);
        let sight = match operation.name {
            "openat2" => Sight::Appended {
                flags: SEES_STRUCT,
                extensible_arg_size: 4096,
            },
            _ => Sight::Classic,
        };
        Some(Self {
            filter: Filter::new(&output::raw_insns(insns), sight).ok()?,
            // If there is no such call, the filter looks at nothing.
            number: call.map_or(0, |call| call.number),
            names: Names {
                abi: Some(machine),
                call,
                ring: true,
            },
        })
    }
}

/// What rings may do, by operation; of those of these names alone, unless there are none.
pub(super) fn explain(
    filters: &Filters,
    machine: Abi,
    wanted: &[String],
) -> Result<String, Failure> {
    source::with_room(|| {
        let mut analysis = Analysis::default();
        let mut teller = Teller::new(&mut analysis);
        let mut told = Calls::new();
        for filter in &filters.filters {
            let name = filter.operation.name;
            if wanted.is_empty() || wanted.iter().any(|wanted| wanted == name) {
                let what = operation(&mut teller, filter, machine);
                told.entry(what).or_default().0.push(name.to_string());
            }
        }
        if wanted.is_empty() {
            let refused = Told::Always(REFUSAL.to_string());
            let others = &mut told.entry(refused).or_default().0;
            others.push(format!(
                "operations that Linux {} does not have",
                tables::KERNEL
            ));
        }
        match told.is_empty() {
            true => String::new(),
            false => title("io_uring", told, Vec::new(), wanted.is_empty()),
        }
    })
}

fn operation(teller: &mut Teller<'_>, filter: &uring::Filter, machine: Abi) -> Told {
    match filter.verdict() {
        Verdict::Allowed => return Told::Always(Action::Allow.to_string()),
        Verdict::Refused => return Told::Always(REFUSAL.to_string()),
        Verdict::Depends => {}
    }
    let insns = filter.as_call();
    let call = insns.and_then(|insns| Call::new(filter.operation, &insns, machine));
    let Some(call) = call else {
        return teller.undecided(
            "the filter cannot be explained: compile --io-uring shows it",
            "",
        );
    };
    let outcome = teller
        .analysis
        .call(&call.filter, machine.audit_arch(), call.number);
    teller.told(&outcome, &call.names)
}

/// Where two policies differ about rings. If neither says anything of them, nothing is told.
pub(super) fn compare(old: &Held, new: &Held, machine: Abi) -> Found {
    let mut comparison = Comparison {
        analysis: Analysis::default(),
        machine,
        kinds: BTreeSet::new(),
        undecided: 0,
    };
    let mut told: BTreeMap<Differs, (Vec<String>, String)> = BTreeMap::new();
    let says = |held: &Held| matches!(held, Held::By(_));
    if says(old) || says(new) {
        for (place, operation) in OPERATIONS.iter().enumerate() {
            if let Some(what) = comparison.operation(operation, (old, new), place) {
                told.entry(what)
                    .or_default()
                    .0
                    .push(operation.name.to_string());
            }
        }
    }
    Found {
        text: diff::text("io_uring", told),
        kinds: comparison.kinds,
        undecided: comparison.undecided,
    }
}

struct Comparison {
    analysis: Analysis,
    machine: Abi,
    kinds: BTreeSet<Kind>,
    undecided: usize,
}

impl Comparison {
    /// What is told of an operation; `None` if both do the same with it.
    fn operation(
        &mut self,
        operation: &Operation,
        (old, new): (&Held, &Held),
        place: usize,
    ) -> Option<Differs> {
        let call = |held: &Held| Call::new(operation, &held.filter(place)?, self.machine);
        let (Some(old), Some(new)) = (call(old), call(new)) else {
            return Some(self.undecided("a filter cannot be explained"));
        };
        let arch = Arch::One(self.machine.audit_arch());
        let studies = [&old, &new].map(|call| self.analysis.study(&call.filter, &arch));
        let found = self.analysis.difference(
            (&old.filter, &studies[0]),
            (&new.filter, &studies[1]),
            Some(old.number),
        );
        match found {
            Difference::None => None,
            Difference::Undecided(why) => Some(self.undecided(&why)),
            Difference::Found { change, kinds, .. } => {
                self.kinds.extend(&kinds);
                let words: Vec<&str> = kinds.iter().map(|kind| diff::word(*kind)).collect();
                let conditions = cases(&mut self.analysis.space, &old.names, change)
                    .unwrap_or_else(|why| vec![format!("when: {why}")]);
                Some((words.join(", "), conditions))
            }
        }
    }

    fn undecided(&mut self, why: &str) -> Differs {
        self.undecided += 1;
        (format!("not decided: {why}"), Vec::new())
    }
}
