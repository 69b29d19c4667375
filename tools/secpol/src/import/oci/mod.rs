// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes policies of the profiles that OCI runtimes read: `linux.seccomp` of a container's
//! configuration, or a profile of Docker's or Podman's, from which they make it.
//!
//! A policy means what runc and crun make of a profile by libseccomp. What runc puts before such a
//! filter, ENOSYS for calls that are newer than all that the profile names, is not in the profile,
//! and not in the policy.

mod arch;
mod condition;
mod machine;
mod profile;
mod write;

use std::collections::BTreeSet;

use self::{
    machine::Machine,
    profile::Profile, //
};
use super::{
    json::{
        self,
        Place, //
    },
    Error,
    Imported, //
};
use crate::abi::Abi;

/// What is not in a profile.
#[derive(Clone, Debug)]
pub struct Options {
    /// The machines that the policy is for, by their 64-bit architectures.
    pub machines: Vec<Abi>,
    /// The capabilities of the container.
    pub caps: BTreeSet<String>,
    /// Arguments are compared as libseccomp does: all of the register. Otherwise as many bits are
    /// compared as the kernel takes, where their number is known.
    pub exact: bool,
}

/// The capabilities that Docker gives a container if nothing is said.
pub const DEFAULT_CAPS: [&str; 14] = [
    "CAP_AUDIT_WRITE",
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_MKNOD",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_RAW",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// The machines that there are policies for.
pub const MACHINES: [Abi; 2] = [Abi::X86_64, Abi::Aarch64];

impl Default for Options {
    fn default() -> Self {
        Self {
            machines: MACHINES.to_vec(),
            caps: BTreeSet::new(),
            exact: false,
        }
    }
}

/// The policy that a profile is.
pub fn import(text: &str, options: &Options) -> Result<Imported, Error> {
    let value = json::parse(text)?;
    let profile = Profile::read(&Place::root(&value))?;
    let machines = options
        .machines
        .iter()
        .map(|machine| Machine::new(&profile, *machine, options))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(write::policy(&profile, &machines, options))
}
