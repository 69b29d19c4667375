// SPDX-License-Identifier: MIT OR Apache-2.0

//! Instructions as the module prints them.

use super::line::{
    decimal,
    hexadecimal, //
};
use crate::{
    bpf::{
        self,
        Insn, //
    },
    rules::{
        EA,
        EA_SIZE,
        EXTENT,
        FEATURES,
        NUMBER_HIGH,
        PKEY, //
    },
};

/// Bytes of an extensible argument that filters may see.
const ARGUMENT: u32 = 4096;
/// With this bit the operand is `X`.
const BY_X: u16 = 8;

/// `    L1: jeq #0x1234, L2, L3`, which is the instruction at a place.
pub(super) fn insn(text: &str, place: usize) -> Option<Insn> {
    let text = text.strip_prefix(&format!("    L{place}: "))?;
    let Some((name, operand)) = text.split_once(' ') else {
        return Some(Insn::new(
            match text {
                "tax" => bpf::TAX,
                "txa" => 0x87,
                "neg" => 0x84,
                _ => return None,
            },
            0,
        ));
    };
    Some(match name {
        "ld" => load(operand)?,
        "ldx" if operand == "#len" => Insn::new(0x81, 0),
        "ldx" => match constant(operand) {
            Some(k) => Insn::new(0x01, k),
            None => Insn::new(0x61, cell(operand)?),
        },
        "st" => Insn::new(0x02, cell(operand)?),
        "stx" => Insn::new(0x03, cell(operand)?),
        "ret" if operand == "a" => Insn::new(0x16, 0),
        "ret" => Insn::new(bpf::RET, constant(operand)?),
        "ja" => Insn::new(bpf::JA, skip(operand, place)?),
        _ => match condition(name) {
            Some(code) => jump(code, operand, place)?,
            None => by_operand(arithmetic(name)?, operand)?,
        },
    })
}

fn load(operand: &str) -> Option<Insn> {
    if operand == "#len" {
        return Some(Insn::new(0x80, 0));
    }
    if let Some(k) = constant(operand) {
        return Some(Insn::new(0x00, k));
    }
    match cell(operand) {
        Some(cell) => Some(Insn::new(0x60, cell)),
        None => Some(Insn::new(bpf::LD, offset(operand)?)),
    }
}

/// Where in `struct seccomp_data_append` a field is.
fn offset(field: &str) -> Option<u32> {
    match field {
        "nr" => return Some(0),
        "arch" => return Some(4),
        "nr_high" => return Some(NUMBER_HIGH),
        "arch_reserved[0]" => return Some(PKEY),
        "features.lo" => return Some(FEATURES),
        "extensible_arg_extent" => return Some(EXTENT),
        _ => {}
    }
    let in_brackets = |text: &str, name| {
        decimal(
            text.strip_prefix(name)?
                .strip_prefix('[')?
                .strip_suffix(']')?,
        )
    };
    if let Some(offset) = in_brackets(field, "extensible_arg") {
        return (offset % 4 == 0 && offset < ARGUMENT).then_some(EA + offset);
    }
    let (field, half) = match field.strip_suffix(".hi") {
        Some(field) => (field, 4),
        None => (field.strip_suffix(".lo")?, 0),
    };
    match field {
        "ip" => Some(8 + half),
        "extensible_arg_size" => Some(EA_SIZE + half),
        _ => {
            let index = in_brackets(field, "args").filter(|index| *index < 6)?;
            Some(16 + 8 * index + half)
        }
    }
}

/// `#0x1234`
fn constant(text: &str) -> Option<u32> {
    hexadecimal(text.strip_prefix('#')?)
}

/// `M[2]`
fn cell(text: &str) -> Option<u32> {
    decimal(text.strip_prefix("M[")?.strip_suffix(']')?).filter(|cell| *cell < 16)
}

/// How many instructions a jump to `L7` skips. Jumps lead forward.
fn skip(label: &str, place: usize) -> Option<u32> {
    let target = usize::try_from(decimal(label.strip_prefix('L')?)?).ok()?;
    u32::try_from(target.checked_sub(place + 1)?).ok()
}

/// An instruction with an operand that is `X` or a constant.
fn by_operand(code: u16, operand: &str) -> Option<Insn> {
    match operand {
        "x" => Some(Insn::new(code | BY_X, 0)),
        _ => Some(Insn::new(code, constant(operand)?)),
    }
}

/// `#0x1234, L2, L3`
fn jump(code: u16, operands: &str, place: usize) -> Option<Insn> {
    let (operand, labels) = operands.split_once(", ")?;
    let (yes, no) = labels.split_once(", ")?;
    let near = |label| u8::try_from(skip(label, place)?).ok();
    Some(Insn {
        jt: near(yes)?,
        jf: near(no)?,
        ..by_operand(code, operand)?
    })
}

fn condition(name: &str) -> Option<u16> {
    Some(match name {
        "jeq" => bpf::JEQ,
        "jgt" => bpf::JGT,
        "jge" => bpf::JGE,
        "jset" => bpf::JSET,
        _ => return None,
    })
}

fn arithmetic(name: &str) -> Option<u16> {
    Some(match name {
        "add" => 0x04,
        "sub" => 0x14,
        "mul" => 0x24,
        "div" => 0x34,
        "or" => 0x44,
        "and" => bpf::AND,
        "lsh" => bpf::LSH,
        "rsh" => bpf::RSH,
        "xor" => bpf::XOR,
        _ => return None,
    })
}
