// SPDX-License-Identifier: MIT OR Apache-2.0

use std::ffi::OsString;

use secpol::{
    groups::Systemd,
    kernel::{
        self,
        Options, //
    },
    policy::{
        Sight,
        Target, //
    },
};

use super::{
    command::Found,
    features,
    input::Input,
    Failure,
    Outcome, //
};

/// Runs a program under a policy
///
/// The policy holds from the program's first instruction on: of what this command does to start it,
/// one execve() alone is let through, by a number that nobody else knows. The program and what it
/// starts gain no privileges by execve() any more.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Log what the policy does not allow, where /proc/sys/kernel/seccomp/actions_logged says so
    #[arg(long)]
    log: bool,
    /// The program, and its arguments
    #[arg(required = true, last = true)]
    command: Vec<OsString>,
}

pub(super) fn main(arguments: Arguments) -> Outcome {
    let Arguments {
        input,
        log,
        command,
    } = arguments;
    let policy = input.read()?;
    let asked = input.target.target()?;
    let sees_structs = features()?.is_some_and(|features| features.sees_structs());
    let cookie = kernel::random_cookie().map_err(Failure::because)?;
    let target = Target {
        sight: if sees_structs {
            asked.sight
        } else {
            Sight::Arguments
        },
        exec_cookie: Some(cookie),
        ..asked
    };
    let program = input.made(&policy, policy.compile(&target, &Systemd))?;
    let found = Found::new(&command)?;
    kernel::set_no_new_privs().map_err(Failure::because)?;
    let options = Options {
        all_threads: false,
        log,
    };
    let start = kernel::Start {
        path: &found.path,
        arguments: &found.arguments,
        environment: &found.environment,
        cookie,
    };
    let error = kernel::load_and_execute(&program, options, &start);
    Err(found.failed(error))
}
