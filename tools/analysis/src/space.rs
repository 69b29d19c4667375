// SPDX-License-Identifier: GPL-2.0-only

//! Functions of the bits of a call, as decision diagrams.
//!
//! A diagram looks at bits in a fixed order, has no part twice, and no branch whose ways are the
//! same. So two functions are equal if, and only if, they are the same [`Node`].

use std::{
    collections::HashMap,
    fmt, //
};

use crate::place::Bit;

/// A function of the bits of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node(u32);

/// What a function is in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Leaf {
    /// Of a condition: it does not hold.
    No,
    /// It holds.
    Yes,
    /// Of a filter: what it returns, reduced to what the kernel makes of it.
    Ret(u32),
    /// Of two filters: what each returns, if that differs.
    Change(u32, u32),
    /// Of two filters: they return the same.
    Same,
}

/// A branch at a bit.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Branch {
    pub(crate) bit: Bit,
    /// If it is 0.
    pub(crate) low: Node,
    /// If it is 1.
    pub(crate) high: Node,
}

/// A function is too complicated to be found within the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooHard;

impl fmt::Display for TooHard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what decides is too complicated")
    }
}

impl std::error::Error for TooHard {}

/// Steps for one function: about 50 ms.
const STEPS: u32 = 300_000;
/// Steps for all functions: a few seconds.
const ALL_STEPS: u32 = 10_000_000;
/// The most branches, of about 50 bytes each.
const MAX_BRANCHES: usize = 2_000_000;
/// The most results that are remembered.
const MAX_KNOWN: usize = 2_000_000;

/// Leaves have this bit.
const LEAF: u32 = 1 << 31;

/// All functions, each once.
pub struct Space {
    branches: Vec<Branch>,
    nodes: HashMap<Branch, Node>,
    leaves: Vec<Leaf>,
    leaf_nodes: HashMap<Leaf, Node>,
    chosen: HashMap<(Node, Node, Node), Node>,
    /// Steps left for the function that is being found, and for all.
    steps: u32,
    all_steps: u32,
}

impl Default for Space {
    fn default() -> Self {
        let mut space = Self {
            branches: Vec::new(),
            nodes: HashMap::new(),
            leaves: Vec::new(),
            leaf_nodes: HashMap::new(),
            chosen: HashMap::new(),
            steps: STEPS,
            all_steps: ALL_STEPS,
        };
        space.leaf(Leaf::No);
        space.leaf(Leaf::Yes);
        space
    }
}

impl Node {
    /// The condition that never holds.
    pub(crate) const NO: Self = Self(LEAF);
    /// The condition that always holds.
    pub(crate) const YES: Self = Self(LEAF + 1);

    /// The condition that always holds, or never.
    pub(crate) fn constant(is_so: bool) -> Self {
        if is_so {
            Self::YES
        } else {
            Self::NO
        }
    }
}

impl Space {
    /// Begins with another function: it has all its steps, if there are as many.
    pub(crate) fn begin(&mut self) {
        self.steps = STEPS;
    }

    /// Takes a step.
    pub(crate) fn step(&mut self) -> Result<(), TooHard> {
        self.steps = self.steps.checked_sub(1).ok_or(TooHard)?;
        self.all_steps = self.all_steps.checked_sub(1).ok_or(TooHard)?;
        Ok(())
    }

    /// The function that always is this.
    pub(crate) fn leaf(&mut self, leaf: Leaf) -> Node {
        if let Some(node) = self.leaf_nodes.get(&leaf) {
            return *node;
        }
        // CAST: Leaves are made of what is returned, at most one a step.
        let node = Node(LEAF | self.leaves.len() as u32);
        self.leaves.push(leaf);
        self.leaf_nodes.insert(leaf, node);
        node
    }

    /// What the function is, if it does not depend on anything.
    pub fn constant(&self, node: Node) -> Option<Leaf> {
        (node.0 & LEAF != 0).then(|| self.leaves[(node.0 & !LEAF) as usize])
    }

    /// The branch that it begins with; none if it is a constant.
    pub(crate) fn branch(&self, node: Node) -> Option<Branch> {
        (node.0 & LEAF == 0).then(|| self.branches[node.0 as usize])
    }

    /// The bit that it looks at first. Those of constants are behind all others.
    pub(crate) fn bit(&self, node: Node) -> Bit {
        self.branch(node).map_or(Bit::MAX, |branch| branch.bit)
    }

    /// The function that is `low` if a bit is 0, else `high`. Both look at later bits alone.
    pub(crate) fn make(&mut self, bit: Bit, low: Node, high: Node) -> Result<Node, TooHard> {
        if low == high {
            return Ok(low);
        }
        let branch = Branch { bit, low, high };
        if let Some(node) = self.nodes.get(&branch) {
            return Ok(*node);
        }
        if self.branches.len() >= MAX_BRANCHES {
            return Err(TooHard);
        }
        // CAST: Below `MAX_BRANCHES`.
        let node = Node(self.branches.len() as u32);
        self.branches.push(branch);
        self.nodes.insert(branch, node);
        Ok(node)
    }

    /// The condition that a bit is 1.
    pub(crate) fn is_set(&mut self, bit: Bit) -> Result<Node, TooHard> {
        self.make(bit, Node::NO, Node::YES)
    }

    /// What the function is where a bit is 0, and where it is 1. It looks at no earlier bit.
    pub(crate) fn ways(&self, node: Node, bit: Bit) -> (Node, Node) {
        match self.branch(node) {
            Some(branch) if branch.bit == bit => (branch.low, branch.high),
            _ => (node, node),
        }
    }

    /// The function that is `yes` where a condition holds, else `no`.
    pub(crate) fn choose(&mut self, when: Node, yes: Node, no: Node) -> Result<Node, TooHard> {
        if when == Node::YES || yes == no {
            return Ok(yes);
        }
        if when == Node::NO {
            return Ok(no);
        }
        if yes == Node::YES && no == Node::NO {
            return Ok(when);
        }
        let key = (when, yes, no);
        if let Some(known) = self.chosen.get(&key) {
            return Ok(*known);
        }
        self.step()?;
        let bit = self.bit(when).min(self.bit(yes)).min(self.bit(no));
        let (when0, when1) = self.ways(when, bit);
        let (yes0, yes1) = self.ways(yes, bit);
        let (no0, no1) = self.ways(no, bit);
        let low = self.choose(when0, yes0, no0)?;
        let high = self.choose(when1, yes1, no1)?;
        let node = self.make(bit, low, high)?;
        if self.chosen.len() >= MAX_KNOWN {
            self.chosen.clear();
        }
        self.chosen.insert(key, node);
        Ok(node)
    }

    /// Both conditions hold.
    pub(crate) fn and(&mut self, a: Node, b: Node) -> Result<Node, TooHard> {
        self.choose(a, b, Node::NO)
    }

    /// One of two conditions holds.
    pub(crate) fn or(&mut self, a: Node, b: Node) -> Result<Node, TooHard> {
        self.choose(a, Node::YES, b)
    }

    /// A condition does not hold.
    pub(crate) fn not(&mut self, a: Node) -> Result<Node, TooHard> {
        self.choose(a, Node::NO, Node::YES)
    }

    /// One of two conditions holds, and not the other.
    pub(crate) fn xor(&mut self, a: Node, b: Node) -> Result<Node, TooHard> {
        let not_b = self.not(b)?;
        self.choose(a, not_b, b)
    }

    /// What `combine` makes of what two functions are.
    pub(crate) fn combine(
        &mut self,
        a: Node,
        b: Node,
        combine: fn(Leaf, Leaf) -> Leaf,
    ) -> Result<Node, TooHard> {
        self.combined(a, b, combine, &mut HashMap::new())
    }

    fn combined(
        &mut self,
        a: Node,
        b: Node,
        combine: fn(Leaf, Leaf) -> Leaf,
        known: &mut HashMap<(Node, Node), Node>,
    ) -> Result<Node, TooHard> {
        if let (Some(a), Some(b)) = (self.constant(a), self.constant(b)) {
            return Ok(self.leaf(combine(a, b)));
        }
        if let Some(node) = known.get(&(a, b)) {
            return Ok(*node);
        }
        self.step()?;
        let bit = self.bit(a).min(self.bit(b));
        let (a0, a1) = self.ways(a, bit);
        let (b0, b1) = self.ways(b, bit);
        let low = self.combined(a0, b0, combine, known)?;
        let high = self.combined(a1, b1, combine, known)?;
        let node = self.make(bit, low, high)?;
        known.insert((a, b), node);
        Ok(node)
    }

    /// The condition that a function is one of these leaves.
    pub(crate) fn is(&mut self, node: Node, wanted: fn(Leaf) -> bool) -> Result<Node, TooHard> {
        self.is_known(node, wanted, &mut HashMap::new())
    }

    fn is_known(
        &mut self,
        node: Node,
        wanted: fn(Leaf) -> bool,
        known: &mut HashMap<Node, Node>,
    ) -> Result<Node, TooHard> {
        if let Some(leaf) = self.constant(node) {
            return Ok(Node::constant(wanted(leaf)));
        }
        if let Some(found) = known.get(&node) {
            return Ok(*found);
        }
        self.step()?;
        let Some(Branch { bit, low, high }) = self.branch(node) else {
            return Err(TooHard);
        };
        let low = self.is_known(low, wanted, known)?;
        let high = self.is_known(high, wanted, known)?;
        let found = self.make(bit, low, high)?;
        known.insert(node, found);
        Ok(found)
    }

    /// All that a function can be.
    pub fn leaves(&self, node: Node) -> Vec<Leaf> {
        let mut leaves: Vec<Leaf> = self
            .parts(node)
            .into_iter()
            .filter_map(|part| self.constant(part))
            .collect();
        leaves.sort_unstable();
        leaves
    }

    /// All parts of a function, each once.
    pub(crate) fn parts(&self, node: Node) -> Vec<Node> {
        let mut seen = std::collections::HashSet::from([node]);
        let mut to_do = vec![node];
        while let Some(node) = to_do.pop() {
            if let Some(branch) = self.branch(node) {
                for next in [branch.low, branch.high] {
                    if seen.insert(next) {
                        to_do.push(next);
                    }
                }
            }
        }
        seen.into_iter().collect()
    }
}
