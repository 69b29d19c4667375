// SPDX-License-Identifier: MIT OR Apache-2.0

//! The command.

#![deny(unsafe_code)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
