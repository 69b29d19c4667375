// SPDX-License-Identifier: MIT OR Apache-2.0

//! Values. `~` and `-` bind tighter than `<<`, and that tighter than `|`.

use std::net::{
    IpAddr,
    Ipv4Addr,
    Ipv6Addr, //
};

use super::{
    super::{
        ast::{
            Value,
            ValueKind, //
        },
        token::{
            Kind,
            Token, //
        }, //
    },
    cursor::{
        shortened,
        Cursor,
        Parsed, //
    },
    number::number, //
};
use crate::diagnostic::Diagnostic;

/// Takes a value.
pub(super) fn value(cursor: &mut Cursor<'_>) -> Parsed<Value> {
    let first = shift(cursor)?;
    if !cursor.peek().is("|") {
        return Ok(first);
    }
    let start = first.span.start;
    let mut parts = vec![first];
    while cursor.take("|") {
        parts.push(shift(cursor)?);
    }
    Ok(from(cursor, start, ValueKind::Union(parts)))
}

fn shift(cursor: &mut Cursor<'_>) -> Parsed<Value> {
    let shifted = unary(cursor)?;
    if !cursor.take("<<") {
        return Ok(shifted);
    }
    let start = shifted.span.start;
    let by = unary(cursor)?;
    if cursor.peek().is("<<") {
        // A chain would make a tree as deep as it is long.
        return Err(Diagnostic::error("`<<` cannot be chained")
            .at(cursor.span_of(cursor.peek()), "")
            .help("put one of them in parentheses: `(1 << 2) << 3`"));
    }
    Ok(from(
        cursor,
        start,
        ValueKind::Shift(Box::new(shifted), Box::new(by)),
    ))
}

fn unary(cursor: &mut Cursor<'_>) -> Parsed<Value> {
    let start = cursor.peek().start;
    if cursor.take("~") {
        let complemented = cursor.nested(unary)?;
        return Ok(from(
            cursor,
            start,
            ValueKind::Complement(Box::new(complemented)),
        ));
    }
    if cursor.take("-") {
        return negative(cursor, start);
    }
    if cursor.take("(") {
        let inner = cursor.nested(value)?;
        cursor.expect(")", "`|`, `<<` or `)`")?;
        return Ok(from(cursor, start, inner.kind));
    }
    let token = cursor.peek();
    let kind = match token.kind {
        Kind::Digits if token.text.contains('.') => ipv4(cursor, token)?,
        Kind::Digits => ValueKind::Number(checked_number(cursor, token)?),
        Kind::Ipv6 => ipv6(cursor, token)?,
        Kind::Name if cursor.is_at_name() => ValueKind::Name(token.text.to_owned()),
        _ if token.is(":") || token.is("[") => {
            return Err(cursor
                .expected("a value")
                .help("an IPv6 address is in brackets: `[::1]`"));
        }
        _ => return Err(cursor.unexpected("a value")),
    };
    cursor.advance();
    Ok(from(cursor, start, kind))
}

fn negative(cursor: &mut Cursor<'_>, start: usize) -> Parsed<Value> {
    let token = cursor.peek();
    if token.kind != Kind::Digits {
        return Err(cursor.unexpected("a number behind `-`"));
    }
    let number = checked_number(cursor, token)?;
    cursor.advance();
    if number > i64::MIN.unsigned_abs() {
        let message = format!("`-{}` does not fit in 64 bits", shortened(token.text));
        return Err(Diagnostic::error(message).at(cursor.span_from(start), ""));
    }
    Ok(from(cursor, start, ValueKind::Negative(number)))
}

fn checked_number(cursor: &Cursor<'_>, token: Token<'_>) -> Parsed<u64> {
    number(token.text).map_err(|(message, help)| {
        let diagnostic = Diagnostic::error(message).at(cursor.span_of(token), "");
        match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    })
}

fn ipv4(cursor: &Cursor<'_>, token: Token<'_>) -> Parsed<ValueKind> {
    match token.text.parse::<Ipv4Addr>() {
        Ok(address) => Ok(ValueKind::Address(IpAddr::V4(address))),
        Err(_) => Err(not_an_address(cursor, token, "IPv4")
            .help("it has four decimal numbers up to 255, none with a 0 in front")),
    }
}

fn ipv6(cursor: &Cursor<'_>, token: Token<'_>) -> Parsed<ValueKind> {
    let address = token.text.trim_matches(['[', ']']);
    match address.parse::<Ipv6Addr>() {
        Ok(address) => Ok(ValueKind::Address(IpAddr::V6(address))),
        Err(_) => Err(not_an_address(cursor, token, "IPv6")),
    }
}

fn not_an_address(cursor: &Cursor<'_>, token: Token<'_>, version: &str) -> Diagnostic {
    let short = shortened(token.text);
    Diagnostic::error(format!("`{short}` is not an {version} address"))
        .at(cursor.span_of(token), "")
}

fn from(cursor: &Cursor<'_>, start: usize, kind: ValueKind) -> Value {
    let span = cursor.span_from(start);
    Value { kind, span }
}
