// SPDX-License-Identifier: MIT OR Apache-2.0

//! Finds what decides about a number, by halves.

use super::graph::{
    Graph,
    Node, //
};
use crate::bpf::{
    self,
    Insn, //
};

/// The program that goes on with the node of the range that the number at `offset` is in. Each
/// range begins with its number, the first with 0, and ends where the next begins.
pub(super) fn tree(graph: &mut Graph, offset: u32, ranges: &[(u32, Node)]) -> Node {
    let mut joined: Vec<(u32, Node)> = Vec::new();
    for range in ranges {
        if joined.last().is_none_or(|last| last.1 != range.1) {
            joined.push(*range);
        }
    }
    halves(graph, &[Insn::new(bpf::LD, offset)], &joined)
}

fn halves(graph: &mut Graph, load: &[Insn], ranges: &[(u32, Node)]) -> Node {
    match ranges {
        [] => unreachable!("a range begins with 0"),
        [(_, node)] => *node,
        // A number alone among others that share what decides: one comparison, not two.
        [(_, around), (number, alone), (next, other)] if around == other && *next == number + 1 => {
            graph.branch(load, (bpf::JEQ, *number), (*alone, *around))
        }
        _ => {
            let (below, above) = ranges.split_at(ranges.len() / 2);
            let start = above[0].0;
            let below = halves(graph, load, below);
            let above = halves(graph, load, above);
            graph.branch(load, (bpf::JGE, start), (above, below))
        }
    }
}
