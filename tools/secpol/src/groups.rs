// SPDX-License-Identifier: MIT OR Apache-2.0

//! Groups of calls that policies name and do not define.

use std::process::Command;

/// Who knows groups of calls.
pub trait Groups {
    /// The names of the calls in a group, which is named with its `@`. `Ok(None)` if there is no
    /// such group; the error says why that could not be found out.
    fn calls(&self, group: &str) -> Result<Option<Vec<String>>, String>;
}

/// Knows no group: a policy defines all that it names.
pub struct NoGroups;

impl Groups for NoGroups {
    fn calls(&self, _group: &str) -> Result<Option<Vec<String>>, String> {
        Ok(None)
    }
}

/// Asks systemd-analyze(1) of this machine. Which calls are in a group differs by its version.
pub struct Systemd;

impl Groups for Systemd {
    fn calls(&self, group: &str) -> Result<Option<Vec<String>>, String> {
        let output = Command::new("systemd-analyze")
            .args(["--no-pager", "syscall-filter", group])
            .env("SYSTEMD_COLORS", "0")
            .output()
            .map_err(|error| format!("cannot run systemd-analyze: {error}"))?;
        if !output.status.success() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let mut calls = Vec::new();
        // After the group's name, indented, come a comment, calls, and other groups.
        for line in text.lines().skip(1).map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with('@') {
                calls.extend(self.calls(line)?.unwrap_or_default());
            } else {
                calls.push(line.to_string());
            }
        }
        Ok(Some(calls))
    }
}
