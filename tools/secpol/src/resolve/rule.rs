// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a rule means for a call.

use std::collections::HashSet;

use super::{
    field::{
        self,
        Looked, //
    },
    settings::Settings,
    value::number,
    Said, //
};
use crate::{
    abi::Abi,
    action::{
        Action,
        MAX_ERRNO, //
    },
    diagnostic::Diagnostic,
    policy::{
        Sight,
        Target, //
    },
    rules::{
        Alternative,
        Condition,
        Decision,
        Rule, //
    },
    syntax::ast::{
        self,
        Expression,
        Name,
        Spanned,
        Value, //
    },
    syntax::nearest::nearest,
    tables::{
        self,
        Call,
        Kind, //
    }, //
};

/// `errno` of a struct that has more than anyone knows of.
const E2BIG: u16 = 7;
/// The most bytes of a socket address: `sizeof(struct sockaddr_storage)`.
const ADDRESS_MAX: u32 = 128;

/// What a rule means for a call; `None` if something was said to be wrong.
pub(super) fn rule(
    rule: &ast::Rule,
    call: &'static Call,
    abi: Abi,
    settings: &Settings<'_>,
    target: &Target,
    said: &mut Said,
) -> Option<Rule> {
    let mut looked = Looked::default();
    let mut alternatives = Vec::new();
    let mut right = true;
    let mut decided = None;
    for alternative in &rule.body {
        if let Some(span) = decided {
            let place = match alternative {
                ast::Alternative::Always(action) => action.span,
                ast::Alternative::If { expression, .. } => first(expression),
            };
            said.say(
                Diagnostic::warning("this is never tried")
                    .at(place, "not reached")
                    .at(span, "decides before"),
            );
            break;
        }
        match alternative {
            ast::Alternative::Always(action) => {
                decided = Some(action.span);
                let decision = decision(action, abi, settings, said);
                right &= decision.is_some();
                alternatives.extend(decision.map(Alternative::Always));
            }
            ast::Alternative::If {
                expression,
                then,
                otherwise,
            } => {
                let mut scope = Scope {
                    call,
                    abi,
                    settings,
                    looked: &mut looked,
                    said,
                };
                let condition = condition(expression, &mut scope);
                let allow = Decision {
                    action: Action::Allow,
                    origin: Some(first(expression)),
                };
                let then = match then {
                    Some(action) => decision(action, abi, settings, said),
                    None => Some(allow),
                };
                let says_else = otherwise.is_some();
                if says_else {
                    decided = otherwise.as_ref().map(|action| action.span);
                }
                let otherwise = otherwise
                    .as_ref()
                    .and_then(|action| decision(action, abi, settings, said));
                match (condition, then) {
                    (Some(condition), Some(then)) if otherwise.is_some() == says_else => {
                        alternatives.push(Alternative::If {
                            condition,
                            then,
                            otherwise,
                        });
                    }
                    _ => right = false,
                }
            }
        }
    }
    if !right {
        return None;
    }
    if target.sight == Sight::Arguments && looked.beyond {
        return fallback(rule, call, abi, settings, said);
    }
    let extensible = tables::extensible(call.name);
    let refused = settings.complaining(Decision {
        action: Action::Errno(E2BIG),
        origin: Some(rule.target.span),
    });
    Some(Rule {
        alternatives,
        default: settings.default(),
        extent: extensible
            .filter(|argument| looked.member && argument.kind == Kind::Struct)
            .map(|argument| (argument.known, refused)),
        sees: match extensible {
            Some(argument) if looked.argument => match argument.kind {
                Kind::Struct | Kind::Fixed => argument.known_on(abi),
                Kind::Buffer => ADDRESS_MAX,
            },
            _ => 0,
        },
    })
}

/// What becomes of a call whose rule looks further than the kernel's filters.
fn fallback(
    rule: &ast::Rule,
    call: &'static Call,
    abi: Abi,
    settings: &Settings<'_>,
    said: &mut Said,
) -> Option<Rule> {
    if let Some(action) = settings.fallback(call.name) {
        return decision(action, abi, settings, said).map(Rule::always);
    }
    said.say(
        Diagnostic::error(format!(
            "this kernel's filters cannot see what the rule for {} looks at",
            call.name
        ))
        .at(rule.target.span, "looks beyond the arguments")
        .help("load rust_seccomp, whose filters see it")
        .help(format!(
            "or say what becomes of the call without: @fallback {} ACTION",
            call.name
        )),
    );
    None
}

/// What an action means; `None` if something was said to be wrong.
pub(super) fn decision(
    action: &Spanned<ast::Action>,
    abi: Abi,
    settings: &Settings<'_>,
    said: &mut Said,
) -> Option<Decision> {
    let mut data = |value: &Value, highest: u16, what: &str| {
        let found = number(value, abi, settings, said)?;
        let data = found.as_data(highest);
        if data.is_none() {
            said.say(
                Diagnostic::error(format!("{what} is a number from 0 to {highest}"))
                    .at(value.span, "this is not"),
            );
        }
        data
    };
    let action_meant = match &action.value {
        ast::Action::Allow => Action::Allow,
        ast::Action::Log => Action::Log,
        ast::Action::Notify => Action::Notify,
        ast::Action::Errno(value) => Action::Errno(data(value, MAX_ERRNO, "an errno")?),
        ast::Action::Trap(value) => Action::Trap(data(value, u16::MAX, "the data of a trap")?),
        ast::Action::Trace(value) => {
            Action::Trace(data(value, u16::MAX, "the message of a trace")?)
        }
        ast::Action::Kill => Action::Kill,
        ast::Action::KillThread => Action::KillThread,
    };
    Some(settings.complaining(Decision {
        action: action_meant,
        origin: Some(action.span),
    }))
}

/// Where names of a rule are looked up.
pub(super) struct Scope<'a, 'b> {
    pub(super) call: &'static Call,
    pub(super) abi: Abi,
    pub(super) settings: &'a Settings<'b>,
    pub(super) looked: &'a mut Looked,
    pub(super) said: &'a mut Said,
}

/// What a condition means; `None` if something was said to be wrong.
fn condition(expression: &Expression, scope: &mut Scope<'_, '_>) -> Option<Condition> {
    if scope.said.is_full() {
        return None;
    }
    let mut all = |expressions: &[Expression]| {
        let conditions: Vec<Option<Condition>> = expressions
            .iter()
            .map(|expression| condition(expression, scope))
            .collect();
        conditions.into_iter().collect::<Option<Vec<_>>>()
    };
    match expression {
        Expression::Any(expressions) => all(expressions).map(Condition::Any),
        Expression::All(expressions) => all(expressions).map(|parts| flat(&parts)),
        Expression::Not(expression) => {
            condition(expression, scope).map(|condition| Condition::Not(Box::new(condition)))
        }
        Expression::Test(test) => field::test(test, scope),
    }
}

/// All of these, each once: what members of an address share is tested once.
fn flat(parts: &[Condition]) -> Condition {
    let mut all = Vec::new();
    let mut known = HashSet::new();
    for part in parts {
        let parts = match part {
            Condition::All(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        for part in parts {
            if known.insert(part) {
                all.push(part.clone());
            }
        }
    }
    Condition::All(all)
}

/// Where an expression's first test is.
fn first(expression: &Expression) -> ast::Span {
    match expression {
        Expression::Any(expressions) | Expression::All(expressions) => first(&expressions[0]),
        Expression::Not(expression) => first(expression),
        Expression::Test(test) => test.span,
    }
}

/// Says that there is no such call.
pub(super) fn no_such_call(name: &Name) -> Diagnostic {
    let error = Diagnostic::error(format!("there is no system call {}", name.value)).at(
        name.span,
        format!("not on any architecture of Linux {}", tables::KERNEL),
    );
    match nearest(&name.value, tables::call_names()) {
        Some(nearest) => error.help(format!("there is {nearest}")),
        None => error,
    }
}
