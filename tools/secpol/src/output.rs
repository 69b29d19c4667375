// SPDX-License-Identifier: MIT OR Apache-2.0

//! Writes a filter down: as bytes, as C, as Rust, or to be read.

use std::fmt::Write;

use crate::{
    action::Action,
    bpf::{
        self,
        Insn, //
    },
    compile::Program,
    diagnostic::Files,
    syntax::ast::Span, //
};

/// The instructions as the kernel takes them: an array of `struct sock_filter`, as `bwrap
/// --seccomp` and other launchers read it. All architectures that policies are for are little
/// endian.
pub fn raw(program: &Program) -> Vec<u8> {
    raw_insns(&program.insns)
}

/// The same of some instructions.
pub fn raw_insns(insns: &[Insn]) -> Vec<u8> {
    insns
        .iter()
        .flat_map(|insn| {
            let [c0, c1] = insn.code.to_le_bytes();
            let [k0, k1, k2, k3] = insn.k.to_le_bytes();
            [c0, c1, insn.jt, insn.jf, k0, k1, k2, k3]
        })
        .collect()
}

/// The instructions in such an array. `None` if it ends within one, or has none, or more than the
/// kernel takes.
pub fn from_raw(bytes: &[u8]) -> Option<Vec<Insn>> {
    let chunks = bytes.chunks_exact(8);
    if !chunks.remainder().is_empty() || chunks.len() == 0 || chunks.len() > bpf::MAX_INSNS {
        return None;
    }
    let insn = |bytes: &[u8]| match *bytes {
        [c0, c1, jt, jf, k0, k1, k2, k3] => Some(Insn {
            code: u16::from_le_bytes([c0, c1]),
            jt,
            jf,
            k: u32::from_le_bytes([k0, k1, k2, k3]),
        }),
        _ => None,
    };
    chunks.map(insn).collect()
}

/// A C header with the instructions, and if need be what to fill in `struct seccomp_append_filter`.
pub fn c(program: &Program, name: &str) -> String {
    let upper = name.to_uppercase();
    let mut text = String::from("#include <linux/filter.h>\n\n");
    if program.appended {
        let _ = writeln!(
            text,
            "/* For SECCOMP_APPEND_FILTER: struct seccomp_append_filter. */\n\
             #define {upper}_FLAGS {:#x}ULL\n\
             #define {upper}_EXTENSIBLE_ARG_SIZE {}\n",
            program.append_flags(),
            program.extensible_arg_size
        );
    }
    let _ = writeln!(text, "static const struct sock_filter {name}[] = {{");
    text.push_str(&c_insns(&program.insns));
    text.push_str("};\n");
    text
}

/// The lines of a C array with instructions.
pub(crate) fn c_insns(insns: &[Insn]) -> String {
    insns.iter().fold(String::new(), |mut text, insn| {
        let Insn { code, jt, jf, k } = insn;
        let _ = writeln!(text, "\t{{ {code:#04x}, {jt}, {jf}, {k:#010x} }},");
        text
    })
}

/// Rust constants with the instructions, each as the fields of `struct sock_filter`.
pub fn rust(program: &Program, name: &str) -> String {
    let upper = name.to_uppercase();
    let mut text = String::new();
    if program.appended {
        let _ = writeln!(
            text,
            "/// For `SECCOMP_APPEND_FILTER`: `struct seccomp_append_filter`.\n\
             pub const {upper}_FLAGS: u64 = {:#x};\n\
             /// Likewise.\n\
             pub const {upper}_EXTENSIBLE_ARG_SIZE: u64 = {};\n",
            program.append_flags(),
            program.extensible_arg_size
        );
    }
    let _ = writeln!(
        text,
        "/// A filter for seccomp: code, jt, jf and k of each `struct sock_filter`.\n\
         pub const {upper}: [(u16, u8, u8, u32); {}] = [",
        program.insns.len()
    );
    text.push_str(&rust_insns(&program.insns));
    text.push_str("];\n");
    text
}

/// The lines of a Rust array with instructions.
pub(crate) fn rust_insns(insns: &[Insn]) -> String {
    insns.iter().fold(String::new(), |mut text, insn| {
        let Insn { code, jt, jf, k } = insn;
        let _ = writeln!(text, "    ({code:#04x}, {jt}, {jf}, {k:#010x}),");
        text
    })
}

/// The instructions, one a line, with the lines of the policy that demand what is returned.
pub fn listing(program: &Program, files: &Files) -> String {
    let mut text = String::new();
    for (place, insn) in program.insns.iter().enumerate() {
        let insn = instruction(place, insn, &field, &|ret| {
            Action::from_ret(ret).to_string()
        });
        let _ = write!(text, "{place:4}  {insn}");
        text.push_str(&lines(&program.returns, place, files));
        text.push('\n');
    }
    text
}

/// The lines of the policy that demand what the instruction at a place returns.
pub(crate) fn lines(returns: &[(usize, Vec<Span>)], place: usize, files: &Files) -> String {
    let mut text = String::new();
    let origins = returns.iter().filter(|known| known.0 == place);
    for origin in origins.flat_map(|(_, origins)| origins) {
        let (line, _) = files.place(*origin);
        let _ = write!(text, "  {}:{line}", files.name(origin.file));
    }
    text
}

/// An instruction, to be read. `field` names a word of what the filter sees, `end` what it returns.
pub(crate) fn instruction(
    place: usize,
    insn: &Insn,
    field: &dyn Fn(u32) -> String,
    end: &dyn Fn(u32) -> String,
) -> String {
    let k = insn.k;
    let jump = |condition: &str| {
        let (yes, no) = (
            place + 1 + usize::from(insn.jt),
            place + 1 + usize::from(insn.jf),
        );
        format!("if {condition} goto {yes} else {no}")
    };
    match insn.code {
        bpf::LD => format!("A = {}", field(k)),
        bpf::AND => format!("A &= {k:#x}"),
        bpf::XOR => format!("A ^= {k:#x}"),
        bpf::LSH => format!("A <<= {k}"),
        bpf::RSH => format!("A >>= {k}"),
        bpf::OR_X => "A |= X".to_string(),
        bpf::TAX => "X = A".to_string(),
        bpf::JA => format!("goto {}", place + 1 + k as usize),
        bpf::JEQ => jump(&format!("A == {k:#x}")),
        bpf::JGT => jump(&format!("A > {k:#x}")),
        bpf::JGE => jump(&format!("A >= {k:#x}")),
        bpf::JSET => jump(&format!("A & {k:#x}")),
        bpf::RET => format!("return {}", end(k)),
        code => format!("code {code:#x}, {k:#x}"),
    }
}

/// The name of a word of `struct seccomp_data_append`.
fn field(offset: u32) -> String {
    match offset {
        0 => "nr".to_string(),
        4 => "arch".to_string(),
        8 => "instruction_pointer".to_string(),
        12 => "instruction_pointer >> 32".to_string(),
        16..64 if offset % 8 == 0 => format!("args[{}]", (offset - 16) / 8),
        16..64 => format!("args[{}] >> 32", (offset - 16) / 8),
        crate::rules::NUMBER_HIGH => "nr_high".to_string(),
        crate::rules::PKEY => "pkey".to_string(),
        crate::rules::EXTENT => "extensible_arg_extent".to_string(),
        crate::rules::EA_SIZE => "extensible_arg_size".to_string(),
        crate::rules::EA.. => format!("extensible_arg[{}]", offset - crate::rules::EA),
        _ => format!("data[{offset}]"),
    }
}
