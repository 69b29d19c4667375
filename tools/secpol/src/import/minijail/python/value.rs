// SPDX-License-Identifier: MIT OR Apache-2.0

//! Values: numbers, constants, `~`, `|`, parentheses.

use super::{
    cursor::Cursor,
    token::Kind, //
};
use crate::import::{
    minijail::{
        constant,
        signed,
        MAX_DEPTH, //
    },
    quoted,
    Error, //
};

/// `PART|PART`
pub(super) fn value(cursor: &mut Cursor<'_>, depth: usize) -> Result<u64, Error> {
    if depth > MAX_DEPTH {
        return Err(cursor.error("there are too many parentheses"));
    }
    let mut all = 0;
    loop {
        all |= part(cursor, depth)?;
        if !cursor.take(Kind::Union) {
            return Ok(all);
        }
    }
}

/// `[~](VALUE)` or `[~]SINGLE`
fn part(cursor: &mut Cursor<'_>, depth: usize) -> Result<u64, Error> {
    let complement = cursor.take(Kind::Complement);
    let part = if cursor.take(Kind::LeftParenthesis) {
        let inner = value(cursor, depth + 1)?;
        cursor.expect(Kind::RightParenthesis, "a )")?;
        inner
    } else {
        single(cursor)?
    };
    Ok(if complement { !part } else { part })
}

/// A number or a constant.
pub(super) fn single(cursor: &mut Cursor<'_>) -> Result<u64, Error> {
    let error = cursor.error("expected is a number or a constant");
    let kind = cursor.kind();
    let Some(token) = cursor.next() else {
        return Err(error);
    };
    match kind {
        Some(Kind::Number) => number(&token.text).ok_or_else(|| {
            let why = format!("{} is no number of 64 bits", quoted(&token.text));
            token.at.error(why)
        }),
        Some(Kind::Identifier) => constant(cursor.machine(), &token.text).ok_or_else(|| {
            let why = format!("there is no constant {}", quoted(&token.text));
            token.at.error(why)
        }),
        _ => Err(error),
    }
}

/// The number of a token. What starts with 0 is octal, except if it has other digits.
pub(super) fn number(text: &str) -> Option<u64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, text),
    };
    let hexadecimal = unsigned
        .strip_prefix("0x")
        .or_else(|| unsigned.strip_prefix("0X"));
    let is_octal = unsigned.len() > 1
        && unsigned.starts_with('0')
        && matches!(unsigned.as_bytes()[1], b'0'..=b'7');
    let number = match hexadecimal {
        Some(digits) => u64::from_str_radix(digits, 16),
        None if is_octal => u64::from_str_radix(unsigned, 8),
        None => unsigned.parse(),
    };
    let number = number.ok()?;
    signed(negative, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("0", Some(0)),
            ("010", Some(8)),
            ("08", Some(8)),
            ("0x1F", Some(31)),
            ("-1", Some(u64::MAX)),
            ("-010", Some(8u64.wrapping_neg())),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-9223372036854775808", Some(1 << 63)),
            ("-9223372036854775809", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
