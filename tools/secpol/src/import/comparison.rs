// SPDX-License-Identifier: MIT OR Apache-2.0

//! A comparison of an argument, as libseccomp and others make it: of the whole register, without a
//! sign.

use crate::syntax::ast::Operator;

/// A comparison of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Comparison {
    /// Which argument.
    pub(super) index: usize,
    /// How it is compared. [`Operator::In`] is none of libseccomp's.
    pub(super) operator: Operator,
    /// What of it counts; all, if there is none. [`Operator::Equal`] may have one, and outside of
    /// libseccomp [`Operator::NotEqual`].
    pub(super) mask: Option<u64>,
    /// With what.
    pub(super) value: u64,
}

impl Comparison {
    /// What libseccomp makes of it for registers of 32 or 64 bits; `None` if it always holds
    /// because nothing of the argument counts.
    pub(super) fn at_width(self, bits: u32) -> Option<Self> {
        let all = u64::MAX >> (64 - bits);
        let Some(mask) = self.mask else {
            return Some(Self {
                value: self.value & all,
                ..self
            });
        };
        let mask = mask & all;
        (mask != 0).then_some(Self {
            mask: Some(mask),
            value: self.value & mask,
            ..self
        })
    }

    /// Does it ask which is greater?
    pub(super) fn is_ordered(&self) -> bool {
        use Operator::{
            Equal,
            In,
            NotEqual, //
        };
        !matches!(self.operator, Equal | NotEqual | In)
    }

    /// What of the argument counts, and what that is compared with, if it is compared in parts.
    pub(super) fn masked(&self) -> Option<(u64, u64)> {
        match self.operator {
            Operator::In => Some((!self.value, 0)),
            _ => self.mask.map(|mask| (mask, self.value)),
        }
    }

    /// Is there a number of which both hold, whichever arguments they are of? They are comparisons
    /// that libseccomp has.
    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self.mask, other.mask) {
            (Some(mine), Some(theirs)) => (self.value ^ other.value) & mine & theirs == 0,
            (Some(mask), None) => other
                .ranges()
                .any(|range| has_bits(range, mask, self.value)),
            (None, Some(mask)) => self
                .ranges()
                .any(|range| has_bits(range, mask, other.value)),
            (None, None) => self.ranges().any(|(low, high)| {
                other
                    .ranges()
                    .any(|(lowest, highest)| low <= highest && lowest <= high)
            }),
        }
    }

    /// The numbers of which it holds, if it has no mask: from, and to.
    fn ranges(&self) -> impl Iterator<Item = (u64, u64)> {
        let value = self.value;
        let below = value.checked_sub(1).map(|high| (0, high));
        let above = value.checked_add(1).map(|low| (low, u64::MAX));
        let ranges = match self.operator {
            Operator::Equal | Operator::In => [Some((value, value)), None],
            Operator::NotEqual => [below, above],
            Operator::Less => [below, None],
            Operator::LessOrEqual => [Some((0, value)), None],
            Operator::Greater => [above, None],
            Operator::GreaterOrEqual => [Some((value, u64::MAX)), None],
        };
        ranges.into_iter().flatten()
    }
}

/// Can all of these hold, and all of those, of the arguments of one call? Each argument is compared
/// once in either.
pub(super) fn can_both_hold(these: &[Comparison], those: &[Comparison]) -> bool {
    let never = |comparison: &Comparison| !comparison.meets(comparison);
    if these.iter().chain(those).any(never) {
        return false;
    }
    these.iter().all(|this| {
        those
            .iter()
            .all(|that| this.index != that.index || this.meets(that))
    })
}

/// Is there a number in the range that has these bits of a mask?
fn has_bits((low, high): (u64, u64), mask: u64, bits: u64) -> bool {
    lowest_with_bits(low, mask, bits).is_some_and(|lowest| lowest <= high)
}

/// The lowest number from `low` on that has these bits of a mask.
fn lowest_with_bits(low: u64, mask: u64, bits: u64) -> Option<u64> {
    let wrong = (low ^ bits) & mask;
    if wrong == 0 {
        return Some(low);
    }
    let highest_wrong = 1 << wrong.ilog2();
    // What is below the bit that makes it greater than `low` is as low as it can be.
    let greater_by = |bit: u64| (low & !(bit | (bit - 1))) | bit | (bits & (bit - 1));
    if bits & highest_wrong != 0 {
        return Some(greater_by(highest_wrong));
    }
    // It is too great there, so a bit above must be set that is not yet, and that may be.
    let free = !(mask | low) & !(highest_wrong | (highest_wrong - 1));
    (free != 0).then(|| greater_by(1 << free.trailing_zeros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comparison(operator: Operator, mask: Option<u64>, value: u64) -> Comparison {
        Comparison {
            index: 0,
            operator,
            mask,
            value,
        }
    }

    fn holds(comparison: &Comparison, number: u64) -> bool {
        let Comparison { mask, value, .. } = *comparison;
        match comparison.operator {
            Operator::Equal => number & mask.unwrap_or(u64::MAX) == value,
            Operator::NotEqual => number != value,
            Operator::Less => number < value,
            Operator::LessOrEqual => number <= value,
            Operator::Greater => number > value,
            Operator::GreaterOrEqual => number >= value,
            Operator::In => unreachable!(),
        }
    }

    /// All comparisons with numbers of four bits; `top` is where those are.
    fn all(top: u32) -> Vec<Comparison> {
        use Operator::*;
        let mut all = Vec::new();
        for value in 0..16 {
            for operator in [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual] {
                all.push(comparison(operator, None, value << top));
            }
            for mask in 0..16 {
                if value & !mask == 0 {
                    all.push(comparison(Equal, Some(mask << top), value << top));
                }
            }
        }
        all
    }

    /// Whether two meet is the same as whether one of all numbers makes both hold.
    #[test]
    fn meetings() {
        for top in [0, 60] {
            let all = all(top);
            // Below the four bits, all or nothing is enough; above them, nothing or a bit.
            let mut numbers: Vec<u64> = (0..16).map(|number| number << top).collect();
            numbers.extend((0..16).map(|number| (number << top) | ((1 << top) - 1)));
            numbers.extend((0..16).map(|number| number | (1 << 63)));
            for one in &all {
                for other in &all {
                    let found = numbers
                        .iter()
                        .any(|number| holds(one, *number) && holds(other, *number));
                    assert_eq!(one.meets(other), found, "{one:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn lowest() {
        for mask in 0..32 {
            for bits in (0..32).filter(|bits| bits & !mask == 0) {
                for low in 0..32 {
                    // 32 has no bit of the mask.
                    let expected = (low..64).find(|number| number & mask == bits);
                    assert_eq!(lowest_with_bits(low, mask, bits), expected);
                }
            }
        }
        assert_eq!(lowest_with_bits(5, u64::MAX, 4), None);
        assert_eq!(lowest_with_bits(u64::MAX, 1, 0), None);
        assert_eq!(lowest_with_bits(u64::MAX - 1, 1, 1), Some(u64::MAX));
    }

    #[test]
    fn widths() {
        let masked = comparison(Operator::Equal, Some(0xff_0000_000f), 0x12_0000_0034);
        let at_64 = comparison(Operator::Equal, Some(0xff_0000_000f), 0x12_0000_0004);
        let at_32 = comparison(Operator::Equal, Some(0xf), 4);
        assert_eq!(masked.at_width(64), Some(at_64));
        assert_eq!(masked.at_width(32), Some(at_32));
        let high = comparison(Operator::Equal, Some(0xff_0000_0000), 0);
        assert_eq!(high.at_width(64), Some(high));
        assert_eq!(high.at_width(32), None);
        let less = comparison(Operator::Less, None, (1 << 32) | 7);
        assert_eq!(less.at_width(32), Some(comparison(Operator::Less, None, 7)));
    }

    #[test]
    fn several() {
        let at = |index, operator, value| Comparison {
            index,
            ..comparison(operator, None, value)
        };
        use Operator::*;
        let socket = [at(0, Equal, 16), at(2, Equal, 9)];
        assert!(!can_both_hold(&socket, &[at(2, NotEqual, 9)]));
        assert!(!can_both_hold(&socket, &[at(0, NotEqual, 16)]));
        assert!(can_both_hold(&socket, &[at(1, NotEqual, 16)]));
        assert!(can_both_hold(
            &socket,
            &[at(0, Greater, 15), at(2, Less, 10)]
        ));
        assert!(!can_both_hold(&socket, &[at(1, Less, 0)]));
        assert!(can_both_hold(&socket, &[]));
    }
}
