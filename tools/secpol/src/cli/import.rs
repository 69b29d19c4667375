// SPDX-License-Identifier: MIT OR Apache-2.0

use std::{
    collections::BTreeSet,
    path::PathBuf, //
};

use clap::ValueEnum;
use secpol::{
    abi::Abi,
    import::oci,
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
    /// A machine that the policy is for: x86_64 or aarch64 [default: both]
    #[arg(long, value_name = "ARCH")]
    arch: Vec<String>,
    /// A capability that the container has
    #[arg(long, value_name = "CAP")]
    cap: Vec<String>,
    /// Several that it has
    #[arg(long, value_enum)]
    caps: Option<Caps>,
    /// Compare all of an argument's register, as libseccomp does
    #[arg(long)]
    exact: bool,
    /// Tell how the policy differs from what the other tool does
    #[arg(long)]
    notes: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum From {
    /// A profile of an OCI runtime, of Docker or of Podman
    Oci,
}

#[derive(Clone, Copy, ValueEnum)]
enum Caps {
    /// Those that Docker gives a container
    Default,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let options = options(arguments)?;
    let file = arguments.file.display();
    let text = text::read(&arguments.file)
        .map_err(|error| Failure::Because(format!("cannot read {file}: {error}")))?;
    let imported = match arguments.from {
        From::Oci => oci::import(&text, &options),
    };
    let imported = imported.map_err(|error| Failure::Because(format!("{file}: {error}")))?;
    if arguments.notes {
        for note in &imported.notes {
            tell(format!("note: {note}"))?;
        }
    }
    print(display::text(&imported.items))?;
    Ok(Answer::Yes)
}

fn options(arguments: &Arguments) -> Result<oci::Options, Failure> {
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
    Ok(oci::Options {
        machines,
        caps,
        exact: arguments.exact,
    })
}
