// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tests that a policy that was imported means what it was made of.

mod agreement;
mod machines;
mod minijail;
mod mistakes;
mod profile;
mod properties;
mod real;
mod rules;
mod snap;
mod systemd;
mod texts;

use std::path::Path;

use secpol::{
    abi::Abi,
    compile::Program,
    groups::NoGroups,
    import::{
        oci::{
            self,
            Options, //
        },
        Error,
        Imported, //
    },
    policy::{
        Policy,
        Sight,
        Target, //
    },
    rules::Rules,
    syntax::display, //
};

/// What a profile is imported as. A policy that no machine takes is a failure of the test.
fn import(text: &str, options: &Options) -> Result<Imported, Error> {
    let imported = oci::import(text, options)?;
    let policy = display::text(&imported.items);
    for machine in &options.machines {
        compile(&policy, *machine);
    }
    Ok(imported)
}

/// What a policy that was printed means.
fn meaning(text: &str, machine: Abi) -> Rules {
    let policy = Policy::parse(Path::new("imported.pol"), text.to_string())
        .unwrap_or_else(|(_, mistakes)| panic!("{text}\nis no policy: {mistakes:?}"));
    let target = Target {
        sight: Sight::Arguments,
        ..Target::new(machine)
    };
    match policy.rules(&target, &NoGroups) {
        Ok(made) => made.made,
        Err(errors) => panic!("{text}\nis not for {}: {errors:?}", machine.name()),
    }
}

/// The filter of a policy that was printed.
fn compile(text: &str, machine: Abi) -> Program {
    let policy = Policy::parse(Path::new("imported.pol"), text.to_string())
        .unwrap_or_else(|(_, mistakes)| panic!("{text}\nis no policy: {mistakes:?}"));
    let target = Target {
        sight: Sight::Arguments,
        ..Target::new(machine)
    };
    match policy.compile(&target, &NoGroups) {
        Ok(made) => made.made,
        Err(errors) => panic!("{text}\nis not for {}: {errors:?}", machine.name()),
    }
}

/// The policy, and the notes.
fn imported(text: &str, options: &Options) -> (String, Vec<String>) {
    match import(text, options) {
        Ok(imported) => (display::text(&imported.items), imported.notes),
        Err(error) => panic!("{text}\nis refused: {error}"),
    }
}

/// The policy that a profile with these rules is, besides its first line.
fn policy_of(rules: &str, options: &Options) -> String {
    let text = format!(r#"{{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{rules}]}}"#);
    let (policy, _) = imported(&text, options);
    let rest = policy.strip_prefix("@default errno(EPERM)\n");
    rest.unwrap_or_else(|| panic!("{policy}")).to_string()
}

fn exact() -> Options {
    Options {
        exact: true,
        ..Options::default()
    }
}

/// The places between which a text has a word, a number or a sign.
fn places(text: &str) -> Vec<usize> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut places: Vec<usize> = text
        .char_indices()
        .zip(text.chars().skip(1))
        .filter(|((_, c), next)| !is_word(*c) || !is_word(*next))
        .map(|((place, c), _)| place + c.len_utf8())
        .collect();
    places.insert(0, 0);
    places
}
