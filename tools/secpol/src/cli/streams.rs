// SPDX-License-Identifier: MIT OR Apache-2.0

//! What commands write to standard output and standard error.
//!
//! `println!` and its like panic when a write fails. Here whoever reads may stop reading, and the
//! status still answers; any other failure is one of the command.

use std::{
    fmt,
    io::{
        self,
        ErrorKind,
        Write, //
    },
};

use super::Failure;

/// Writes an answer to standard output.
pub(super) fn print(bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    write(io::stdout().lock(), bytes.as_ref(), "standard output")
}

/// Writes a remark, with its newline, to standard error.
pub(super) fn tell(what: impl fmt::Display) -> Result<(), Failure> {
    let line = format!("{what}\n");
    write(io::stderr().lock(), line.as_bytes(), "standard error")
}

fn write(mut stream: impl Write, bytes: &[u8], name: &str) -> Result<(), Failure> {
    written(stream.write_all(bytes).and_then(|()| stream.flush()), name)
}

/// How a write to the stream of this name ended.
pub(super) fn written(result: io::Result<()>, name: &str) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Because(format!("cannot write to {name}: {error}")))
        }
        _ => Ok(()),
    }
}
