// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a value is, and whether it can be that of a field.

use std::net::IpAddr;

use super::{
    settings::Settings,
    Said, //
};
use crate::{
    abi::Abi,
    diagnostic::Diagnostic,
    rules::Field,
    syntax::ast::{
        Span,
        Value,
        ValueKind, //
    },
    syntax::nearest::nearest,
    tables, //
};

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// What it is, if it were as wide as need be: a complement is negative.
    value: i128,
    /// Is it made of a complement? Then its upper bits are those of any width.
    complement: bool,
}

/// What a value is on an architecture; `None` if that was said to be an error.
pub(super) fn number(
    value: &Value,
    abi: Abi,
    settings: &Settings<'_>,
    said: &mut Said,
) -> Option<Number> {
    settings.work(value.span, said)?;
    let plain = |value| {
        Some(Number {
            value,
            complement: false,
        })
    };
    match &value.kind {
        ValueKind::Number(number) => plain(i128::from(*number)),
        ValueKind::Negative(number) => plain(-i128::from(*number)),
        ValueKind::Name(name) => named(name, value.span, abi, settings, said),
        ValueKind::Address(IpAddr::V4(address)) => plain(i128::from(address.to_bits())),
        ValueKind::Address(IpAddr::V6(_)) => {
            said.say(
                Diagnostic::error("an IPv6 address can be compared with addr.in6.addr alone")
                    .at(value.span, "here"),
            );
            None
        }
        ValueKind::Complement(inner) => number(inner, abi, settings, said).map(|inner| Number {
            value: !inner.value,
            complement: true,
        }),
        ValueKind::Union(parts) => {
            let mut all = Number {
                value: 0,
                complement: false,
            };
            for part in parts {
                let part = number(part, abi, settings, said)?;
                all.value |= part.value;
                all.complement |= part.complement;
            }
            Some(all)
        }
        ValueKind::Shift(left, right) => {
            let left_number = number(left, abi, settings, said)?;
            let right_number = number(right, abi, settings, said)?;
            let by = match u32::try_from(right_number.value) {
                Ok(bits @ 0..64) if !right_number.complement => 1i128 << bits,
                _ => {
                    said.say(
                        Diagnostic::error("a number is shifted by 0 to 63 bits")
                            .at(right.span, "not by this"),
                    );
                    return None;
                }
            };
            let shifted = left_number.value.checked_mul(by);
            if shifted.is_none() {
                said.say(
                    Diagnostic::error("this has more bits than any field")
                        .at(value.span, "shifted"),
                );
            }
            shifted.map(|value| Number {
                value,
                ..left_number
            })
        }
    }
}

fn named(
    name: &str,
    span: Span,
    abi: Abi,
    settings: &Settings<'_>,
    said: &mut Said,
) -> Option<Number> {
    if let Some(value) = settings.define(name, abi) {
        if let Err(wrong) = value {
            wrong.iter().for_each(|wrong| said.say(wrong.clone()));
        }
        return value.as_ref().ok().copied();
    }
    if name == "NULL" {
        return Some(Number {
            value: 0,
            complement: false,
        });
    }
    let value = tables::constant(abi, name);
    if value.is_none() && !said.is_full() {
        let mut error = Diagnostic::error(format!("there is no constant {name}"));
        if tables::is_constant_name(name) {
            error = Diagnostic::error(format!("{} has no constant {name}", abi.name()));
        } else if let Some(nearest) = nearest(name, constants_and(settings)) {
            error = error.help(format!("there is {nearest}"));
        }
        said.say(error.at(span, "not known"));
    }
    value.map(|value| Number {
        value,
        complement: false,
    })
}

fn constants_and<'a>(settings: &'a Settings<'_>) -> impl Iterator<Item = &'a str> {
    let constants = tables::constant_names().map(|name| -> &'a str { name });
    constants.chain(settings.defined())
}

impl Number {
    /// Its bits at the width of a field, if it is one of its values. With `ordered`, the field's
    /// sign counts: 0xffffffff is no value of an `int` then.
    pub(super) fn at_width(self, field: &Field, ordered: bool) -> Option<u64> {
        let bits = 8 * field.bytes;
        let lowest = match (self.complement, field.signed || !ordered) {
            // The complement of a value that fits.
            (true, _) => -(1i128 << bits),
            (false, true) => -(1i128 << (bits - 1)),
            (false, false) => 0,
        };
        let highest = if ordered && field.signed {
            (1i128 << (bits - 1)) - 1
        } else {
            (1i128 << bits) - 1
        };
        // CAST: Its lower bits, which are all that the field has.
        (lowest..=highest)
            .contains(&self.value)
            .then_some(self.value as u64 & field.all())
    }

    /// It, if it is the data of an action: 0 to `highest`.
    pub(super) fn as_data(self, highest: u16) -> Option<u16> {
        u16::try_from(self.value)
            .ok()
            .filter(|value| *value <= highest && !self.complement)
    }
}
