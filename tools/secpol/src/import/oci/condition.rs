// SPDX-License-Identifier: MIT OR Apache-2.0

//! When a rule counts: `includes` and `excludes`.

use super::{
    arch::machine_name,
    Options, //
};
use crate::{
    abi::Abi,
    import::{
        json::Place,
        quoted,
        Error, //
    },
    tables, //
};

/// When a rule counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    /// Capabilities of the container.
    caps: Vec<String>,
    /// Machines, by the names that Docker has for them.
    arches: Vec<String>,
    /// The first version of the kernel.
    min_kernel: Option<(u32, u32)>,
}

impl Condition {
    pub(super) fn read(place: Option<Place<'_>>) -> Result<Self, Error> {
        let Some(place) = place else {
            return Ok(Self::default());
        };
        let members = place.members(&["caps", "arches", "minKernel"])?;
        let min_kernel = match members.get("minKernel") {
            None => None,
            Some(place) => match place.text()? {
                "" => None,
                text => Some(version(text).ok_or_else(|| {
                    place.error(format!("{} is no version of the kernel", quoted(text)))
                })?),
            },
        };
        Ok(Self {
            caps: members.texts("caps")?,
            arches: members.texts("arches")?,
            min_kernel,
        })
    }

    /// Does all of it hold? So must what includes a rule.
    pub(super) fn holds(&self, machine: Abi, options: &Options) -> bool {
        self.caps.iter().all(|cap| options.caps.contains(cap))
            && (self.arches.is_empty() || self.is_for(machine))
            && self.min_kernel.is_none_or(kernel_has)
    }

    /// Does part of it hold? That excludes a rule.
    pub(super) fn holds_in_part(&self, machine: Abi, options: &Options) -> bool {
        self.caps.iter().any(|cap| options.caps.contains(cap))
            || self.is_for(machine)
            || self.min_kernel.is_some_and(kernel_has)
    }

    fn is_for(&self, machine: Abi) -> bool {
        self.arches.iter().any(|arch| arch == machine_name(machine))
    }
}

/// Is the kernel of the tables this one, or newer?
fn kernel_has(first: (u32, u32)) -> bool {
    version(tables::KERNEL).is_some_and(|kernel| kernel >= first)
}

/// The version in `6.1`, or `6.1.5`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.').map(|number| number.parse::<u32>().ok());
    let version = (numbers.next()??, numbers.next()??);
    let rest: Option<Vec<u32>> = numbers.collect();
    rest.is_some_and(|rest| rest.len() <= 1).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(version("4.8"), Some((4, 8)));
        assert_eq!(version("4.8.3"), Some((4, 8)));
        assert!(version(tables::KERNEL).is_some());
        for wrong in [
            "",
            "4",
            "4.",
            "4.x",
            "4.8.1.2",
            "-4.8",
            "4.8-rc1",
            "99999999999.1",
        ] {
            assert_eq!(version(wrong), None, "{wrong}");
        }
        assert!(kernel_has((4, 8)) && kernel_has((7, 3)) && !kernel_has((7, 4)));
        assert!(!kernel_has((8, 0)));
    }
}
