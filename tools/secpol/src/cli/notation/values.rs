// SPDX-License-Identifier: MIT OR Apache-2.0

//! A condition on one field.

use secpol::names;
use secpol_analysis::{
    Field,
    Node,
    Place,
    Space, //
};

use super::field::{
    Named,
    Names, //
};

/// The most comparisons of a condition.
const MOST: usize = 24;

/// A condition as a text.
pub(super) struct Condition {
    pub(super) text: String,
    /// How hard it is to read.
    pub(super) cost: usize,
    /// It has alternatives.
    pub(super) is_any: bool,
}

/// Says when a condition holds that is on one field alone. `None` if that takes too many words.
pub(super) fn condition(
    space: &mut Space,
    names: &Names,
    condition: Node,
    field: &Field,
    family: Option<u64>,
) -> Option<Condition> {
    let not = space.negation(condition).ok()?;
    let named = names.name(field, space.support(condition, field), family);
    let writer = Writer {
        names,
        named: &named,
    };
    let field = &named.field;
    let mut ways = Vec::new();
    let ranges = if named.big_endian {
        None
    } else {
        space.ranges(condition, field, named.signed, MOST)
    };
    // In the order in which they are preferred.
    if let Some(masks) = space.masks(condition, field, MOST) {
        ways.push(writer.masks(&masks, false));
    }
    if let Some(ranges) = ranges {
        ways.push(writer.ranges(&ranges));
    }
    if let Some(masks) = space.masks(not, field, MOST) {
        ways.push(writer.masks(&masks, true));
    }
    ways.into_iter().min_by_key(|way| way.cost)
}

struct Writer<'a> {
    names: &'a Names,
    named: &'a Named,
}

impl Writer<'_> {
    fn all(&self) -> u64 {
        u64::MAX >> (64 - self.named.field.width)
    }

    /// One of some masks has what is there, or (if `negative`) none.
    fn masks(&self, masks: &[(u64, u64)], negative: bool) -> Condition {
        let operator = if negative { "!=" } else { "==" };
        let name = &self.named.text;
        let mut parts = Vec::new();
        let mut cost = usize::from(negative);
        for (mask, value) in masks {
            let (mask, value) = (self.in_order(*mask), self.in_order(*value));
            let is_all = mask == self.all();
            cost += if is_all { 2 } else { 3 };
            parts.push(if is_all {
                format!("{name} {operator} {}", self.value(value))
            } else {
                let bits = self.bits(mask);
                match mask.count_ones() {
                    // Of a single bit one says whether it is 0.
                    1 if (value == 0) == negative => format!("{name} & {bits} != 0"),
                    1 => format!("{name} & {bits} == 0"),
                    _ => format!("{name} & {bits} {operator} {}", self.masked(value)),
                }
            });
        }
        Condition {
            is_any: !negative && parts.len() > 1,
            text: parts.join(if negative { " && " } else { " || " }),
            cost,
        }
    }

    /// The value is in one of some ranges.
    fn ranges(&self, ranges: &[(u64, u64)]) -> Condition {
        let name = &self.named.text;
        let top = if self.named.signed {
            self.all() - (self.all() >> 1)
        } else {
            0
        };
        let mut parts = Vec::new();
        let mut cost = 0;
        for (first, last) in ranges {
            let value = |value: u64| self.value(value ^ top);
            cost += 2;
            parts.push(match (*first, *last) {
                (first, last) if first == last => format!("{name} == {}", value(first)),
                // As one who writes it would.
                (0, last) if value(last) == "-1" => format!("{name} < 0"),
                (first, last) if last == self.all() && self.is_extent() => {
                    format!("{name} > {}", value(first - 1))
                }
                (0, last) => format!("{name} <= {}", value(last)),
                (first, last) if last == self.all() => format!("{name} >= {}", value(first)),
                (first, last) => {
                    cost += 2;
                    let text = format!("{name} >= {} && {name} <= {}", value(first), value(last));
                    if ranges.len() == 1 {
                        text
                    } else {
                        format!("({text})")
                    }
                }
            });
        }
        Condition {
            is_any: parts.len() > 1,
            text: parts.join(" || "),
            cost,
        }
    }

    fn is_extent(&self) -> bool {
        self.named.field.place == Place::Extent
    }

    /// Bits as a number that is written.
    fn in_order(&self, bits: u64) -> u64 {
        if self.named.big_endian {
            bits.swap_bytes() >> (64 - self.named.field.width)
        } else {
            bits
        }
    }

    fn constant(&self, value: u64) -> Option<String> {
        let (call, what) = &self.named.constants;
        names::names(self.names.abi?, (call, what), value)
    }

    /// A value of the field.
    fn value(&self, value: u64) -> String {
        if self.named.pointer && value == 0 {
            return "NULL".to_string();
        }
        if self.named.signed && value > self.all() >> 1 {
            return format!("-{}", (self.all() - value) + 1);
        }
        if self.named.big_endian && self.named.field.width == 32 {
            // CAST: It has 32 bits.
            return std::net::Ipv4Addr::from(value as u32).to_string();
        }
        if self.is_extent() {
            return value.to_string();
        }
        self.constant(value).unwrap_or_else(|| number(value))
    }

    /// What is left of one behind a mask.
    fn masked(&self, value: u64) -> String {
        if value == 0 {
            return "0".to_string();
        }
        self.constant(value).unwrap_or_else(|| number(value))
    }

    fn bits(&self, mask: u64) -> String {
        match self.constant(mask) {
            Some(names) if names.contains('|') => format!("({names})"),
            Some(name) => name,
            None if mask < 10 => mask.to_string(),
            None => format!("{mask:#x}"),
        }
    }
}

fn number(value: u64) -> String {
    if value < 4096 && value.count_ones() != 1 || value < 10 || value == 16 {
        value.to_string()
    } else {
        format!("{value:#x}")
    }
}
