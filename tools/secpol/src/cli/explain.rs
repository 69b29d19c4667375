// SPDX-License-Identifier: MIT OR Apache-2.0

use std::{
    collections::BTreeMap,
    path::{
        Path,
        PathBuf, //
    },
};

use secpol::{
    abi::Abi,
    describe,
    filters_file::Shown,
    policy::Policy,
    rules::Section,
    tables,
    tracee::{
        self,
        Installed, //
    },
    uring, //
};
use secpol_analysis::{
    Analysis,
    Filter, //
};

use super::{
    input::{
        For,
        Input, //
    },
    rings,
    sections::{
        self,
        wrap,
        Wanted, //
    },
    shown,
    source::{
        self,
        Extended,
        Given, //
    },
    streams::{
        self,
        print, //
    },
    Answer,
    Failure,
    Outcome, //
};

/// Says what becomes of each call under a policy, or a filter
///
/// Of a filter it tells what can be found out by its instructions. Where several conditions are
/// told of a call, the first that holds decides.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The policy, or a file of BPF: an array of struct sock_filter
    #[arg(required_unless_present = "pid")]
    file: Option<PathBuf>,
    /// The filters of a running thread, and what they do together. That takes CAP_SYS_ADMIN in the
    /// initial user namespace
    #[arg(long, conflicts_with_all = ["file", "append_flags", "extensible_arg_size"])]
    pid: Option<i32>,
    /// One of them alone; 1 is the oldest. ptrace alone can tell
    #[arg(long, value_name = "N", requires = "pid")]
    filter: Option<usize>,
    /// How they are found out: by ptrace, or by rust_seccomp's file in debugfs, which does not stop
    /// the thread, and tells what its filters do together [default: ptrace; debugfs if that cannot]
    #[arg(long, value_name = "SOURCE", requires = "pid")]
    from: Option<Source>,
    #[command(flatten)]
    target: For,
    #[command(flatten)]
    extended: Extended,
    /// Of these calls alone
    #[arg(long, value_delimiter = ',')]
    call: Vec<String>,
    /// Of these architectures alone
    #[arg(long, value_delimiter = ',', value_name = "ARCH")]
    arch: Vec<String>,
}

/// Who tells of the filters of a thread.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Source {
    Ptrace,
    Debugfs,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let abis = abis(&arguments.arch)?;
    let wanted = Wanted {
        calls: &arguments.call,
        abis: &abis,
        machine: arguments.target.target()?.machine,
    };
    match (&arguments.file, arguments.pid) {
        (_, Some(thread)) => of_thread(thread, arguments, &wanted),
        (Some(file), None) => match source::read(file, &arguments.target)? {
            Given::Bpf(bytes) => tell(&[&arguments.extended.bpf(file, &bytes)?], &wanted),
            Given::Policy(policy) => of_policy(arguments, file, &policy, &wanted),
        },
        (None, None) => Err(Failure::Because("give a file, or --pid".to_string())),
    }
}

fn tell(filters: &[&Filter], wanted: &Wanted<'_>) -> Outcome {
    let text = source::with_room(|| sections::explain(&mut Analysis::default(), filters, wanted))?;
    print(text.as_bytes())?;
    Ok(Answer::Yes)
}

/// What the filters of a thread do. If it is not said how to find out, debugfs is asked if ptrace
/// cannot.
fn of_thread(thread: i32, arguments: &Arguments, wanted: &Wanted<'_>) -> Outcome {
    let one = arguments.filter;
    if arguments.from == Some(Source::Debugfs) {
        if one.is_some() {
            let why = "debugfs tells what the filters do together: --filter is for --from ptrace";
            return Err(Failure::Because(why.to_string()));
        }
        return of_shown(thread, &shown::read(thread)?, wanted);
    }
    let error = match tracee::filters(thread) {
        Ok(installed) => return of_installed(thread, &installed, one, wanted),
        Err(error) => error,
    };
    if arguments.from.is_some() || one.is_some() || error.is_no_such_thread() {
        return Err(Failure::because(error));
    }
    match shown::read(thread) {
        Ok(shown) => {
            streams::tell(format!("note: {error}; debugfs is asked instead"))?;
            of_shown(thread, &shown, wanted)
        }
        Err(Failure::Because(other)) => Err(Failure::Because(format!("{error}; {other}"))),
        Err(shown) => Err(shown),
    }
}

fn of_shown(thread: i32, shown: &Shown, wanted: &Wanted<'_>) -> Outcome {
    print(shown::tell(thread, shown, wanted)?.as_bytes())?;
    Ok(Answer::Yes)
}

fn of_installed(
    thread: i32,
    installed: &[Installed],
    one: Option<usize>,
    wanted: &Wanted<'_>,
) -> Outcome {
    let count = installed.len();
    let mut filters = Vec::new();
    for installed in installed {
        filters.push(source::of_installed(installed)?);
    }
    if let Some(one) = one {
        let filter = one.checked_sub(1).and_then(|place| filters.get(place));
        let filter = filter.ok_or_else(|| {
            Failure::Because(format!(
                "thread {thread} has {count} filters, and no filter {one}"
            ))
        })?;
        return tell(&[filter], wanted);
    }
    print(format!("thread {thread}: {count} filters\n").as_bytes())?;
    for (place, filter) in filters.iter().enumerate().rev() {
        let which = if filter.is_classic() {
            ""
        } else {
            ", for rust_seccomp"
        };
        let text = format!(
            "\nfilter {}: {} instructions{which}\n",
            place + 1,
            filter.len()
        );
        print(text.as_bytes())?;
        tell(&[filter], wanted)?;
    }
    if count > 1 {
        print(b"\nall together\n")?;
        let newest_first: Vec<&Filter> = filters.iter().rev().collect();
        tell(&newest_first, wanted)?;
    }
    Ok(Answer::Yes)
}

fn of_policy(arguments: &Arguments, file: &Path, policy: &Policy, wanted: &Wanted<'_>) -> Outcome {
    let input = Input {
        policy: file.to_path_buf(),
        target: arguments.target.clone(),
    };
    let rules = input.rules(policy)?;
    let mut lines = Vec::new();
    for section in &rules.sections {
        if wanted.abis.is_empty() || wanted.abis.contains(&section.abi) {
            lines.push(format!("{}:", section.abi.name()));
            explain(section, wanted.calls, &mut lines);
        }
    }
    lines.push(format!("other architectures: {}\n", rules.other.action));
    print(lines.join("\n"))?;
    // What they do not see is told by `check`.
    if let Some(filters) = uring::filters(&rules).map_err(Failure::because)? {
        print(rings::explain(&filters.made, wanted.machine, wanted.calls)?)?;
    }
    Ok(Answer::Yes)
}

/// The architectures of these names.
pub(super) fn abis(names: &[String]) -> Result<Vec<Abi>, Failure> {
    let abi = |name: &String| {
        Abi::from_name(name).ok_or_else(|| {
            Failure::Because(format!(
                "there is no architecture {name}: x86_64, i386, aarch64, arm"
            ))
        })
    };
    names.iter().map(abi).collect()
}

fn explain(section: &Section, wanted: &[String], lines: &mut Vec<String>) {
    // What is decided by the number alone, by what it is.
    let mut constant: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for call in tables::calls(section.abi) {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == call.name) {
            continue;
        }
        let steps = describe::rule(&section.rule(call.number), call, section.abi);
        match steps.as_slice() {
            [one] => constant.entry(one.clone()).or_default().push(call.name),
            steps => {
                lines.push(format!("  {}:", call.name));
                lines.extend(steps.iter().map(|step| format!("    {step}")));
            }
        }
    }
    for (action, calls) in constant {
        lines.push(format!("  {action}:"));
        lines.extend(wrap(&calls, 88).iter().map(|line| format!("    {line}")));
    }
    lines.push(format!("  unknown calls: {}", section.unknown.action));
}
