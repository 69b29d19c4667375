// SPDX-License-Identifier: MIT OR Apache-2.0

//! Compares the tables with the types that a kernel tells of itself: BTF, in
//! `/sys/kernel/btf/vmlinux`.

mod blob;
mod functions;
mod place;
mod structs;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    fmt, //
};

use secpol::abi::Abi;

pub(crate) use self::blob::is_btf;
use self::blob::Btf;

/// What was compared.
#[derive(Default)]
struct Compared {
    members: usize,
    sizes: usize,
    functions: usize,
    /// Structs that the kernel does not tell of: those of modules, or of what it is built without.
    missing: BTreeSet<String>,
    differ: Vec<String>,
}

impl Compared {
    fn is_missing(&mut self, structure: &str) {
        self.missing.insert(structure.to_string());
    }

    fn differs(&mut self, what: &str, known: &dyn fmt::Debug, told: &dyn fmt::Debug) {
        self.differ.push(format!("{what}: {known:?}, but {told:?}"));
    }
}

/// Compares the tables for a machine and its 32-bit programs. Says what was compared, or where the
/// tables differ.
pub(crate) fn compare(bytes: &[u8], machine: Abi) -> Result<String, String> {
    let btf = Btf::parse(bytes)?;
    let mut compared = Compared::default();
    for abi in [Some(machine), machine.compat()].into_iter().flatten() {
        structs::compare(&btf, abi, &mut compared)?;
        functions::compare(&btf, abi, &mut compared)?;
    }
    let Compared {
        members,
        sizes,
        functions,
        missing,
        differ,
    } = compared;
    if !differ.is_empty() {
        return Err(differ.join("\n# "));
    }
    if members == 0 || sizes == 0 || functions == 0 {
        return Err(format!(
            "only {members} members, {sizes} sizes and {functions} functions are told of"
        ));
    }
    let missing: Vec<String> = missing.into_iter().collect();
    let not_there = match missing.as_slice() {
        [] => String::new(),
        some => format!("; not told of: {}", some.join(", ")),
    };
    Ok(format!(
        "{members} members, {sizes} sizes, {functions} functions{not_there}"
    ))
}
