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
    output,
    policy::{
        Policy,
        Sight,
        Target, //
    },
    profile::profile,
    uring, //
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
    /// Write the filters of io_uring instead
    #[arg(long)]
    io_uring: bool,
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
    /// A profile for OCI runtimes, JSON; as with --stock
    Oci,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let policy = arguments.input.read()?;
    let bytes = match (arguments.format, arguments.io_uring) {
        (Format::Oci, false) => oci(&arguments.input, &policy)?,
        (Format::Oci, true) => return Err(Failure::Because(NO_RINGS.to_string())),
        (_, false) => filter(arguments, &policy)?,
        (_, true) => rings(arguments, &policy)?,
    };
    match &arguments.output {
        Some(path) => save(path, &bytes)?,
        None => print(&bytes)?,
    }
    Ok(Answer::Yes)
}

const NO_RINGS: &str = "an OCI profile cannot have filters of io_uring";

fn oci(input: &Input, policy: &Policy) -> Result<Vec<u8>, Failure> {
    // The runtime loads it as a filter that sees arguments alone.
    let target = Target {
        sight: Sight::Arguments,
        ..input.target.target()?
    };
    let rules = input.made(policy, policy.rules(&target, &Systemd))?;
    if rules.rings.is_some() && uring::is_reachable(&rules) {
        return Err(Failure::Because(format!(
            "{NO_RINGS}, and the policy lets io_uring_setup through"
        )));
    }
    let made = profile(&rules).map_err(Failure::because)?;
    for note in &made.notes {
        tell(format!("note: {note}"))?;
    }
    Ok(made.text.into_bytes())
}

fn filter(arguments: &Arguments, policy: &Policy) -> Result<Vec<u8>, Failure> {
    let input = &arguments.input;
    let made = policy.compile(&input.target.target()?, &Systemd);
    let program = input.made(policy, made)?;
    if policy.has_rings() {
        tell("note: what rings may do is in what --io-uring writes")?;
    }
    let name = identifier(&input.policy);
    match arguments.format {
        Format::C => return Ok(output::c(&program, &name).into_bytes()),
        Format::Rust => return Ok(output::rust(&program, &name).into_bytes()),
        Format::Listing => return Ok(output::listing(&program, &policy.files).into_bytes()),
        Format::Raw | Format::Oci => refuse_terminal(arguments)?,
    }
    if program.appended {
        tell(format!(
            "note: for SECCOMP_APPEND_FILTER with flags {:#x} and extensible_arg_size {}",
            program.append_flags(),
            program.extensible_arg_size
        ))?;
    }
    Ok(output::raw(&program))
}

fn rings(arguments: &Arguments, policy: &Policy) -> Result<Vec<u8>, Failure> {
    let input = &arguments.input;
    let made = policy.io_uring(&input.target.target()?, &Systemd);
    let Some(made) = made.transpose() else {
        return Err(Failure::Because(format!(
            "{} has no @io_uring, so there are no filters of io_uring",
            input.policy.display()
        )));
    };
    let filters = input.made(policy, made)?;
    let name = identifier(&input.policy);
    Ok(match arguments.format {
        Format::C => uring::output::c(&filters, &name).into_bytes(),
        Format::Rust => uring::output::rust(&filters, &name).into_bytes(),
        Format::Listing => uring::output::listing(&filters, &policy.files).into_bytes(),
        Format::Raw | Format::Oci => {
            refuse_terminal(arguments)?;
            uring::output::raw(&filters)
        }
    })
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
