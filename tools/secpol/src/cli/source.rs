// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reads what a command is given: a policy, or a filter.

use std::{
    fs,
    path::Path, //
};

use secpol::{
    bpf::LD,
    compile::Program,
    groups::Systemd,
    output,
    policy::Policy,
    rules::{
        NUMBER_HIGH,
        PKEY, //
    },
    tracee::Installed, //
};
use secpol_analysis::{
    Filter,
    Sight, //
};

use super::{
    input::{
        For,
        Input, //
    },
    Failure, //
};

/// What the filters in files of BPF see. What a policy sees, it says itself.
#[derive(clap::Args)]
pub(super) struct Extended {
    /// A file of BPF is for SECCOMP_APPEND_FILTER, with these flags
    #[arg(long, value_name = "FLAGS", value_parser = number)]
    append_flags: Option<u64>,
    /// ... and sees so many bytes of what arguments point to
    #[arg(
        long,
        value_name = "BYTES",
        requires = "append_flags",
        default_value_t = 0
    )]
    extensible_arg_size: u32,
}

fn number(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| "not a number".to_string())
}

/// Is it a file of BPF? The code of an instruction has a byte that is zero, and a text has none.
/// What cannot be read is left to who reads policies.
pub(super) fn is_bpf(path: &Path) -> bool {
    fs::read(path).is_ok_and(|bytes| bytes.contains(&0))
}

impl Extended {
    /// The filter in a file of BPF.
    pub(super) fn read(&self, path: &Path) -> Result<Filter, Failure> {
        let because = |error: &dyn std::fmt::Display| {
            Failure::Because(format!("{}: {error}", path.display()))
        };
        let bytes = fs::read(path).map_err(|error| because(&error))?;
        let sight = match self.append_flags {
            None => Sight::Classic,
            Some(flags) => Sight::Appended {
                flags,
                extensible_arg_size: self.extensible_arg_size,
            },
        };
        Filter::new(&bytes, sight).map_err(|error| {
            let hint = match sight {
                Sight::Classic if looks_beyond(&bytes) => {
                    " (it looks at what only filters of SECCOMP_APPEND_FILTER see: say \
                     --append-flags)"
                }
                _ => "",
            };
            because(&format!("{error}{hint}"))
        })
    }

    /// The filter in a file of BPF, or that of a policy.
    pub(super) fn filter(&self, path: &Path, target: &For) -> Result<Filter, Failure> {
        if is_bpf(path) {
            return self.read(path);
        }
        let input = Input {
            policy: path.to_path_buf(),
            target: target.clone(),
        };
        let policy: Policy = input.read()?;
        let made = policy.compile(&target.target()?, &Systemd);
        of_program(&input.made(&policy, made)?)
    }
}

/// The filter that a policy was compiled to.
fn of_program(program: &Program) -> Result<Filter, Failure> {
    let sight = if program.appended {
        Sight::Appended {
            flags: program.append_flags(),
            extensible_arg_size: program.extensible_arg_size,
        }
    } else {
        Sight::Classic
    };
    Filter::new(&output::raw(program), sight)
        .map_err(|error| Failure::Because(format!("the filter of the policy is none: {error}")))
}

/// The filter of a running thread.
pub(super) fn of_installed(installed: &Installed) -> Result<Filter, Failure> {
    let sight = match installed.appended {
        None => Sight::Classic,
        Some((flags, extensible_arg_size)) => Sight::Appended {
            flags,
            extensible_arg_size,
        },
    };
    Filter::new(&output::raw_insns(&installed.insns), sight).map_err(|error| {
        Failure::Because(format!(
            "the kernel has a filter that it would not take: {error}"
        ))
    })
}

/// Does a filter load from behind `struct seccomp_data`?
fn looks_beyond(bytes: &[u8]) -> bool {
    output::from_raw(bytes).is_some_and(|insns| {
        insns
            .iter()
            .any(|insn| insn.code == LD && insn.k >= NUMBER_HIGH.min(PKEY))
    })
}
