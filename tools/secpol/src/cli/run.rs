// SPDX-License-Identifier: MIT OR Apache-2.0

use std::{
    ffi::OsString,
    io, //
};

use secpol::{
    compile::compile,
    groups::Systemd,
    kernel::{
        self,
        Options, //
    },
    policy::{
        Sight,
        Target, //
    },
    tables,
    uring, //
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
    let rules = input.made(&policy, policy.rules(&target, &Systemd))?;
    let program = compile(&rules).map_err(Failure::because)?;
    let rings = uring::filters(&rules).map_err(Failure::because)?;
    let rings = rings.map(|rings| input.made(&policy, Ok(rings)));
    // Nobody asks for what is in a ring that nobody can make.
    let rings = rings.transpose()?.filter(|_| uring::is_reachable(&rules));
    let found = Found::new(&command)?;
    kernel::set_no_new_privs().map_err(Failure::because)?;
    if let Some(rings) = rings {
        uring::register(&rings).map_err(|error| no_filters(&error))?;
    }
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

/// Rings would not be held to the policy.
fn no_filters(error: &io::Error) -> Failure {
    Failure::Because(format!(
        "cannot register filters of io_uring, which Linux {} has, and the policy lets \
         io_uring_setup through: {error}",
        tables::KERNEL
    ))
}
