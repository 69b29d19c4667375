// SPDX-License-Identifier: MIT OR Apache-2.0

//! What those write who know other languages.

use super::super::token::{
    Kind,
    Token, //
};

/// What to write instead of `found`, which is between the two others and cannot be there.
pub(super) fn help(
    before: Token<'_>,
    found: Token<'_>,
    behind: Token<'_>, //
) -> Option<&'static str> {
    if before.is_name("not") {
        return Some("`!(...)` negates");
    }
    if found.is("=") && behind.is(">") && found.end() == behind.start {
        return Some("the action is behind `->`");
    }
    if found.is("!") && behind.is_name("in") {
        return Some("`!(...)` negates");
    }
    match (found.kind, found.text) {
        (Kind::Symbol, ";") => Some(
            "minijail's `expression; return E` is `expression else errno(E)` here; the action for \
             calls that the expression holds for is behind `->`",
        ),
        (Kind::Symbol, "=") => Some("`==` compares"),
        (Kind::Symbol, "&") => {
            Some("`&&` joins conditions; `&` is between a field and its mask") //
        }
        (Kind::Symbol, ".") => Some("fields are compared with values, not with fields"),
        (Kind::Symbol, "->") => Some("`->` is behind a whole condition, and before `else`"),
        (Kind::Name, "and") => Some("`&&` joins conditions that must all hold"),
        (Kind::Name, "or") => Some("`||` joins conditions of which one must hold"),
        (Kind::Name, "not") => Some("`!(...)` negates"),
        (Kind::Name, "return") => Some("`return E` is `errno(E)` here, behind `->` or `else`"),
        _ => None,
    }
}
