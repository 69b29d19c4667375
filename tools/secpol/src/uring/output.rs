// SPDX-License-Identifier: MIT OR Apache-2.0

//! Writes filters of io_uring down: as bytes, as C, as Rust, or to be read.

use std::fmt::Write;

use super::{
    Filter,
    Filters,
    Operation,
    Verdict, //
};
use crate::{
    diagnostic::Files,
    output::{
        c_insns,
        instruction,
        lines,
        raw_insns,
        rust_insns, //
    }, //
};

/// The filters one behind the other, each as the first 16 bytes of the `struct
/// io_uring_bpf_filter` to register it with, and then its instructions.
pub fn raw(filters: &Filters) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (filter, flags) in filters.registrations() {
        // CAST: There are at most MAX_INSNS.
        for word in [filter.number.into(), flags, filter.insns.len() as u32] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend([filter.pdu_size, 0, 0, 0]);
        bytes.extend(raw_insns(&filter.insns));
    }
    bytes
}

/// The name of a filter's instructions. Filters that look at nothing share them.
fn array(filter: &Filter, name: &str) -> String {
    match filter.verdict() {
        Verdict::Refused => format!("{name}_io_uring_refused"),
        Verdict::Allowed => format!("{name}_io_uring_allowed"),
        Verdict::Depends => format!("{name}_io_uring_on_{}", filter.operation.name),
    }
}

/// The filters, of those with the same instructions one.
fn distinct(filters: &Filters) -> Vec<&Filter> {
    let mut distinct: Vec<&Filter> = Vec::new();
    for filter in &filters.filters {
        let verdict = filter.verdict();
        let is_known = |known: &&Filter| known.verdict() == verdict;
        if verdict == Verdict::Depends || !distinct.iter().any(is_known) {
            distinct.push(filter);
        }
    }
    distinct
}

/// A C header with the filters, and what to register them with.
pub fn c(filters: &Filters, name: &str) -> String {
    let mut text = String::from("#include <linux/filter.h>\n\n");
    for filter in distinct(filters) {
        let array = array(filter, name);
        let _ = writeln!(text, "static const struct sock_filter {array}[] = {{");
        let _ = writeln!(text, "{}}};\n", c_insns(&filter.insns));
    }
    let _ = writeln!(
        text,
        "/*\n \
         * All have to be registered, in this order: io_uring_register(-1,\n \
         * IORING_REGISTER_BPF_FILTER, &bpf, 1) with a struct io_uring_bpf for each.\n \
         */\n\
         static const struct {{\n\
         \t__u32 opcode;\n\
         \t__u32 flags;\n\
         \t__u32 filter_len;\n\
         \t__u8 pdu_size;\n\
         \tconst struct sock_filter *filter;\n\
         }} {name}_io_uring[] = {{"
    );
    for (filter, flags) in filters.registrations() {
        let Filter {
            number, pdu_size, ..
        } = filter;
        let (array, length) = (array(filter, name), filter.insns.len());
        let constant = filter.operation.constant();
        let _ = writeln!(
            text,
            "\t/* {constant} */\n\t{{ {number}, {flags}, {length}, {pdu_size}, {array} }},"
        );
    }
    text.push_str("};\n");
    text
}

/// Rust constants with the filters, and what to register them with.
pub fn rust(filters: &Filters, name: &str) -> String {
    let mut text = String::new();
    for filter in distinct(filters) {
        let _ = writeln!(
            text,
            "/// A filter of io_uring: code, jt, jf and k of each `struct sock_filter`.\n\
             pub const {}: [(u16, u8, u8, u32); {}] = [\n{}];\n",
            array(filter, name).to_uppercase(),
            filter.insns.len(),
            rust_insns(&filter.insns)
        );
    }
    let _ = writeln!(
        text,
        "/// All have to be registered, in this order: opcode, flags, pdu_size and filter of the\n\
         /// `struct io_uring_bpf` for `IORING_REGISTER_BPF_FILTER`.\n\
         pub const {}_IO_URING: [(u32, u32, u8, &[(u16, u8, u8, u32)]); {}] = [",
        name.to_uppercase(),
        filters.filters.len()
    );
    for (filter, flags) in filters.registrations() {
        let Filter {
            number, pdu_size, ..
        } = filter;
        let array = array(filter, name).to_uppercase();
        let _ = writeln!(
            text,
            "    ({number}, {flags}, {pdu_size}, &{array}), // {}",
            filter.operation.constant()
        );
    }
    text.push_str("];\n");
    text
}

/// What becomes of each operation, with the lines of the policy that demand it; of those whose
/// filters look at something the instructions, one a line.
pub fn listing(filters: &Filters, files: &Files) -> String {
    let mut text = String::new();
    for filter in &filters.filters {
        let name = filter.operation.name;
        match filter.verdict() {
            Verdict::Depends => {
                let _ = writeln!(text, "{name}:");
            }
            _ => {
                let lines = lines(&filter.returns, 0, files);
                let _ = writeln!(text, "{name}: {}{lines}", end(filter.insns[0].k));
                continue;
            }
        }
        for (place, insn) in filter.insns.iter().enumerate() {
            let field = |offset| field(filter.operation, offset);
            let insn = instruction(place, insn, &field, &|ret| end(ret).to_string());
            let lines = lines(&filter.returns, place, files);
            let _ = writeln!(text, "{place:4}  {insn}{lines}");
        }
    }
    text
}

fn end(ret: u32) -> &'static str {
    match ret {
        0 => "refused",
        _ => "allowed",
    }
}

/// The name of a word of `struct io_uring_bpf_ctx`.
fn field(operation: &Operation, offset: u32) -> String {
    let name = match (operation.name, offset) {
        ("openat" | "openat2", 16) => "flags",
        ("openat" | "openat2", 20) => "flags >> 32",
        ("openat" | "openat2", 24) => "mode",
        ("openat" | "openat2", 28) => "mode >> 32",
        ("openat" | "openat2", 32) => "resolve",
        ("openat" | "openat2", 36) => "resolve >> 32",
        ("socket" | "connect", 16) => "family",
        ("socket", 20) => "type",
        ("socket", 24) => "protocol",
        ("connect", 20) => "port",
        ("connect", 24..) => return format!("address[{}]", offset - 24),
        _ => return format!("ctx[{offset}]"),
    };
    name.to_string()
}
