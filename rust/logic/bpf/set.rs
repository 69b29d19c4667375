// SPDX-License-Identifier: GPL-2.0

//! Sets of system call numbers.

use super::insn::Cond;
use crate::logic::syscalls::LIMIT;

const WORDS: usize = LIMIT / 64;

/// A set of numbers below [`LIMIT`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Set([u64; WORDS]);

impl Set {
    /// No number.
    pub(super) const EMPTY: Self = Self([0; WORDS]);

    /// All of them.
    pub(super) const ALL: Self = Self([u64::MAX; WORDS]);

    /// The word and the bit of a number.
    #[inline(always)]
    fn place(nr: u32) -> (usize, u64) {
        ((nr >> 6) as usize, 1u64.wrapping_shl(nr))
    }

    /// One number, or none if it is not below [`LIMIT`].
    pub(super) fn of(nr: u32) -> Self {
        let mut one = Self::EMPTY;
        one.add(nr);
        one
    }

    /// The numbers for which a condition holds, with the number on its left.
    pub(super) fn holding(cond: Cond, k: u32) -> Self {
        match cond {
            Cond::Eq => Self::of(k),
            Cond::Gt => Self::ALL.without(&Self::below(k.saturating_add(1))),
            Cond::Ge => Self::ALL.without(&Self::below(k)),
            Cond::Set => Self::sharing_bits_with(k),
        }
    }

    /// The numbers for which a condition holds, with the number on its right.
    pub(super) fn held_by(k: u32, cond: Cond) -> Self {
        match cond {
            Cond::Eq | Cond::Set => Self::holding(cond, k),
            // `k > nr` if not `nr >= k`, and so on.
            Cond::Gt => Self::ALL.without(&Self::holding(Cond::Ge, k)),
            Cond::Ge => Self::ALL.without(&Self::holding(Cond::Gt, k)),
        }
    }

    /// The smallest number.
    pub(super) fn first(&self) -> Option<u32> {
        (0u32..)
            .zip(&self.0)
            .find(|(_, word)| **word != 0)
            .map(|(index, word)| (index << 6) | word.trailing_zeros())
    }

    /// The numbers below `limit`.
    pub(super) fn below(limit: u32) -> Self {
        let mut from = 0u32;
        Self([(); WORDS].map(|()| {
            let bits = limit.saturating_sub(from).min(64);
            from = from.saturating_add(64);
            // All ones but for the upper `64 - bits`.
            u64::MAX
                .checked_shr(64u32.saturating_sub(bits))
                .unwrap_or(0)
        }))
    }

    /// The numbers that have a bit in common with `k`.
    pub(super) fn sharing_bits_with(k: u32) -> Self {
        /// For each of the lower six bits, the numbers below 64 that have it.
        const PATTERNS: [u64; 6] = [
            0xaaaa_aaaa_aaaa_aaaa,
            0xcccc_cccc_cccc_cccc,
            0xf0f0_f0f0_f0f0_f0f0,
            0xff00_ff00_ff00_ff00,
            0xffff_0000_ffff_0000,
            0xffff_ffff_0000_0000,
        ];
        let mut low = 0;
        for (bit, pattern) in PATTERNS.iter().enumerate() {
            if k & 1u32.wrapping_shl(bit as u32) != 0 {
                low |= pattern;
            }
        }
        let mut index = 0u32;
        Self([(); WORDS].map(|()| {
            let word = if index & (k >> 6) != 0 { u64::MAX } else { low };
            index = index.saturating_add(1);
            word
        }))
    }

    /// Is a number in the set?
    #[inline(always)]
    pub(super) fn contains(&self, nr: u32) -> bool {
        let (word, bit) = Self::place(nr);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    /// Adds a number, if it is below [`LIMIT`].
    #[inline(always)]
    pub(super) fn add(&mut self, nr: u32) {
        let (word, bit) = Self::place(nr);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    /// Takes a number out.
    #[inline(always)]
    pub(super) fn remove(&mut self, nr: u32) {
        let (word, bit) = Self::place(nr);
        if let Some(word) = self.0.get_mut(word) {
            *word &= !bit;
        }
    }

    /// Is there no number in the set?
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().fold(0, |all, word| all | word) == 0
    }

    /// Adds all of `other`.
    #[inline]
    pub(super) fn unite(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    /// What is in one or the other.
    #[inline]
    pub(super) fn union(&self, other: &Self) -> Self {
        let mut all = *self;
        all.unite(other);
        all
    }

    /// What is in both.
    #[inline]
    pub(super) fn and(&self, other: &Self) -> Self {
        let mut both = *self;
        for (word, other) in both.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
        both
    }

    /// What is in `self` but not in `other`.
    #[inline]
    pub(super) fn without(&self, other: &Self) -> Self {
        let mut rest = *self;
        for (word, other) in rest.0.iter_mut().zip(&other.0) {
            *word &= !other;
        }
        rest
    }

    /// Writes `value` to `index` at each number of the set.
    pub(super) fn put_in(&self, index: &mut [u8], value: u8) {
        for (word, places) in self.0.iter().zip(index.chunks_mut(64)) {
            if *word == u64::MAX {
                places.fill(value);
                continue;
            }
            let mut rest = *word;
            while rest != 0 {
                if let Some(place) = places.get_mut(rest.trailing_zeros() as usize) {
                    *place = value;
                }
                rest &= rest.wrapping_sub(1);
            }
        }
    }
}
