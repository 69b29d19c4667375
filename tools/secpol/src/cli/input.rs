// SPDX-License-Identifier: MIT OR Apache-2.0

//! Reads the policy that a command is given, and shows what there is to say about it.

use std::{
    io::{
        self,
        IsTerminal, //
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

use super::{
    streams::tell,
    Failure, //
};

/// Which policy, and for what.
#[derive(clap::Args)]
pub(super) struct Input {
    /// The policy
    pub(super) policy: PathBuf,
    #[command(flatten)]
    pub(super) target: For,
}

/// What a policy is compiled for.
#[derive(clap::Args, Clone)]
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
    /// This machine.
    pub(super) fn native(short: bool) -> Self {
        Self {
            machine: None,
            stock: false,
            short,
        }
    }

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
    pub(super) fn show(&self, diagnostics: &[Diagnostic], files: &Files) -> Result<(), Failure> {
        for diagnostic in diagnostics {
            if self.short {
                tell(diagnostic.line(files))?;
            } else {
                let shown = diagnostic.render(files, io::stderr().is_terminal());
                tell(shown.strip_suffix('\n').unwrap_or(&shown))?;
            }
        }
        Ok(())
    }

    /// Shows what is wrong. The command fails, whether or not that could be shown.
    pub(super) fn refuse(&self, errors: &[Diagnostic], files: &Files) -> Failure {
        self.show(errors, files).err().unwrap_or(Failure::Shown)
    }
}

impl Input {
    /// Reads the policy.
    pub(super) fn read(&self) -> Result<Policy, Failure> {
        Policy::read(&self.policy).map_err(|(files, errors)| self.target.refuse(&errors, &files))
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
                self.target.show(&remarks, &policy.files)?;
                Ok(made)
            }
            Err(errors) => Err(self.target.refuse(&errors, &policy.files)),
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
