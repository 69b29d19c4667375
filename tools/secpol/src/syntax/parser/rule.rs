// SPDX-License-Identifier: MIT OR Apache-2.0

//! Rules.

use super::{
    super::{
        ast::{
            Alternative,
            Name,
            Rule, //
        },
        token::Kind, //
    },
    action::{
        self,
        action, //
    },
    cursor::{
        shortened,
        Cursor,
        Parsed, //
    },
    expression::{
        expression,
        is_operator, //
    }, //
};
use crate::diagnostic::Diagnostic;

const IN_BRACES: &str = "alternatives are in braces, separated by `,`: `{ fd == 0 -> log, allow }`";

/// Takes what is behind the target of a rule, which is all that is left.
pub(super) fn rule(cursor: &mut Cursor<'_>, target: Name) -> Parsed<Rule> {
    let start = target.span.start;
    let arches = if cursor.take("[") {
        arches(cursor)?
    } else {
        Vec::new()
    };
    if !cursor.take(":") {
        return Err(missing_colon(cursor, &target));
    }
    let body = body(cursor)?;
    let span = cursor.span_from(start);
    Ok(Rule {
        target,
        arches,
        body,
        span,
    })
}

/// Takes `@` and the name of a group.
pub(super) fn group(cursor: &mut Cursor<'_>) -> Parsed<Name> {
    let start = cursor.peek().start;
    cursor.expect("@", "`@`")?;
    if !cursor.adjoins() {
        return Err(cursor.unexpected("a name directly behind `@`"));
    }
    let name = cursor.hyphenated("a name behind `@`")?;
    Ok(cursor.spanned(format!("@{}", name.value), start))
}

/// The rest of `[arch=NAME,NAME]`.
pub(super) fn arches(cursor: &mut Cursor<'_>) -> Parsed<Vec<Name>> {
    if !cursor.peek().is_name("arch") {
        return Err(cursor.expected("`arch=`"));
    }
    cursor.advance();
    if !cursor.take("=") {
        return Err(cursor.expected("`=`"));
    }
    let mut arches = vec![cursor.hyphenated("an architecture")?];
    while cursor.take(",") {
        arches.push(cursor.hyphenated("an architecture")?);
    }
    cursor.expect("]", "`,` or `]`")?;
    Ok(arches)
}

fn missing_colon(cursor: &Cursor<'_>, target: &Name) -> Diagnostic {
    let target = shortened(&target.value);
    let diagnostic = cursor.expected(&format!("`:` behind `{target}`"));
    if cursor.peek().is(",") {
        diagnostic.help("a rule is for one call, or for a group: `@group NAME CALL CALL`")
    } else {
        diagnostic.help(format!("a rule is `{target}: ...`"))
    }
}

/// Takes all that is left.
fn body(cursor: &mut Cursor<'_>) -> Parsed<Vec<Alternative>> {
    let start = cursor.peek().start;
    if !cursor.take("{") {
        let only = alternative(cursor)?;
        if cursor.is_at_end() {
            return Ok(vec![only]);
        }
        return Err(not_the_end(cursor, &only, " or the end of the line"));
    }
    let mut body = Vec::new();
    while !cursor.take("}") {
        let next = alternative(cursor)?;
        if !cursor.take(",") && !cursor.peek().is("}") {
            return Err(not_the_end(cursor, &next, ", `,` or `}`"));
        }
        body.push(next);
    }
    if body.is_empty() {
        return Err(Diagnostic::error("there is nothing in these braces")
            .at(cursor.span_from(start), "")
            .help(IN_BRACES));
    }
    if !cursor.is_at_end() {
        return Err(cursor.unexpected("the end of the line"));
    }
    Ok(body)
}

fn alternative(cursor: &mut Cursor<'_>) -> Parsed<Alternative> {
    if action::is_next(cursor) || is_word_alone(cursor) {
        return action(cursor).map(Alternative::Always);
    }
    if !starts_expression(cursor) {
        let diagnostic = cursor.unexpected("an action or a condition");
        return Err(match cursor.peek().kind {
            Kind::Digits => diagnostic.help("of the numbers, `1` alone is an action: allow"),
            _ => diagnostic,
        });
    }
    let expression = expression(cursor)?;
    let then = match cursor.take("->") {
        true => Some(action(cursor)?),
        false => None,
    };
    let otherwise = match cursor.peek().is_name("else") {
        true => {
            cursor.advance();
            Some(action(cursor)?)
        }
        false => None,
    };
    Ok(Alternative::If {
        expression,
        then,
        otherwise,
    })
}

/// Is a word next that can only have been meant as an action?
fn is_word_alone(cursor: &Cursor<'_>) -> bool {
    let (word, behind) = (cursor.peek(), cursor.peek_behind(1));
    let is_operand = matches!(behind.kind, Kind::Name | Kind::Digits) && !is_operator(behind);
    let is_alone = behind.kind == Kind::End
        || behind.is(",")
        || behind.is("}")
        || behind.is("-") && word.end() == behind.start
        || behind.is("(") && !word.is_name("size")
        || is_operand && word.is_name("return");
    cursor.is_at_name() && is_alone
}

fn starts_expression(cursor: &Cursor<'_>) -> bool {
    let next = cursor.peek();
    let compares = is_operator(cursor.peek_behind(1));
    // A value that is compared is told that the argument comes first.
    let is_value = matches!(next.kind, Kind::Digits | Kind::Ipv6) && compares;
    cursor.is_at_name() || next.is("(") || next.is("!") || is_value
}

/// Says what could have gone on behind an alternative; `end` is how a list of that ends.
fn not_the_end(cursor: &Cursor<'_>, last: &Alternative, end: &str) -> Diagnostic {
    let found = cursor.peek();
    let starts = matches!(found.kind, Kind::Name | Kind::Digits) || found.is("(") || found.is("!");
    let (what, help) = match last {
        Alternative::If {
            then: None,
            otherwise: None,
            ..
        } => (
            format!("`&&`, `||`, `->`, `else`{end}"),
            "conditions are joined by `&&` or `||`", //
        ),
        Alternative::If {
            otherwise: None, ..
        } => (format!("`else`{end}"), IN_BRACES),
        _ => {
            let end = end.trim_start_matches(", ").trim_start_matches(" or ");
            (end.to_owned(), IN_BRACES)
        }
    };
    let diagnostic = cursor.unexpected(&what);
    if starts && diagnostic.help.is_empty() {
        diagnostic.help(help)
    } else {
        diagnostic
    }
}
