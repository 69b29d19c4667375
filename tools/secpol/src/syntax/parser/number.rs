// SPDX-License-Identifier: MIT OR Apache-2.0

//! Numbers, as C writes them.

use std::num::IntErrorKind;

use super::cursor::shortened;

/// The number that was written, or what is wrong with it, and what can be done about it.
pub(super) fn number(text: &str) -> Result<u64, (String, Option<&'static str>)> {
    let short = shortened(text);
    let lower = text.to_ascii_lowercase();
    let (kind, radix, digits) = if let Some(digits) = lower.strip_prefix("0x") {
        ("hexadecimal", 16, digits)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        ("binary", 2, digits)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        ("octal", 8, digits)
    } else if lower.len() > 1 && lower.starts_with('0') {
        ("octal", 8, &lower[1..])
    } else {
        ("decimal", 10, lower.as_str())
    };
    match u64::from_str_radix(digits, radix) {
        Ok(number) => Ok(number),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => {
            Err((format!("`{short}` does not fit in 64 bits"), None))
        }
        Err(_) => {
            let help = if digits.contains('_') {
                Some("digits are not grouped by `_`")
            } else if radix == 8 && lower.bytes().all(|digit| digit.is_ascii_digit()) {
                Some("a number that starts with 0 is octal, as in C")
            } else {
                None
            };
            Err((
                format!("`{short}` is not {} {kind} number", article(kind)),
                help,
            ))
        }
    }
}

fn article(word: &str) -> &'static str {
    match word.as_bytes().first() {
        Some(b'a' | b'e' | b'i' | b'o' | b'u') => "an",
        _ => "a",
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn radixes() {
        for (text, expected) in [
            ("0", 0),
            ("00", 0),
            ("10", 10),
            ("010", 8),
            ("0o10", 8),
            ("06000", 0o6000),
            ("0x1F", 31),
            ("0Xff", 255),
            ("0b101", 5),
            ("18446744073709551615", u64::MAX),
            ("0xffffffffffffffff", u64::MAX),
            ("01777777777777777777777", u64::MAX),
        ] {
            assert_eq!(number(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn wrong_numbers() {
        let octal = Some("a number that starts with 0 is octal, as in C");
        let grouped = Some("digits are not grouped by `_`");
        for (text, message, help) in [
            ("089", "`089` is not an octal number", octal),
            ("0x", "`0x` is not a hexadecimal number", None),
            ("0xg", "`0xg` is not a hexadecimal number", None),
            ("0b2", "`0b2` is not a binary number", None),
            ("0o", "`0o` is not an octal number", None),
            ("0o8", "`0o8` is not an octal number", None),
            ("12ab", "`12ab` is not a decimal number", None),
            ("10UL", "`10UL` is not a decimal number", None),
            ("1_000", "`1_000` is not a decimal number", grouped),
            ("0_7", "`0_7` is not an octal number", grouped),
            (
                "18446744073709551616",
                "`18446744073709551616` does not fit in 64 bits",
                None, //
            ),
            (
                "0x10000000000000000",
                "`0x10000000000000000` does not fit in 64 bits",
                None, //
            ),
        ] {
            assert_eq!(number(text), Err((message.to_owned(), help)), "{text}");
        }
    }
}
