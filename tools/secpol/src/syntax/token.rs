// SPDX-License-Identifier: MIT OR Apache-2.0

//! The words of a policy.
//!
//! Every text is a sequence of tokens: what no policy has becomes [`Kind::Unknown`], so that the
//! parser can say what it expected instead.

use winnow::{
    combinator::{
        alt,
        delimited,
        opt,
        preceded,
        repeat, //
    },
    error::EmptyError,
    prelude::*,
    stream::LocatingSlice,
    token::{
        any,
        none_of,
        one_of,
        take_till,
        take_while, //
    },
    Result, //
};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `read`
    Name,
    /// What starts with a digit: a number, an IPv4 address or a version.
    Digits,
    /// `[::1]`
    Ipv6,
    /// `"..."`
    Quoted,
    /// Punctuation.
    Symbol,
    /// The end of a line.
    Newline,
    /// A character that starts none of the others.
    Unknown,
    /// Behind the last token of an item.
    End,
}

/// A word of a policy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// The first byte.
    pub(crate) start: usize,
}

type Input<'a> = LocatingSlice<&'a str>;

impl Token<'_> {
    /// The byte behind the last.
    pub(crate) fn end(self) -> usize {
        self.start + self.text.len()
    }

    /// Is it this symbol?
    pub(crate) fn is(self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }

    /// Is it this name?
    pub(crate) fn is_name(self, name: &str) -> bool {
        self.kind == Kind::Name && self.text == name
    }

    /// Nothing, at this place.
    pub(crate) fn end_at(start: usize) -> Self {
        Self {
            kind: Kind::End,
            text: "",
            start,
        }
    }
}

/// The tokens of a text. Comments and blanks are left out, ends of lines are not.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut input = LocatingSlice::new(text);
    // Editors on Windows put a byte order mark first.
    let mut rest = preceded(opt::<_, _, EmptyError, _>('\u{feff}'), blank);
    if rest.parse_next(&mut input).is_ok() {
        while let Ok(token) = token(&mut input) {
            tokens.push(token);
        }
    }
    tokens
}

fn token<'a>(input: &mut Input<'a>) -> Result<Token<'a>, EmptyError> {
    let kind = alt((
        alt(("\n", "\r\n")).value(Kind::Newline),
        name.value(Kind::Name),
        digits.value(Kind::Digits),
        ipv6.value(Kind::Ipv6),
        quoted.value(Kind::Quoted),
        symbol.value(Kind::Symbol),
        any.value(Kind::Unknown),
    ));
    let ((kind, text), span) = kind.with_taken().with_span().parse_next(input)?;
    blank(input)?;
    let start = span.start;
    Ok(Token { kind, text, start })
}

fn blank(input: &mut Input<'_>) -> Result<(), EmptyError> {
    let comment = ('#', take_till(0.., '\n')).void();
    repeat(0.., alt((one_of([' ', '\t']).void(), comment))).parse_next(input)
}

fn name(input: &mut Input<'_>) -> Result<(), EmptyError> {
    let first = one_of(|c: char| c.is_ascii_alphabetic() || c == '_');
    let rest = take_while(0.., |c: char| c.is_ascii_alphanumeric() || c == '_');
    (first, rest).void().parse_next(input)
}

/// Takes letters as well, so that `12ab` is one wrong number and not a number and a name.
fn digits(input: &mut Input<'_>) -> Result<(), EmptyError> {
    let word = || take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_');
    let part = preceded('.', (one_of('0'..='9'), opt(word()))).void();
    let parts = repeat::<_, _, (), _, _>(0.., part);
    (one_of('0'..='9'), opt(word()), parts)
        .void()
        .parse_next(input)
}

/// Has a colon, so that `[arch=...]` is none.
fn ipv6(input: &mut Input<'_>) -> Result<(), EmptyError> {
    let digits = |input: &mut Input<'_>| -> Result<(), EmptyError> {
        let digit = |c: char| c.is_ascii_hexdigit() || c == '.';
        take_while(0.., digit).void().parse_next(input)
    };
    let parts = repeat::<_, _, (), _, _>(1.., (digits, ':'));
    delimited('[', (parts, digits), ']')
        .void()
        .parse_next(input)
}

fn quoted(input: &mut Input<'_>) -> Result<(), EmptyError> {
    let escaped = ('\\', one_of(['"', '\\'])).void();
    let character = alt((escaped, none_of(['"', '\\', '\n']).void()));
    delimited('"', repeat::<_, _, (), _, _>(0.., character), '"')
        .void()
        .parse_next(input)
}

fn symbol(input: &mut Input<'_>) -> Result<(), EmptyError> {
    let long = alt(("->", "==", "!=", "<<", "<=", ">=", "&&", "||")).void();
    let short = one_of(SHORT_SYMBOLS).void();
    alt((long, short)).parse_next(input)
}

/// `;` is not of the language, but people write it.
const SHORT_SYMBOLS: [char; 19] = [
    '@', ':', ',', '.', '(', ')', '{', '}', '[', ']', '=', '<', '>', '&', '|', '!', '~', '-', ';',
];
