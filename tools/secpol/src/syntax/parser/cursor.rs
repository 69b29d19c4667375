// SPDX-License-Identifier: MIT OR Apache-2.0

//! A place in the tokens of an item.

use super::{
    super::{
        ast::{
            Name,
            Span,
            Spanned, //
        },
        token::{
            Kind,
            Token, //
        }, //
    },
    mistakes,
    DEEPEST, //
};
use crate::diagnostic::Diagnostic;

/// What was parsed, or why it could not be.
pub(super) type Parsed<T> = Result<T, Diagnostic>;

/// Names that cannot start a field, and are no values.
const RESERVED: [&str; 2] = ["in", "else"];

/// Walks over the tokens of an item.
pub(super) struct Cursor<'a> {
    file: usize,
    text: &'a str,
    tokens: &'a [Token<'a>],
    /// How many are behind.
    taken: usize,
    depth: usize,
}

impl<'a> Cursor<'a> {
    /// Before the first of the tokens, which are from `text`.
    pub(super) fn new(file: usize, text: &'a str, tokens: &'a [Token<'a>]) -> Self {
        Self {
            file,
            text,
            tokens,
            taken: 0,
            depth: 0,
        }
    }

    /// The next token.
    pub(super) fn peek(&self) -> Token<'a> {
        self.peek_behind(0)
    }

    /// The token that is so many behind the next.
    pub(super) fn peek_behind(&self, distance: usize) -> Token<'a> {
        let end = || Token::end_at(self.tokens.last().map_or(0, |last| last.end()));
        self.rest().get(distance).copied().unwrap_or_else(end)
    }

    /// The tokens that are not taken.
    pub(super) fn rest(&self) -> &'a [Token<'a>] {
        &self.tokens[self.taken..]
    }

    /// The token that was taken last.
    pub(super) fn last(&self) -> Token<'a> {
        let last = self.taken.checked_sub(1).map(|last| self.tokens[last]);
        last.unwrap_or(Token::end_at(self.peek().start))
    }

    /// Are all tokens taken?
    pub(super) fn is_at_end(&self) -> bool {
        self.rest().is_empty()
    }

    /// Is there nothing between the last token and the next?
    pub(super) fn adjoins(&self) -> bool {
        self.last().end() == self.peek().start
    }

    /// Takes the next token.
    pub(super) fn advance(&mut self) -> Token<'a> {
        let token = self.peek();
        if !self.is_at_end() {
            self.taken += 1;
        }
        token
    }

    /// Takes this symbol, if it is next.
    pub(super) fn take(&mut self, symbol: &str) -> bool {
        let is_next = self.peek().is(symbol);
        if is_next {
            self.taken += 1;
        }
        is_next
    }

    /// Takes this symbol; if it is not next, `what` was expected.
    pub(super) fn expect(&mut self, symbol: &str, what: &str) -> Parsed<()> {
        if self.take(symbol) {
            Ok(())
        } else {
            Err(self.unexpected(what))
        }
    }

    /// Is a name next that may be a constant, or the start of a field?
    pub(super) fn is_at_name(&self) -> bool {
        self.peek().kind == Kind::Name && !RESERVED.contains(&self.peek().text)
    }

    /// Takes a name, which is `what`.
    pub(super) fn name(&mut self, what: &str) -> Parsed<Name> {
        if self.peek().kind != Kind::Name {
            return Err(self.unexpected(what));
        }
        let token = self.advance();
        Ok(self.spanned(token.text.to_owned(), token.start))
    }

    /// Takes a name that may have `-` in it, and is `what`.
    pub(super) fn hyphenated(&mut self, what: &str) -> Parsed<Name> {
        let mut name = self.name(what)?;
        while self.is_at_hyphen() {
            self.advance();
            let part = self.advance();
            name.value.push('-');
            name.value.push_str(part.text);
            name.span.end = part.end();
        }
        Ok(name)
    }

    /// Is a `-` next that belongs to the name before it?
    fn is_at_hyphen(&self) -> bool {
        let (hyphen, part) = (self.peek(), self.peek_behind(1));
        let is_part = matches!(part.kind, Kind::Name | Kind::Digits);
        hyphen.is("-") && self.adjoins() && is_part && hyphen.end() == part.start
    }

    /// Puts it where it was: from `start` to the end of the last token.
    pub(super) fn spanned<T>(&self, value: T, start: usize) -> Spanned<T> {
        let span = self.span_from(start);
        Spanned { value, span }
    }

    /// From `start` to the end of the last token.
    pub(super) fn span_from(&self, start: usize) -> Span {
        Span {
            file: self.file,
            start,
            end: self.last().end(),
        }
    }

    /// The place of a token.
    pub(super) fn span_of(&self, token: Token<'_>) -> Span {
        Span {
            file: self.file,
            start: token.start,
            end: token.end(),
        }
    }

    /// What was written there.
    pub(super) fn text_of(&self, span: Span) -> &'a str {
        &self.text[span.start..span.end]
    }

    /// The text behind the last token, to the end of the file.
    pub(super) fn text_behind(&self) -> &'a str {
        &self.text[self.last().end()..]
    }

    /// Says that `what` was expected instead of the next token.
    pub(super) fn expected(&self, what: &str) -> Diagnostic {
        let found = self.peek();
        Diagnostic::error(format!("expected {what}, found {}", describe(found)))
            .at(self.span_of(found), "")
    }

    /// The same, with help for those who know other languages.
    pub(super) fn unexpected(&self, what: &str) -> Diagnostic {
        let diagnostic = self.expected(what);
        match mistakes::help(self.last(), self.peek(), self.peek_behind(1)) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    /// Parses what is a level deeper.
    pub(super) fn nested<T>(
        &mut self,
        parser: impl FnOnce(&mut Self) -> Parsed<T>, //
    ) -> Parsed<T> {
        if self.depth == DEEPEST {
            let message = format!("nested more than {DEEPEST} levels deep");
            return Err(Diagnostic::error(message).at(self.span_of(self.last()), ""));
        }
        self.depth += 1;
        let parsed = parser(self);
        self.depth -= 1;
        parsed
    }
}

/// Names a token for a message.
fn describe(token: Token<'_>) -> String {
    match token.kind {
        Kind::End | Kind::Newline => "the end of the line".to_owned(),
        Kind::Quoted => "a text in quotes".to_owned(),
        Kind::Unknown => match token.text.chars().next() {
            Some(c) if c.is_ascii_graphic() => format!("`{c}`"),
            c => format!("the character U+{:04X}", c.map_or(0, u32::from)),
        },
        _ => format!("`{}`", shortened(token.text)),
    }
}

/// A word for a message.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
