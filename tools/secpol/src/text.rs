// SPDX-License-Identifier: MIT OR Apache-2.0

//! Texts in files.

use std::{
    fs::File,
    io::{
        self,
        Read, //
    },
    path::Path,
};

use crate::syntax::parser::LONGEST_TEXT;

/// Reads a text of at most [`LONGEST_TEXT`] bytes.
///
/// # Errors
///
/// If the file cannot be read, is longer, or is not UTF-8.
pub fn read(path: &Path) -> io::Result<String> {
    String::from_utf8(bytes(path)?).map_err(|_| wrong("it is no UTF-8".to_string()))
}

/// Reads a file of at most [`LONGEST_TEXT`] bytes, text or not. Of one that is longer, as that of a
/// device may be, one byte more is read.
///
/// # Errors
///
/// If the file cannot be read, or is longer.
pub fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // CAST: It is a mebibyte.
    let most = LONGEST_TEXT as u64 + 1;
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > LONGEST_TEXT {
        return Err(wrong(format!("it has more than {LONGEST_TEXT} bytes")));
    }
    Ok(bytes)
}

fn wrong(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
