// SPDX-License-Identifier: MIT OR Apache-2.0

//! Any text is refused, with mistakes that can be shown, or compiled.

#![no_main]

use libfuzzer_sys::fuzz_target;
use secpol::{
    abi::Abi,
    audit,
    compile::compile,
    diagnostic::{
        Diagnostic,
        Files, //
    },
    groups::NoGroups,
    output,
    policy::{
        Policy,
        Target, //
    },
    syntax::parser::parse, //
};

fn show(diagnostics: &[Diagnostic], files: &Files) {
    for diagnostic in diagnostics {
        diagnostic.render(files, true);
        assert_eq!(diagnostic.line(files).lines().count(), 1);
    }
}

fuzz_target!(|text: &str| {
    let mut files = Files::new();
    let file = files.add("fuzz.pol".to_string(), text.to_string());
    // Not Policy::parse(): it would open what the text includes.
    let items = match parse(file, text) {
        Ok(items) => items,
        Err(mistakes) => return show(&mistakes, &files),
    };
    let policy = Policy { files, items };
    for machine in [Abi::X86_64, Abi::Aarch64] {
        match policy.rules(&Target::new(machine), &NoGroups) {
            Ok(made) => {
                show(&made.remarks, &policy.files);
                show(&audit::ways_around(&made.made), &policy.files);
                if let Ok(program) = compile(&made.made) {
                    output::listing(&program, &policy.files);
                }
            }
            Err(mistakes) => show(&mistakes, &policy.files),
        }
    }
});
