#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of rooms.py, with small trees made up for it: prints TAP."""

import pathlib
import sys
import tempfile

import rooms

# A tree without fault. What looks like one is in comments, strings, or allowed.
GOOD = {
    "rust/main.rs": """
        mod engine; mod logic; mod sys; mod takeover;
        mod memory { pub struct Vector; }
        use takeover::hooks::{self, Module as Platform};
        mod inline { use super::*; pub fn all() { hooks::install(); engine::permit::permit(); } }
    """,
    "rust/tree/main.rs": """
        #[path = "../engine/mod.rs"] mod engine;
        #[path = "../logic/mod.rs"] mod logic;
        #[path = "../sys/mod.rs"] mod sys;
        mod platform;
        use platform::Built as Platform;
    """,
    "rust/tree/platform.rs": "use crate::engine::platform::Ask; pub struct Built; impl Ask for Built {}",
    "rust/takeover/mod.rs": "pub mod hooks;",
    "rust/takeover/hooks.rs": """
        use crate::{engine::{permit, platform::Ask}, sys};
        pub struct Module;
        impl Ask for Module {}
        pub fn install() { permit::permit(); sys::call(); }
        #[no_mangle] unsafe extern "C" fn rsc_permit() {}
    """,
    "rust/engine/mod.rs": """
        #![deny(missing_docs, unsafe_code)]
        pub mod filter; pub mod permit; pub mod platform; mod table;
        pub(crate) use permit::permit;
    """,
    "rust/engine/platform.rs": "pub trait Ask {} pub type Platform = crate::Platform;",
    # Not `use crate::takeover::hooks;`.
    "rust/engine/permit.rs": r"""
        /* use crate::takeover::hooks; */
        use super::{filter::Filter, platform::Platform};
        const A: (&str, &str, char) = ("use crate::takeover::hooks;", r#"bindings " :: "#, '"');
        pub fn permit<'a>(f: &'a Filter) { for x in f.all::<'a>() {} }
    """,
    "rust/engine/filter.rs": "use super::table::Table; pub struct Filter(Table);",
    "rust/engine/table.rs": "use crate::logic::bpf::{insn::*, Program}; pub struct Table(Program);",
    "rust/logic/mod.rs": "#![forbid(unsafe_code)] pub mod bpf; mod buf;",
    "rust/logic/buf.rs": "use crate::memory::Vector;",
    "rust/logic/bpf/mod.rs": "pub mod insn; mod program; pub(in crate::logic) use program::Program;",
    "rust/logic/bpf/program.rs": "use super::insn::Insn; pub struct Program(Insn);",
    "rust/logic/bpf/insn.rs": "pub struct Insn;",
    "rust/sys/mod.rs": """
        mod ffi;
        pub fn call() { unsafe { ffi::call() } }
        mod tests { use super::call; fn all() { super::call() } }
    """,
    "rust/sys/ffi.rs": 'use kernel::bindings::*; unsafe extern "C" { pub fn call(); }',
    "host/corpus/tree.txt": "0 0 0 0\n" * 600,
    "build/generated.rs": "\n" * 600,
}

ENGINE = "rust/engine/permit.rs"
MACRO = "macro_rules! ask { () => { $crate::takeover::hooks::install() } }"

# A fault, the files that are changed for it (None: removed; + in front: added to what is there), and
# a part of each complaint that there must be. There must be no other.
FAULTS = [
    ("an import that runs up", {ENGINE: "use crate::takeover::hooks;"}, ["the room takeover"]),
    ("one in a group", {ENGINE: "use crate::{logic::bpf, takeover::{hooks as h}};"}, ["takeover::hooks"]),
    ("one in a function", {ENGINE: "fn f() { crate::takeover::hooks::install() }"}, ["permit.rs:1"]),
    ("one by super", {ENGINE: "use super::super::takeover;"}, ["super::super::takeover"]),
    ("one of everything", {ENGINE: "use crate::takeover::*;"}, ["crate::takeover::*"]),
    ("one in a macro", {ENGINE: MACRO}, ["the room takeover"]),
    ("one behind `in`", {ENGINE: "fn f() { for x in crate::takeover::all() {} }"}, ["takeover::all"]),
    ("one that is passed on", {"rust/sys/mod.rs": "+pub use crate::engine::filter;"}, ["the room engine"]),
    ("one from an inline module", {ENGINE: "\nmod m {\nuse crate::takeover::x; }"}, ["permit.rs:3"]),
    ("one by a name of the parent", {
        "rust/engine/mod.rs": "+use crate::takeover;",
        ENGINE: "use super::takeover::hooks;",
    }, ["engine/mod.rs:5", "permit.rs:1"]),
    ("from logic to sys", {"rust/logic/bpf/insn.rs": "use crate::sys::call;"}, ["the room sys"]),
    ("from the takeover to the tree", {
        "rust/main.rs": "+mod tree;",
        "rust/tree/mod.rs": "pub mod platform;",
        "rust/takeover/hooks.rs": "+use crate::tree::platform;",
    }, ["the room tree"]),
    ("a question to the root", {ENGINE: "use crate::Platform;"}, ["main.rs, in no room"]),
    ("another question of the platform", {
        "rust/engine/platform.rs": "pub trait Ask {} type Other = crate::Other;",
    }, ["main.rs, in no room: crate::Other"]),
    ("a choice that is not for all", {"rust/logic/bpf/insn.rs": "use crate::memory::Vector;"},
     ["main.rs, in no room: crate::memory::Vector"]),
    ("two files in a circle", {"rust/engine/table.rs": "pub struct Table; use super::filter::Filter;"},
     ["filter.rs:1 imports engine/table.rs: super::table::Table\n    engine/table.rs:1 imports"]),
    ("three files in a circle", {"rust/engine/table.rs": "pub struct Table; use super::permit::permit;"},
     ["3 files"]),
    ("a circle by a name that is passed on", {
        "rust/engine/table.rs": "pub struct Table; use super::permit;",
    }, ["3 files"]),
    ("a module that uses a child, which uses it", {
        "rust/engine/mod.rs": "+pub const MAX: u32 = 1; fn f() { permit() }",
        ENGINE: "pub fn permit() { super::MAX; }",
    }, ["engine/permit.rs:1 imports engine/mod.rs: super::MAX"]),
    ("bindings outside sys", {ENGINE: "use kernel::{\nbindings, };\nfn f(_: bindings::task_struct) {}"},
     ["permit.rs: names the kernel's bindings, which only sys may: line 2, 3"]),
    ("bindings in a root", {"rust/main.rs": "+use kernel::bindings;"}, ["main.rs: names"]),
    ("foreign functions", {"rust/takeover/hooks.rs": '+extern "C" { fn f(); }'}, ["declares foreign"]),
    ("foreign functions of C", {"rust/takeover/hooks.rs": "+extern { fn f(); }"}, ["declares foreign"]),
    ("unsafe code that nothing denies", {"rust/logic/mod.rs": "pub mod bpf; mod buf;"}, ["logic/mod.rs: lacks"]),
    ("unsafe code denied in a comment", {"rust/logic/mod.rs": "// #![deny(unsafe_code)]\nmod bpf; mod buf;"},
     ["logic/mod.rs: lacks"]),
    ("unsafe code that is allowed", {ENGINE: '#[expect(dead_code, unsafe_code, reason = "")] fn f() {}'},
     ["engine/permit.rs: allows unsafe code"]),
    ("a module without a file", {ENGINE: "mod gone;"}, ["no file of the module gone"] * 2),
    ("a file that is no module", {"rust/engine/stray.rs": ""}, ["stray.rs: no file declares"]),
    ("a long file", {"selftests/long.c": "\n" * 501}, ["selftests/long.c: 501 lines"]),
]


def complaints(changes):
    """What rooms.py complains of in the good tree with some CHANGES."""
    files = dict(GOOD)
    for path, text in changes.items():
        files[path] = files[path] + text[1:] if text.startswith("+") else text
    with tempfile.TemporaryDirectory() as directory:
        top = pathlib.Path(directory)
        for path, text in files.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text(text)
        return rooms.Plan(top).check()


def main():
    cases = [("a tree without fault", complaints({}), [])]
    cases += [(name, complaints(changes), expected) for name, changes, expected in FAULTS]
    print(f"1..{len(cases)}")
    failed = 0
    for number, (name, found, expected) in enumerate(cases, 1):
        good = len(found) == len(expected) and all(e in f for e, f in zip(expected, found))
        if not good:
            failed += 1
            print("\n".join(f"# {line}" for f in found or ["no complaint"] for line in f.split("\n")))
        print(f"{'ok' if good else 'not ok'} {number} {name}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
