// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lines, as minijail0 reads them.

use std::path::Path;

use crate::import::{
    text::{
        At,
        Line, //
    },
    Error, //
};

/// The lines of a text, each with those that it goes on in behind a backslash.
pub(super) fn lines(path: &Path, text: &str) -> Result<Vec<Line>, Error> {
    let mut lines: Vec<Line> = Vec::new();
    let mut goes_on = false;
    let text = text.strip_suffix('\n').unwrap_or(text);
    for (index, physical) in text.split('\n').enumerate() {
        if physical.contains('\0') {
            return Err(At::line(path, index + 1).error("there is a zero byte"));
        }
        let (part, more) = match physical.strip_suffix('\\') {
            Some(part) => (part, true),
            None => (physical, false),
        };
        match lines.last_mut().filter(|_| goes_on) {
            Some(line) => line.push(index + 1, part),
            None => lines.push(Line::new(path, index + 1, part)),
        }
        goes_on = more;
    }
    match lines.last().filter(|_| goes_on) {
        // minijail0 passes over such a line.
        Some(line) => Err(line.at(&line.text).error("this line does not end")),
        None => Ok(lines),
    }
}

/// Without blanks at both ends.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}
