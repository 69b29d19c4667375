// SPDX-License-Identifier: MIT OR Apache-2.0

use std::{
    collections::BTreeSet,
    path::PathBuf, //
};

use clap::ValueEnum;
use secpol::{
    abi::Abi,
    groups::Systemd,
    import::{
        minijail,
        oci,
        snap,
        systemd,
        Disk,
        Error,
        Imported,
        Options, //
    },
    syntax::display,
    tables,
    text, //
};

use super::{
    input::machine,
    streams::{
        print,
        tell, //
    },
    Answer,
    Failure,
    Outcome, //
};

/// Makes a policy of what another tool reads
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What the file is
    #[arg(long, value_enum)]
    from: From,
    /// The file
    file: PathBuf,
    /// A machine that the policy is for: x86_64 or aarch64 [default: both; this one for minijail]
    #[arg(long, value_name = "ARCH")]
    arch: Vec<String>,
    /// A capability that the container has
    #[arg(long, value_name = "CAP")]
    cap: Vec<String>,
    /// Several that it has
    #[arg(long, value_enum)]
    caps: Option<Caps>,
    /// Who reads a policy of minijail: of the same text, they make different filters
    #[arg(long, value_enum)]
    dialect: Option<Dialect>,
    /// Compare all of an argument's register, as the other tool does
    #[arg(long)]
    exact: bool,
    /// Tell how the policy differs from what the other tool does
    #[arg(long)]
    notes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    /// A profile of an OCI runtime, of Docker or of Podman
    Oci,
    /// A policy of minijail
    Minijail,
    /// A profile of snapd, as in /var/lib/snapd/seccomp/bpf
    Snap,
    /// A unit of systemd: what it says of system calls
    Systemd,
}

#[derive(Clone, Copy, ValueEnum)]
enum Caps {
    /// Those that Docker gives a container
    Default,
}

#[derive(Clone, Copy, ValueEnum)]
enum Dialect {
    /// minijail0
    C,
    /// compile_seccomp_policy.py
    Py,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    check(arguments)?;
    let file = &arguments.file;
    let text = text::read(file)
        .map_err(|error| Failure::Because(format!("cannot read {}: {error}", file.display())))?;
    let imported = import(arguments, &text)?;
    let imported = imported.map_err(|error| match arguments.from {
        From::Oci => Failure::Because(format!("{}: {error}", file.display())),
        _ => Failure::because(error),
    })?;
    if arguments.notes {
        for note in &imported.notes {
            tell(format!("note: {note}"))?;
        }
    }
    print(display::text(&imported.items))?;
    Ok(Answer::Yes)
}

/// What is said of one kind of file means nothing for another.
fn check(arguments: &Arguments) -> Result<(), Failure> {
    let has_caps = !arguments.cap.is_empty() || arguments.caps.is_some();
    if has_caps && arguments.from != From::Oci {
        return Err(Failure::because("--cap and --caps are for --from oci"));
    }
    if arguments.dialect.is_some() && arguments.from != From::Minijail {
        return Err(Failure::because("--dialect is for --from minijail"));
    }
    Ok(())
}

fn import(arguments: &Arguments, text: &str) -> Result<Result<Imported, Error>, Failure> {
    let (file, exact) = (&arguments.file, arguments.exact);
    Ok(match arguments.from {
        From::Oci => oci::import(text, &oci_options(arguments)?),
        From::Minijail => minijail::import(file, text, &minijail_options(arguments)?, &Disk),
        From::Snap => {
            let machines = machines(arguments)?;
            let options = Options { machines, exact };
            snap::import(file, text, &options, &snap::Getent)
        }
        From::Systemd => {
            let machines = machines(arguments)?;
            let options = Options { machines, exact };
            systemd::import(file, text, &options, &Systemd)
        }
    })
}

fn minijail_options(arguments: &Arguments) -> Result<minijail::Options, Failure> {
    let Some(dialect) = arguments.dialect else {
        return Err(Failure::because(
            "--dialect c or --dialect py is missing: minijail0 and compile_seccomp_policy.py make \
             different filters of a policy",
        ));
    };
    let machine = match arguments.arch.as_slice() {
        [] => machine(None)?,
        [name] => machine(Some(name))?,
        _ => return Err(Failure::because("a policy of minijail is for one machine")),
    };
    Ok(minijail::Options {
        machine,
        dialect: match dialect {
            Dialect::C => minijail::Dialect::C,
            Dialect::Py => minijail::Dialect::Python,
        },
        exact: arguments.exact,
    })
}

/// The machines that are asked for, each once; all, if none is.
fn machines(arguments: &Arguments) -> Result<Vec<Abi>, Failure> {
    let mut machines = Vec::new();
    for name in &arguments.arch {
        let machine = machine(Some(name))?;
        if !machines.contains(&machine) {
            machines.push(machine);
        }
    }
    if machines.is_empty() {
        machines = oci::MACHINES.to_vec();
    }
    Ok(machines)
}

fn oci_options(arguments: &Arguments) -> Result<oci::Options, Failure> {
    let mut caps = BTreeSet::new();
    for cap in &arguments.cap {
        if !cap.starts_with("CAP_") || tables::constant(Abi::X86_64, cap).is_none() {
            return Err(Failure::Because(format!("there is no capability {cap}")));
        }
        caps.insert(cap.clone());
    }
    if let Some(Caps::Default) = arguments.caps {
        caps.extend(oci::DEFAULT_CAPS.map(str::to_string));
    }
    Ok(oci::Options {
        machines: machines(arguments)?,
        caps,
        exact: arguments.exact,
    })
}
