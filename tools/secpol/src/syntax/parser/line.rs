// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tokens of an item.
//!
//! A line that ends in parentheses or braces goes on in the next. If it does not close them, it
//! ends where the next item starts: no line of an expression starts with `@`, or with a name and a
//! colon. A line of a group's calls may start with another group, so there `@` alone does not tell.

use super::{
    super::{
        ast::Span,
        token::{
            Kind,
            Token, //
        }, //
    },
    cursor::Parsed,
    directive::DIRECTIVES, //
};
use crate::diagnostic::Diagnostic;

/// The tokens of each item, or what is wrong with its parentheses and braces. Ends of lines are
/// left out, empty lines as well.
pub(super) fn lines<'t, 'a>(
    file: usize,
    tokens: &'t [Token<'a>],
) -> impl Iterator<Item = Parsed<Vec<Token<'a>>>> + use<'t, 'a> {
    let mut rest = tokens;
    std::iter::from_fn(move || {
        while let [Token {
            kind: Kind::Newline,
            ..
        }, behind @ ..] = rest
        {
            rest = behind;
        }
        if rest.is_empty() {
            return None;
        }
        let (line, behind) = line(file, rest);
        rest = behind;
        Some(line)
    })
}

/// The first item, and the tokens behind.
fn line<'t, 'a>(file: usize, tokens: &'t [Token<'a>]) -> (Parsed<Vec<Token<'a>>>, &'t [Token<'a>]) {
    let is_directive = |word| matches!(tokens, [at, name, ..] if at.is("@") && name.is_name(word));
    // A path may have any brackets.
    let is_path = is_directive("include");
    let is_group = is_directive("group");
    let mut line = Vec::new();
    let mut openers: Vec<Token<'a>> = Vec::new();
    let mut braces = 0;
    let mut mistake = None;
    let mut behind: &[Token<'a>] = &[];
    for (at, &token) in tokens.iter().enumerate() {
        if token.kind == Kind::Newline {
            behind = &tokens[at..];
            if openers.is_empty() || starts_item(&behind[1..], is_group) {
                break;
            }
            behind = &[];
            continue;
        }
        line.push(token);
        if is_path {
            continue;
        }
        if token.is("(") || token.is("{") {
            braces += usize::from(token.is("{"));
            openers.push(token);
        } else if let Some(opener) = opener_of(token) {
            match openers.last() {
                Some(last) if !last.is(opener) => {
                    mistake.get_or_insert_with(|| mismatch(file, *last, token));
                    // Those within are as good as closed. What is not open is not looked for.
                    while is_open(opener, braces, openers.len()) {
                        let closed = openers.pop();
                        braces -= usize::from(closed.is_some_and(|closed| closed.is("{")));
                        if closed.is_some_and(|closed| closed.is(opener)) {
                            break;
                        }
                    }
                }
                // If nothing is open, the parser says what it expected instead.
                _ => {
                    let closed = openers.pop();
                    braces -= usize::from(closed.is_some_and(|closed| closed.is("{")));
                }
            }
        }
    }
    if let Some(opener) = openers.last() {
        mistake.get_or_insert_with(|| unclosed(file, *opener, &line, behind));
    }
    match mistake {
        Some(mistake) => (Err(mistake), behind),
        None => (Ok(line), behind),
    }
}

/// Is one of these among all that is open, of which so many are braces?
fn is_open(opener: &str, braces: usize, all: usize) -> bool {
    match opener {
        "{" => braces > 0,
        _ => braces < all,
    }
}

fn starts_item(tokens: &[Token<'_>], in_group: bool) -> bool {
    match tokens {
        [at, name, ..] if at.is("@") && in_group => {
            let mut line = tokens
                .iter()
                .take_while(|token| token.kind != Kind::Newline);
            DIRECTIVES.contains(&name.text) || line.any(|token| token.is(":"))
        }
        [at, ..] if at.is("@") => true,
        [name, next, ..] => name.kind == Kind::Name && (next.is(":") || next.is("[")),
        _ => false,
    }
}

fn opener_of(token: Token<'_>) -> Option<&'static str> {
    if token.is(")") {
        Some("(")
    } else if token.is("}") {
        Some("{")
    } else {
        None
    }
}

fn mismatch(file: usize, opener: Token<'_>, closer: Token<'_>) -> Diagnostic {
    let expected = if opener.is("(") { ")" } else { "}" };
    Diagnostic::error(format!("expected `{expected}`, found `{}`", closer.text))
        .at(span(file, closer), "")
        .at(span(file, opener), "this is open")
}

fn unclosed(
    file: usize,
    opener: Token<'_>,
    line: &[Token<'_>],
    behind: &[Token<'_>], //
) -> Diagnostic {
    let diagnostic = Diagnostic::error(format!("`{}` is not closed", opener.text))
        .at(span(file, opener), "opened here");
    match (behind.get(1), line.last()) {
        (Some(&next), _) => diagnostic.at(span(file, next), "the next rule or directive"),
        (None, Some(&last)) => {
            diagnostic.at(span(file, Token::end_at(last.end())), "the file ends")
            //
        }
        (None, None) => diagnostic,
    }
}

fn span(file: usize, token: Token<'_>) -> Span {
    Span {
        file,
        start: token.start,
        end: token.end(),
    }
}
