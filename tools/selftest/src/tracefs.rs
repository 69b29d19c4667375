// SPDX-License-Identifier: MIT OR Apache-2.0

//! Compares the tables of system calls with what the kernel tells of itself.

use std::{
    fs,
    path::Path, //
};

use secpol::{
    abi::Abi,
    tables, //
};

/// Of so many calls at least a kernel tells the arguments.
const FEWEST: usize = 250;

/// Compares the names of arguments with those in tracefs' `events/syscalls`. Says how many calls
/// were compared, or where they differ.
pub(crate) fn compare(events: &Path) -> Result<String, String> {
    let machine = Abi::native().ok_or("there are no tables for this machine")?;
    let mut compared = 0;
    let mut differ = Vec::new();
    for call in tables::calls(machine) {
        let Some(arguments) = &call.arguments else {
            continue;
        };
        // Functions of calls that replaced others have another name.
        let format = ["", "new"].iter().find_map(|prefix| {
            let event = format!("sys_enter_{prefix}{}", call.name);
            fs::read_to_string(events.join(event).join("format")).ok()
        });
        let Some(format) = format else {
            continue;
        };
        compared += 1;
        let told = names(&format);
        let known: Vec<&str> = arguments.iter().map(|argument| argument.name).collect();
        if told != known {
            differ.push(format!("{}: {known:?}, but {told:?}", call.name));
        }
    }
    if !differ.is_empty() {
        return Err(differ.join("\n# "));
    }
    if compared < FEWEST {
        return Err(format!("only {compared} calls are told of"));
    }
    Ok(format!("{compared} calls"))
}

/// The names of the arguments in the description of an event.
fn names(format: &str) -> Vec<&str> {
    format
        .lines()
        .filter_map(|line| line.trim().strip_prefix("field:"))
        .filter_map(|field| field.split(';').next())
        .filter_map(|declaration| declaration.rsplit([' ', '*']).next())
        .skip_while(|name| *name != "__syscall_nr")
        .skip(1)
        // What is behind a pointer, on kernels that record that as well.
        .filter(|name| !name.starts_with("__"))
        .collect()
}
