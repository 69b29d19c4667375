// SPDX-License-Identifier: MIT OR Apache-2.0

use std::{
    ffi::OsString,
    fs::{
        self,
        File, //
    },
    io::{
        self,
        Write, //
    },
    os::fd::AsFd,
    path::{
        Path,
        PathBuf, //
    },
    process,
};

use secpol::{
    abi::Abi,
    bpf::{
        Insn,
        JEQ,
        JGE,
        LD,
        RET, //
    },
    call::Call,
    compile::Program,
    interrupt::{
        Interrupt,
        Woken, //
    },
    learn::Seen,
    observed::{
        Ended,
        Observed,
        Start, //
    },
    policy::{
        Policy,
        Sight, //
    },
    rules::X32_SYSCALL_BIT,
    sys_enter::{
        SysEnter,
        EVENT, //
    },
    tables,
    tracing::{
        is_loss,
        Instance,
        Pipe, //
    }, //
};

use super::{
    command::Found,
    features,
    input::{
        machine,
        For, //
    },
    streams::{
        print,
        tell, //
    },
    Answer,
    Failure,
    Outcome, //
};

/// Runs a program and makes a policy of what it does
///
/// It takes root and tracefs, and the module to learn what arguments point to. The policy allows
/// what was seen in this run; the program may do more in another. It is written when the program
/// and all that it has started have ended.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Write the policy there, and not to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Add to this policy what it does not allow
    #[arg(long, value_name = "POLICY")]
    merge: Option<PathBuf>,
    /// Show each diagnostic in one line
    #[arg(long)]
    short: bool,
    /// The program, and its arguments
    #[arg(required = true, last = true)]
    command: Vec<OsString>,
}

/// How much the kernel keeps for each processor until it is read, in KiB.
const BUFFER: &str = "16384";

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let target = For::native(arguments.short);
    let old = match &arguments.merge {
        None => None,
        Some(path) => {
            Some(Policy::read(path).map_err(|(files, errors)| target.refuse(&errors, &files))?)
        }
    };
    let abi = machine(None)?;
    let sees_structs = features()?.is_some_and(|features| features.sees_structs());
    let sight = match sees_structs {
        true => Sight::Structs,
        false => Sight::Arguments,
    };
    let found = Found::new(&arguments.command)?;
    let mut learner = Learner {
        seen: Seen::new(abi, sight),
        sight,
        abi,
        launcher: None,
        foreign: false,
        lost: false,
    };
    let ended = learner.run(&found)?;
    if learner.lost {
        return Err(Failure::Because(
            "the kernel had no room for all calls, so nothing was learnt".to_string(),
        ));
    }
    if learner.foreign {
        return Err(Failure::Because(
            "the program makes 32-bit calls, or x32 calls, which cannot be learnt".to_string(),
        ));
    }
    if learner.seen.is_empty() {
        return Err(Failure::Because(
            "no calls were seen: tracefs tells of the initial pid namespace alone".to_string(),
        ));
    }
    let policy = match &old {
        None => learner.seen.policy().map_err(Failure::Because)?,
        Some(old) => learner
            .seen
            .merged(old)
            .map_err(|errors| target.refuse(&errors, &old.files))?,
    };
    match &arguments.output {
        Some(path) => replace(path, &policy)?,
        None => print(&policy)?,
    }
    match ended {
        Ended::Status(0) => {}
        Ended::Status(status) => tell(format!("secpol: the program ended with status {status}"))?,
        Ended::Signal(signal) => tell(format!("secpol: the program ended by signal {signal}"))?,
    }
    if !sees_structs {
        tell("secpol: what arguments point to was not seen: that takes the module rust_seccomp")?;
    }
    for number in learner.seen.unknown() {
        tell(format!(
            "secpol: number {number} was called, which has no name: it is not allowed"
        ))?;
    }
    Ok(Answer::Yes)
}

/// Writes a file, all of it or nothing.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let mut name = path.as_os_str().to_os_string();
    name.push(format!(".{}", process::id()));
    let new = PathBuf::from(name);
    let failed = |error| Failure::Because(format!("cannot write {}: {error}", path.display()));
    let written = File::create_new(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written
        .and_then(|()| fs::rename(&new, path))
        .map_err(|error| {
            // It may not be there.
            let _ = fs::remove_file(&new);
            failed(error)
        })
}

struct Learner {
    seen: Seen,
    abi: Abi,
    sight: Sight,
    /// The thread whose calls count from its execve() on; none, if that was seen.
    launcher: Option<u32>,
    /// There were calls of another architecture.
    foreign: bool,
    /// The kernel did not tell of all calls.
    lost: bool,
}

impl Learner {
    fn run(&mut self, found: &Found) -> Result<Ended, Failure> {
        let interrupt = Interrupt::new().map_err(Failure::because)?;
        let instance = Instance::new().map_err(Failure::Because)?;
        let enable = format!("events/{EVENT}/enable");
        if !instance.has(&enable) {
            return Err(Failure::Because(
                "this kernel does not tell of system calls: it lacks CONFIG_FTRACE_SYSCALLS"
                    .to_string(),
            ));
        }
        instance
            .set("buffer_size_kb", BUFFER)
            .map_err(Failure::Because)?;
        let mut pipe = instance.pipe().map_err(Failure::Because)?;
        let start = Start {
            path: &found.path,
            arguments: &found.arguments,
            environment: &found.environment,
            asks: &self.asks(),
        };
        let ready = |process| {
            instance
                .follow(&[process])
                .and_then(|()| instance.set(&enable, "1"))
                .map_err(io::Error::other)
        };
        let observed =
            Observed::start(&start, ready).map_err(|error| match error.raw_os_error() {
                Some(libc::EBUSY) => Failure::Because(
                    "a supervisor decides about calls of this command, so that it cannot learn"
                        .to_string(),
                ),
                _ => found.failed(error),
            })?;
        self.launcher = Some(observed.process());
        loop {
            let files = [observed.listener(), pipe.as_fd()];
            let woken = interrupt.wait(&files).map_err(Failure::because)?;
            let Woken::Ready { readable, hung_up } = woken else {
                observed.kill();
                return Err(Failure::Because(
                    "interrupted: nothing was learnt".to_string(),
                ));
            };
            if readable[0] {
                if let Some(call) = observed.answer().map_err(Failure::because)? {
                    self.notified(call);
                }
            }
            self.read(&mut pipe)?;
            if hung_up[0] && !readable[0] {
                break;
            }
        }
        self.read(&mut pipe)?;
        observed.wait().map_err(Failure::because)
    }

    /// Which calls the kernel is to ask about: those of other architectures, and where filters see
    /// what arguments point to, those that have such an argument.
    fn asks(&self) -> Program {
        const NOTIFY: u32 = 0x7fc0_0000;
        const ALLOW: u32 = 0x7fff_0000;
        let asked: Vec<u32> = tables::calls(self.abi)
            .filter(|call| self.is_asked(call))
            .map(|call| call.number)
            .collect();
        // At the end stand ALLOW and NOTIFY. CAST: There are some twenty calls.
        let notify = |place: usize| (asked.len() + 4 - place) as u8;
        let insn = |code, jt, jf, k| Insn { code, jt, jf, k };
        let mut insns = vec![
            insn(LD, 0, 0, 4),
            insn(JEQ, 0, notify(1), self.abi.audit_arch()),
            insn(LD, 0, 0, 0),
            insn(JGE, notify(3), 0, X32_SYSCALL_BIT),
        ];
        for number in &asked {
            insns.push(insn(JEQ, notify(insns.len()), 0, *number));
        }
        insns.push(insn(RET, 0, 0, ALLOW));
        insns.push(insn(RET, 0, 0, NOTIFY));
        Program {
            insns,
            returns: Vec::new(),
            appended: self.sight == Sight::Structs,
            extensible_arg_size: match self.sight {
                Sight::Structs => 4096,
                Sight::Arguments => 0,
            },
        }
    }

    fn is_asked(&self, call: &tables::Call) -> bool {
        self.sight == Sight::Structs && tables::extensible(call.name).is_some()
    }

    fn notified(&mut self, call: Call) {
        if call.arch != self.abi.audit_arch() || call.number >= X32_SYSCALL_BIT {
            self.foreign = true;
        } else {
            self.seen.add(call);
        }
    }

    /// Reads what there is to read.
    fn read(&mut self, pipe: &mut Pipe) -> Result<(), Failure> {
        for line in pipe.lines().map_err(Failure::because)? {
            self.line(&line);
        }
        Ok(())
    }

    fn line(&mut self, line: &str) {
        self.lost |= is_loss(line);
        let Some(event) = SysEnter::parse(line) else {
            return;
        };
        let known = tables::call_by_number(self.abi, event.number);
        if self.launcher == Some(event.thread) {
            // What this command does until the program starts.
            if known.is_some_and(|call| call.name == "execve") {
                self.launcher = None;
            }
            return;
        }
        if known.is_some_and(|call| self.is_asked(call)) {
            return;
        }
        self.seen.add(Call {
            arch: self.abi.audit_arch(),
            number: event.number,
            arguments: event.arguments,
            ..Call::default()
        });
    }
}
