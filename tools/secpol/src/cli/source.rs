// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reads what a command is given: a policy, or a filter.

use std::{
    path::Path,
    thread, //
};

use secpol::{
    bpf::LD,
    compile::{
        compile,
        Program, //
    },
    output,
    policy::Policy,
    rules::{
        NUMBER_HIGH,
        PKEY, //
    },
    text,
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
    rings::Held,
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

/// What is in a file.
pub(super) enum Given {
    /// The bytes of a filter.
    Bpf(Vec<u8>),
    /// A policy.
    Policy(Policy),
}

/// Reads a file, once, as it may be a pipe. The code of an instruction has a byte that is zero, and
/// a text has none.
pub(super) fn read(path: &Path, target: &For) -> Result<Given, Failure> {
    let Ok(bytes) = text::bytes(path) else {
        // What is there to be said is the same as for all other commands.
        let input = Input {
            policy: path.to_path_buf(),
            target: target.clone(),
        };
        return input.read().map(Given::Policy);
    };
    if bytes.contains(&0) {
        return Ok(Given::Bpf(bytes));
    }
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::Because(format!("{} is neither a text nor a filter", path.display()))
    })?;
    Policy::parse(path, text)
        .map(Given::Policy)
        .map_err(|(files, errors)| target.refuse(&errors, &files))
}

impl Extended {
    /// The filter in the bytes of a file of BPF.
    pub(super) fn bpf(&self, path: &Path, bytes: &[u8]) -> Result<Filter, Failure> {
        let sight = match self.append_flags {
            None => Sight::Classic,
            Some(flags) => Sight::Appended {
                flags,
                extensible_arg_size: self.extensible_arg_size,
            },
        };
        Filter::new(bytes, sight).map_err(|error| {
            let hint = match sight {
                Sight::Classic if looks_beyond(bytes) => {
                    " (it looks at what only filters of SECCOMP_APPEND_FILTER see: say \
                     --append-flags)"
                }
                _ => "",
            };
            Failure::Because(format!("{}: {error}{hint}", path.display()))
        })
    }

    /// The filter in a file of BPF, or that of a policy, with what holds rings under it.
    pub(super) fn filter(
        &self,
        path: &Path,
        target: &For,
    ) -> Result<(Filter, Option<Held>), Failure> {
        let policy = match read(path, target)? {
            Given::Bpf(bytes) => return Ok((self.bpf(path, &bytes)?, None)),
            Given::Policy(policy) => policy,
        };
        let input = Input {
            policy: path.to_path_buf(),
            target: target.clone(),
        };
        let rules = input.rules(&policy)?;
        let program = compile(&rules).map_err(Failure::because)?;
        Ok((of_program(&program)?, Some(Held::by(&rules)?)))
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

/// Does something on a stack that is large enough for all that the analysis may find: functions
/// that look at each bit of a call.
pub(super) fn with_room<T: Send>(f: impl FnOnce() -> T + Send) -> Result<T, Failure> {
    const STACK: usize = 64 << 20;
    let why = || Failure::Because("cannot start a thread".to_string());
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let started = thread.spawn_scoped(scope, f).map_err(|_| why())?;
        started.join().map_err(|_| why())
    })
}
