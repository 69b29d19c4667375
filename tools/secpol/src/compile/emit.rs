// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lays a graph out as instructions.

use std::collections::HashMap;

use super::graph::{
    Graph,
    Node,
    Part, //
};
use crate::{
    bpf::{
        self,
        Insn, //
    },
    syntax::ast::Span, //
};

/// Instructions, from the last to the first: where a jump leads to is there before the jump.
#[derive(Default)]
struct Tail {
    backwards: Vec<Insn>,
    /// How many instructions there are from a node on.
    after: HashMap<Node, usize>,
}

impl Tail {
    fn push(&mut self, insn: Insn) {
        self.backwards.push(insn);
    }

    /// How many instructions a jump skips that is put here, or `None` if a conditional jump cannot
    /// skip as many, or the node is not there yet. `room` is how many will be between.
    fn skip(&self, node: Node, room: usize) -> Option<u8> {
        let after = self.after.get(&node)?;
        u8::try_from(self.backwards.len() - after + room).ok()
    }

    /// Puts here what leads to a node that is too far away, or not there.
    fn bring(&mut self, graph: &Graph, node: Node) {
        match graph.part(node) {
            // What is to come shares this one.
            Part::Return(ret) => {
                self.push(Insn::new(bpf::RET, *ret));
                self.after.insert(node, self.backwards.len());
            }
            Part::Branch { .. } => {
                // CAST: Programs are far shorter, else they are refused.
                let distance = (self.backwards.len() - self.after[&node]) as u32;
                self.push(Insn::new(bpf::JA, distance));
                self.after.insert(node, self.backwards.len());
            }
        }
    }
}

/// The instructions of the program that begins at `root`, with where the policy demands what a
/// return instruction returns, by its place.
pub(super) fn emit(graph: &Graph, root: Node) -> (Vec<Insn>, Vec<(usize, Vec<Span>)>) {
    let order = graph.order(root);
    let held = held(graph, &order);
    let mut tail = Tail::default();
    let mut returns = Vec::new();
    for node in order.iter().rev() {
        match graph.part(*node) {
            // Brought to where it is jumped to: any other might be too far from all jumps.
            Part::Return(_) if *node != root => continue,
            Part::Return(ret) => tail.push(Insn::new(bpf::RET, *ret)),
            Part::Branch {
                steps,
                code,
                k,
                yes,
                no,
            } => {
                // Bringing one moves the other by an instruction.
                if tail.skip(*no, 1).is_none() {
                    tail.bring(graph, *no);
                }
                if tail.skip(*yes, 0).is_none() {
                    tail.bring(graph, *yes);
                }
                let (Some(jt), Some(jf)) = (tail.skip(*yes, 0), tail.skip(*no, 0)) else {
                    unreachable!("both were brought near");
                };
                tail.push(Insn {
                    code: *code,
                    jt,
                    jf,
                    k: *k,
                });
                for step in steps.iter().skip(shared(held.get(node), steps)).rev() {
                    tail.push(*step);
                }
            }
        }
        tail.after.insert(*node, tail.backwards.len());
    }
    let mut insns = tail.backwards;
    insns.reverse();
    if insns.len() > bpf::MAX_INSNS {
        // The program is refused, and nobody asks.
        return (insns, returns);
    }
    let origins: HashMap<u32, Node> = order
        .iter()
        .filter_map(|node| match graph.part(*node) {
            Part::Return(ret) => Some((*ret, *node)),
            Part::Branch { .. } => None,
        })
        .collect();
    for (place, insn) in insns.iter().enumerate() {
        if insn.code == bpf::RET {
            returns.push((place, graph.origins(origins[&insn.k]).to_vec()));
        }
    }
    (insns, returns)
}

/// By node, the steps that have put into `A` what is there whenever the program comes to the node.
fn held(graph: &Graph, order: &[Node]) -> HashMap<Node, Vec<Insn>> {
    let mut held: HashMap<Node, Vec<Insn>> = HashMap::new();
    for node in order {
        let Part::Branch { steps, yes, no, .. } = graph.part(*node) else {
            continue;
        };
        for next in [yes, no] {
            let before = held.entry(*next).or_insert_with(|| steps.clone());
            if before != steps {
                before.clear();
            }
        }
    }
    held
}

/// How many of the steps have been done if `A` is what `held` steps have made of it.
fn shared(held: Option<&Vec<Insn>>, steps: &[Insn]) -> usize {
    match held {
        Some(held) if !held.is_empty() && steps.starts_with(held) => held.len(),
        _ => 0,
    }
}
