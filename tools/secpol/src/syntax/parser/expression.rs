// SPDX-License-Identifier: MIT OR Apache-2.0

//! Conditions. `!` binds tighter than `&&`, and that tighter than `||`.

use super::{
    super::{
        ast::{
            Expression,
            Field,
            Operator,
            Test,
            ValueKind, //
        },
        token::{
            Kind,
            Token, //
        }, //
    },
    cursor::{
        Cursor,
        Parsed, //
    },
    value::value, //
};
use crate::diagnostic::Diagnostic;

/// What an operator is, for messages.
const AN_OPERATOR: &str = "an operator (==, !=, <, <=, >, >= or in)";

const OPERATORS: [(&str, Operator); 6] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
];

/// Takes a condition.
pub(super) fn expression(cursor: &mut Cursor<'_>) -> Parsed<Expression> {
    joined(cursor, "||", Expression::Any, |cursor| {
        joined(cursor, "&&", Expression::All, operand)
    })
}

fn joined(
    cursor: &mut Cursor<'_>,
    symbol: &str,
    join: fn(Vec<Expression>) -> Expression,
    part: impl Fn(&mut Cursor<'_>) -> Parsed<Expression>,
) -> Parsed<Expression> {
    let first = part(cursor)?;
    if !cursor.peek().is(symbol) {
        return Ok(first);
    }
    let mut parts = vec![first];
    while cursor.take(symbol) {
        parts.push(part(cursor)?);
    }
    Ok(join(parts))
}

fn operand(cursor: &mut Cursor<'_>) -> Parsed<Expression> {
    if cursor.take("!") {
        if !cursor.take("(") {
            return Err(cursor
                .expected("`(` behind `!`")
                .help("`!` negates what is in parentheses: `!(fd == 0)`"));
        }
        Ok(Expression::Not(Box::new(in_parentheses(cursor)?)))
    } else if cursor.take("(") {
        in_parentheses(cursor)
    } else {
        test(cursor).map(Expression::Test)
    }
}

/// What is between `(`, which is taken, and `)`.
fn in_parentheses(cursor: &mut Cursor<'_>) -> Parsed<Expression> {
    let inner = cursor.nested(expression)?;
    cursor.expect(")", "`&&`, `||` or `)`")?;
    Ok(inner)
}

fn test(cursor: &mut Cursor<'_>) -> Parsed<Test> {
    let start = cursor.peek().start;
    let field = field(cursor)?;
    let mask = match cursor.take("&") {
        true => Some(value(cursor)?),
        false => None,
    };
    let masked = cursor.span_from(start);
    if cursor.peek().is("&") && mask.is_some() {
        return Err(Diagnostic::error("a field has one mask")
            .at(cursor.span_of(cursor.peek()), "")
            .help("several bits are `flags & (A|B)`, conditions are joined by `&&`"));
    }
    let Some(operator) = operator(cursor) else {
        let diagnostic = cursor.unexpected(AN_OPERATOR);
        let are_around_field = cursor.peek().is(")") && is_operator(cursor.peek_behind(1));
        return Err(match are_around_field && is_short(cursor.text_of(masked)) {
            true => diagnostic.help(format!(
                "without the parentheses: `{} {} ...`",
                cursor.text_of(masked),
                cursor.peek_behind(1).text,
            )),
            false => diagnostic,
        });
    };
    let value = value(cursor)?;
    let test = Test {
        field,
        mask,
        operator,
        value,
        span: cursor.span_from(start),
    };
    if is_operator(cursor.peek()) {
        return Err(chain(cursor, &test, cursor.text_of(masked)));
    }
    Ok(test)
}

/// Says that `A < B < C` is no test; `masked` is the A.
fn chain(cursor: &Cursor<'_>, test: &Test, masked: &str) -> Diagnostic {
    let next = cursor.peek();
    let diagnostic = Diagnostic::error("a comparison cannot be compared")
        .at(cursor.span_of(next), "")
        .at(test.span, "this is a comparison");
    if matches!(test.value.kind, ValueKind::Union(_)) {
        diagnostic.help("`|` unites bits, `||` joins conditions")
    } else if is_short(cursor.text_of(test.span)) {
        diagnostic.help(format!(
            "join two: `{} && {masked} {} ...`",
            cursor.text_of(test.span),
            next.text
        ))
    } else {
        diagnostic.help("join two by `&&`")
    }
}

/// Can it be repeated in a line of help?
fn is_short(text: &str) -> bool {
    text.len() <= 60 && !text.contains(['\n', '#'])
}

/// Is it an operator?
pub(super) fn is_operator(token: Token<'_>) -> bool {
    operator_of(token).is_some()
}

fn operator_of(token: Token<'_>) -> Option<Operator> {
    if token.is_name("in") {
        return Some(Operator::In);
    }
    OPERATORS
        .iter()
        .find(|(symbol, _)| token.is(symbol))
        .map(|&(_, operator)| operator)
}

fn operator(cursor: &mut Cursor<'_>) -> Option<Operator> {
    let operator = operator_of(cursor.peek())?;
    cursor.advance();
    Some(operator)
}

fn field(cursor: &mut Cursor<'_>) -> Parsed<Field> {
    let start = cursor.peek().start;
    let size = cursor.peek().is_name("size") && cursor.peek_behind(1).is("(");
    if size {
        cursor.advance();
        cursor.advance();
    }
    if !cursor.is_at_name() {
        return Err(no_field(cursor));
    }
    let mut path = vec![cursor.name("an argument")?];
    while cursor.take(".") {
        path.push(cursor.name("the name of a member")?);
    }
    if size {
        cursor.expect(")", "`.` or `)`")?;
    }
    let span = cursor.span_from(start);
    Ok(Field { size, path, span })
}

fn no_field(cursor: &Cursor<'_>) -> Diagnostic {
    let is_value = matches!(cursor.peek().kind, Kind::Digits | Kind::Ipv6);
    if is_value && is_operator(cursor.peek_behind(1)) {
        return cursor
            .expected("an argument")
            .help("the argument comes first: `fd == 0`");
    }
    cursor.unexpected("an argument")
}
