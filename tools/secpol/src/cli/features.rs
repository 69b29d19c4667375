// SPDX-License-Identifier: MIT OR Apache-2.0

use secpol::{
    action::Action,
    kernel::{
        self,
        Features, //
    },
    uring, //
};

use super::{
    streams::print,
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
        let mut lines = vec![format!("actions: {}", names.join(", "))];
        match features {
            None => lines.push(ARGUMENTS_ALONE.to_string()),
            Some(features) => lines.extend(seen(&features)),
        }
        lines.extend(uring::is_available().map(|has| match has {
            true => "io_uring has filters of its own: see @io_uring".to_string(),
            false => "io_uring has no filters".to_string(),
        }));
        print(lines.join("\n") + "\n")?;
    }
    Ok(Answer::of(sees_structs))
}

/// What filters can see, a line each.
fn seen(features: &Features) -> Vec<String> {
    let most = features.extensible_arg_max;
    let parts = DATA.iter().enumerate();
    let parts = parts.filter(|(bit, _)| features.data_features & (1 << bit) != 0);
    let mut lines = vec![format!("filters can see up to {most} bytes of")];
    lines.extend(parts.map(|(_, what)| format!("  {what}")));
    lines
}

const ARGUMENTS_ALONE: &str = "filters see arguments alone: the engine is the kernel's own";

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
