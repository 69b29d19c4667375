// SPDX-License-Identifier: MIT OR Apache-2.0

//! An architecture, by libseccomp's name.

use crate::{
    abi::Abi,
    import::{
        json::Place,
        quoted,
        Error, //
    }, //
};

/// An architecture, by libseccomp's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arch {
    /// One that policies can be for.
    Known(Abi),
    /// The other one that 64-bit x86 has beside its own.
    X32,
    /// The machine's own.
    Native,
    /// One of another machine.
    Foreign,
}

/// Those of other machines.
const FOREIGN: &[&str] = &[
    "MIPS",
    "MIPS64",
    "MIPS64N32",
    "MIPSEL",
    "MIPSEL64",
    "MIPSEL64N32",
    "PPC",
    "PPC64",
    "PPC64LE",
    "S390",
    "S390X",
    "PARISC",
    "PARISC64",
    "RISCV64",
    "LOONGARCH64",
    "M68K",
    "SH",
    "SHEB",
];

impl Arch {
    pub(super) fn read(place: &Place<'_>) -> Result<Self, Error> {
        let text = place.text()?;
        let unknown = || place.error(format!("there is no architecture {}", quoted(text)));
        match text.strip_prefix("SCMP_ARCH_").ok_or_else(unknown)? {
            "X86_64" => Ok(Self::Known(Abi::X86_64)),
            "X86" => Ok(Self::Known(Abi::I386)),
            "AARCH64" => Ok(Self::Known(Abi::Aarch64)),
            "ARM" => Ok(Self::Known(Abi::Arm)),
            "X32" => Ok(Self::X32),
            "NATIVE" => Ok(Self::Native),
            other if FOREIGN.contains(&other) => Ok(Self::Foreign),
            _ => Err(unknown()),
        }
    }
}

/// What Docker and Podman call a machine.
pub(super) fn machine_name(machine: Abi) -> &'static str {
    match machine {
        Abi::X86_64 => "amd64",
        Abi::I386 => "x86",
        Abi::Aarch64 => "arm64",
        Abi::Arm => "arm",
    }
}
