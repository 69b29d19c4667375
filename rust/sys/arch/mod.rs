// SPDX-License-Identifier: GPL-2.0

//! What differs between the architectures.

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

/// `array_index_nospec()`: `index`, or 0 where the processor only speculates that it is below
/// `SIZE`.
#[inline(always)]
pub(crate) fn index_nospec<const SIZE: usize>(index: usize) -> usize {
    index & Native::index_mask_nospec::<SIZE>(index)
}

/// Where a program that sees these fields finds what it reads: `struct seccomp_data` in `struct pt_regs`,
/// but for the architecture, which is known.
pub(crate) fn layout(compat: bool, visible: VisibleFields) -> Layout {
    let (arch, nr_high) = if compat {
        (Native::AUDIT_ARCH_COMPAT, Word::Const(0))
    } else {
        // CAST: `struct pt_regs` is small.
        (Native::AUDIT_ARCH, Word::At(Native::NR_HIGH_PLACE as i16))
    };
    let mut words = [Word::Const(arch); 16];
    // CAST: As above.
    words[0] = Word::At(Native::NR_PLACE as i16);
    for (place, pair) in Native::places(compat).iter().zip(words[2..].chunks_mut(2)) {
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
