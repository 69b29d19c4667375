// SPDX-License-Identifier: MIT OR Apache-2.0

//! The texts that spans point into.

use std::ops::Range;

use codespan_reporting::files::SimpleFiles;

use crate::syntax::ast::Span;

/// The files of a policy: the one that was named, and those that it includes.
#[derive(Clone, Debug)]
pub struct Files {
    given: Vec<(String, String)>,
    /// Names and texts as a terminal may get them. Bytes keep their places.
    shown: SimpleFiles<String, String>,
}

impl Default for Files {
    fn default() -> Self {
        Self::new()
    }
}

impl Files {
    /// No files.
    pub fn new() -> Self {
        Self {
            given: Vec::new(),
            shown: SimpleFiles::new(),
        }
    }

    /// Adds a file; returns what [`Span::file`] is for it.
    pub fn add(&mut self, name: String, text: String) -> usize {
        self.shown.add(in_one_line(&name), printable(&text));
        self.given.push((name, text));
        self.given.len() - 1
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.given.len()
    }

    /// The text of a file; empty, if there is no such file.
    pub fn text(&self, file: usize) -> &str {
        self.given.get(file).map_or("", |(_, text)| text)
    }

    /// The name of a file; `?`, if there is no such file.
    pub fn name(&self, file: usize) -> &str {
        self.given.get(file).map_or("?", |(name, _)| name)
    }

    /// The line and the column where the span starts, counted from 1, in characters. What is
    /// beyond the text is at its end.
    pub fn place(&self, span: Span) -> (usize, usize) {
        let text = self.text(span.file);
        let before = &text[..boundary_at_or_before(text, span.start)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        (line, before[line_start..].chars().count() + 1)
    }

    pub(super) fn shown(&self) -> &SimpleFiles<String, String> {
        &self.shown
    }

    /// A range that the text has, whatever the span is.
    pub(super) fn shown_range(&self, span: Span) -> Range<usize> {
        let text = self.text(span.file);
        let start = boundary_at_or_before(text, span.start);
        start..boundary_at_or_before(text, span.end).max(start)
    }
}

fn boundary_at_or_before(text: &str, byte: usize) -> usize {
    let mut boundary = byte.min(text.len());
    while !text.is_char_boundary(boundary) {
        boundary -= 1;
    }
    boundary
}

/// Replaces control characters, as a terminal would obey them, and characters that change the
/// direction of text, as lines would look different from what they say. The length stays.
pub(super) fn printable(text: &str) -> String {
    let is_obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut printable = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c == '\r' && text[at..].starts_with("\r\n") {
            printable.push(c);
        } else if is_obeyed(c) || turns(c) {
            printable.extend(std::iter::repeat_n('?', c.len_utf8()));
        } else {
            printable.push(c);
        }
    }
    printable
}

/// The same for what is part of a line.
pub(super) fn in_one_line(text: &str) -> String {
    printable(text).replace(['\n', '\r'], "?")
}
