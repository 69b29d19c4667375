// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes branches of conditions.

use std::cmp::Ordering;

use super::{
    equals,
    graph::{
        Graph,
        Node, //
    }, //
};
use crate::{
    bpf::{
        self,
        Insn, //
    },
    rules::{
        Condition,
        Field,
        Order,
        Test, //
    },
};

/// The program that goes on with `yes` if the condition holds, else with `no`.
pub(super) fn condition(graph: &mut Graph, what: &Condition, yes: Node, no: Node) -> Node {
    match what {
        Condition::Any(conditions) => {
            let runs: Vec<&[Condition]> = equals::runs(conditions).collect();
            let runs = runs.into_iter().rev();
            runs.fold(no, |no, run| any(graph, run, yes, no))
        }
        Condition::All(conditions) => conditions
            .iter()
            .rev()
            .fold(yes, |yes, one| condition(graph, one, yes, no)),
        Condition::Not(what) => condition(graph, what, no, yes),
        Condition::Test(test) => self::test(graph, test, yes, no),
    }
}

/// The program that goes on with `yes` if one of a run of [`equals::runs`] holds.
fn any(graph: &mut Graph, run: &[Condition], yes: Node, no: Node) -> Node {
    let Some(tests) = equals::tests(run) else {
        let run = run.iter().rev();
        return run.fold(no, |no, one| condition(graph, one, yes, no));
    };
    if tests.iter().any(|test| test.field.bytes != 8) {
        let tests = tests.iter().rev();
        return tests.fold(no, |no, one| test(graph, one, yes, no));
    }
    let same_half = |a: &Test, b: &Test| upper(a) == upper(b);
    let groups: Vec<&[Test]> = tests.chunk_by(same_half).collect();
    groups.into_iter().rev().fold(no, |no, group| {
        let low = group.iter().rev().fold(no, |no, one| {
            let load = vec![Insn::new(bpf::LD, one.field.offset)];
            // CAST: The lower half.
            equal(graph, load, (one.mask as u32, one.value as u32), yes, no)
        });
        let [first, ..] = group else {
            return no;
        };
        let load = vec![Insn::new(bpf::LD, first.field.offset + 4)];
        equal(graph, load, upper(first), low, no)
    })
}

/// The upper halves of mask and value.
fn upper(test: &Test) -> (u32, u32) {
    ((test.mask >> 32) as u32, (test.value >> 32) as u32)
}

fn test(graph: &mut Graph, test: &Test, yes: Node, no: Node) -> Node {
    if test.field.bytes == 8 {
        return wide(graph, test, yes, no);
    }
    // CAST: The field has at most 32 bits.
    let (mask, value) = (test.mask as u32, test.value as u32);
    let all = test.field.all() as u32;
    if test.order == Order::Equal {
        let (steps, mask, value) = in_place(&test.field, mask, value);
        return equal(graph, steps, (mask, value), yes, no);
    }
    let mut steps = number(&test.field);
    if mask != all {
        steps.push(Insn::new(bpf::AND, mask));
    }
    // Compared as unsigned numbers of 32 bits, of which the field has the upper ones.
    let shift = 32 - 8 * test.field.bytes;
    let mut value = value;
    if test.field.signed {
        if shift != 0 {
            steps.push(Insn::new(bpf::LSH, shift));
            value <<= shift;
        }
        steps.push(Insn::new(bpf::XOR, 1 << 31));
        value ^= 1 << 31;
    }
    graph.branch(&steps, (jump(test.order), value), (yes, no))
}

fn jump(order: Order) -> u16 {
    match order {
        Order::Equal => bpf::JEQ,
        Order::Greater => bpf::JGT,
        Order::GreaterOrEqual => bpf::JGE,
    }
}

/// `A & mask == value`, where `steps` load `A`.
fn equal(
    graph: &mut Graph,
    mut steps: Vec<Insn>,
    (mask, value): (u32, u32),
    yes: Node,
    no: Node,
) -> Node {
    if value & !mask != 0 {
        return no;
    }
    if mask == 0 {
        return yes;
    }
    if mask == u32::MAX {
        return graph.branch(&steps, (bpf::JEQ, value), (yes, no));
    }
    if value == 0 {
        return graph.branch(&steps, (bpf::JSET, mask), (no, yes));
    }
    if mask.is_power_of_two() {
        return graph.branch(&steps, (bpf::JSET, mask), (yes, no));
    }
    steps.push(Insn::new(bpf::AND, mask));
    graph.branch(&steps, (bpf::JEQ, value), (yes, no))
}

/// A test of 64 bits: first the upper half, then the lower.
fn wide(graph: &mut Graph, test: &Test, yes: Node, no: Node) -> Node {
    let half = |shift: u32, value: u64| (value >> shift) as u32;
    let (low, high) = (
        vec![Insn::new(bpf::LD, test.field.offset)],
        vec![Insn::new(bpf::LD, test.field.offset + 4)],
    );
    if test.order == Order::Equal {
        let parts = |shift| (half(shift, test.mask), half(shift, test.value));
        let low = equal(graph, low, parts(0), yes, no);
        return equal(graph, high, parts(32), low, no);
    }
    let masked = |mut steps: Vec<Insn>, mask: u32| {
        if mask != u32::MAX {
            steps.push(Insn::new(bpf::AND, mask));
        }
        steps
    };
    let low = masked(low, half(0, test.mask));
    let mut high = masked(high, half(32, test.mask));
    let value = test.field.ordered(test.value);
    if test.field.signed {
        high.push(Insn::new(bpf::XOR, 1 << 31));
    }
    let low = graph.branch(&low, (jump(test.order), half(0, value)), (yes, no));
    let same = graph.branch(&high, (bpf::JEQ, half(32, value)), (low, no));
    graph.branch(&high, (bpf::JGT, half(32, value)), (yes, same))
}

/// The word that a field is in, and by how many bits it is shifted there.
fn place(field: &Field) -> (Insn, u32) {
    (
        Insn::new(bpf::LD, field.offset & !3),
        8 * (field.offset & 3),
    )
}

/// Loads the word of a field; with it, mask and value as they are in that word.
fn in_place(field: &Field, mask: u32, value: u32) -> (Vec<Insn>, u32, u32) {
    let (load, shift) = place(field);
    let moved = |bits: u32| {
        let bits = match (field.big_endian, field.bytes) {
            (true, 2) => u32::from((bits as u16).swap_bytes()),
            (true, 4) => bits.swap_bytes(),
            _ => bits,
        };
        bits << shift
    };
    (vec![load], moved(mask), moved(value))
}

/// Loads a field as a number.
fn number(field: &Field) -> Vec<Insn> {
    let (load, shift) = place(field);
    let mut steps = vec![load];
    if !field.big_endian {
        if shift != 0 {
            steps.push(Insn::new(bpf::RSH, shift));
        }
        if shift + 8 * field.bytes < 32 {
            // CAST: The field has less than 32 bits.
            steps.push(Insn::new(bpf::AND, field.all() as u32));
        }
        return steps;
    }
    // Byte by byte, the one at the lowest address becomes the highest.
    for byte in 0..field.bytes {
        if byte != 0 {
            steps.extend([Insn::new(bpf::TAX, 0), load]);
        }
        let (from, to) = (shift + 8 * byte, 8 * (field.bytes - 1 - byte));
        match from.cmp(&to) {
            Ordering::Greater => steps.push(Insn::new(bpf::RSH, from - to)),
            Ordering::Less => steps.push(Insn::new(bpf::LSH, to - from)),
            Ordering::Equal => {}
        }
        steps.push(Insn::new(bpf::AND, 0xff << to));
        if byte != 0 {
            steps.push(Insn::new(bpf::OR_X, 0));
        }
    }
    steps
}
