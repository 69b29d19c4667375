// SPDX-License-Identifier: MIT OR Apache-2.0

//! The rule that allows what was seen of a call.

use std::{
    collections::BTreeSet,
    net::{
        Ipv4Addr,
        Ipv6Addr, //
    },
};

use super::fields::{
    self,
    Address,
    Field,
    Kind,
    AF_INET,
    AF_INET6, //
};
use crate::{
    abi::Abi,
    names,
    policy::Sight,
    syntax::{
        display,
        parser::parse, //
    },
    tables::Call, //
};

/// So many values are listed. Of more, nothing is said.
const MOST_VALUES: usize = 16;

/// What a rule says of a call.
pub(super) struct Body {
    /// When the call is allowed; always, without it.
    pub(super) condition: Option<String>,
    /// What is not tested, though it makes a difference.
    untested: Vec<String>,
}

impl Body {
    /// What allows more: calls for which this condition holds.
    pub(super) fn or(&self, other: &str) -> Self {
        let both = |condition: &String| format!("({other}) || ({condition})");
        Self {
            condition: self.condition.as_ref().map(both),
            untested: self.untested.clone(),
        }
    }

    /// The rule, with what there is to say of it above.
    pub(super) fn text(&self, call: &str) -> String {
        let line = |what: &String| format!("# {call}: {what}\n");
        let comments: String = self.untested.iter().map(line).collect();
        let condition = self.condition.as_deref().unwrap_or("allow");
        let rule = format!("{call}: {condition}\n");
        // Parsed and written again, it has no more parentheses than it needs. What is wrong with
        // it, whoever reads the policy says.
        comments + &parse(0, &rule).map_or(rule, |items| display::text(&items))
    }
}

/// What allows calls with these values, as [`fields::values`] finds them.
pub(super) fn body<'a>(
    call: &Call,
    values: impl Iterator<Item = &'a Vec<u64>>,
    abi: Abi,
    sight: Sight,
) -> Body {
    let values: Vec<&Vec<u64>> = values.collect();
    if let (Some(argument), Sight::Structs) = (fields::address(call), sight) {
        return addresses(argument, &values);
    }
    let visible = fields::visible(call, abi, sight);
    let mut untested = Vec::new();
    for (name, _) in fields::of(call.name) {
        if !visible.iter().any(|field| field.name == *name) {
            untested.push(format!("{name} was not seen, and may be anything"));
        }
    }
    if fields::address(call).is_some() {
        untested.push("the address was not seen, and may be any".to_string());
    }
    let mut parts = Vec::new();
    for (index, field) in visible.iter().enumerate() {
        let seen: BTreeSet<u64> = values.iter().map(|values| values[index]).collect();
        match test(field, &seen, call, abi) {
            Some(part) => parts.push(part),
            None => untested.push(format!(
                "{} had more than {MOST_VALUES} values, and may be anything",
                field.name
            )),
        }
    }
    let condition = match &parts[..] {
        [] => None,
        [(one, _)] => Some(one.clone()),
        parts => {
            let parts: Vec<String> = parts.iter().map(parenthesised).collect();
            Some(parts.join(" && "))
        }
    };
    Body {
        condition,
        untested,
    }
}

/// A test, and whether it is several with `||` between them.
type Part = (String, bool);

fn parenthesised((text, several): &Part) -> String {
    if *several {
        format!("({text})")
    } else {
        text.clone()
    }
}

/// That a field has one of these values.
fn test(field: &Field, seen: &BTreeSet<u64>, call: &Call, abi: Abi) -> Option<Part> {
    let name = field.name;
    if field.kind == Kind::Null {
        return match seen.contains(&1) {
            true => Some((format!("{name} >= 0"), false)),
            false => Some((format!("{name} == NULL"), false)),
        };
    }
    if seen.len() > MOST_VALUES {
        let all = seen.iter().fold(0, |all, value| all | value);
        return (field.kind == Kind::Flags).then(|| {
            (
                format!("{name} in {}", number(field, all, call, abi)),
                false,
            )
        });
    }
    let tests: Vec<String> = seen
        .iter()
        .map(|value| format!("{name} == {}", number(field, *value, call, abi)))
        .collect();
    Some((tests.join(" || "), tests.len() > 1))
}

/// A value, by its names if there are such.
fn number(field: &Field, value: u64, call: &Call, abi: Abi) -> String {
    let (_, what) = field.name.rsplit_once('.').unwrap_or(("", field.name));
    if let Some(names) = names::names(abi, (call.name, what), value) {
        return names;
    }
    let all = u64::MAX >> (64 - field.width);
    if field.signed && value > all >> 1 {
        // At most 2^63, as it is negative.
        return format!("-{}", all - value + 1);
    }
    match value {
        0..10 => value.to_string(),
        _ => format!("{value:#x}"),
    }
}

/// What allows these socket addresses.
fn addresses(argument: &str, values: &[&Vec<u64>]) -> Body {
    let seen: Vec<Address> = values
        .iter()
        .filter_map(|words| Address::from_words(words))
        .collect();
    let mut tests = BTreeSet::new();
    let mut untested = Vec::new();
    for family in seen
        .iter()
        .map(|address| address.family)
        .collect::<BTreeSet<_>>()
    {
        let of_family = || seen.iter().filter(|address| address.family == family);
        let is_named = matches!(family, AF_INET | AF_INET6);
        if is_named && of_family().count() <= MOST_VALUES {
            tests.extend(of_family().map(|address| internet(argument, address)));
            continue;
        }
        if is_named {
            untested.push(format!(
                "there were more than {MOST_VALUES} addresses of family {family}, and all are \
                 allowed"
            ));
        }
        tests.insert(format!("{argument}.family == {family}"));
    }
    Body {
        condition: Some(tests.into_iter().collect::<Vec<_>>().join(" || ")),
        untested,
    }
}

fn internet(argument: &str, address: &Address) -> String {
    let port = address.port;
    if address.family == AF_INET {
        // CAST: It was made of 32 bits.
        let host = Ipv4Addr::from(address.host as u32);
        format!("{argument}.in.addr == {host} && {argument}.in.port == {port}")
    } else {
        let host = Ipv6Addr::from(address.host);
        format!("{argument}.in6.addr == [{host}] && {argument}.in6.port == {port}")
    }
}
