// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where random policies and calls come from.

/// What decides of each thing that may be one way or another.
///
/// Those of a stream end: all later ones are 0, for which makers choose what is simplest. So a
/// shorter stream, and one of smaller numbers, is a simpler policy, and proptest can shrink it.
pub struct Choices {
    stream: Vec<u64>,
    place: usize,
    seed: Option<u64>,
}

impl Choices {
    /// Those of a stream.
    pub fn from_stream(stream: Vec<u64>) -> Self {
        Self {
            stream,
            place: 0,
            seed: None,
        }
    }

    /// Those that follow from a number; they do not end.
    pub fn from_seed(seed: u64) -> Self {
        Self {
            stream: Vec::new(),
            place: 0,
            seed: Some(seed),
        }
    }

    /// The next one.
    pub fn number(&mut self) -> u64 {
        let Some(seed) = &mut self.seed else {
            let number = self.stream.get(self.place).copied().unwrap_or(0);
            self.place += 1;
            return number;
        };
        // SplitMix64
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `end`, which is not among them.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    /// Happens once in so many times, and never once a stream has ended.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.number() % times == times - 1
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A number of so many bits, of those that mistakes are made with as often as any other.
    pub fn edge(&mut self, bits: u32) -> u64 {
        let all = u64::MAX >> (64 - bits);
        let top = 1 << (bits - 1);
        let other = self.number();
        let edge = match self.below(12) {
            0 => other % 4,
            1 => all.wrapping_sub(other % 3),
            2 => top,
            3 => top - 1 - other % 2,
            4 => top + 1 + other % 2,
            5 => 1 << (other % 64),
            6 => !(1 << (other % 64)),
            7 => (1 << (other % 64)) | (1 << (other / 64 % 64)),
            8 => other % 1024,
            9 => u64::from(u32::MAX) + other % 3,
            // CLONE_NEWTIME, with flags that are clone()'s as well.
            10 => (other & 0x7e02_0000) | 0x80,
            _ => other,
        };
        edge & all
    }
}
