// SPDX-License-Identifier: GPL-2.0-only

//! The bits of a call that filters see, in the order in which decisions look at them.

use crate::logic::bpf::insn::{
    DATA_WORDS,
    WORD_ARCH,
    WORD_EA,
    WORD_EA_CHECKED,
    WORD_EXTENT,
    WORD_NR,
    WORD_NR_HIGH,
    WORD_PKEY, //
};

/// A part of a call, of at most 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// `AUDIT_ARCH_*`.
    Arch,
    /// The number.
    Number,
    /// The upper half of the register that has the number.
    NumberHigh,
    /// The protection-key register.
    Pkey,
    /// An argument, from 0 to 5.
    Argument(u32),
    /// The offset just behind the last byte of the extensible argument that is not zero.
    Extent,
    /// The family of the socket address that is the extensible argument: its first 16 bits.
    Family,
    /// The 64 bits of the extensible argument at this offset, which is a multiple of 8, without
    /// what is [`Place::Family`].
    Struct(u32),
    /// The address of the instruction that makes the call.
    Pointer,
}

/// Bits are looked at in the order of their numbers. Those of a [`Place`] follow each other, the
/// highest first.
pub(crate) type Bit = u32;

/// Bits of [`Place::Family`].
pub(crate) const FAMILY_BITS: u32 = 16;

/// Bits of a place.
pub(crate) const WIDTH: u32 = 64;

const EXTENT: u32 = 4;
const ARGUMENTS: u32 = EXTENT + 1;
const FAMILY: u32 = ARGUMENTS + 6;
const STRUCT: u32 = FAMILY + 1;
const POINTER: u32 = STRUCT + 4096 / 8;

impl Place {
    fn rank(self) -> u32 {
        match self {
            Self::Arch => 0,
            Self::Number => 1,
            Self::NumberHigh => 2,
            Self::Pkey => 3,
            Self::Argument(index) => ARGUMENTS + index,
            Self::Extent => EXTENT,
            Self::Family => FAMILY,
            Self::Struct(offset) => STRUCT + offset / 8,
            Self::Pointer => POINTER,
        }
    }

    fn from_rank(rank: u32) -> Self {
        match rank {
            0 => Self::Arch,
            1 => Self::Number,
            2 => Self::NumberHigh,
            3 => Self::Pkey,
            ARGUMENTS..FAMILY => Self::Argument(rank - ARGUMENTS),
            EXTENT => Self::Extent,
            FAMILY => Self::Family,
            STRUCT..POINTER => Self::Struct(8 * (rank - STRUCT)),
            _ => Self::Pointer,
        }
    }

    /// The bit of this value: 0 is the lowest.
    pub(crate) fn bit(self, value: u32) -> Bit {
        self.rank() * WIDTH + (WIDTH - 1 - value)
    }

    /// The place that has a bit, and the bit's value there.
    pub(crate) fn of(bit: Bit) -> (Self, u32) {
        (Self::from_rank(bit / WIDTH), WIDTH - 1 - bit % WIDTH)
    }

    /// Where the bit of this value is of a place of a call, whose extensible argument is a socket
    /// address or is not.
    pub(crate) fn bit_of(self, value: u32, is_address: bool) -> Bit {
        match self {
            Self::Struct(0) if is_address && value < FAMILY_BITS => Self::Family.bit(value),
            place => place.bit(value),
        }
    }

    /// Where a word is that the logic loads, and the value of its lowest bit there. `None` for the
    /// words that are made of others.
    pub(crate) fn of_word(word: usize) -> Option<(Self, u32)> {
        // CAST: Words have small numbers.
        let half = |word: usize| 32 * (word as u32 & 1);
        Some(match word {
            WORD_NR => (Self::Number, 0),
            WORD_ARCH => (Self::Arch, 0),
            2 | 3 => (Self::Pointer, half(word)),
            4..DATA_WORDS => (Self::Argument(word as u32 / 2 - 2), half(word)),
            WORD_NR_HIGH => (Self::NumberHigh, 0),
            WORD_PKEY => (Self::Pkey, 0),
            WORD_EXTENT => (Self::Extent, 0),
            WORD_EA.. => {
                let first = if word < WORD_EA_CHECKED {
                    WORD_EA
                } else {
                    WORD_EA_CHECKED
                };
                let word = word - first;
                (Self::Struct(8 * (word as u32 / 2)), half(word))
            }
            _ => return None,
        })
    }
}
