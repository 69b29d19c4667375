// SPDX-License-Identifier: MIT OR Apache-2.0

//! Writes down as a policy what other tools do with calls.

use std::collections::{
    BTreeMap,
    BTreeSet, //
};

use super::{
    comparison::Comparison,
    field::{
        Field,
        Unnamed, //
    },
    tree, //
};
use crate::{
    abi::Abi,
    action::Action,
    syntax::ast::{
        Alternative,
        Expression,
        Item, //
    },
    tables::{
        self,
        Call, //
    }, //
};

/// One of the things that are said of a call: of several, the first that holds decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clause {
    /// When it decides.
    pub(super) when: When,
    /// What becomes of the call then.
    pub(super) then: Action,
}

/// When a clause decides. A list holds if all comparisons in it do; none is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Always.
    Always,
    /// If one of these lists holds.
    Any(Vec<Vec<Comparison>>),
    /// If none of these lists does.
    NotAny(Vec<Vec<Comparison>>),
}

/// What is said of the calls of an architecture.
pub(super) struct Written {
    /// The architecture.
    pub(super) abi: Abi,
    /// The calls, in the order in which a policy has them.
    pub(super) calls: Vec<(&'static Call, Vec<Clause>)>,
}

/// Writes rules, and remembers what there is to note about the arguments in them.
pub(super) struct Writer {
    /// All of an argument's register is compared.
    exact: bool,
    /// Arguments of which fewer bits are compared than the other tool does.
    fewer_bits: BTreeSet<String>,
    /// Arguments of which more bits are compared than the kernel takes.
    more_bits: BTreeSet<String>,
}

impl Writer {
    pub(super) fn new(exact: bool) -> Self {
        Self {
            exact,
            fewer_bits: BTreeSet::new(),
            more_bits: BTreeSet::new(),
        }
    }

    /// The rules of a policy for all these architectures.
    pub(super) fn rules(&mut self, all: &[Written]) -> Vec<Item> {
        // By call, in the order of the first that has it, what each architecture does.
        let mut order: Vec<&str> = Vec::new();
        let mut bodies: BTreeMap<&str, Vec<(Abi, Vec<Alternative>)>> = BTreeMap::new();
        for Written { abi, calls } in all {
            for (call, clauses) in calls {
                let body = self.body(call, *abi, clauses);
                let known = bodies.entry(call.name).or_insert_with(|| {
                    order.push(call.name);
                    Vec::new()
                });
                known.push((*abi, body));
            }
        }
        let mut items = Vec::new();
        for name in order {
            let has_call = |written: &&Written| tables::call(written.abi, name).is_some();
            let having = all.iter().filter(has_call).count();
            let mut rest = bodies.remove(name).unwrap_or_default();
            while let Some((_, body)) = rest.first().cloned() {
                let (same, others): (Vec<_>, Vec<_>) =
                    rest.into_iter().partition(|(_, other)| *other == body);
                let arches: Vec<&str> = if same.len() == having {
                    Vec::new()
                } else {
                    same.iter().map(|(abi, _)| abi.name()).collect()
                };
                items.push(tree::rule(name, &arches, body));
                rest = others;
            }
        }
        items
    }

    /// What a policy says of a call.
    fn body(&mut self, call: &'static Call, abi: Abi, clauses: &[Clause]) -> Vec<Alternative> {
        let mut of_argument: BTreeMap<usize, Vec<&Comparison>> = BTreeMap::new();
        for comparison in clauses
            .iter()
            .flat_map(|clause| clause.when.lists())
            .flatten()
        {
            of_argument
                .entry(comparison.index)
                .or_default()
                .push(comparison);
        }
        let fields: BTreeMap<usize, Field> = of_argument
            .into_iter()
            .map(|(index, comparisons)| (index, self.field(call, abi, index, &comparisons)))
            .collect();
        if let [Clause {
            when: When::Any(lists),
            then,
        }, Clause {
            when: When::Always,
            then: otherwise,
        }] = clauses
        {
            return vec![tree::when_else(any(lists, &fields), *then, *otherwise)];
        }
        clauses
            .iter()
            .map(|clause| match &clause.when {
                When::Always => Alternative::Always(tree::action(clause.then)),
                When::Any(lists) => tree::when(any(lists, &fields), clause.then),
                When::NotAny(lists) => tree::when(tree::not(any(lists, &fields)), clause.then),
            })
            .collect()
    }

    /// How a policy names the argument of these comparisons.
    fn field(
        &mut self,
        call: &'static Call,
        abi: Abi,
        index: usize,
        comparisons: &[&Comparison],
    ) -> Field {
        if self.exact {
            return Field::Numbered(index);
        }
        match Field::named(call, index, comparisons) {
            Ok(field) => {
                if let (Field::Named(argument), true) = (field, field.has_other_bits(abi)) {
                    self.fewer_bits
                        .insert(format!("{} of {}", argument.name, call.name));
                }
                field
            }
            Err(why) => {
                if why == Unnamed::Wider {
                    self.more_bits
                        .insert(format!("arg{index} of {}", call.name));
                }
                Field::Numbered(index)
            }
        }
    }

    /// What there is to note about arguments, where `other` compares all of them.
    pub(super) fn notes(&self, other: &str) -> Vec<String> {
        let fewer_bits = format!(
            "compared at the width that the kernel takes; {other} compares all of the register, so \
             with other bits set above it decides differently, as with --exact"
        );
        let more_bits = format!("compared as {other} does: with more bits than the kernel takes");
        [
            note(self.fewer_bits.iter().cloned(), &fewer_bits),
            note(self.more_bits.iter().cloned(), &more_bits),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl When {
    fn lists(&self) -> &[Vec<Comparison>] {
        match self {
            Self::Always => &[],
            Self::Any(lists) | Self::NotAny(lists) => lists,
        }
    }
}

/// One of the lists holds.
fn any(lists: &[Vec<Comparison>], fields: &BTreeMap<usize, Field>) -> Expression {
    let lists = lists.iter().map(|list| {
        let tests = list.iter().map(|comparison| {
            let field = fields.get(&comparison.index).copied();
            field
                .unwrap_or(Field::Numbered(comparison.index))
                .test(comparison)
        });
        tree::all(tests.collect())
    });
    tree::any(lists.collect())
}

/// `NAME, NAME: WHAT`, if there is a name.
pub(super) fn note(names: impl Iterator<Item = String>, what: &str) -> Option<String> {
    let names: Vec<String> = names.collect();
    (!names.is_empty()).then(|| format!("{}: {what}", names.join(", ")))
}
