// SPDX-License-Identifier: MIT OR Apache-2.0

//! secpol-selftest POLICY...: makes random system calls under each policy, and compares what the
//! kernel's seccomp does with what the policy says. In place of a policy, a directory that has the
//! kernel's events of system calls (tracefs' `events/syscalls`) is compared with the tables, and a
//! file that has its types (`/sys/kernel/btf/vmlinux`) is. These may be of another machine, the one
//! that MACHINE says in the environment.
//!
//! Each value that the filter can return is replaced by an errno of its own, so that no call is
//! executed, and each tells what the filter returned. Prints TAP.

mod btf;
mod calls;
mod child;
mod random;
mod tracefs;

use std::{
    fs,
    path::{
        Path,
        PathBuf, //
    },
    process::ExitCode,
};

use secpol::{
    abi::Abi,
    action::Action,
    bpf::{
        self,
        Insn, //
    },
    call::Call,
    compile::{
        compile,
        Program, //
    },
    groups::NoGroups,
    kernel,
    policy::{
        Policy,
        Target, //
    },
    rules::Rules,
    simulate, //
};

use self::{
    calls::Calls,
    random::Random, //
};

/// Calls for each policy.
const CALLS: usize = 20_000;
/// The errno of the first value that a filter can return: larger than those that the kernel has.
const FIRST_ERRNO: u32 = 1000;

fn main() -> ExitCode {
    let policies: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    println!("TAP version 13\n1..{}", policies.len());
    let mut status = ExitCode::SUCCESS;
    for (number, path) in (1..).zip(&policies) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let told = if path.is_dir() {
            tracefs::compare(path)
        } else {
            match fs::read(path) {
                Ok(bytes) if btf::is_btf(&bytes) => compare_types(&bytes),
                _ => compare(path),
            }
        };
        match told {
            Ok(told) => println!("ok {number} {name} # {told}"),
            Err(why) => {
                println!("# {why}\nnot ok {number} {name}");
                status = ExitCode::FAILURE;
            }
        }
    }
    status
}

/// Compares a kernel's types.
fn compare_types(bytes: &[u8]) -> Result<String, String> {
    let machine = match std::env::var("MACHINE") {
        Ok(name) => Abi::from_name(&name).filter(|abi| abi.is_64_bit()),
        Err(_) => Abi::native(),
    };
    btf::compare(
        bytes,
        machine.ok_or("there are no tables for this machine")?,
    )
}

/// Makes calls under a policy. Says of how many kinds the answers were, or what was wrong.
fn compare(path: &Path) -> Result<String, String> {
    let machine = Abi::native().ok_or("no policies are for this machine")?;
    let policy = Policy::read(path).map_err(|(files, errors)| {
        let lines: Vec<String> = errors.iter().map(|error| error.line(&files)).collect();
        lines.join("\n# ")
    })?;
    let lines = |errors: Vec<secpol::diagnostic::Diagnostic>| {
        let lines: Vec<String> = errors
            .iter()
            .map(|error| error.line(&policy.files))
            .collect();
        lines.join("\n# ")
    };
    let rules = policy
        .rules(&Target::new(machine), &NoGroups)
        .map_err(lines)?
        .made;
    let features = kernel::features().map_err(|error| error.to_string())?;
    let program = compile(&rules).map_err(|error| error.to_string())?;
    if program.appended && !features.is_some_and(|features| features.sees_structs()) {
        return Err("this kernel's filters do not see structs".to_string());
    }
    let (told, values) = telling(&program)?;
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(1);
    let mut random = Random::new(seed);
    let calls = Calls::new(&rules, machine);
    let made: Vec<_> = (0..CALLS).map(|_| calls.one(&mut random)).collect();
    let answers = child::run(&told, &made).map_err(|error| error.to_string())?;
    let mut missing = values.clone();
    // Of calls of other architectures only x32's are made here.
    if machine != Abi::X86_64 {
        missing.retain(|value| *value != rules.other.action.ret());
    }
    for (call, errno) in made.iter().zip(answers) {
        let place = u32::try_from(errno)
            .ok()
            .and_then(|errno| errno.checked_sub(FIRST_ERRNO))
            .map(|place| place as usize);
        let ret = match place.and_then(|place| values.get(place)) {
            Some(ret) => *ret,
            None => {
                return Err(format!(
                    "{call:x?}: the call failed with {errno}, seed {seed}"
                ))
            }
        };
        check(call, ret, &rules, &program).map_err(|why| format!("{why}, seed {seed}"))?;
        missing.retain(|value| *value != ret);
    }
    if !missing.is_empty() {
        let missing: Vec<String> = missing
            .iter()
            .map(|ret| Action::from_ret(*ret).to_string())
            .collect();
        return Err(format!("no call met {}", missing.join(", ")));
    }
    Ok(format!("{CALLS} calls, {} different answers", values.len()))
}

/// Is what the filter returned what the policy says?
fn check(call: &Call, ret: u32, rules: &Rules, program: &Program) -> Result<(), String> {
    let decision = rules.decide(call);
    let end = simulate::run(&program.insns, call, program.extensible_arg_size)
        .map_err(|error| error.to_string())?;
    let actions = [ret, end.ret].map(Action::from_ret);
    if actions != [decision.action; 2] {
        return Err(format!(
            "{call:x?}: the kernel says {}, the simulation {}, the policy {}",
            actions[0], actions[1], decision.action
        ));
    }
    Ok(())
}

/// The filter, with an errno in place of each value that it returns, and these values. exit_group()
/// is allowed, so that the process can end.
fn telling(program: &Program) -> Result<(Program, Vec<u32>), String> {
    let mut values: Vec<u32> = Vec::new();
    let exit = u32::try_from(libc::SYS_exit_group).map_err(|error| error.to_string())?;
    let mut insns = vec![
        Insn::new(bpf::LD, 0),
        Insn {
            code: bpf::JEQ,
            jt: 0,
            jf: 1,
            k: exit,
        },
        Insn::new(bpf::RET, Action::Allow.ret()),
    ];
    for insn in &program.insns {
        let mut insn = *insn;
        if insn.code == bpf::RET {
            let place = values.iter().position(|value| *value == insn.k);
            let place = place.unwrap_or_else(|| {
                values.push(insn.k);
                values.len() - 1
            });
            // CAST: A filter has at most 4096 instructions.
            insn.k = Action::Errno(0).ret() | (FIRST_ERRNO + place as u32);
        }
        insns.push(insn);
    }
    let told = Program {
        insns,
        ..program.clone()
    };
    Ok((told, values))
}
