// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tests that a policy of minijail is imported as the chosen of its readers takes it.

mod agreement;
mod mistakes;
mod rules;

use std::{
    collections::BTreeMap,
    path::{
        Path,
        PathBuf, //
    },
};

use secpol::{
    abi::Abi,
    import::{
        minijail::{
            self,
            Dialect,
            Options, //
        },
        Error,
        Files,
        Imported, //
    },
    syntax::display, //
};

use crate::meaning;

/// Files that are nowhere.
#[derive(Default)]
pub struct Memory(BTreeMap<PathBuf, String>);

impl Memory {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|(path, text)| (PathBuf::from(path), (*text).to_string()));
        Self(files.collect())
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> Result<String, String> {
        self.0.get(path).cloned().ok_or("not there".to_string())
    }
}

pub fn options(dialect: Dialect, exact: bool) -> Options {
    Options {
        machine: Abi::X86_64,
        dialect,
        exact,
    }
}

/// What a text is imported as. A policy that its machine does not take is a failure of the test.
pub fn import(text: &str, options: &Options, files: &Memory) -> Result<Imported, Error> {
    let imported = minijail::import(Path::new("dir/a.policy"), text, options, files)?;
    meaning(&display::text(&imported.items), options.machine);
    Ok(imported)
}

/// The rules of the policy that a text is, behind its first two lines.
fn rules_of(text: &str, dialect: Dialect, files: &[(&str, &str)]) -> String {
    let imported = import(text, &options(dialect, false), &Memory::new(files));
    let imported = imported.unwrap_or_else(|error| panic!("{text}\nis refused: {error}"));
    let policy = display::text(&imported.items);
    let rules = policy.strip_prefix("@default kill-thread\n@arch x86_64\n");
    rules.unwrap_or_else(|| panic!("{policy}")).to_string()
}

/// Why a text is refused.
fn mistake(text: &str, dialect: Dialect, files: &[(&str, &str)]) -> String {
    match import(text, &options(dialect, false), &Memory::new(files)) {
        Ok(imported) => panic!("{text}\nis {}", display::text(&imported.items)),
        Err(error) => error.to_string(),
    }
}
