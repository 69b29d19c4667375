// SPDX-License-Identifier: MIT OR Apache-2.0

//! The text of a unit.

use std::path::Path;

use crate::import::{
    text::{
        At,
        Line, //
    },
    Error, //
};

/// `KEY=VALUE`
pub(super) struct Assignment {
    line: Line,
    /// Where in the line the key is, and the value.
    key: (usize, usize),
    value: (usize, usize),
}

/// What is assigned in the section `[Service]`.
pub(super) fn service(path: &Path, text: &str) -> Result<Vec<Assignment>, Error> {
    let mut assignments = Vec::new();
    let mut has_service = false;
    let mut is_service = false;
    for line in lines(path, text)? {
        let stripped = line.text.trim();
        if let Some(header) = stripped.strip_prefix('[') {
            let name = header.strip_suffix(']');
            let name = name.ok_or_else(|| line.at(stripped).error("the ] is missing"))?;
            is_service = name == "Service";
            has_service |= is_service;
        } else if is_service && !stripped.is_empty() {
            let Some((key, value)) = stripped.split_once('=') else {
                return Err(line.at(stripped).error("the = is missing"));
            };
            let (key, value) = (key.trim(), value.trim());
            let place = |part: &str| {
                // CAST: Addresses in one text.
                let start = part.as_ptr() as usize - line.text.as_ptr() as usize;
                (start, start + part.len())
            };
            assignments.push(Assignment {
                key: place(key),
                value: place(value),
                line: line.clone(),
            });
        }
    }
    if !has_service {
        return Err(At::line(path, 1).error("there is no [Service]"));
    }
    Ok(assignments)
}

/// The lines, each with those that it goes on in behind a backslash, without comments.
fn lines(path: &Path, text: &str) -> Result<Vec<Line>, Error> {
    let mut lines: Vec<Line> = Vec::new();
    let mut goes_on = false;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.contains(['\0', '\r']) {
            return Err(At::line(path, index + 1).error("there is a control character"));
        }
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        // An even number of them stands for themselves.
        let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
        let more = backslashes % 2 == 1;
        let part = if more { &line[..line.len() - 1] } else { line };
        match lines.last_mut().filter(|_| goes_on) {
            Some(last) => last.push(index + 1, part),
            None => lines.push(Line::new(path, index + 1, part)),
        }
        goes_on = more;
    }
    Ok(lines)
}

impl Assignment {
    /// The setting.
    pub(super) fn key(&self) -> &str {
        &self.line.text[self.key.0..self.key.1]
    }

    /// Its value.
    pub(super) fn value(&self) -> &str {
        &self.line.text[self.value.0..self.value.1]
    }

    /// The value and its words: whether a `~` is before them, and they. None, if it is empty.
    pub(super) fn words(&self) -> Result<Option<(bool, Vec<&str>)>, Error> {
        let value = self.value();
        if value.is_empty() {
            return Ok(None);
        }
        let (inverted, rest) = match value.strip_prefix('~') {
            Some(rest) => (true, rest),
            None => (false, value),
        };
        let words: Vec<&str> = rest.split_ascii_whitespace().collect();
        let is_quoted = |word: &&&str| word.contains(['"', '\'', '\\']);
        match words.iter().find(is_quoted) {
            Some(word) => Err(self.error(word, "there are no quotes and backslashes here")),
            None => Ok(Some((inverted, words))),
        }
    }

    /// Says that part of it is wrong; the setting is named.
    pub(super) fn error(&self, part: &str, why: &str) -> Error {
        self.line.at(part).error(format!("{}=: {why}", self.key()))
    }

    /// Where the setting is.
    pub(super) fn at(&self) -> At {
        self.line.at(self.key())
    }
}
