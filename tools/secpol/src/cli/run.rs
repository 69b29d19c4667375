// SPDX-License-Identifier: MIT OR Apache-2.0

use std::{
    env,
    ffi::{
        CString,
        OsStr,
        OsString, //
    },
    os::unix::ffi::OsStrExt,
    path::{
        Path,
        PathBuf, //
    },
};

use secpol::{
    groups::Systemd,
    kernel::{
        self,
        Options, //
    },
    policy::{
        Sight,
        Target, //
    },
};

use super::{
    features,
    input::Input,
    Failure,
    Outcome, //
};

/// Runs a program under a policy
///
/// The policy holds from the program's first instruction on: of what this command does to start it,
/// one execve() alone is let through, by a number that nobody else knows. The program and what it
/// starts gain no privileges by execve() any more.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Log what the policy does not allow, where /proc/sys/kernel/seccomp/actions_logged says so
    #[arg(long)]
    log: bool,
    /// The program, and its arguments
    #[arg(required = true, last = true)]
    command: Vec<OsString>,
}

pub(super) fn main(arguments: Arguments) -> Outcome {
    let Arguments {
        input,
        log,
        command,
    } = arguments;
    let policy = input.read()?;
    let asked = input.target.target()?;
    let sees_structs = features()?.is_some_and(|features| features.sees_structs());
    let cookie = kernel::random_cookie().map_err(Failure::because)?;
    let target = Target {
        sight: if sees_structs {
            asked.sight
        } else {
            Sight::Arguments
        },
        exec_cookie: Some(cookie),
        ..asked
    };
    let program = input.made(&policy, policy.compile(&target, &Systemd))?;
    let path = find(&command[0])?;
    let as_c = |text: &OsStr| {
        CString::new(text.as_bytes())
            .map_err(|_| Failure::Because("an argument has a byte that is zero".to_string()))
    };
    let path_name = as_c(path.as_os_str())?;
    let words: Vec<CString> = command
        .iter()
        .map(|word| as_c(word))
        .collect::<Result<_, _>>()?;
    let environment: Vec<CString> = env::vars_os()
        .map(|(name, value)| {
            let mut entry = name;
            entry.push("=");
            entry.push(value);
            as_c(&entry)
        })
        .collect::<Result<_, _>>()?;
    kernel::set_no_new_privs().map_err(Failure::because)?;
    let options = Options {
        all_threads: false,
        log,
    };
    let start = kernel::Start {
        path: &path_name,
        arguments: &words,
        environment: &environment,
        cookie,
    };
    let error = kernel::load_and_execute(&program, options, &start);
    Err(Failure::Because(format!("{}: {error}", path.display())))
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
