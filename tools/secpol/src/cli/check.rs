// SPDX-License-Identifier: MIT OR Apache-2.0

use secpol::{
    compile::compile,
    groups::Systemd,
    uring::{
        self,
        Verdict, //
    }, //
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
    let rings = uring::filters(&rules).map_err(Failure::because)?;
    if let Some(rings) = &rings {
        input.target.show(&rings.remarks, &policy.files)?;
    }
    let whose = if program.appended {
        ", for rust_seccomp"
    } else {
        ""
    };
    print(format!("{} instructions{whose}\n", program.insns.len()))?;
    if let Some(rings) = rings {
        let count = |verdict| rings.made.count(verdict);
        print(format!(
            "io_uring: {} operations allowed, {} by what they ask for, {} refused\n",
            count(Verdict::Allowed),
            count(Verdict::Depends),
            count(Verdict::Refused)
        ))?;
    }
    Ok(Answer::of(holes.is_empty()))
}
