// SPDX-License-Identifier: MIT OR Apache-2.0

//! Places in texts, as messages name them, and who reads files that texts name.

use std::path::Path;

use super::{
    quoted,
    Error, //
};
use crate::text;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    /// The file, as messages name it.
    pub(super) file: String,
    /// The line, counted from 1.
    pub(super) line: usize,
    /// The column, counted from 1, in characters.
    pub(super) column: usize,
}

impl At {
    /// The start of a line.
    pub(super) fn line(file: &Path, line: usize) -> Self {
        Self {
            file: quoted_path(file),
            line,
            column: 1,
        }
    }

    /// Says that something is wrong there.
    pub(super) fn error(&self, why: impl Into<String>) -> Error {
        Error {
            path: self.to_string(),
            why: why.into(),
        }
    }
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A path as messages show it: in one line, its end if it is long.
pub(super) fn quoted_path(path: &Path) -> String {
    /// The most characters.
    const SHOWN: usize = 120;
    let path = path.display().to_string();
    let escaped: Vec<char> = path.chars().flat_map(char::escape_debug).collect();
    let start = escaped.len().saturating_sub(SHOWN);
    let dots = if start > 0 { "..." } else { "" };
    format!("{dots}{}", escaped[start..].iter().collect::<String>())
}

/// Who reads the files that a text names.
pub trait Files {
    /// The text of a file; the error says in one line why there is none.
    fn read(&self, path: &Path) -> Result<String, String>;
}

/// The files of this machine.
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Result<String, String> {
        text::read(path).map_err(|error| quoted(&error.to_string()))
    }
}

/// A line, with those that it goes on in.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// All of it.
    pub(super) text: String,
    /// The file, as messages name it.
    file: String,
    /// Where in the text each of its lines starts, and which line of the file that is.
    starts: Vec<(usize, usize)>,
}

impl Line {
    /// The line of a file with this number.
    pub(super) fn new(file: &Path, number: usize, text: &str) -> Self {
        Self {
            text: text.to_string(),
            file: quoted_path(file),
            starts: vec![(0, number)],
        }
    }

    /// Goes on, behind a blank, with the line with this number.
    pub(super) fn push(&mut self, number: usize, text: &str) {
        self.text.push(' ');
        self.starts.push((self.text.len(), number));
        self.text.push_str(text);
    }

    /// The place of a part of its text; of another text, its start.
    pub(super) fn at(&self, part: &str) -> At {
        // CAST: Addresses, of which the difference counts.
        let offset = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let is_here = |(start, _): &&(usize, usize)| *start <= offset && offset <= self.text.len();
        let (start, line) = match self.starts.iter().rev().find(is_here) {
            Some(found) => *found,
            None => self.starts[0],
        };
        let before = self.text.get(start..offset);
        At {
            file: self.file.clone(),
            line,
            column: before.map_or(0, |before| before.chars().count()) + 1,
        }
    }
}
