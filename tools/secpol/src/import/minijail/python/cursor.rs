// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where in the tokens of a statement one is.

use super::token::{
    Kind,
    Token, //
};
use crate::{
    abi::Abi,
    import::{
        text::At,
        Error, //
    }, //
};

/// Where in the tokens of a statement one is. A statement has one token at least.
pub(super) struct Cursor<'a> {
    tokens: &'a [Token],
    place: usize,
    machine: Abi,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(tokens: &'a [Token], machine: Abi) -> Self {
        Self {
            tokens,
            place: 0,
            machine,
        }
    }

    /// The machine whose names are meant.
    pub(super) fn machine(&self) -> Abi {
        self.machine
    }

    /// What the next token is.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.tokens.get(self.place).map(|token| token.kind)
    }

    /// The text of the next token; empty, if there is none.
    pub(super) fn text(&self) -> &'a str {
        self.tokens.get(self.place).map_or("", |token| &token.text)
    }

    /// The next token, which one is behind then.
    pub(super) fn next(&mut self) -> Option<&'a Token> {
        let token = self.tokens.get(self.place)?;
        self.place += 1;
        Some(token)
    }

    /// Is the next token of this kind? Then one is behind it.
    pub(super) fn take(&mut self, kind: Kind) -> bool {
        let takes = self.kind() == Some(kind);
        self.place += usize::from(takes);
        takes
    }

    /// The next token, which must be of this kind.
    pub(super) fn expect(&mut self, kind: Kind, what: &str) -> Result<&'a Token, Error> {
        match self.tokens.get(self.place) {
            Some(token) if token.kind == kind => {
                self.place += 1;
                Ok(token)
            }
            _ => Err(self.error(&format!("expected is {what}"))),
        }
    }

    /// There must be no other token.
    pub(super) fn end(&self) -> Result<(), Error> {
        match self.tokens.get(self.place) {
            None => Ok(()),
            Some(token) => Err(token.at.error("expected is the end of the line")),
        }
    }

    /// Says that something is wrong here.
    pub(super) fn error(&self, why: &str) -> Error {
        self.here().error(why)
    }

    /// The place of the next token; behind the last, that of what would follow.
    pub(super) fn here(&self) -> At {
        if let Some(token) = self.tokens.get(self.place) {
            return token.at.clone();
        }
        match self.tokens.last() {
            Some(last) => At {
                column: last.at.column + last.text.chars().count(),
                ..last.at.clone()
            },
            None => At {
                file: String::new(),
                line: 1,
                column: 1,
            },
        }
    }
}
