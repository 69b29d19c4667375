// SPDX-License-Identifier: MIT OR Apache-2.0

use secpol::{
    action::Action,
    kernel, //
};

use super::{
    Answer,
    Outcome, //
};

/// Says what the filters of this kernel can do
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Say nothing; the status is 0 if filters can see what arguments point to, else 1
    #[arg(short, long)]
    quiet: bool,
}

/// Bits of `data_features`, with what filters see by them.
const DATA: [&str; 5] = [
    "nr_high",
    "pkey",
    "what arguments point to",
    "that an argument is longer than known",
    "where an argument's last byte is that is not zero",
];

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let features = super::features()?;
    let sees_structs = features.is_some_and(|features| features.sees_structs());
    if !arguments.quiet {
        let actions = [
            Action::Allow,
            Action::Log,
            Action::Trace(0),
            Action::Notify,
            Action::Errno(0),
            Action::Trap(0),
            Action::KillThread,
            Action::Kill,
        ];
        let names: Vec<&str> = actions
            .into_iter()
            .zip(NAMES)
            .filter(|(action, _)| kernel::has_action(action.ret()))
            .map(|(_, name)| name)
            .collect();
        println!("actions: {}", names.join(", "));
        match features {
            None => println!("filters see arguments alone: the engine is the kernel's own"),
            Some(features) => {
                println!(
                    "filters can see up to {} bytes of",
                    features.extensible_arg_max
                );
                for (bit, what) in DATA.iter().enumerate() {
                    if features.data_features & (1 << bit) != 0 {
                        println!("  {what}");
                    }
                }
            }
        }
    }
    Ok(Answer::of(sees_structs))
}

const NAMES: [&str; 8] = [
    "allow",
    "log",
    "trace",
    "notify",
    "errno",
    "trap",
    "kill-thread",
    "kill",
];
