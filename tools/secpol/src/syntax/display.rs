// SPDX-License-Identifier: MIT OR Apache-2.0

//! The text of a policy. Parsed, it is the policy again.

use std::{
    fmt::{
        Display,
        Formatter,
        Result, //
    },
    net::IpAddr, //
};

use super::ast::{
    Action,
    Alternative,
    Directive,
    Expression,
    Field,
    Item,
    Name,
    Operator,
    Rule,
    Spanned,
    Test,
    Value,
    ValueKind, //
};

/// The longest line that several alternatives share.
const LINE: usize = 100;
/// The first number that is hexadecimal: ports and sizes are smaller.
const FIRST_HEXADECIMAL: u64 = 0x1_0000;

/// The text of a policy, a line for each item or more.
pub fn text(items: &[Item]) -> String {
    items.iter().fold(String::new(), |mut text, item| {
        text.push_str(&item.to_string());
        text.push('\n');
        text
    })
}

impl<T: Display> Display for Spanned<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.value.fmt(f)
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Directive(directive) => directive.fmt(f),
            Self::Rule(rule) => rule.fmt(f),
        }
    }
}

impl Display for Directive {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Default(action) => write!(f, "@default {action}"),
            Self::Unknown(action) => write!(f, "@unknown {action}"),
            Self::Kernel(version) => write!(f, "@kernel {version}"),
            Self::Arch(names) => write!(f, "@arch {}", Joined(names, ", ")),
            Self::Include(path) => write!(f, "@include {}", Quoted(&path.value)),
            Self::Define(name, value) => write!(f, "@define {name} {value}"),
            Self::Group(name, members) => listed(f, &format!("@group {name}"), members),
            Self::IoUring(operations) => listed(f, "@io_uring", operations),
            Self::Fallback(call, action) => write!(f, "@fallback {call} {action}"),
            Self::Complain(_) => f.write_str("@complain"),
            Self::Unrestricted(_) => f.write_str("@unrestricted"),
        }
    }
}

/// Names in a line, or if that is too long, a line for each.
fn listed(f: &mut Formatter<'_>, head: &str, names: &[Name]) -> Result {
    let line = format!("{head} {}", Joined(names, " "));
    if line.len() <= LINE {
        return f.write_str(&line);
    }
    write!(f, "{head} {{\n\t{}\n}}", Joined(names, "\n\t"))
}

/// Names with something between them.
struct Joined<'a>(&'a [Name], &'static str);

impl Display for Joined<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (index, name) in self.0.iter().enumerate() {
            let between = if index == 0 { "" } else { self.1 };
            write!(f, "{between}{name}")?;
        }
        Ok(())
    }
}

/// A path.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let escaped = self.0.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "\"{escaped}\"")
    }
}

impl Display for Rule {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut head = self.target.to_string();
        if !self.arches.is_empty() {
            head += &format!("[arch={}]", Joined(&self.arches, ","));
        }
        if let [only] = self.body.as_slice() {
            return write!(f, "{head}: {only}");
        }
        let alternatives: Vec<_> = self.body.iter().map(Alternative::to_string).collect();
        let line = format!("{head}: {{ {} }}", alternatives.join(", "));
        if line.len() <= LINE {
            return f.write_str(&line);
        }
        writeln!(f, "{head}: {{")?;
        for alternative in alternatives {
            writeln!(f, "    {alternative},")?;
        }
        f.write_str("}")
    }
}

impl Display for Alternative {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Always(action) => action.fmt(f),
            Self::If {
                expression,
                then,
                otherwise,
            } => {
                expression.fmt(f)?;
                if let Some(action) = then {
                    write!(f, " -> {action}")?;
                }
                if let Some(action) = otherwise {
                    write!(f, " else {action}")?;
                }
                Ok(())
            }
        }
    }
}

impl Display for Action {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Allow => f.write_str("allow"),
            Self::Log => f.write_str("log"),
            Self::Notify => f.write_str("notify"),
            Self::Errno(error) => write!(f, "errno({error})"),
            Self::Trap(value) => write!(f, "trap({value})"),
            Self::Trace(message) => write!(f, "trace({message})"),
            Self::Kill => f.write_str("kill"),
            Self::KillThread => f.write_str("kill-thread"),
        }
    }
}

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Any(parts) => join(f, parts, " || ", |part| matches!(part, Self::Any(_))),
            Self::All(parts) => join(f, parts, " && ", |part| {
                matches!(part, Self::Any(_) | Self::All(_)) //
            }),
            Self::Not(inner) => write!(f, "!({inner})"),
            Self::Test(test) => test.fmt(f),
        }
    }
}

/// Writes the parts with `symbol` between them, in parentheses where they need them.
fn join<T: Display>(
    f: &mut Formatter<'_>,
    parts: &[T],
    symbol: &str,
    needs_parentheses: impl Fn(&T) -> bool,
) -> Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(symbol)?;
        }
        parenthesized(f, part, needs_parentheses(part))?;
    }
    Ok(())
}

fn parenthesized(f: &mut Formatter<'_>, inner: &impl Display, needed: bool) -> Result {
    if needed {
        write!(f, "({inner})")
    } else {
        inner.fmt(f)
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.field.fmt(f)?;
        if let Some(mask) = &self.mask {
            // A union needs none, but looks as if it did to those who know C.
            f.write_str(" & ")?;
            parenthesized(f, mask, matches!(mask.kind, ValueKind::Union(_)))?;
        }
        write!(f, " {} {}", self.operator, self.value)
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let path = Joined(&self.path, ".");
        if self.size {
            write!(f, "size({path})")
        } else {
            path.fmt(f)
        }
    }
}

impl Display for Operator {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
        })
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let is_union = |value: &Value| matches!(value.kind, ValueKind::Union(_));
        let is_loose =
            |value: &Value| is_union(value) || matches!(value.kind, ValueKind::Shift(..));
        match &self.kind {
            ValueKind::Number(number) if *number < FIRST_HEXADECIMAL => number.fmt(f),
            ValueKind::Number(number) => write!(f, "{number:#x}"),
            ValueKind::Negative(number) => write!(f, "-{number}"),
            ValueKind::Name(name) => f.write_str(name),
            ValueKind::Address(IpAddr::V4(address)) => address.fmt(f),
            ValueKind::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            ValueKind::Complement(inner) => {
                f.write_str("~")?;
                parenthesized(f, inner, is_loose(inner))
            }
            ValueKind::Union(parts) => join(f, parts, "|", is_union),
            ValueKind::Shift(shifted, by) => {
                parenthesized(f, shifted, is_loose(shifted))?;
                f.write_str("<<")?;
                parenthesized(f, by, is_loose(by))
            }
        }
    }
}
