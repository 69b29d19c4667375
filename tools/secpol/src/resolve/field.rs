// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a test looks at, and what it compares with.

use std::net::{
    IpAddr,
    Ipv6Addr, //
};

use super::{
    rule::Scope,
    value::number, //
};
use crate::{
    abi::Abi,
    diagnostic::Diagnostic,
    rules::{
        Condition,
        Field,
        Order,
        Test,
        EA,
        EA_SIZE,
        NUMBER_HIGH,
        PKEY, //
    },
    syntax::ast::{
        self,
        Name,
        Operator,
        Value,
        ValueKind, //
    },
    syntax::nearest::nearest,
    tables::{
        self,
        Argument,
        Call,
        Extensible,
        Member, //
    }, //
};

/// What the tests of a rule look at.
#[derive(Default)]
pub(super) struct Looked {
    /// At something that `struct seccomp_data` does not have.
    pub(super) beyond: bool,
    /// At an extensible argument, or at its size.
    pub(super) argument: bool,
    /// At a member of it.
    pub(super) member: bool,
}

/// Variants of `struct sockaddr`, by the first name of their members, with their family.
pub const FAMILIES: &[(&str, u64)] = &[("in", 2), ("in6", 10), ("nl", 16), ("ll", 17), ("vm", 40)];

/// `CSIGNAL`: these bits of clone()'s flags are the signal that the child sends when it exits.
const EXIT_SIGNAL: u64 = 0xff;
/// In clone3() this is a flag. In clone() it is a bit of the exit signal.
const CLONE_NEWTIME: u64 = 0x80;

/// What a test means; `None` if something was said to be wrong.
pub(super) fn test(test: &ast::Test, scope: &mut Scope<'_, '_>) -> Option<Condition> {
    let place = Place::find(&test.field, scope)?;
    let meant = match place.field {
        Some(field) => compare(test, field, scope)?,
        None => compare_address(test, &place, scope)?,
    };
    // What an address of another family has there is something else.
    Some(match place.family {
        Some(family) => Condition::All(vec![family, meant]),
        None => meant,
    })
}

/// Where what a test looks at is.
struct Place {
    /// There; nowhere alone, if it is an IPv6 address.
    field: Option<Field>,
    /// What holds for addresses that have it.
    family: Option<Condition>,
    /// The words of an IPv6 address.
    words: [Option<Field>; 4],
}

impl Place {
    fn at(field: Field) -> Self {
        Self {
            field: Some(field),
            family: None,
            words: [None; 4],
        }
    }

    fn find(field: &ast::Field, scope: &mut Scope<'_, '_>) -> Option<Self> {
        let (first, rest) = field.path.split_first()?;
        if field.size {
            return Self::size(first, rest, scope);
        }
        if rest.is_empty() {
            if let Some(offset) = special(&first.value, scope.call) {
                scope.looked.beyond = true;
                return Some(Self::at(unsigned(offset, 4)));
            }
            return Self::argument(first, scope);
        }
        let extensible = extensible(first, scope)?;
        let path: Vec<&str> = rest.iter().map(|name| name.value.as_str()).collect();
        let path = path.join(".");
        let look = |path: &str| {
            tables::member(extensible.structure, path, scope.abi).map(|member| in_argument(&member))
        };
        let words = [0, 1, 2, 3].map(|word| look(&format!("{path}{word}")));
        let found = look(&path);
        if found.is_none() && words.contains(&None) {
            scope.said.say(no_such_member(extensible, rest));
            return None;
        }
        scope.looked.beyond = true;
        scope.looked.argument = true;
        scope.looked.member = true;
        let family = FAMILIES
            .iter()
            .find(|(variant, _)| extensible.structure == "sockaddr" && *variant == rest[0].value)
            .and_then(|(_, family)| {
                let field = look("family")?;
                Some(Condition::Test(Test {
                    field,
                    mask: field.all(),
                    order: Order::Equal,
                    value: *family,
                }))
            });
        Some(Self {
            field: found,
            family,
            words,
        })
    }

    fn size(argument: &Name, rest: &[Name], scope: &mut Scope<'_, '_>) -> Option<Self> {
        if let Some(more) = rest.first() {
            scope.said.say(
                Diagnostic::error("a member has no size of its own")
                    .at(more.span, "write size(ARGUMENT)"),
            );
            return None;
        }
        extensible(argument, scope)?;
        scope.looked.beyond = true;
        scope.looked.argument = true;
        Some(Self::at(unsigned(EA_SIZE, 8)))
    }

    fn argument(name: &Name, scope: &mut Scope<'_, '_>) -> Option<Self> {
        let Some((place, argument)) = find(&name.value, scope.call) else {
            scope
                .said
                .say(no_such_argument(name, scope.call, scope.abi));
            return None;
        };
        if let (None, Some((named, _))) = (argument, scope.call.argument(&name.value)) {
            scope.said.say(
                Diagnostic::warning(format!("{} counts from arg0", name.value))
                    .at(name.span, "not what the manual page calls so")
                    .help(format!("that is arg{named}")),
            );
        }
        let register = if scope.abi.is_64_bit() { 8 } else { 4 };
        Some(Self::at(match argument {
            Some(argument) => Field {
                offset: 16 + 8 * place,
                bytes: u32::from(argument.kind.bytes),
                signed: argument.kind.signed,
                big_endian: false,
            },
            None => unsigned(16 + 8 * place, register),
        }))
    }
}

/// What belongs to no argument. If an argument has the name, it is that.
pub(super) fn special(name: &str, call: &'static Call) -> Option<u32> {
    match name {
        name if find(name, call).is_some() => None,
        "nr_high" => Some(NUMBER_HIGH),
        "pkey" => Some(PKEY),
        _ => None,
    }
}

fn positional(name: &str) -> Option<u32> {
    let place = name.strip_prefix("arg")?;
    match place.as_bytes() {
        [digit @ b'0'..=b'5'] => Some(u32::from(digit - b'0')),
        _ => None,
    }
}

fn unsigned(offset: u32, bytes: u32) -> Field {
    Field {
        offset,
        bytes,
        signed: false,
        big_endian: false,
    }
}

fn in_argument(member: &Member) -> Field {
    Field {
        offset: EA + member.offset,
        bytes: u32::from(member.bytes),
        signed: member.signed,
        big_endian: member.big_endian,
    }
}

/// Which of a call's arguments has this name, and what is known of it; of `argN` nothing is.
pub(super) fn find(name: &str, call: &'static Call) -> Option<(u32, Option<&'static Argument>)> {
    if let Some(place) = positional(name) {
        return Some((place, None));
    }
    let (place, argument) = call.argument(name)?;
    // CAST: A call has at most six arguments.
    Some((place as u32, Some(argument)))
}

/// Is this argument of a call the size of its extensible one?
pub(super) fn is_size(call: &'static Call, place: u32) -> bool {
    let behind = tables::extensible(call.name)
        .and_then(|extensible| call.argument(extensible.argument))
        .map(|(pointer, _)| pointer + 1);
    let name = call
        .arguments
        .as_ref()
        .and_then(|arguments| arguments.get(place as usize))
        .map_or("", |argument| argument.name);
    behind == Some(place as usize) && (name.contains("size") || name.contains("len"))
}

/// Says that a call has no such argument.
pub(super) fn no_such_argument(name: &Name, call: &'static Call, abi: Abi) -> Diagnostic {
    let error = Diagnostic::error(format!("{} has no argument {}", call.name, name.value));
    let Some(arguments) = &call.arguments else {
        return error
            .at(name.span, "the names of its arguments are not known")
            .help("write arg0 to arg5");
    };
    let names: Vec<&str> = arguments.iter().map(|argument| argument.name).collect();
    let mut error = error.at(
        name.span,
        if names.is_empty() {
            format!("on {} it has no arguments", abi.name())
        } else {
            format!("on {} it has {}", abi.name(), names.join(", "))
        },
    );
    if let Some(nearest) = nearest(&name.value, names.iter().copied()) {
        error = error.help(format!("there is {nearest}"));
    }
    if elsewhere(call.name, &name.value, abi) {
        error = error.help(format!("it has on others: {}[arch=...]: ...", call.name));
    }
    error
}

/// Has the call such an argument on another architecture?
fn elsewhere(call: &str, name: &str, here: Abi) -> bool {
    Abi::ALL.iter().any(|abi| {
        *abi != here
            && tables::call(*abi, call)
                .and_then(|call| call.arguments.as_ref())
                .is_some_and(|arguments| arguments.iter().any(|known| known.name == name))
    })
}

/// The extensible argument of this name.
fn extensible(name: &Name, scope: &mut Scope<'_, '_>) -> Option<&'static Extensible> {
    let found = scope.call.extensible(&name.value);
    if found.is_some() {
        return found;
    }
    if find(&name.value, scope.call).is_none() {
        scope
            .said
            .say(no_such_argument(name, scope.call, scope.abi));
        return None;
    }
    let error = Diagnostic::error(format!(
        "filters cannot see what {} of {} points to",
        name.value, scope.call.name
    ))
    .at(name.span, "an argument like any other");
    scope.said.say(match tables::extensible(scope.call.name) {
        Some(extensible) => error.help(format!("they see {}", extensible.argument)),
        None => error,
    });
    None
}

/// Says that what an argument points to has no such member.
pub(super) fn no_such_member(extensible: &Extensible, path: &[Name]) -> Diagnostic {
    let span = ast::Span {
        end: path[path.len() - 1].span.end,
        ..path[0].span
    };
    let names: Vec<&str> = path.iter().map(|name| name.value.as_str()).collect();
    let path = names.join(".");
    let known: Vec<&str> = tables::members(extensible.structure).collect();
    let error = Diagnostic::error(format!("{} has no member {path}", extensible.argument))
        .at(span, format!("it has {}", known.join(", ")));
    match nearest(&path, known.iter().copied()) {
        Some(nearest) => error.help(format!("there is {}.{nearest}", extensible.argument)),
        None => error,
    }
}

/// A comparison with a number.
fn compare(test: &ast::Test, field: Field, scope: &mut Scope<'_, '_>) -> Option<Condition> {
    let mut field = field;
    let mut mask = match &test.mask {
        Some(mask) => value(mask, &field, false, scope)?,
        None => field.all(),
    };
    let (order, negative) = match test.operator {
        Operator::Equal | Operator::In => (Order::Equal, false),
        Operator::NotEqual => (Order::Equal, true),
        Operator::Greater => (Order::Greater, false),
        Operator::LessOrEqual => (Order::Greater, true),
        Operator::GreaterOrEqual => (Order::GreaterOrEqual, false),
        Operator::Less => (Order::GreaterOrEqual, true),
    };
    if test.mask.is_some() && order != Order::Equal {
        // Bits that were taken out of a number have no sign.
        field.signed = false;
    }
    let mut number = value(&test.value, &field, order != Order::Equal, scope)?;
    if test.operator == Operator::In {
        mask &= !number;
        number = 0;
    }
    if is_clone_flags(test, scope) {
        mask = without_newtime(test, mask, number, scope);
    }
    if order == Order::Equal && number & !mask != 0 {
        scope.said.say(
            Diagnostic::warning(if negative {
                "this always holds"
            } else {
                "this never holds"
            })
            .at(test.value.span, "has bits that were masked out"),
        );
    }
    let meant = Condition::Test(Test {
        field,
        mask,
        order,
        value: number,
    });
    Some(if negative {
        Condition::Not(Box::new(meant))
    } else {
        meant
    })
}

/// The bits of a value, at the width of a field.
fn value(value: &Value, field: &Field, ordered: bool, scope: &mut Scope<'_, '_>) -> Option<u64> {
    let number = number(value, scope.abi, scope.settings, scope.said)?;
    let bits = number.at_width(field, ordered);
    if bits.is_none() {
        let kind = if field.signed { "signed" } else { "unsigned" };
        scope.said.say(
            Diagnostic::error(format!(
                "this is no value of {kind} {} bits",
                8 * field.bytes
            ))
            .at(value.span, "does not fit")
            .help("that is how the kernel takes it: a comparison of more bits would be of others"),
        );
    }
    bits
}

fn is_clone_flags(test: &ast::Test, scope: &Scope<'_, '_>) -> bool {
    let [name] = test.field.path.as_slice() else {
        return false;
    };
    let found = find(&name.value, scope.call).and_then(|(_, argument)| argument);
    scope.call.name == "clone" && found.is_some_and(|found| found.name == "clone_flags")
}

/// The mask of a test of clone()'s flags, without a bit that is a flag of clone3() alone.
fn without_newtime(test: &ast::Test, mask: u64, number: u64, scope: &mut Scope<'_, '_>) -> u64 {
    if mask & EXIT_SIGNAL != CLONE_NEWTIME || number & EXIT_SIGNAL != 0 {
        return mask;
    }
    // Without a mask it is `in`, and the value says what is masked.
    let written = test.mask.as_ref().unwrap_or(&test.value);
    scope.said.say(
        Diagnostic::note("CLONE_NEWTIME is left out: clone() has it in its exit signal")
            .at(written.span, "for clone3 it counts"),
    );
    mask & !CLONE_NEWTIME
}

/// A comparison with an IPv6 address.
fn compare_address(
    test: &ast::Test,
    place: &Place,
    scope: &mut Scope<'_, '_>,
) -> Option<Condition> {
    let (ValueKind::Address(IpAddr::V6(address)), None) = (&test.value.kind, &test.mask) else {
        scope.said.say(
            Diagnostic::error("an IPv6 address is compared with an address, all of it")
                .at(test.span, "write addr.in6.addr == [::1]"),
        );
        return None;
    };
    let same = Condition::All(words(*address, place));
    match test.operator {
        Operator::Equal => Some(same),
        Operator::NotEqual => Some(Condition::Not(Box::new(same))),
        _ => {
            scope.said.say(
                Diagnostic::error("an IPv6 address is equal to another or not")
                    .at(test.span, "compares in another way"),
            );
            None
        }
    }
}

fn words(address: Ipv6Addr, place: &Place) -> Vec<Condition> {
    (0..4)
        .zip(place.words.iter().flatten())
        .map(|(word, field)| {
            // CAST: 32 bits of it, the first first.
            let value = (address.to_bits() >> (96 - 32 * word)) as u32;
            Condition::Test(Test {
                field: *field,
                mask: field.all(),
                order: Order::Equal,
                value: u64::from(value),
            })
        })
        .collect()
}
