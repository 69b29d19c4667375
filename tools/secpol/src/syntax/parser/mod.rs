// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes of a text what it says.
//!
//! An item ends with its line, and the next is parsed whether or not this one was right, so that
//! all mistakes of a file are told at once.

mod action;
mod cursor;
mod directive;
mod example;
mod expression;
mod line;
mod mistakes;
mod number;
mod rule;
mod value;

use super::{
    ast::{
        Item,
        Span, //
    },
    example::Example,
    token::tokens, //
};
use crate::diagnostic::Diagnostic;
use cursor::{
    Cursor,
    Parsed, //
};
use directive::directive;
use rule::{
    group,
    rule, //
};

pub use directive::DIRECTIVES;

/// Bytes of the largest text that is parsed.
pub const LONGEST_TEXT: usize = 1 << 20;
/// The most mistakes that are told of a text.
pub const MOST_MISTAKES: usize = 20;
/// The most levels of parentheses, and of `~`, so that no policy exhausts the stack, neither here
/// nor where its tree is walked.
pub const DEEPEST: usize = 64;

/// The items of a text, in their order; or what is wrong with it, in the order of places.
///
/// Spans get `file` as theirs.
pub fn parse(file: usize, text: &str) -> Result<Vec<Item>, Vec<Diagnostic>> {
    lines(file, text, item)
}

/// The calls of a text to try a policy on, each in a line of its own; or what is wrong with it.
pub fn parse_examples(file: usize, text: &str) -> Result<Vec<Example>, Vec<Diagnostic>> {
    lines(file, text, example::example)
}

fn lines<T>(
    file: usize,
    text: &str,
    parser: impl Fn(&mut Cursor<'_>) -> Parsed<T>,
) -> Result<Vec<T>, Vec<Diagnostic>> {
    if text.len() > LONGEST_TEXT {
        let message = format!("a policy has at most {LONGEST_TEXT} bytes, this one has more");
        let (start, end) = (0, 0);
        return Err(vec![
            Diagnostic::error(message).at(Span { file, start, end }, "")
        ]);
    }
    let mut found = Vec::new();
    let mut mistakes = Vec::new();
    for line in line::lines(file, &tokens(text)) {
        match line.and_then(|tokens| parser(&mut Cursor::new(file, text, &tokens))) {
            Ok(one) => found.push(one),
            Err(mistake) => mistakes.push(mistake),
        }
        if mistakes.len() == MOST_MISTAKES {
            break;
        }
    }
    if mistakes.is_empty() {
        Ok(found)
    } else {
        Err(mistakes)
    }
}

fn item(cursor: &mut Cursor<'_>) -> Parsed<Item> {
    if !cursor.peek().is("@") {
        let what = "a call, a group or a directive";
        if !cursor.is_at_name() {
            return Err(cursor.unexpected(what));
        }
        let target = cursor.name(what)?;
        return rule(cursor, target).map(Item::Rule);
    }
    let name = group(cursor)?;
    if DIRECTIVES.contains(&name.value.trim_start_matches('@')) {
        directive(cursor, &name).map(Item::Directive)
    } else if cursor.peek().is(":") || cursor.peek().is("[") {
        rule(cursor, name).map(Item::Rule)
    } else {
        Err(directive::unknown(cursor, &name))
    }
}
