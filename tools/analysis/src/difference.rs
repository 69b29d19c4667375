// SPDX-License-Identifier: GPL-2.0-only

//! Where two filters differ.

use std::{
    cmp::Ordering,
    collections::BTreeSet, //
};

use crate::{
    execute::is_address,
    filter::Filter,
    logic::{
        bpf::insn::Cond,
        syscalls::{
            self,
            Size,
            BUFFER_MAX, //
        }, //
    },
    place::Place,
    ret::precedence,
    sample::Sample,
    space::{
        Leaf,
        Node,
        Space,
        TooHard, //
    },
    study::{
        is_of_rest,
        vector,
        Arch,
        Study, //
    },
    vector::{
        compare,
        constant, //
    },
    Analysis, //
};

/// What may be said of a filter beside another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// What it does has more precedence: it allows less.
    Stricter,
    /// What it does has less precedence.
    Looser,
    /// It does something else of the same precedence, such as another errno.
    Other,
}

impl Kind {
    /// What may be said of a filter that returns `new` where another returns `old`. `None` if the
    /// kernel does the same.
    pub fn of(old: u32, new: u32) -> Option<Self> {
        match precedence(new, old) {
            Ordering::Less => Some(Self::Stricter),
            Ordering::Greater => Some(Self::Looser),
            Ordering::Equal => (old != new).then_some(Self::Other),
        }
    }
}

/// How two filters differ about some calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// They do not.
    None,
    /// They may, but no such call was found, for this reason.
    Undecided(String),
    /// They do.
    Found {
        /// What each returns, as a function of the bits of the call: [`Leaf::Change`], or
        /// [`Leaf::Same`].
        change: Node,
        /// A call about which they differ.
        witness: Box<Sample>,
        /// What the old filter returns for it.
        old: u32,
        /// What the new one returns.
        new: u32,
        /// How they differ, in one call or another.
        kinds: BTreeSet<Kind>,
    },
}

impl Analysis {
    /// How two filters differ about the calls of a number, both studied for the same architecture.
    pub fn difference(
        &mut self,
        (old, old_study): (&Filter, &Study),
        (new, new_study): (&Filter, &Study),
        number: Option<u32>,
    ) -> Difference {
        let space = &mut self.space;
        let outcomes = match number {
            Some(number) => [
                old_study.outcome(space, number),
                new_study.outcome(space, number), //
            ],
            None => [old_study.rest().clone(), new_study.rest().clone()],
        };
        let [Some(a), Some(b)] = outcomes.map(|outcome| outcome.node()) else {
            return Difference::Undecided("what a filter does is not known".to_string());
        };
        if a == b {
            return Difference::None;
        }
        space.begin();
        let pair = Pair {
            space,
            old,
            new,
            arch: old_study.arch(),
            number,
        };
        match pair.difference(a, b) {
            Ok(difference) => difference,
            Err(error) => Difference::Undecided(error.to_string()),
        }
    }
}

struct Pair<'a> {
    space: &'a mut Space,
    old: &'a Filter,
    new: &'a Filter,
    arch: &'a Arch,
    number: Option<u32>,
}

fn changed(old: Leaf, new: Leaf) -> Leaf {
    match (old, new) {
        (Leaf::Ret(old), Leaf::Ret(new)) if old != new => Leaf::Change(old, new),
        _ => Leaf::Same,
    }
}

fn is_change(leaf: Leaf) -> bool {
    matches!(leaf, Leaf::Change(..))
}

impl Pair<'_> {
    fn difference(mut self, old: Node, new: Node) -> Result<Difference, TooHard> {
        let change = self.space.combine(old, new, changed)?;
        let mut domain = Node::YES;
        if self.number.is_none() {
            domain = is_of_rest(self.space, self.arch)?;
        }
        let same = self.space.leaf(Leaf::Same);
        let change = self.space.choose(domain, change, same)?;
        if change == same {
            return Ok(Difference::None);
        }
        let possible = self.possible(change)?;
        self.space.begin();
        // What is told of calls need not say what goes without saying.
        let told = change;
        let change = self.space.choose(possible, change, same)?;
        let differs = self.space.is(change, is_change)?;
        let Some(mut witness) = self.space.sample(differs) else {
            return Ok(Difference::Undecided(
                "they differ about no call that could be found".to_string(),
            ));
        };
        self.complete(&mut witness);
        let kinds = self
            .space
            .leaves(change)
            .into_iter()
            .filter_map(|leaf| match leaf {
                Leaf::Change(old, new) => Kind::of(old, new),
                _ => None,
            })
            .collect();
        let expected = self.space.value(change, &witness);
        match (witness.run(self.old), witness.run(self.new)) {
            (Some(old), Some(new)) if expected == Some(Leaf::Change(old, new)) => {
                Ok(Difference::Found {
                    change: told,
                    witness: Box::new(witness),
                    old,
                    new,
                    kinds,
                })
            }
            _ => Ok(Difference::Undecided(
                "what was found does not hold when the filters are run".to_string(),
            )),
        }
    }

    /// What is needed to make it a call that can be made.
    fn complete(&self, witness: &mut Sample) {
        if let Arch::One(arch) = self.arch {
            witness.set(Place::Arch, u64::from(*arch));
        }
        if let Some(number) = self.number {
            witness.set(Place::Number, u64::from(number));
        }
    }

    fn extensible(&self) -> Option<&'static syscalls::ExtensibleCall> {
        match self.arch {
            Arch::One(arch) => syscalls::find(*arch, self.number?),
            Arch::AllBut(_) => None,
        }
    }

    /// The condition that a call can be made, as far as that does not go without saying for what a
    /// function looks at: the extensible argument has zeros alone behind its extent, and something
    /// else right before, and the extent is not beyond its size.
    fn possible(&mut self, change: Node) -> Result<Node, TooHard> {
        let places: BTreeSet<Place> = self
            .space
            .parts(change)
            .into_iter()
            .filter_map(|part| self.space.first(part))
            .map(|(place, _)| place)
            .collect();
        let Some(call) = self.extensible() else {
            return Ok(Node::YES);
        };
        let size = match call.size {
            Size::Argument(index) | Size::Buffer(index) => Some(Place::Argument(index as u32)),
            Size::Fixed(_) | Size::Field { .. } => None,
        };
        let size = size.filter(|size| places.contains(size));
        let mut structs: BTreeSet<Place> = places.clone();
        structs.retain(|place| matches!(place, Place::Struct(_)));
        if places.contains(&Place::Family) {
            structs.insert(Place::Struct(0));
        }
        if !places.contains(&Place::Extent) && (size.is_none() || structs.is_empty()) {
            return Ok(Node::YES);
        }
        let extent = vector(self.space, Place::Extent)?;
        let space = &mut *self.space;
        space.begin();
        // The kernel reads nothing of a longer buffer, and no struct is longer than a page.
        let (most, bits) = match call.size {
            Size::Buffer(_) => (BUFFER_MAX as u32, 8),
            _ => (4096, 13),
        };
        let mut possible = compare(space, Cond::Ge, &constant(most), &extent)?;
        for place in structs {
            let Place::Struct(offset) = place else {
                continue;
            };
            for byte in 0..8 {
                let mut is_set = Node::NO;
                for bit in 0..8 {
                    let bit = place.bit_of(8 * byte + bit, is_address(call));
                    let bit = space.is_set(bit)?;
                    is_set = space.or(is_set, bit)?;
                }
                let is_inside = compare(space, Cond::Gt, &extent, &constant(offset + byte))?;
                let is_last = compare(space, Cond::Eq, &extent, &constant(offset + byte + 1))?;
                // If it is set, it is inside; if not, it is not the last.
                let not_last = space.not(is_last)?;
                let fits = space.choose(is_set, is_inside, not_last)?;
                possible = space.and(possible, fits)?;
            }
        }
        if let Some(size) = size {
            let low = vector(space, size)?;
            // It was said to be short, so its other bits need not be compared.
            let (mut size_low, mut extent) = (low, extent);
            for number in [&mut size_low, &mut extent] {
                if let Some(high) = number.get_mut(bits..) {
                    high.fill(Node::NO);
                }
            }
            space.begin();
            let mut fits = compare(space, Cond::Ge, &size_low, &extent)?;
            let mut is_long = Node::NO;
            // CAST: They are few. The kernel looks at the lower half of a buffer's size.
            let end = if is_address(call) { 32 } else { 64 };
            for bit in bits as u32..end {
                let bit = space.is_set(size.bit(bit))?;
                is_long = space.or(is_long, bit)?;
            }
            fits = space.or(is_long, fits)?;
            if is_address(call) {
                let is_refused = compare(space, Cond::Gt, &low, &constant(most))?;
                let is_empty = compare(space, Cond::Eq, &extent, &constant(0))?;
                fits = space.choose(is_refused, is_empty, fits)?;
            }
            possible = space.and(possible, fits)?;
        }
        Ok(possible)
    }
}
