// SPDX-License-Identifier: MIT OR Apache-2.0

//! A program that a command starts.

use std::{
    env,
    ffi::{
        CString,
        OsStr,
        OsString, //
    },
    io,
    os::unix::ffi::OsStrExt,
    path::{
        Path,
        PathBuf, //
    },
};

use super::Failure;

/// A program, as execve() takes it.
pub(super) struct Found {
    /// Its file.
    pub(super) path: CString,
    /// Its arguments, its name first.
    pub(super) arguments: Vec<CString>,
    /// This program's own environment.
    pub(super) environment: Vec<CString>,
}

impl Found {
    /// Finds the program of a command, its name and arguments, as a shell does.
    pub(super) fn new(command: &[OsString]) -> Result<Self, Failure> {
        let as_c = |text: &OsStr| {
            CString::new(text.as_bytes())
                .map_err(|_| Failure::Because("an argument has a byte that is zero".to_string()))
        };
        let name = command
            .first()
            .ok_or_else(|| Failure::Because("no program is given".to_string()))?;
        Ok(Self {
            path: as_c(find(name)?.as_os_str())?,
            arguments: command
                .iter()
                .map(|word| as_c(word))
                .collect::<Result<_, _>>()?,
            environment: env::vars_os()
                .map(|(name, value)| {
                    let mut entry = name;
                    entry.push("=");
                    entry.push(value);
                    as_c(&entry)
                })
                .collect::<Result<_, _>>()?,
        })
    }

    /// It could not be started.
    pub(super) fn failed(&self, why: io::Error) -> Failure {
        Failure::Because(format!("{}: {why}", self.path.to_string_lossy()))
    }
}

/// Where a program is.
fn find(name: &OsStr) -> Result<PathBuf, Failure> {
    let path = Path::new(name);
    if path.components().count() > 1 || name.as_bytes().contains(&b'/') {
        return Ok(path.to_path_buf());
    }
    let is_program = |path: &PathBuf| {
        use std::os::unix::fs::PermissionsExt;
        path.metadata()
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    };
    env::var_os("PATH")
        .iter()
        .flat_map(env::split_paths)
        .map(|directory| directory.join(name))
        .find(is_program)
        .ok_or_else(|| Failure::Because(format!("there is no program {} in PATH", path.display())))
}
