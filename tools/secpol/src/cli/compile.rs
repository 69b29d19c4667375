// SPDX-License-Identifier: MIT OR Apache-2.0

use std::{
    fs::File,
    io::{
        self,
        IsTerminal,
        Write, //
    },
    path::{
        Path,
        PathBuf, //
    },
};

use clap::ValueEnum;
use secpol::{
    groups::Systemd,
    output, //
};

use super::{
    input::Input,
    streams::{
        print,
        tell, //
    },
    Answer,
    Failure,
    Outcome, //
};

/// Makes a filter of a policy
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Where to write it [default: standard output]
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Raw)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// An array of struct sock_filter
    Raw,
    /// A C header
    C,
    /// Rust constants
    Rust,
    /// To be read, with the lines of the policy
    Listing,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let input = &arguments.input;
    let policy = input.read()?;
    let made = policy.compile(&input.target.target()?, &Systemd);
    let program = input.made(&policy, made)?;
    let name = identifier(&input.policy);
    let bytes = match arguments.format {
        Format::Raw => output::raw(&program),
        Format::C => output::c(&program, &name).into_bytes(),
        Format::Rust => output::rust(&program, &name).into_bytes(),
        Format::Listing => output::listing(&program, &policy.files).into_bytes(),
    };
    if matches!(arguments.format, Format::Raw) {
        refuse_terminal(arguments)?;
        if program.appended {
            tell(format!(
                "note: for SECCOMP_APPEND_FILTER with flags {:#x} and extensible_arg_size {}",
                program.append_flags(),
                program.extensible_arg_size
            ))?;
        }
    }
    match &arguments.output {
        Some(path) => save(path, &bytes)?,
        None => print(&bytes)?,
    }
    Ok(Answer::Yes)
}

/// Writes a file. What could not be written whole is made empty: a part of a filter may be one as
/// well, and allow more.
fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let saved = File::create(path).and_then(|mut file| {
        file.write_all(bytes).inspect_err(|_| {
            // Of what is no file nothing can be taken back.
            let _ = file.set_len(0);
        })
    });
    saved.map_err(|error| Failure::Because(format!("cannot write {}: {error}", path.display())))
}

fn refuse_terminal(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.output.is_none() && io::stdout().is_terminal() {
        return Err(Failure::Because(
            "a filter is not for a terminal: use -o FILE, or --format listing".to_string(),
        ));
    }
    Ok(())
}

/// A name for C and Rust, made of the policy's.
fn identifier(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) || name.is_empty() {
        format!("policy_{name}")
    } else {
        name
    }
}
