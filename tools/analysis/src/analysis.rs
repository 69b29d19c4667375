// SPDX-License-Identifier: GPL-2.0-only

//! Filters, studied and put together.

use std::collections::BTreeSet;

use crate::{
    arches::named,
    filter::Filter,
    ret::{
        both,
        reduced, //
    },
    shape::Field,
    space::{
        Leaf,
        Node,
        Space,
        TooHard, //
    },
    study::{
        call,
        is_of_rest,
        study,
        Arch,
        Outcome,
        Study, //
    }, //
};

/// Finds out what filters do. All functions that it finds are in one [`Space`].
#[derive(Default)]
pub struct Analysis {
    /// The functions.
    pub space: Space,
}

/// The most architectures that are looked at one by one. Filters that name more are none that
/// anybody uses; the others of them are among [`Arch::AllBut`] these.
const MAX_ARCHES: usize = 16;

impl Filter {
    /// The architectures (`AUDIT_ARCH_*`) that it compares a call's with.
    pub fn arches(&self) -> BTreeSet<u32> {
        named(&self.insns).into_iter().take(MAX_ARCHES).collect()
    }
}

impl Analysis {
    /// Finds out what a filter does for the calls of an architecture.
    pub fn study(&mut self, filter: &Filter, arch: &Arch) -> Study {
        study(&mut self.space, filter, arch.clone())
    }

    /// Finds out what a filter does for a call alone.
    pub fn call(&mut self, filter: &Filter, arch: u32, number: u32) -> Outcome {
        call(&mut self.space, filter, arch, number)
    }

    /// The outcome of calls for which a filter always returns this.
    pub fn constant(&mut self, ret: u32) -> Outcome {
        Outcome::Decided(self.space.leaf(Leaf::Ret(reduced(ret))))
    }

    /// What is left of the functions of some calls of several filters, the newest first: what the
    /// kernel does if it runs all of them.
    pub fn together(&mut self, filters: &[Outcome]) -> Outcome {
        let mut all: Option<Outcome> = None;
        for older in filters {
            all = Some(match (all, older) {
                (None, outcome) => outcome.clone(),
                (Some(Outcome::Decided(a)), Outcome::Decided(b)) => {
                    self.space.begin();
                    match self.space.combine(a, *b, strongest) {
                        Ok(node) => Outcome::Decided(node),
                        Err(TooHard) => Outcome::Undecided("".into()),
                    }
                }
                (Some(undecided @ Outcome::Undecided(_)), _) => undecided,
                (_, undecided) => undecided.clone(),
            });
        }
        all.unwrap_or_else(|| Outcome::Undecided("".into()))
    }

    /// The outcome for a number, by all filters, the newest first.
    pub fn outcome(&mut self, studies: &[Study], number: u32) -> Outcome {
        let outcomes: Vec<Outcome> = studies
            .iter()
            .map(|study| study.outcome(&mut self.space, number))
            .collect();
        self.together(&outcomes)
    }

    /// The outcomes of the numbers that are not among [`Study::numbers`], by all filters:
    /// conditions on the number, each with the outcome. If they are not known, the program that is
    /// to blame.
    pub fn rest(&mut self, studies: &[Study]) -> Result<Vec<(Node, Node)>, String> {
        let outcomes: Vec<Outcome> = studies.iter().map(|study| study.rest().clone()).collect();
        let node = match self.together(&outcomes) {
            Outcome::Decided(node) => node,
            Outcome::Undecided(listing) => return Err(listing.to_string()),
        };
        let Some(study) = studies.first() else {
            return Ok(Vec::new());
        };
        self.space.begin();
        let found = self.split_rest(node, study.arch());
        found.map_err(|error| error.to_string())
    }

    fn split_rest(&mut self, node: Node, arch: &Arch) -> Result<Vec<(Node, Node)>, TooHard> {
        let space = &mut self.space;
        let domain = is_of_rest(space, arch)?;
        match arch {
            Arch::One(_) => {
                let number = Field::all(crate::Place::Number);
                let ways = space.split(node, &number)?;
                let mut found = Vec::new();
                for (condition, rest) in ways {
                    let condition = space.and(condition, domain)?;
                    if condition != Node::NO {
                        found.push((condition, rest));
                    }
                }
                Ok(found)
            }
            Arch::AllBut(_) => {
                let node = space.restrict(node, domain)?;
                let place = space.first(node).map(|(place, _)| place);
                match place {
                    Some(crate::Place::Number) => {
                        space.split(node, &Field::all(crate::Place::Number))
                    }
                    _ => Ok(vec![(Node::YES, node)]),
                }
            }
        }
    }
}

fn strongest(newer: Leaf, older: Leaf) -> Leaf {
    match (newer, older) {
        (Leaf::Ret(newer), Leaf::Ret(older)) => Leaf::Ret(both(newer, older)),
        // Outcomes are nothing else.
        (newer, _) => newer,
    }
}

impl Space {
    /// A simpler function that is the same wherever a condition holds.
    pub(crate) fn restrict(&mut self, node: Node, domain: Node) -> Result<Node, TooHard> {
        self.step()?;
        let Some(branch) = self.branch(node) else {
            return Ok(node);
        };
        let Some(known) = self.branch(domain) else {
            return Ok(node);
        };
        let bit = branch.bit.min(known.bit);
        let (domain0, domain1) = self.ways(domain, bit);
        let (low, high) = self.ways(node, bit);
        if domain0 == Node::NO {
            return self.restrict(high, domain1);
        }
        if domain1 == Node::NO {
            return self.restrict(low, domain0);
        }
        if low == high {
            let either = self.or(domain0, domain1)?;
            return self.restrict(node, either);
        }
        let low = self.restrict(low, domain0)?;
        let high = self.restrict(high, domain1)?;
        self.make(bit, low, high)
    }
}
