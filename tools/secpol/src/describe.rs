// SPDX-License-Identifier: MIT OR Apache-2.0

//! Says in the language of policies what a rule tests.

use crate::{
    abi::Abi,
    rules::{
        Alternative,
        Condition,
        Field,
        Order,
        Rule,
        Test,
        DATA,
        EA,
        EA_SIZE,
        EXTENT,
        NUMBER_HIGH,
        PKEY, //
    },
    tables::{
        self,
        Argument,
        Call, //
    }, //
};

pub use crate::resolve::FAMILIES;

/// What a rule does with a call, an alternative each.
pub fn rule(rule: &Rule, call: &Call, abi: Abi) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((known, refused)) = rule.extent {
        lines.push(format!("more than {known} bytes -> {}", refused.action));
    }
    for alternative in &rule.alternatives {
        match alternative {
            Alternative::Always(decision) => {
                lines.push(decision.action.to_string());
                return lines;
            }
            Alternative::If {
                condition,
                then,
                otherwise,
            } => {
                let condition = self::condition(condition, call, abi);
                lines.push(format!("{condition} -> {}", then.action));
                if let Some(otherwise) = otherwise {
                    lines.push(otherwise.action.to_string());
                    return lines;
                }
            }
        }
    }
    lines.push(rule.default.action.to_string());
    lines
}

/// A condition.
pub fn condition(what: &Condition, call: &Call, abi: Abi) -> String {
    within(what, call, abi, None)
}

/// A condition on an address of this family, as far as that is known.
fn within(what: &Condition, call: &Call, abi: Abi, family: Option<u64>) -> String {
    let family = match what {
        Condition::All(parts) => parts.iter().find_map(family_of).or(family),
        _ => family,
    };
    let joined = |conditions: &[Condition], word: &str| {
        let parts: Vec<String> = conditions
            .iter()
            .map(|part| match part {
                Condition::Any(_) | Condition::All(_) => {
                    format!("({})", within(part, call, abi, family))
                }
                _ => within(part, call, abi, family),
            })
            .collect();
        parts.join(word)
    };
    match what {
        Condition::Any(conditions) => joined(conditions, " || "),
        Condition::All(conditions) => joined(conditions, " && "),
        Condition::Not(inner) => match &**inner {
            Condition::Test(test) => self::test(test, true, call, abi, family),
            inner => format!("!({})", within(inner, call, abi, family)),
        },
        Condition::Test(test) => self::test(test, false, call, abi, family),
    }
}

/// The family, if the condition is that an address has it.
fn family_of(condition: &Condition) -> Option<u64> {
    match condition {
        Condition::Test(test) if test.field.offset == EA && test.field.bytes == 2 => {
            (test.order == Order::Equal).then_some(test.value)
        }
        _ => None,
    }
}

fn test(test: &Test, negative: bool, call: &Call, abi: Abi, family: Option<u64>) -> String {
    let Test {
        field,
        mask,
        order,
        value,
    } = test;
    let operator = match (order, negative) {
        (Order::Equal, false) => "==",
        (Order::Equal, true) => "!=",
        (Order::Greater, false) => ">",
        (Order::Greater, true) => "<=",
        (Order::GreaterOrEqual, false) => ">=",
        (Order::GreaterOrEqual, true) => "<",
    };
    let name = name(field, call, abi, family);
    let value = number(*value, field);
    if *mask == field.all() {
        format!("{name} {operator} {value}")
    } else {
        format!("{name} & {mask:#x} {operator} {value}")
    }
}

fn number(value: u64, field: &Field) -> String {
    if field.signed && value > field.all() >> 1 {
        // At most 2^63, as it is negative.
        return format!("-{}", (field.all() - value) + 1);
    }
    if value < 10 {
        value.to_string()
    } else {
        format!("{value:#x}")
    }
}

fn name(field: &Field, call: &Call, abi: Abi, family: Option<u64>) -> String {
    match field.offset {
        16..DATA => {
            let place = (field.offset - 16) / 8;
            call.arguments
                .as_ref()
                .and_then(|arguments| arguments.get(place as usize))
                .filter(|argument| is_all_of(argument, field))
                .map_or(format!("arg{place}"), |argument| argument.name.to_string())
        }
        NUMBER_HIGH => "nr_high".to_string(),
        PKEY => "pkey".to_string(),
        EXTENT => "extent".to_string(),
        EA_SIZE.. => in_argument(field, call, abi, family),
        offset => format!("data[{offset}]"),
    }
}

/// Is the field what the kernel takes for the argument? Else it is the register.
fn is_all_of(argument: &Argument, field: &Field) -> bool {
    u32::from(argument.kind.bytes) == field.bytes && argument.kind.signed == field.signed
}

fn in_argument(field: &Field, call: &Call, abi: Abi, family: Option<u64>) -> String {
    let Some(extensible) = tables::extensible(call.name) else {
        return format!("data[{}]", field.offset);
    };
    if field.offset == EA_SIZE {
        return format!("size({})", extensible.argument);
    }
    let offset = field.offset - EA;
    let is_it = |path: &&str| {
        tables::member(extensible.structure, path, abi).is_some_and(|member| {
            member.offset == offset
                && u32::from(member.bytes) == field.bytes
                && member.big_endian == field.big_endian
        })
    };
    // Addresses of different families have members at the same places.
    let is_of_family = |path: &&str| {
        path.split_once('.').is_none_or(|(variant, _)| {
            FAMILIES
                .iter()
                .any(|known| *known == (variant, family.unwrap_or(0)))
        })
    };
    let members = || tables::members(extensible.structure).filter(is_it);
    match members().find(is_of_family).or(members().next()) {
        Some(path) => format!("{}.{path}", extensible.argument),
        None => format!("{}[{offset}]", extensible.argument),
    }
}
