// SPDX-License-Identifier: MIT OR Apache-2.0

//! Values, as minijail0 reads them: numbers as strtol(3) does, constants, `~`, `|`, parentheses.

use super::super::{
    constant,
    signed,
    MAX_DEPTH, //
};
use crate::{
    abi::Abi,
    import::quoted, //
};

/// The value of a text, that has no blanks; or why it is none.
pub(super) fn value(text: &str, machine: Abi, depth: usize) -> Result<u64, String> {
    if depth > MAX_DEPTH {
        return Err("there are too many parentheses".to_string());
    }
    let mut all = 0;
    let mut rest = text;
    loop {
        let (complement, unsigned) = match rest.strip_prefix('~') {
            Some(inner) => (true, inner),
            None => (false, rest),
        };
        let (part, behind) = match unsigned.strip_prefix('(') {
            Some(inner) => {
                let end = closing(inner).ok_or_else(|| "a ( is not closed".to_string())?;
                let part = value(&inner[..end], machine, depth + 1)?;
                let behind = &inner[end + 1..];
                match behind.strip_prefix('|') {
                    Some(behind) => (part, Some(behind)),
                    None if behind.is_empty() => (part, None),
                    None => return Err("there is something behind the )".to_string()),
                }
            }
            None => match unsigned.split_once('|') {
                Some((word, behind)) => (single(word, machine)?, Some(behind)),
                None => (single(unsigned, machine)?, None),
            },
        };
        all |= if complement { !part } else { part };
        match behind {
            None => return Ok(all),
            // minijail0 takes such a value for one without the sign.
            Some("") => return Err("there is nothing behind the |".to_string()),
            Some(behind) => rest = behind,
        }
    }
}

/// Where the parenthesis that is open at the start is closed.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    text.char_indices().find_map(|(place, c)| {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        (open == 0).then_some(place)
    })
}

/// A constant, or a number.
fn single(word: &str, machine: Abi) -> Result<u64, String> {
    if word.is_empty() {
        return Err("there is no value".to_string());
    }
    if let Some(value) = constant(machine, word) {
        return Ok(value);
    }
    let starts = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-');
    if !word.starts_with(starts) {
        return Err(format!("there is no constant {}", quoted(word)));
    }
    number(word).ok_or_else(|| format!("{} is no number of 64 bits", quoted(word)))
}

/// A number in C's notation. What is negative has a sign, what is not may need all 64 bits.
fn number(word: &str) -> Option<u64> {
    let (negative, unsigned) = match word.strip_prefix('-') {
        Some(unsigned) => (true, unsigned),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    let lower = unsigned.to_ascii_lowercase();
    let (radix, digits) = match lower.strip_prefix("0x") {
        Some(digits) => (16, digits),
        None if lower.len() > 1 && lower.starts_with('0') => (8, &lower[1..]),
        None => (10, lower.as_str()),
    };
    // What else from_str_radix() takes.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = u64::from_str_radix(digits, radix).ok()?;
    signed(negative, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (word, expected) in [
            ("0", Some(0)),
            ("+7", Some(7)),
            ("010", Some(8)),
            ("00", Some(0)),
            ("0X1f", Some(31)),
            ("-1", Some(u64::MAX)),
            ("-0x10", Some(16u64.wrapping_neg())),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-9223372036854775808", Some(1 << 63)),
            ("-9223372036854775809", None),
            ("08", None),
            ("0x", None),
            ("0b1", None),
            ("0x-1", None),
            ("+-1", None),
            ("1f", None),
            ("", None),
        ] {
            assert_eq!(number(word), expected, "{word}");
        }
    }
}
