// SPDX-License-Identifier: MIT OR Apache-2.0

use secpol::{
    compile::compile,
    groups::Systemd, //
};

use super::{
    input::Input,
    streams::print,
    Answer,
    Failure,
    Outcome, //
};

/// Says what is wrong with a policy, and what it leaves open
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let Arguments { input } = arguments;
    let policy = input.read()?;
    let target = input.target.target()?;
    let rules = input.made_and_noted(&policy, policy.rules(&target, &Systemd))?;
    let program = compile(&rules).map_err(Failure::because)?;
    let holes = secpol::audit::ways_around(&rules);
    input.target.show(&holes, &policy.files)?;
    let whose = if program.appended {
        ", for rust_seccomp"
    } else {
        ""
    };
    print(format!("{} instructions{whose}\n", program.insns.len()))?;
    Ok(Answer::of(holes.is_empty()))
}
