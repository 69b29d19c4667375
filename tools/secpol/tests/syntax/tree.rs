// SPDX-License-Identifier: MIT OR Apache-2.0

//! Items with all structure in parentheses, for tables of what a text says.

use secpol::syntax::ast::{
    Action,
    Alternative,
    Directive,
    Expression,
    Field,
    Item,
    Name,
    Operator,
    Test,
    Value,
    ValueKind, //
};

pub fn tree(item: &Item) -> String {
    match item {
        Item::Directive(directive) => self::directive(directive),
        Item::Rule(rule) => {
            let arches = match rule.arches.as_slice() {
                [] => String::new(),
                arches => format!(" [{}]", names(arches)),
            };
            let body: Vec<_> = rule.body.iter().map(alternative).collect();
            format!("rule {}{arches} {}", rule.target.value, body.join(" "))
        }
    }
}

fn directive(directive: &Directive) -> String {
    match directive {
        Directive::Default(action) => format!("default {}", self::action(&action.value)),
        Directive::Unknown(action) => format!("unknown {}", self::action(&action.value)),
        Directive::Kernel(version) => format!("kernel {}", version.value),
        Directive::Arch(arches) => format!("arch [{}]", names(arches)),
        Directive::Include(path) => format!("include {:?}", path.value),
        Directive::Define(name, value) => format!("define {} {}", name.value, self::value(value)),
        Directive::Group(name, calls) => format!("group {} [{}]", name.value, names(calls)),
        Directive::Fallback(call, action) => {
            format!("fallback {} {}", call.value, self::action(&action.value)) //
        }
        Directive::IoUring(operations) => format!("io_uring [{}]", names(operations)),
        Directive::Complain(_) => "complain".to_owned(),
        Directive::Unrestricted(_) => "unrestricted".to_owned(),
    }
}

fn names(names: &[Name]) -> String {
    let names: Vec<_> = names.iter().map(|name| name.value.as_str()).collect();
    names.join(" ")
}

fn alternative(alternative: &Alternative) -> String {
    match alternative {
        Alternative::Always(action) => self::action(&action.value),
        Alternative::If {
            expression,
            then,
            otherwise,
        } => {
            let mut text = format!("(if {}", self::expression(expression));
            if let Some(then) = then {
                text += &format!(" then {}", action(&then.value));
            }
            if let Some(otherwise) = otherwise {
                text += &format!(" else {}", action(&otherwise.value));
            }
            text + ")"
        }
    }
}

fn action(action: &Action) -> String {
    match action {
        Action::Allow => "allow".to_owned(),
        Action::Log => "log".to_owned(),
        Action::Notify => "notify".to_owned(),
        Action::Errno(error) => format!("(errno {})", value(error)),
        Action::Trap(number) => format!("(trap {})", value(number)),
        Action::Trace(number) => format!("(trace {})", value(number)),
        Action::Kill => "kill".to_owned(),
        Action::KillThread => "kill-thread".to_owned(),
    }
}

fn expression(expression: &Expression) -> String {
    let all = |parts: &[Expression]| {
        let parts: Vec<_> = parts.iter().map(self::expression).collect();
        parts.join(" ")
    };
    match expression {
        Expression::Any(parts) => format!("(any {})", all(parts)),
        Expression::All(parts) => format!("(all {})", all(parts)),
        Expression::Not(inner) => format!("(not {})", self::expression(inner)),
        Expression::Test(test) => self::test(test),
    }
}

fn test(test: &Test) -> String {
    let operator = match test.operator {
        Operator::Equal => "=",
        Operator::NotEqual => "≠",
        Operator::Less => "<",
        Operator::LessOrEqual => "≤",
        Operator::Greater => ">",
        Operator::GreaterOrEqual => "≥",
        Operator::In => "⊆",
    };
    let left = match &test.mask {
        Some(mask) => format!("(and {} {})", field(&test.field), value(mask)),
        None => field(&test.field),
    };
    format!("({operator} {left} {})", value(&test.value))
}

fn field(field: &Field) -> String {
    let path: Vec<_> = field.path.iter().map(|name| name.value.as_str()).collect();
    let path = path.join("/");
    match field.size {
        true => format!("(size {path})"),
        false => path,
    }
}

fn value(value: &Value) -> String {
    match &value.kind {
        ValueKind::Number(number) => number.to_string(),
        ValueKind::Negative(number) => format!("(minus {number})"),
        ValueKind::Name(name) => name.clone(),
        ValueKind::Address(address) => format!("(address {address})"),
        ValueKind::Complement(inner) => format!("(complement {})", self::value(inner)),
        ValueKind::Union(parts) => {
            let parts: Vec<_> = parts.iter().map(self::value).collect();
            format!("(union {})", parts.join(" "))
        }
        ValueKind::Shift(shifted, by) => {
            format!("(shift {} {})", self::value(shifted), self::value(by)) //
        }
    }
}
