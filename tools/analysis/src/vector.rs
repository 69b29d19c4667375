// SPDX-License-Identifier: GPL-2.0-only

//! 32-bit numbers whose bits are functions of a call's bits.

use crate::{
    logic::bpf::insn::{
        Alu,
        Cond, //
    },
    space::{
        Node,
        Space,
        TooHard, //
    }, //
};

/// A number: its bits, the lowest first.
pub(crate) type Vector = [Node; 32];

/// A number that is known.
pub(crate) fn constant(value: u32) -> Vector {
    let mut bits = [Node::NO; 32];
    for (place, bit) in bits.iter_mut().enumerate() {
        *bit = Node::constant((value >> place) & 1 == 1);
    }
    bits
}

/// The number, if it is known.
pub(crate) fn value(number: &Vector) -> Option<u32> {
    let mut value = 0;
    for (place, bit) in number.iter().enumerate() {
        match *bit {
            Node::YES => value |= 1 << place,
            Node::NO => {}
            _ => return None,
        }
    }
    Some(value)
}

/// What an operation makes of two numbers; a division, of a divisor that is not 0.
pub(crate) fn alu(space: &mut Space, op: Alu, a: &Vector, b: &Vector) -> Result<Vector, TooHard> {
    match op {
        Alu::Add => add(space, a, b, Node::NO),
        Alu::Sub => subtract(space, a, b),
        Alu::Mul => multiply(space, a, b),
        Alu::Div => divide(space, a, b),
        Alu::Or => each(a, b, |a, b| space.or(a, b)),
        Alu::And => each(a, b, |a, b| space.and(a, b)),
        Alu::Xor => each(a, b, |a, b| space.xor(a, b)),
        Alu::Lsh => shift(space, a, b, |number, by| shifted(number, by, true)),
        Alu::Rsh => shift(space, a, b, |number, by| shifted(number, by, false)),
    }
}

/// `-a`
pub(crate) fn neg(space: &mut Space, a: &Vector) -> Result<Vector, TooHard> {
    subtract(space, &constant(0), a)
}

/// The condition that holds if `a cond b` does.
pub(crate) fn compare(
    space: &mut Space,
    cond: Cond,
    a: &Vector,
    b: &Vector,
) -> Result<Node, TooHard> {
    // From the lowest bit on: the highest, which is looked at first, ends up at the top.
    let mut holds = Node::constant(matches!(cond, Cond::Eq | Cond::Ge));
    for (a, b) in a.iter().zip(b) {
        holds = match cond {
            Cond::Set => {
                let both = space.and(*a, *b)?;
                space.or(both, holds)?
            }
            Cond::Eq => {
                let differ = space.xor(*a, *b)?;
                space.choose(differ, Node::NO, holds)?
            }
            Cond::Gt | Cond::Ge => {
                let differ = space.xor(*a, *b)?;
                space.choose(differ, *a, holds)?
            }
        };
    }
    Ok(holds)
}

/// `yes` if a condition holds, else `no`.
fn choose(space: &mut Space, when: Node, yes: &Vector, no: &Vector) -> Result<Vector, TooHard> {
    each(yes, no, |yes, no| space.choose(when, yes, no))
}

fn each(
    a: &Vector,
    b: &Vector,
    mut f: impl FnMut(Node, Node) -> Result<Node, TooHard>,
) -> Result<Vector, TooHard> {
    let mut bits = [Node::NO; 32];
    for (bit, (a, b)) in bits.iter_mut().zip(a.iter().zip(b)) {
        *bit = f(*a, *b)?;
    }
    Ok(bits)
}

fn add(space: &mut Space, a: &Vector, b: &Vector, carry: Node) -> Result<Vector, TooHard> {
    let mut carry = carry;
    each(a, b, |a, b| {
        let differ = space.xor(a, b)?;
        let sum = space.xor(differ, carry)?;
        carry = space.choose(differ, carry, a)?;
        Ok(sum)
    })
}

fn subtract(space: &mut Space, a: &Vector, b: &Vector) -> Result<Vector, TooHard> {
    let not_b = each(b, b, |b, _| space.not(b))?;
    add(space, a, &not_b, Node::YES)
}

fn multiply(space: &mut Space, a: &Vector, b: &Vector) -> Result<Vector, TooHard> {
    // By the bits of that which is known.
    let (a, b) = if value(a).is_some() { (b, a) } else { (a, b) };
    let mut product = constant(0);
    for (place, bit) in b.iter().enumerate() {
        if *bit == Node::NO {
            continue;
        }
        let part = shifted(a, place, true);
        let sum = add(space, &product, &part, Node::NO)?;
        product = choose(space, *bit, &sum, &product)?;
    }
    Ok(product)
}

fn divide(space: &mut Space, a: &Vector, b: &Vector) -> Result<Vector, TooHard> {
    let mut rest = constant(0);
    let mut quotient = constant(0);
    for place in (0..32).rev() {
        // The rest may need 33 bits: if the highest is shifted out, the divisor fits.
        let out = rest[31];
        rest = shifted(&rest, 1, true);
        rest[0] = a[place];
        let is_more = compare(space, Cond::Ge, &rest, b)?;
        let fits = space.or(out, is_more)?;
        let less = subtract(space, &rest, b)?;
        rest = choose(space, fits, &less, &rest)?;
        quotient[place] = fits;
    }
    Ok(quotient)
}

fn shifted(a: &Vector, by: usize, left: bool) -> Vector {
    let mut bits = [Node::NO; 32];
    for (place, bit) in bits.iter_mut().enumerate() {
        let from = if left {
            place.checked_sub(by)
        } else {
            place.checked_add(by)
        };
        if let Some(from) = from.and_then(|from| a.get(from)) {
            *bit = *from;
        }
    }
    bits
}

/// Shifts by the number modulo 32.
fn shift(
    space: &mut Space,
    a: &Vector,
    by: &Vector,
    shifted: impl Fn(&Vector, usize) -> Vector,
) -> Result<Vector, TooHard> {
    let mut number = *a;
    for (place, bit) in by.iter().take(5).enumerate() {
        let further = shifted(&number, 1 << place);
        number = choose(space, *bit, &further, &number)?;
    }
    Ok(number)
}
