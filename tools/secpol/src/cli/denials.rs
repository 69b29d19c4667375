// SPDX-License-Identifier: MIT OR Apache-2.0

use std::{fs, os::fd::AsFd, path::PathBuf};

use secpol::{
    abi::Abi,
    action::Action,
    interrupt::{
        Interrupt,
        Woken, //
    },
    tables,
    tracing::{
        is_loss,
        Instance, //
    },
    verdict_event::{
        VerdictEvent,
        EVENT, //
    },
};
use secpol_analysis::{
    Place,
    Sample, //
};

use super::{
    input::For,
    notation::{
        call,
        Names, //
    },
    streams::{
        print,
        tell, //
    },
    Answer,
    Failure,
    Outcome, //
};

mod policy;

use policy::Loaded;

/// Tells of calls that filters refuse or log, as they happen, and which line of a policy says so
///
/// It takes root, and the module. A call of a thread under one of the policies is told with the
/// line that decided; one under other filters with the number of the filter. Ends with --count, or
/// when it is interrupted.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Policies that threads may be under
    policies: Vec<PathBuf>,
    #[command(flatten)]
    target: For,
    /// Of this process alone, and of those that it makes from now on
    #[arg(long, value_name = "PID")]
    pid: Vec<u32>,
    /// Also tell of calls that a supervisor or a tracer is asked about
    #[arg(long)]
    all: bool,
    /// End after so many calls
    #[arg(long, short = 'n', value_name = "NUMBER")]
    count: Option<u64>,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let machine = arguments.target.target()?.machine;
    let policies: Vec<Loaded> = arguments
        .policies
        .iter()
        .map(|path| Loaded::read(path, &arguments.target))
        .collect::<Result<_, _>>()?;
    let interrupt = Interrupt::new().map_err(Failure::because)?;
    let instance = Instance::new().map_err(Failure::Because)?;
    let enable = format!("events/{EVENT}/enable");
    if !instance.has(&enable) {
        return Err(Failure::Because(
            "this kernel does not tell of verdicts: the module rust_seccomp does".to_string(),
        ));
    }
    if !arguments.pid.is_empty() {
        threads(&arguments.pid)
            .and_then(|threads| instance.follow(&threads))
            .map_err(Failure::Because)?;
    }
    let mut pipe = instance.pipe().map_err(Failure::Because)?;
    instance.set(&enable, "1").map_err(Failure::Because)?;
    tell("secpol: listening")?;
    let teller = Teller {
        machine,
        policies,
        all: arguments.all,
    };
    let mut left = arguments.count.unwrap_or(u64::MAX);
    while left > 0 {
        if interrupt.wait(&[pipe.as_fd()]).map_err(Failure::because)? == Woken::Interrupted {
            break;
        }
        for line in pipe.lines().map_err(Failure::because)? {
            if left > 0 && teller.line(&line)? {
                left -= 1;
            }
        }
    }
    Ok(Answer::Yes)
}

/// The threads of processes.
fn threads(processes: &[u32]) -> Result<Vec<u32>, String> {
    let mut threads = Vec::new();
    for process in processes {
        let place = format!("/proc/{process}/task");
        let entries = fs::read_dir(&place).map_err(|error| format!("{place}: {error}"))?;
        let names = entries.flatten().map(|entry| entry.file_name());
        threads.extend(names.filter_map(|name| name.to_string_lossy().parse::<u32>().ok()));
    }
    Ok(threads)
}

struct Teller {
    machine: Abi,
    policies: Vec<Loaded>,
    all: bool,
}

impl Teller {
    /// Tells what a line of the trace is about. Returns whether that is a call.
    fn line(&self, line: &str) -> Result<bool, Failure> {
        if is_loss(line) {
            tell(format!("secpol: more than can be told: {}", line.trim()))?;
        }
        let Some(event) = VerdictEvent::parse(line) else {
            return Ok(false);
        };
        let action = Action::from_ret(event.ret);
        if !self.all && matches!(action, Action::Notify | Action::Trace(_)) {
            return Ok(false);
        }
        let abi = Abi::ALL
            .into_iter()
            .find(|abi| abi.audit_arch() == event.call.arch);
        let names = Names {
            abi,
            call: abi.and_then(|abi| tables::call_by_number(abi, event.call.number)),
            ring: false,
        };
        let sample = sample(&event, &names);
        let place = self
            .policies
            .iter()
            .find_map(|policy| policy.place(&event, sample.size()))
            .unwrap_or_else(|| elsewhere(&event));
        print(format!(
            "{} {}: {} -> {action}\t{place}\n",
            event.thread,
            event.name.escape_debug(),
            call(&names, &sample, self.machine),
        ))?;
        Ok(true)
    }
}

/// What decides, if it is none of the policies.
fn elsewhere(event: &VerdictEvent) -> String {
    match event.decider {
        Some(decider) => format!(
            "filter {}, instruction {}, of tag {:016x}",
            decider.filter, decider.insn, decider.tag
        ),
        None => "one of the filters".to_string(),
    }
}

/// The call, as what explains filters has it. What the kernel's function does not take is left out,
/// and the address of the instruction.
fn sample(event: &VerdictEvent, names: &Names) -> Sample {
    let call = &event.call;
    let mut sample = Sample::default();
    sample.set(Place::Arch, u64::from(call.arch));
    sample.set(Place::Number, u64::from(call.number));
    let taken = names.call.and_then(|call| call.arguments.as_deref());
    for (index, value) in call.arguments.into_iter().enumerate() {
        let all = match taken.map(|taken| taken.get(index)) {
            Some(Some(argument)) => u64::MAX >> (64 - 8 * u32::from(argument.kind.bytes)),
            Some(None) => continue,
            None => u64::MAX,
        };
        // CAST: There are six.
        sample.set(Place::Argument(index as u32), value & all);
    }
    let eight = |bytes: &[u8]| {
        let mut all = [0; 8];
        all[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(all)
    };
    for (index, bytes) in (0..).zip(call.extensible.chunks(8)) {
        sample.set(Place::Struct(8 * index), eight(bytes));
    }
    sample.set(Place::Extent, u64::from(call.extent()));
    if let Some(family) = call.extensible.get(..2) {
        sample.set(Place::Family, eight(family));
    }
    sample
}
