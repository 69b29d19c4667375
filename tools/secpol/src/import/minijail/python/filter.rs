// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is behind the colon.

use super::{
    cursor::Cursor,
    token::Kind,
    value::{
        single,
        value, //
    }, //
};
use crate::{
    action::Action,
    import::{
        comparison::Comparison,
        minijail::{
            collected::{
                errno,
                Filter, //
            },
            comparison, //
        },
        quoted,
        text::At,
        Error, //
    }, //
};

/// `FILTER` or `{ FILTER, FILTER }`; in a list of what is refused, all actions that are named are
/// `return ERRNO`.
pub(super) fn filters(
    cursor: &mut Cursor<'_>,
    at: &At,
    refuses: bool,
) -> Result<Vec<Filter>, Error> {
    if !cursor.take(Kind::LeftBrace) {
        return Ok(vec![filter(cursor, at, refuses)?]);
    }
    let mut filters = Vec::new();
    loop {
        filters.push(filter(cursor, at, refuses)?);
        if !cursor.take(Kind::Comma) {
            break;
        }
    }
    cursor.expect(Kind::RightBrace, "} behind what is said of the call")?;
    Ok(filters)
}

/// `ACTION`, or `CONDITION [; ACTION]`: what becomes of a call for which the condition holds.
fn filter(cursor: &mut Cursor<'_>, at: &At, refuses: bool) -> Result<Filter, Error> {
    let (lists, then) = if cursor.kind() == Some(Kind::Argument) {
        let lists = condition(cursor)?;
        let then = match cursor.take(Kind::Semicolon) {
            true => action(cursor, refuses)?,
            false => Action::Allow,
        };
        (Some(lists), then)
    } else {
        (None, action(cursor, refuses)?)
    };
    Ok(Filter {
        lists,
        then,
        at: at.clone(),
    })
}

/// Lists of comparisons, with `||` between the lists and `&&` between the comparisons.
fn condition(cursor: &mut Cursor<'_>) -> Result<Vec<Vec<Comparison>>, Error> {
    let mut lists = Vec::new();
    loop {
        let mut list = Vec::new();
        loop {
            list.push(test(cursor)?);
            if !cursor.take(Kind::And) {
                break;
            }
        }
        lists.push(list);
        if !cursor.take(Kind::Or) {
            return Ok(lists);
        }
    }
}

/// `argN OPERATOR VALUE`
fn test(cursor: &mut Cursor<'_>) -> Result<Comparison, Error> {
    let argument = cursor.expect(Kind::Argument, "an argument")?;
    let sign = cursor.expect(Kind::Operator, "an operator")?;
    let index = match argument.text[3..].parse() {
        Ok(index @ 0..=5) => index,
        _ => return Err(argument.at.error("an argument is one of arg0 to arg5")),
    };
    let value = value(cursor, 0)?;
    comparison(index, &sign.text, value).ok_or_else(|| {
        let why = format!("there is no operator {}", quoted(&sign.text));
        sign.at.error(why)
    })
}

fn action(cursor: &mut Cursor<'_>, refuses: bool) -> Result<Action, Error> {
    let kind = cursor.kind();
    let Some(token) = cursor.next() else {
        return Err(cursor.error("expected is an action"));
    };
    if refuses && kind != Some(Kind::Return) {
        return Err(token.at.error("a @denylist has no action but return"));
    }
    match (kind, token.text.as_str()) {
        (Some(Kind::Action), "allow") => Ok(Action::Allow),
        (Some(Kind::Action), "kill" | "kill-thread") => Ok(Action::KillThread),
        (Some(Kind::Action), "kill-process") => Ok(Action::Kill),
        (Some(Kind::Action), "trap") => Ok(Action::Trap(0)),
        (Some(Kind::Action), "trace") => Ok(Action::Trace(0)),
        (Some(Kind::Action), "log") => Ok(Action::Log),
        (Some(Kind::Action), "user-notify") => Ok(Action::Notify),
        (Some(Kind::Return), _) => {
            let at = cursor.here();
            errno(single(cursor)?, &at)
        }
        (Some(Kind::Number), text) if super::value::number(text) == Some(1) => Ok(Action::Allow),
        _ => Err(token.at.error("this is not an action")),
    }
}
