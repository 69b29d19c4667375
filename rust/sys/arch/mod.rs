// SPDX-License-Identifier: GPL-2.0

//! What differs between the architectures: registers, numbers and a few instructions.

use crate::logic::bpf::{
    append::VisibleFields,
    lower::{
        Layout,
        Word, //
    }, //
};
use kernel::bindings;

mod interface;
pub(crate) use interface::Arch;

#[cfg(CONFIG_ARM64)]
mod arm64;
#[cfg(CONFIG_ARM64)]
pub(crate) use arm64::Arm64 as Native;

#[cfg(CONFIG_X86_64)]
mod x86_64;
#[cfg(CONFIG_X86_64)]
pub(crate) use x86_64::X86_64 as Native;

/// How a system call was made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Abi {
    /// 64-bit calls.
    Native = 0,
    /// 32-bit calls.
    Compat = 1,
}

impl Abi {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Native, Self::Compat];

    /// The ABI of a 32-bit call if `compat`, else of a 64-bit one.
    #[inline(always)]
    pub(crate) fn of(compat: bool) -> Self {
        if compat {
            Self::Compat
        } else {
            Self::Native
        }
    }

    /// The `AUDIT_ARCH_*` of its calls.
    pub(crate) fn audit_arch(self) -> u32 {
        match self {
            Self::Native => Native::AUDIT_ARCH,
            Self::Compat => Native::AUDIT_ARCH_COMPAT,
        }
    }

    /// The numbers of its calls that no filter may refuse ([`Arch::EXEMPT`]).
    pub(crate) fn exempt(self) -> &'static [u32] {
        match self {
            Self::Native => Native::EXEMPT,
            Self::Compat => &[],
        }
    }
}

/// `array_index_nospec()`: `index`, or 0 where the processor only speculates that it is below
/// `SIZE`.
#[inline(always)]
pub(crate) fn index_nospec<const SIZE: usize>(index: usize) -> usize {
    index & Native::index_mask_nospec::<SIZE>(index)
}

/// Where in `struct pt_regs` a program finds the words of `struct seccomp_data`, for calls of
/// `abi`. The word of the architecture is a constant.
pub(crate) fn layout(abi: Abi, visible: VisibleFields) -> Layout {
    let nr_high = match abi {
        // CAST: `struct pt_regs` is small.
        Abi::Native => Word::At(Native::NR_HIGH_PLACE as i16),
        Abi::Compat => Word::Const(0),
    };
    let mut words = [Word::Const(abi.audit_arch()); 16];
    // CAST: `struct pt_regs` is small.
    words[0] = Word::At(Native::NR_PLACE as i16);
    let places = Native::places(abi == Abi::Compat);
    for (place, pair) in places.iter().zip(words[2..].chunks_mut(2)) {
        for (half, word) in pair.iter_mut().enumerate() {
            // CAST: `struct pt_regs` is small. Both architectures are little endian.
            *word = Word::At((place + 4 * half) as i16);
        }
    }
    Layout {
        words,
        nr_high,
        visible,
    }
}

const _: () = assert!(core::mem::size_of::<bindings::pt_regs>() < i16::MAX as usize);
const _: () = assert!(cfg!(target_endian = "little"));
