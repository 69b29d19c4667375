// SPDX-License-Identifier: MIT OR Apache-2.0

//! Parts of a policy that nobody wrote.

use crate::{
    action::Action,
    syntax::ast::{
        self,
        Alternative,
        Directive,
        Expression,
        Field,
        Item,
        Name,
        Operator,
        Rule,
        Span,
        Spanned,
        Test,
        Value,
        ValueKind, //
    },
    tables, //
};

/// The place of what was written nowhere.
const NOWHERE: Span = Span {
    file: 0,
    start: 0,
    end: 0,
};

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned {
        value,
        span: NOWHERE,
    }
}

fn value(kind: ValueKind) -> Value {
    Value {
        kind,
        span: NOWHERE,
    }
}

/// `@unrestricted`
pub(super) fn unrestricted() -> Item {
    Item::Directive(Directive::Unrestricted(NOWHERE))
}

pub(super) fn name(name: &str) -> Name {
    spanned(name.to_string())
}

pub(super) fn number(number: u64) -> Value {
    value(ValueKind::Number(number))
}

/// All bits but these, at whatever width.
pub(super) fn all_but(bits: u64) -> Value {
    value(ValueKind::Complement(Box::new(number(bits))))
}

/// An action; an errno by its name, if it has one.
pub(super) fn action(action: Action) -> Spanned<ast::Action> {
    let data = |data: u16| number(u64::from(data));
    spanned(match action {
        Action::Allow => ast::Action::Allow,
        Action::Log => ast::Action::Log,
        Action::Trace(message) => ast::Action::Trace(data(message)),
        Action::Notify => ast::Action::Notify,
        Action::Errno(errno) => ast::Action::Errno(match tables::errno_name(errno) {
            Some(name) => value(ValueKind::Name(name.to_string())),
            None => data(errno),
        }),
        Action::Trap(errno) => ast::Action::Trap(data(errno)),
        Action::KillThread => ast::Action::KillThread,
        Action::Kill => ast::Action::Kill,
    })
}

/// `FIELD [& MASK] OPERATOR VALUE`
pub(super) fn test(
    field: &str,
    mask: Option<Value>,
    operator: Operator,
    value: Value,
) -> Expression {
    Expression::Test(Test {
        field: Field {
            size: false,
            path: vec![name(field)],
            span: NOWHERE,
        },
        mask,
        operator,
        value,
        span: NOWHERE,
    })
}

/// All of these: at least one.
pub(super) fn all(mut parts: Vec<Expression>) -> Expression {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    Expression::All(parts)
}

/// Any of these: at least one.
pub(super) fn any(mut parts: Vec<Expression>) -> Expression {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    Expression::Any(parts)
}

/// `EXPRESSION [-> ACTION]`
pub(super) fn when(expression: Expression, then: Action) -> Alternative {
    Alternative::If {
        expression,
        then: (then != Action::Allow).then(|| action(then)),
        otherwise: None,
    }
}

/// `EXPRESSION [-> ACTION] else ACTION`
pub(super) fn when_else(expression: Expression, then: Action, otherwise: Action) -> Alternative {
    Alternative::If {
        expression,
        then: (then != Action::Allow).then(|| action(then)),
        otherwise: Some(action(otherwise)),
    }
}

/// `!(EXPRESSION)`
pub(super) fn not(expression: Expression) -> Expression {
    Expression::Not(Box::new(expression))
}

/// `CALL[arch=...]: BODY`
pub(super) fn rule(call: &str, arches: &[&str], body: Vec<Alternative>) -> Item {
    Item::Rule(Rule {
        target: name(call),
        arches: arches.iter().map(|arch| name(arch)).collect(),
        body,
        span: NOWHERE,
    })
}
