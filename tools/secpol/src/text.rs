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

/// Reads a text. Of one that is longer than [`LONGEST_TEXT`], which nothing here takes, one byte
/// more than that is read, so that a device does not fill the memory.
///
/// # Errors
///
/// If the file cannot be read, or is not UTF-8.
pub fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    // CAST: It is a mebibyte.
    let most = LONGEST_TEXT as u64 + 1;
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > LONGEST_TEXT {
        // It may end within a character.
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    String::from_utf8(bytes).map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "stream did not contain valid UTF-8",
        )
    })
}
