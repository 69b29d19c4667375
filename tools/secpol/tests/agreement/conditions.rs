// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random conditions.

use std::net::{
    IpAddr,
    Ipv6Addr, //
};

use secpol::{
    abi::Abi,
    syntax::ast::{
        Expression,
        Field,
        Item,
        Operator,
        Test,
        Value,
        ValueKind, //
    },
    tables, //
};

use crate::{
    choices::Choices,
    place::Place,
    values::{
        self,
        nowhere,
        Fields,
        NOWHERE, //
    }, //
};

const OPERATORS: [Operator; 7] = [
    Operator::Equal,
    Operator::NotEqual,
    Operator::Less,
    Operator::LessOrEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
    Operator::In,
];

/// Names that manual pages have for arguments of some calls.
const MANUAL: [&str; 12] = [
    "sockfd", "addr", "addrlen", "flags", "pathname", "path", "mode", "length", "offset", "buf",
    "cl_args", "attr",
];

/// IPv6 addresses, of which some differ in a word.
const ADDRESSES: [u128; 6] = [
    0,
    1,
    0x2001_0db8_0000_0000_0000_0000_0000_0001,
    0x2001_0db8_0000_0000_0000_0001_0000_0001,
    0xffff_7f00_0001,
    u128::MAX,
];

/// Where a condition is to be: the calls that it is for, each with its architecture.
pub struct Context<'a> {
    /// They have the same arguments, as far as the condition looks at them.
    pub calls: Vec<(Abi, &'static tables::Call)>,
    /// May it look at what `struct seccomp_data` does not have?
    pub beyond: bool,
    /// The `@define` lines.
    pub defines: &'a [Item],
}

impl Context<'_> {
    fn is_for(&self, name: &str) -> bool {
        self.calls.iter().any(|(_, call)| call.name == name)
    }
}

/// Of its flags, a bit is left out that is a flag of clone3().
const CLONE: &str = "clone";

/// A condition.
pub fn expression(choices: &mut Choices, context: &Context<'_>, depth: u32) -> Expression {
    if depth == 0 || choices.below(5) < 2 {
        return Expression::Test(test(choices, context));
    }
    let parts = |choices: &mut Choices| {
        (0..2 + choices.below(3))
            .map(|_| expression(choices, context, depth - 1))
            .collect()
    };
    match choices.below(3) {
        0 => Expression::All(parts(choices)),
        1 => Expression::Any(parts(choices)),
        _ => Expression::Not(Box::new(expression(choices, context, depth - 1))),
    }
}

fn test(choices: &mut Choices, context: &Context<'_>) -> Test {
    let (field, places) = field(choices, context);
    let widths: Option<Vec<(Abi, u32)>> = context
        .calls
        .iter()
        .zip(&places)
        .map(|((abi, _), place)| Some((*abi, 8 * place.bytes()? as u32)))
        .collect();
    let Some(widths) = widths else {
        let address = Ipv6Addr::from(*choices.pick(&ADDRESSES));
        return Test {
            field,
            mask: None,
            operator: OPERATORS[choices.below(2)],
            value: values::from(ValueKind::Address(IpAddr::V6(address))),
            span: NOWHERE,
        };
    };
    let operator = *choices.pick(&OPERATORS);
    let ordered = !matches!(
        operator,
        Operator::Equal | Operator::NotEqual | Operator::In
    );
    let has_mask = choices.one_in(3) || context.is_for(CLONE) && choices.one_in(2);
    let of_mask = Fields {
        widths: widths.clone(),
        signed: places.iter().any(Place::signed),
        ordered: false,
    };
    let of_value = Fields {
        ordered,
        signed: of_mask.signed && !(has_mask && ordered),
        widths,
    };
    let (mask, value) = if has_mask {
        masked(choices, context, &of_mask, &of_value)
    } else {
        (None, values::value(choices, &of_value, context.defines))
    };
    Test {
        field,
        mask,
        operator,
        value,
        span: NOWHERE,
    }
}

/// A mask, and a value that in most cases has no bits outside.
fn masked(
    choices: &mut Choices,
    context: &Context<'_>,
    of_mask: &Fields,
    of_value: &Fields,
) -> (Option<Value>, Value) {
    if choices.one_in(3) {
        let mask = values::value(choices, of_mask, context.defines);
        let value = values::value(choices, of_value, context.defines);
        return (Some(mask), value);
    }
    let width = of_mask.widths.iter().map(|(_, bits)| *bits).min();
    let mut mask = choices.edge(width.unwrap_or(32));
    if context.is_for(CLONE) && choices.one_in(2) {
        mask = choices.number() & 0x7e02_0000 | 0x80;
    }
    let value = match choices.below(3) {
        0 => 0,
        1 => mask,
        _ => mask & choices.number(),
    };
    let value = values::written(choices, of_value, value);
    (Some(values::written(choices, of_mask, mask)), value)
}

/// A field that all calls have, and what it is in each.
fn field(choices: &mut Choices, context: &Context<'_>) -> (Field, Vec<Place>) {
    for _ in 0..8 {
        let field = any_field(choices, context);
        let places: Option<Vec<Place>> = context
            .calls
            .iter()
            .map(|(abi, call)| Place::of(&field, call, *abi))
            .collect();
        if let Some(places) = places {
            if context.beyond || !places.iter().any(Place::is_beyond) {
                return (field, places);
            }
        }
    }
    let field = of_path(&[&format!("arg{}", choices.below(6))]);
    let places = context.calls.iter();
    let places = places.filter_map(|(abi, call)| Place::of(&field, call, *abi));
    let places = places.collect();
    (field, places)
}

fn any_field(choices: &mut Choices, context: &Context<'_>) -> Field {
    let call = context.calls.first().map(|(_, call)| *call);
    let extensible = call.and_then(|call| tables::extensible(call.name));
    if let (Some(extensible), true) = (extensible, context.beyond) {
        let names: Vec<&str> = [extensible.argument]
            .into_iter()
            .chain(MANUAL)
            .filter(|name| {
                let argument = call.and_then(|call| call.argument(name));
                argument.is_some_and(|(_, argument)| argument.name == extensible.argument)
            })
            .collect();
        let name = *choices.pick(&names);
        match choices.below(10) {
            0..6 => {
                let mut members: Vec<&str> = tables::members(extensible.structure).collect();
                if extensible.structure == "sockaddr" {
                    members.extend(["family", "in6.addr", "in6.addr", "in.port", "in.addr"]);
                }
                let member = choices.pick(&members).split('.');
                return of_path(&[name].into_iter().chain(member).collect::<Vec<_>>());
            }
            6 => {
                return Field {
                    size: true,
                    ..of_path(&[name])
                };
            }
            _ => {}
        }
    }
    let mut names: Vec<&str> = call
        .iter()
        .filter_map(|call| call.arguments.as_ref())
        .flatten()
        .map(|argument| argument.name)
        .collect();
    match choices.below(10) {
        0..4 if context.is_for(CLONE) => names = vec!["clone_flags", "flags"],
        0..6 if !names.is_empty() => {}
        6 => names = MANUAL.to_vec(),
        7 => names = vec!["nr_high", "pkey"],
        _ => names = vec!["arg0", "arg1", "arg2", "arg3", "arg4", "arg5"],
    }
    of_path(&[*choices.pick(&names)])
}

fn of_path(path: &[&str]) -> Field {
    Field {
        size: false,
        path: path.iter().map(|name| nowhere(name.to_string())).collect(),
        span: NOWHERE,
    }
}
