// SPDX-License-Identifier: MIT OR Apache-2.0

//! The commands of `secpol`.
//!
//! Each ends with status 0; with 1 if what was asked has the answer "no"; with 2 if it could not
//! be found out. `run` ends as the program does that it runs.

mod check;
mod command;
mod compile;
mod completions;
mod denials;
mod diff;
mod explain;
mod features;
mod import;
mod input;
mod learn;
mod manual;
mod notation;
mod rings;
mod run;
mod sections;
mod shown;
mod source;
mod streams;
mod test;

use std::{
    fmt,
    io::{
        self,
        Write, //
    },
    process::ExitCode, //
};

use clap::{
    Parser,
    Subcommand, //
};
use secpol::kernel::{
    self,
    Features, //
};

/// Policies for seccomp, in words: which system calls a program may make, and with what.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Arguments),
    Compile(compile::Arguments),
    Explain(explain::Arguments),
    Diff(diff::Arguments),
    Denials(denials::Arguments),
    Test(test::Arguments),
    Run(run::Arguments),
    Features(features::Arguments),
    Learn(learn::Arguments),
    Import(import::Arguments),
    #[command(hide = true)]
    Completions(completions::Arguments),
    #[command(hide = true)]
    Man(manual::Arguments),
}

/// How a command ended.
enum Answer {
    Yes,
    No,
}

impl Answer {
    fn of(is_so: bool) -> Self {
        if is_so {
            Self::Yes
        } else {
            Self::No
        }
    }
}

/// Why a command could not do what it was asked for. Diagnostics were shown already.
enum Failure {
    Shown,
    Because(String),
}

impl Failure {
    fn because(why: impl fmt::Display) -> Self {
        Self::Because(why.to_string())
    }
}

/// What the filters of this kernel can do beyond those of mainline.
fn features() -> Result<Option<Features>, Failure> {
    kernel::features()
        .map_err(|error| Failure::Because(format!("cannot ask the kernel about seccomp: {error}")))
}

type Outcome = Result<Answer, Failure>;

pub(crate) fn main() -> ExitCode {
    let command = match Arguments::try_parse() {
        Ok(arguments) => arguments.command,
        Err(error) => return help(&error),
    };
    let outcome = match command {
        Command::Check(arguments) => check::main(&arguments),
        Command::Compile(arguments) => compile::main(&arguments),
        Command::Explain(arguments) => explain::main(&arguments),
        Command::Diff(arguments) => diff::main(&arguments),
        Command::Denials(arguments) => denials::main(&arguments),
        Command::Test(arguments) => test::main(&arguments),
        Command::Run(arguments) => run::main(arguments),
        Command::Features(arguments) => features::main(&arguments),
        Command::Learn(arguments) => learn::main(&arguments),
        Command::Import(arguments) => import::main(&arguments),
        Command::Completions(arguments) => completions::main(&arguments),
        Command::Man(manual::Arguments {}) => manual::main(),
    };
    status(outcome)
}

fn status(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(Failure::Shown) => ExitCode::from(2),
        Err(Failure::Because(why)) => {
            // If it cannot be told, the status says it.
            let _ = streams::tell(format!("secpol: {why}"));
            ExitCode::from(2)
        }
    }
}

/// Shows the help that was asked for, or what is wrong with the arguments.
fn help(shown: &clap::Error) -> ExitCode {
    let stream = match shown.use_stderr() {
        true => "standard error",
        false => "standard output",
    };
    let printed = shown.print().and_then(|()| io::stdout().flush());
    let outcome = streams::written(printed, stream);
    status(outcome.and(match shown.exit_code() {
        0 => Ok(Answer::Yes),
        _ => Err(Failure::Shown),
    }))
}
