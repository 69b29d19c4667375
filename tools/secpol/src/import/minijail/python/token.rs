// SPDX-License-Identifier: MIT OR Apache-2.0

//! The words and signs of a text.

use std::path::Path;

use crate::import::{
    text::{
        quoted_path,
        At, //
    },
    Error, //
};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Default,
    Include,
    Frequency,
    Denylist,
    Path,
    Number,
    Colon,
    Semicolon,
    Comma,
    Complement,
    LeftParenthesis,
    RightParenthesis,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    Or,
    And,
    Union,
    Operator,
    Equal,
    Argument,
    Return,
    Action,
    Identifier,
}

/// A word or a sign.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) at: At,
}

/// Signs; of two that start in the same way, the longer one is first.
const SIGNS: [(&str, Kind); 20] = [
    (":", Kind::Colon),
    (";", Kind::Semicolon),
    (",", Kind::Comma),
    ("~", Kind::Complement),
    ("(", Kind::LeftParenthesis),
    (")", Kind::RightParenthesis),
    ("{", Kind::LeftBrace),
    ("}", Kind::RightBrace),
    ("[", Kind::LeftBracket),
    ("]", Kind::RightBracket),
    ("||", Kind::Or),
    ("&&", Kind::And),
    ("|", Kind::Union),
    ("&", Kind::Operator),
    ("==", Kind::Operator),
    ("!=", Kind::Operator),
    ("<=", Kind::Operator),
    ("<", Kind::Operator),
    (">=", Kind::Operator),
    (">", Kind::Operator),
];

/// Words with a meaning, which end where no letter, digit or `_` follows.
const WORDS: [(&str, Kind); 13] = [
    ("@default", Kind::Default),
    ("@include", Kind::Include),
    ("@frequency", Kind::Frequency),
    ("in", Kind::Operator),
    ("return", Kind::Return),
    ("allow", Kind::Action),
    ("kill-process", Kind::Action),
    ("kill-thread", Kind::Action),
    ("kill", Kind::Action),
    ("trap", Kind::Action),
    ("trace", Kind::Action),
    ("log", Kind::Action),
    ("user-notify", Kind::Action),
];

/// The tokens of each statement: of a line, with those that it goes on in behind a backslash.
pub(super) fn statements(path: &Path, text: &str) -> Result<Vec<Vec<Token>>, Error> {
    let file = quoted_path(path);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut statements = Vec::new();
    let mut tokens = Vec::new();
    let mut goes_on = None;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    for (index, line) in text.split('\n').enumerate() {
        let at = |column: usize| At {
            file: file.clone(),
            line: index + 1,
            column: line[..column].chars().count() + 1,
        };
        let mut place = 0;
        while let Some(c) = line[place..].chars().next() {
            let rest = &line[place..];
            if c == '#' {
                break;
            }
            if matches!(c, ' ' | '\t' | '\x0b' | '\x0c') || rest == "\\" {
                place += 1;
                continue;
            }
            let Some((kind, length)) = token(rest, &line[..place]) else {
                return Err(at(place).error("this is none of the language's words"));
            };
            tokens.push(Token {
                kind,
                text: rest[..length].to_string(),
                at: at(place),
            });
            place += length;
        }
        if line.ends_with('\\') {
            goes_on = Some(at(0));
            continue;
        }
        goes_on = None;
        if !tokens.is_empty() {
            statements.push(std::mem::take(&mut tokens));
        }
    }
    match goes_on {
        // The compiler passes over such a statement.
        Some(at) => Err(at.error("this line does not end")),
        None => Ok(statements),
    }
}

/// The token that a text starts with, and how long it is.
fn token(text: &str, before: &str) -> Option<(Kind, usize)> {
    if text == "@denylist" {
        return Some((Kind::Denylist, text.len()));
    }
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // What is no letter of ASCII is in no word here; in Python's it may be.
    let starts = !before.ends_with(is_word);
    for (word, kind) in &WORDS[..3] {
        if text
            .strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(is_word))
        {
            return Some((*kind, word.len()));
        }
    }
    if let Some(length) = path(text).or_else(|| number(text)) {
        let kind = if text.starts_with(['.', '/']) {
            Kind::Path
        } else {
            Kind::Number
        };
        return Some((kind, length));
    }
    if let Some((sign, kind)) = SIGNS.iter().find(|(sign, _)| text.starts_with(sign)) {
        return Some((*kind, sign.len()));
    }
    let ends = |length: usize| !text[length..].starts_with(is_word);
    for (word, kind) in &WORDS[3..4] {
        if starts && text.starts_with(word) && ends(word.len()) {
            return Some((*kind, word.len()));
        }
    }
    if text.starts_with('=') {
        return Some((Kind::Equal, 1));
    }
    if let Some(digits) = text.strip_prefix("arg") {
        let length = 3 + digits.bytes().take_while(u8::is_ascii_digit).count();
        if starts && length > 3 && ends(length) {
            return Some((Kind::Argument, length));
        }
    }
    for (word, kind) in &WORDS[4..] {
        if starts && text.starts_with(word) && ends(word.len()) {
            return Some((*kind, word.len()));
        }
    }
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    let in_name = |c: &char| is_word(*c) || matches!(c, '-' | '@');
    Some((Kind::Identifier, text.chars().take_while(in_name).count()))
}

/// The length of the path that a text starts with.
fn path(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('.').unwrap_or(text);
    let rest = rest.strip_prefix('/')?;
    let name: usize = rest
        .chars()
        .take_while(|c| !c.is_whitespace())
        .map(char::len_utf8)
        .sum();
    (name > 0).then_some(text.len() - rest.len() + name)
}

/// The length of the number that a text starts with: as much as its notation takes.
fn number(text: &str) -> Option<usize> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let sign = text.len() - unsigned.len();
    let count = |text: &str, is_digit: fn(&u8) -> bool| text.bytes().take_while(is_digit).count();
    if let Some(digits) = unsigned
        .strip_prefix("0x")
        .or_else(|| unsigned.strip_prefix("0X"))
    {
        let digits = count(digits, u8::is_ascii_hexdigit);
        if digits > 0 {
            return Some(sign + 2 + digits);
        }
    }
    if let Some(digits) = unsigned.strip_prefix('0') {
        let digits = count(digits, |digit| matches!(digit, b'0'..=b'7'));
        if digits > 0 {
            return Some(sign + 1 + digits);
        }
    }
    let digits = count(unsigned, u8::is_ascii_digit);
    (digits > 0).then_some(sign + digits)
}
