// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a profile means on a machine.

use super::{
    arch::Arch,
    profile::{
        Arches,
        Profile, //
    },
    Options, //
};
use crate::{
    abi::Abi,
    import::{
        libseccomp::{
            Rule,
            Section, //
        },
        Error, //
    }, //
};

/// What a profile means on a machine.
pub(super) struct Machine {
    /// Is the profile for x32 programs as well?
    pub(super) has_x32: bool,
    /// What it means for each architecture.
    pub(super) sections: Vec<Section>,
}

impl Machine {
    pub(super) fn new(profile: &Profile, machine: Abi, options: &Options) -> Result<Self, Error> {
        let rules: Vec<&Rule> = profile
            .rules
            .iter()
            .filter(|rule| rule.includes.holds(machine, options))
            .filter(|rule| !rule.excludes.holds_in_part(machine, options))
            .map(|conditional| &conditional.rule)
            // libseccomp refuses to add a rule that says what is so without it.
            .filter(|rule| rule.action != profile.default)
            .collect();
        let arches = arches(&profile.arches, machine);
        let mut abis = vec![machine];
        for arch in &arches {
            match arch {
                Arch::Known(abi) if machine.compat() == Some(*abi) && !abis.contains(abi) => {
                    abis.push(*abi);
                }
                _ => {}
            }
        }
        let sections = abis.into_iter().map(|abi| Section::new(&rules, abi));
        Ok(Self {
            has_x32: machine == Abi::X86_64 && arches.contains(&Arch::X32),
            sections: sections.collect::<Result<_, _>>()?,
        })
    }
}

/// The architectures that a profile names for a machine. Its own is always one of the filter's.
fn arches(arches: &Arches, machine: Abi) -> Vec<Arch> {
    match arches {
        Arches::Listed(listed) => listed.clone(),
        Arches::Map(map) => map
            .iter()
            .find(|(main, _)| *main == Arch::Known(machine) || *main == Arch::Native)
            .map_or(Vec::new(), |(_, others)| others.clone()),
    }
}
