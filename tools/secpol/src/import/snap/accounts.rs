// SPDX-License-Identifier: MIT OR Apache-2.0

//! The numbers of users and groups.

use std::process::Command;

use crate::import::quoted;

/// Who knows the numbers of users and groups.
pub trait Accounts {
    /// The number of a user; the error says in one line why it is not known.
    fn user(&self, name: &str) -> Result<u32, String>;
    /// The number of a group; the error says in one line why it is not known.
    fn group(&self, name: &str) -> Result<u32, String>;
}

/// Asks getent(1) of this machine, and so all that the C library asks there.
pub struct Getent;

impl Accounts for Getent {
    fn user(&self, name: &str) -> Result<u32, String> {
        ask("passwd", "user", name)
    }

    fn group(&self, name: &str) -> Result<u32, String> {
        ask("group", "group", name)
    }
}

fn ask(database: &str, what: &str, name: &str) -> Result<u32, String> {
    let output = Command::new("getent")
        .args([database, name])
        .output()
        .map_err(|error| format!("cannot run getent: {}", quoted(&error.to_string())))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let none = || format!("this machine has no {what} {}", quoted(name));
    if !output.status.success() {
        return Err(none());
    }
    // getent takes a number for a name as well.
    let mut fields = text.lines().next().unwrap_or_default().split(':');
    if fields.next() != Some(name) {
        return Err(none());
    }
    fields
        .nth(1)
        .and_then(|number| number.parse().ok())
        .ok_or_else(none)
}

/// Is this a name that snapd takes for one of a user or a group? Nothing else is asked for.
pub(super) fn is_name(name: &str) -> bool {
    let is_first = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_other = |c: char| is_first(c) || matches!(c, '-' | '.' | '_');
    let inner = name
        .strip_prefix('_')
        .and_then(|rest| rest.strip_suffix('_'));
    match inner {
        Some(inner) => !inner.is_empty() && inner.chars().all(is_other),
        None => name.starts_with(is_first) && name.chars().all(is_other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in [
            "root",
            "www-data",
            "snap_daemon",
            "_daemon_",
            "0",
            "a.b",
            "_-_",
        ] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "", "_", "__", "_daemon", "Root", "-a", ".a", "a b", "a:b", "é",
        ] {
            assert!(!is_name(name), "{name}");
        }
    }
}
