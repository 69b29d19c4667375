// SPDX-License-Identifier: MIT OR Apache-2.0

//! Calls to try a policy on.

use super::{
    super::example::{
        Content,
        Example,
        Given, //
    },
    action::action,
    cursor::{
        Cursor,
        Parsed, //
    },
    rule::arches,
    value::value, //
};
use crate::diagnostic::Diagnostic;

/// Takes a call, and what is expected of it.
pub(super) fn example(cursor: &mut Cursor<'_>) -> Parsed<Example> {
    let mut name = cursor.name("a call, as in `read(fd=0) -> allow`")?;
    let start = name.span.start;
    let ring = name.value == "io_uring" && cursor.take(":");
    if ring {
        name = cursor.name("an operation, as in `io_uring:openat(flags=0)`")?;
    }
    let arch = match cursor.take("[") {
        true => one_arch(cursor)?,
        false => None,
    };
    cursor.expect("(", "`(` behind the call")?;
    let arguments = list(cursor, ")")?;
    let expected = match cursor.take("->") {
        true => Some(action(cursor)?),
        false => None,
    };
    if !cursor.is_at_end() {
        return Err(cursor.expected("`->` or the end of the line"));
    }
    Ok(Example {
        ring,
        name,
        arch,
        arguments,
        expected,
        span: cursor.span_from(start),
    })
}

fn one_arch(cursor: &mut Cursor<'_>) -> Parsed<Option<super::super::ast::Name>> {
    let mut names = arches(cursor)?;
    if let Some(second) = names.get(1) {
        return Err(Diagnostic::error("a call is made on one architecture").at(second.span, ""));
    }
    Ok(names.pop())
}

/// `NAME=VALUE, NAME={...}` up to the symbol that ends it, which is taken.
fn list(cursor: &mut Cursor<'_>, end: &str) -> Parsed<Vec<Given>> {
    let mut given = Vec::new();
    while !cursor.take(end) {
        given.push(one(cursor)?);
        if !cursor.take(",") && !cursor.peek().is(end) {
            return Err(cursor.unexpected(&format!("`,` or `{end}`")));
        }
    }
    Ok(given)
}

fn one(cursor: &mut Cursor<'_>) -> Parsed<Given> {
    let mut path = vec![cursor.name("the name of an argument, as in `fd=0`")?];
    while cursor.take(".") {
        path.push(cursor.name("the name of a member")?);
    }
    if !cursor.take("=") {
        return Err(cursor.expected("`=`"));
    }
    let content = match cursor.take("{") {
        true => Content::Members(cursor.nested(|cursor| list(cursor, "}"))?),
        false => Content::Value(value(cursor)?),
    };
    Ok(Given { path, content })
}
