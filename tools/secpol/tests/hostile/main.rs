// SPDX-License-Identifier: MIT OR Apache-2.0

//! Texts that are made to break what reads them: each is taken or refused, in bounded time.

mod includes;
mod mutations;
#[cfg(feature = "import")]
mod profiles;
mod random;
mod sizes;

use std::{
    fs,
    path::Path,
    time::Duration, //
};

use secpol::{
    abi::Abi,
    audit,
    compile::compile,
    diagnostic::{
        Diagnostic,
        Files, //
    },
    groups::NoGroups,
    output,
    policy::{
        Policy,
        Target, //
    },
};

/// What no text takes, if its work is in proportion to its length: the largest takes a tenth of it.
const LONGEST: Duration = Duration::from_secs(15);

/// The processor time of this thread, whatever else the machine does.
fn spent() -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// Checks that something does not take too long.
fn bounded<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = spent();
    let result = run();
    let took = spent() - start;
    assert!(took < LONGEST, "{what} took {took:?}");
    result
}

/// All that can be done with a policy. Returns the first mistake, in a line.
fn use_up(text: &str) -> Result<(), String> {
    let policy = Policy::parse(Path::new("hostile.pol"), text.to_string())
        .map_err(|(files, mistakes)| told(&mistakes, &files))?;
    use_policy(&policy)
}

fn use_policy(policy: &Policy) -> Result<(), String> {
    let mut result = Ok(());
    for machine in [Abi::X86_64, Abi::Aarch64] {
        let made = match policy.rules(&Target::new(machine), &NoGroups) {
            Ok(made) => made,
            Err(mistakes) => {
                result = Err(told(&mistakes, &policy.files));
                continue;
            }
        };
        let holes = audit::ways_around(&made.made);
        for remark in made.remarks.iter().chain(&holes) {
            told(std::slice::from_ref(remark), &policy.files);
        }
        match compile(&made.made) {
            Ok(program) => {
                assert!(!output::listing(&program, &policy.files).is_empty());
            }
            Err(error) => result = Err(error.to_string()),
        }
    }
    result
}

/// Shows mistakes, of which there is one and not too many; returns the first.
fn told(mistakes: &[Diagnostic], files: &Files) -> String {
    assert!(
        !mistakes.is_empty() && mistakes.len() <= 60,
        "{}",
        mistakes.len()
    );
    for mistake in mistakes {
        assert!(!mistake.render(files, false).is_empty());
        assert_eq!(mistake.line(files).lines().count(), 1);
    }
    mistakes[0].line(files)
}
