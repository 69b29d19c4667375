// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tests that a unit is imported as what systemd does with its service.

mod agreement;
mod mistakes;
mod units;

use std::path::Path;

use secpol::{
    abi::Abi,
    groups::Groups,
    import::{
        systemd,
        Error,
        Imported,
        Options, //
    },
    syntax::display,
    tables, //
};

use crate::meaning;

/// A systemd with few groups. It knows all calls whose name has no "landlock" in it.
struct Few;

impl Groups for Few {
    fn calls(&self, group: &str) -> Result<Option<Vec<String>>, String> {
        let calls: &[&str] = match group {
            "@default" => &["execve", "exit_group"],
            "@basic-io" => &["read", "write", "close"],
            "@clock" => &["settimeofday", "clock_settime", "stime"],
            "@module" => &["init_module", "finit_module"],
            "@raw-io" => &["ioperm", "iopl"],
            "@known" => {
                let names = tables::call_names().filter(|name| !name.contains("landlock"));
                return Ok(Some(names.map(str::to_string).collect()));
            }
            "@broken" => return Err("it is broken".to_string()),
            _ => return Ok(None),
        };
        Ok(Some(calls.iter().map(|name| (*name).to_string()).collect()))
    }
}

pub fn options(machine: Abi, exact: bool) -> Options {
    Options {
        machines: vec![machine],
        exact,
    }
}

/// What a unit is imported as. A policy that its machine does not take is a failure of the test.
pub fn import(text: &str, options: &Options) -> Result<Imported, Error> {
    let imported = systemd::import(Path::new("a.service"), text, options, &Few)?;
    for machine in &options.machines {
        meaning(&display::text(&imported.items), *machine);
    }
    Ok(imported)
}

/// The policy for x86_64 alone that settings are.
fn policy_of(settings: &str) -> String {
    let text = format!("[Service]\nSystemCallArchitectures=native\n{settings}\n");
    let imported = import(&text, &options(Abi::X86_64, false));
    let imported = imported.unwrap_or_else(|error| panic!("{text}\nis refused: {error}"));
    display::text(&imported.items)
}

fn mistake(text: &str) -> String {
    match import(text, &options(Abi::X86_64, false)) {
        Ok(imported) => panic!("{text}\nis {}", display::text(&imported.items)),
        Err(error) => error.to_string(),
    }
}
