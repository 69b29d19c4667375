// SPDX-License-Identifier: MIT OR Apache-2.0

use clap::{
    CommandFactory,
    ValueEnum, //
};
use clap_complete::{
    generate,
    Shell, //
};

use super::{
    streams::print,
    Answer,
    Outcome, //
};

/// Prints what a shell needs to complete secpol's arguments
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Known,
}

/// The shells whose scripts are tested.
#[derive(Clone, Copy, ValueEnum)]
enum Known {
    Bash,
    Zsh,
    Fish,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let shell = match arguments.shell {
        Known::Bash => Shell::Bash,
        Known::Zsh => Shell::Zsh,
        Known::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    generate(
        shell,
        &mut super::Arguments::command(),
        "secpol",
        &mut script,
    );
    print(script)?;
    Ok(Answer::Yes)
}
