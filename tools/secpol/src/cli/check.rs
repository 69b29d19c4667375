// SPDX-License-Identifier: MIT OR Apache-2.0

use secpol::{
    compile::compile,
    groups::Systemd,
    policy::Made, //
};

use super::{
    input::Input,
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
    let made = policy.rules(&target, &Systemd);
    if let Ok(Made { remarks, .. }) = &made {
        input.target.show(remarks, &policy.files);
    }
    let rules = made
        .map_err(|errors| {
            input.target.show(&errors, &policy.files);
            Failure::Shown
        })?
        .made;
    let program = compile(&rules).map_err(Failure::because)?;
    let holes = secpol::audit::ways_around(&rules);
    input.target.show(&holes, &policy.files);
    println!(
        "{} instructions{}",
        program.insns.len(),
        if program.appended {
            ", for rust_seccomp"
        } else {
            ""
        }
    );
    Ok(if holes.is_empty() {
        Answer::Yes
    } else {
        Answer::No
    })
}
