// SPDX-License-Identifier: MIT OR Apache-2.0

//! `RestrictNamespaces=`

use super::{
    settings::boolean,
    unit::Assignment, //
};
use crate::import::{
    quoted,
    Error, //
};

/// The kinds of namespaces, with their flags in clone(2).
const KINDS: [(&str, u64); 7] = [
    ("cgroup", 0x0200_0000),
    ("ipc", 0x0800_0000),
    ("net", 0x4000_0000),
    ("mnt", 0x0002_0000),
    ("pid", 0x2000_0000),
    ("user", 0x1000_0000),
    ("uts", 0x0400_0000),
];

/// The flags of all kinds.
pub(super) const ALL: u64 = 0x7e02_0000;

/// Assigns to the flags of the kinds that there may be; none, if nothing was said.
pub(super) fn assign(allowed: &mut Option<u64>, assignment: &Assignment) -> Result<(), Error> {
    let Some((inverted, words)) = assignment.words()? else {
        *allowed = None;
        return Ok(());
    };
    if let Some(restricts) = boolean(assignment.value()) {
        *allowed = Some(if restricts { 0 } else { ALL });
        return Ok(());
    }
    let mut flags = 0;
    for word in words {
        let kind = KINDS.iter().find(|(name, _)| *name == word);
        let (_, flag) = kind
            .ok_or_else(|| assignment.error(word, &format!("there is no kind {}", quoted(word))))?;
        flags |= flag;
    }
    *allowed = Some(match (*allowed, inverted) {
        (None, false) => flags,
        (None, true) => ALL & !flags,
        (Some(before), false) => before | flags,
        (Some(before), true) => before & !flags,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        abi::Abi,
        tables, //
    };

    #[test]
    fn flags() {
        let mut all = 0;
        for (name, flag) in KINDS {
            let name = match name {
                "mnt" => "CLONE_NEWNS".to_string(),
                name => format!("CLONE_NEW{}", name.to_uppercase()),
            };
            assert_eq!(
                tables::constant(Abi::X86_64, &name),
                Some(i128::from(flag)),
                "{name}"
            );
            all |= flag;
        }
        assert_eq!(all, ALL);
    }
}
