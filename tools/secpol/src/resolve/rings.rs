// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a policy says of rings.

use std::collections::BTreeMap;

use super::{
    settings::twice,
    Said, //
};
use crate::{
    diagnostic::Diagnostic,
    rules::Rings,
    syntax::{
        ast::Name,
        nearest::nearest, //
    },
    tables,
    uring::{
        Operation,
        OPERATIONS, //
    }, //
};

/// All operations that do what calls do, and no more.
const LIKE_CALLS: &str = "like-calls";

/// Rings that may do nothing.
pub(super) fn none() -> Rings {
    Rings {
        named: BTreeMap::new(),
        like_calls: None,
        lenient: None,
    }
}

/// Adds what a directive names.
pub(super) fn add(rings: &mut Rings, names: &[Name], said: &mut Said) {
    for name in names {
        let before = if name.value == LIKE_CALLS {
            rings.like_calls.replace(name.span)
        } else if let Some((number, _)) = Operation::from_name(&name.value) {
            rings.named.insert(number, name.span)
        } else {
            said.say(no_such_operation(name));
            None
        };
        if let Some(before) = before {
            twice(&name.value, name.span, before, said);
        }
    }
}

pub(super) fn no_such_operation(name: &Name) -> Diagnostic {
    let message = format!("io_uring has no operation {}", name.value);
    let place = format!("not in Linux {}", tables::KERNEL);
    let error = Diagnostic::error(message).at(name.span, place);
    let known = OPERATIONS.iter().map(|operation| operation.name);
    match nearest(&name.value, known.chain([LIKE_CALLS])) {
        Some(nearest) => error.help(format!("there is {nearest}")),
        None => error,
    }
}
