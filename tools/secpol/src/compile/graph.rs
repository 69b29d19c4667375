// SPDX-License-Identifier: MIT OR Apache-2.0

//! A program as a graph of decisions without circles, in which equal parts are there once.

use std::collections::{
    HashMap,
    HashSet, //
};

use crate::{
    bpf::Insn,
    rules::Decision,
    syntax::ast::Span, //
};

/// A node of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Node(pub(super) usize);

/// What a node does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// The program ends.
    Return(u32),
    /// The program computes something, and goes on by what it is.
    Branch {
        /// These instructions put it into `A`, whatever was there.
        steps: Vec<Insn>,
        /// A conditional jump.
        code: u16,
        /// With what it compares.
        k: u32,
        /// Where it goes on if the condition holds.
        yes: Node,
        /// Where it goes on if not.
        no: Node,
    },
}

/// A program. The parts that a node leads to are made before it.
#[derive(Default)]
pub(super) struct Graph {
    parts: Vec<Part>,
    known: HashMap<Part, Node>,
    origins: HashMap<Node, Vec<Span>>,
    known_origins: HashSet<(Node, Span)>,
}

impl Graph {
    fn add(&mut self, part: Part) -> Node {
        if let Some(node) = self.known.get(&part) {
            return *node;
        }
        let node = Node(self.parts.len());
        self.parts.push(part.clone());
        self.known.insert(part, node);
        node
    }

    /// The program ends with this decision.
    pub(super) fn end(&mut self, decision: Decision) -> Node {
        self.end_with(decision.action.ret(), decision.origin)
    }

    /// The program returns this, as the policy demands at `origin`.
    pub(super) fn end_with(&mut self, ret: u32, origin: Option<Span>) -> Node {
        let node = self.add(Part::Return(ret));
        let origins = self.origins.entry(node).or_default();
        if let Some(origin) = origin {
            if self.known_origins.insert((node, origin)) {
                origins.push(origin);
            }
        }
        node
    }

    /// The program goes on with `yes` or `no`.
    pub(super) fn branch(
        &mut self,
        steps: &[Insn],
        (code, k): (u16, u32),
        (yes, no): (Node, Node),
    ) -> Node {
        if yes == no {
            return yes;
        }
        self.add(Part::Branch {
            steps: steps.to_vec(),
            code,
            k,
            yes,
            no,
        })
    }

    /// What a node does.
    pub(super) fn part(&self, node: Node) -> &Part {
        &self.parts[node.0]
    }

    /// Where the policy demands what the program ends with at `node`.
    pub(super) fn origins(&self, node: Node) -> &[Span] {
        self.origins.get(&node).map_or(&[], Vec::as_slice)
    }

    /// All nodes that the program can come to, each before those that it leads to.
    pub(super) fn order(&self, root: Node) -> Vec<Node> {
        let mut seen = vec![false; self.parts.len()];
        let mut done = Vec::new();
        // Each node with whether what it leads to is done already.
        let mut to_do = vec![(root, false)];
        while let Some((node, ready)) = to_do.pop() {
            if ready {
                done.push(node);
                continue;
            }
            if std::mem::replace(&mut seen[node.0], true) {
                continue;
            }
            to_do.push((node, true));
            if let Part::Branch { yes, no, .. } = self.part(node) {
                to_do.push((*yes, false));
                to_do.push((*no, false));
            }
        }
        done.reverse();
        done
    }
}
