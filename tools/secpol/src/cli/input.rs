// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reads the policy that a command is given, and shows what there is to say about it.

use std::{
    io::{
        self,
        ErrorKind,
        IsTerminal,
        Write, //
    },
    path::PathBuf,
};

use secpol::{
    abi::Abi,
    diagnostic::{
        Diagnostic,
        Files,
        Severity, //
    },
    groups::Systemd,
    policy::{
        Made,
        Policy,
        Sight,
        Target, //
    },
    rules::Rules, //
};

use super::Failure;

/// Which policy, and for what.
#[derive(clap::Args)]
pub(super) struct Input {
    /// The policy
    pub(super) policy: PathBuf,
    #[command(flatten)]
    pub(super) target: For,
}

/// What a policy is compiled for.
#[derive(clap::Args)]
pub(super) struct For {
    /// The machine: x86_64 or aarch64 [default: this one]
    #[arg(long, value_name = "ARCH")]
    machine: Option<String>,
    /// For kernels without rust_seccomp: filters see arguments alone, not what they point to
    #[arg(long)]
    stock: bool,
    /// Show each diagnostic in one line
    #[arg(long)]
    short: bool,
}

impl For {
    pub(super) fn target(&self) -> Result<Target, Failure> {
        let machine = machine(self.machine.as_deref())?;
        let sight = if self.stock {
            Sight::Arguments
        } else {
            Sight::Structs
        };
        Ok(Target {
            sight,
            ..Target::new(machine)
        })
    }

    /// Shows diagnostics.
    pub(super) fn show(&self, diagnostics: &[Diagnostic], files: &Files) {
        for diagnostic in diagnostics {
            if self.short {
                eprintln!("{}", diagnostic.line(files));
            } else {
                eprint!("{}", diagnostic.render(files, io::stderr().is_terminal()));
            }
        }
    }
}

impl Input {
    /// Reads the policy.
    pub(super) fn read(&self) -> Result<Policy, Failure> {
        Policy::read(&self.policy).map_err(|(files, errors)| {
            self.target.show(&errors, &files);
            Failure::Shown
        })
    }

    /// What the policy means.
    pub(super) fn rules(&self, policy: &Policy) -> Result<Rules, Failure> {
        let made = policy.rules(&self.target.target()?, &Systemd);
        self.made(policy, made)
    }

    /// What was made, after the warnings were shown. `check` tells the rest.
    pub(super) fn made<T>(
        &self,
        policy: &Policy,
        mut made: Result<Made<T>, Vec<Diagnostic>>,
    ) -> Result<T, Failure> {
        if let Ok(Made { remarks, .. }) = &mut made {
            remarks.retain(|remark| remark.severity != Severity::Note);
        }
        self.made_and_noted(policy, made)
    }

    /// What was made, after all that there is to say was shown.
    pub(super) fn made_and_noted<T>(
        &self,
        policy: &Policy,
        made: Result<Made<T>, Vec<Diagnostic>>,
    ) -> Result<T, Failure> {
        match made {
            Ok(Made { remarks, made }) => {
                self.target.show(&remarks, &policy.files);
                Ok(made)
            }
            Err(errors) => {
                self.target.show(&errors, &policy.files);
                Err(Failure::Shown)
            }
        }
    }
}

/// The machine of this name; without one, that which this runs on.
pub(super) fn machine(name: Option<&str>) -> Result<Abi, Failure> {
    let found = match name {
        Some(name) => Abi::from_name(name),
        None => Abi::native(),
    };
    found.filter(|abi| abi.is_64_bit()).ok_or_else(|| {
        let name = name.unwrap_or(std::env::consts::ARCH);
        Failure::Because(format!(
            "{name} is none of the machines that policies can be for: x86_64, aarch64"
        ))
    })
}

/// Writes to standard output. Whoever reads it need not read all of it.
pub(super) fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::because(error)),
        _ => Ok(()),
    }
}
