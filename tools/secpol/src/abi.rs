// SPDX-License-Identifier: MIT OR Apache-2.0

//! The sets of system calls that a kernel offers to programs.

/// What numbers, types and constants programs of a kind use. x32 is not among them: its calls have
/// the architecture of x86_64 ones, and numbers of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Abi {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86.
    I386,
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit ARM, EABI.
    Arm,
}

impl Abi {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::X86_64, Self::I386, Self::Aarch64, Self::Arm];

    /// Its name in policies and tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::I386 => "i386",
            Self::Aarch64 => "aarch64",
            Self::Arm => "arm",
        }
    }

    /// The one of this name, or of another that distributions give it.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "x86_64" | "amd64" => Some(Self::X86_64),
            "i386" | "x86" => Some(Self::I386),
            "aarch64" | "arm64" => Some(Self::Aarch64),
            "arm" | "aarch32" => Some(Self::Arm),
            _ => None,
        }
    }

    /// The `AUDIT_ARCH_*` that filters see.
    pub const fn audit_arch(self) -> u32 {
        match self {
            Self::X86_64 => 0xc000_003e,
            Self::I386 => 0x4000_0003,
            Self::Aarch64 => 0xc000_00b7,
            Self::Arm => 0x4000_0028,
        }
    }

    /// Are pointers, and registers, 64 bits wide?
    pub const fn is_64_bit(self) -> bool {
        matches!(self, Self::X86_64 | Self::Aarch64)
    }

    /// The 32-bit one whose programs run beside those of this 64-bit one.
    pub const fn compat(self) -> Option<Self> {
        match self {
            Self::X86_64 => Some(Self::I386),
            Self::Aarch64 => Some(Self::Arm),
            Self::I386 | Self::Arm => None,
        }
    }

    /// That of the programs this is compiled for; none on a machine that no table is for.
    pub const fn native() -> Option<Self> {
        if cfg!(all(target_arch = "x86_64", target_pointer_width = "64")) {
            Some(Self::X86_64)
        } else if cfg!(target_arch = "x86") {
            Some(Self::I386)
        } else if cfg!(all(target_arch = "aarch64", target_pointer_width = "64")) {
            Some(Self::Aarch64)
        } else if cfg!(target_arch = "arm") {
            Some(Self::Arm)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for abi in Abi::ALL {
            assert_eq!(Abi::from_name(abi.name()), Some(abi));
        }
        assert_eq!(Abi::from_name("amd64"), Some(Abi::X86_64));
        assert_eq!(Abi::from_name("x86"), Some(Abi::I386));
        assert_eq!(Abi::from_name("arm64"), Some(Abi::Aarch64));
        assert_eq!(Abi::from_name("aarch32"), Some(Abi::Arm));
        assert_eq!(Abi::from_name("x32"), None);
    }

    #[test]
    fn twins() {
        for abi in Abi::ALL {
            assert_eq!(abi.compat().is_some(), abi.is_64_bit());
            assert_ne!(abi.compat().map(Abi::is_64_bit), Some(true));
            // __AUDIT_ARCH_64BIT
            assert_eq!(abi.audit_arch() >> 31 == 1, abi.is_64_bit());
        }
    }
}
