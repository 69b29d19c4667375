// SPDX-License-Identifier: GPL-2.0

//! The hot path: may this system call run?
//!
//! Follows `__seccomp_permit_syscall()` and `__seccomp_filter()` of `kernel/seccomp.c`.
//!
//! The table of the task's path has an entry for the call, and the entry an answer:
//!
//! - [`permit`] itself deals with calls that are always allowed, or just fail;
//! - [`ask_one`] runs the only residual program that can decide;
//! - [`ask_by_registers`] runs several programs, none of which needs inputs;
//! - [`ask_all`] gathers inputs first.
//!
//! [`evaluate`] is for calls without an entry, and for calls that a tracer may have changed.
//! [`super::action`] carries out the verdict.

use super::{
    action::{
        act,
        Next,
        Pass, //
    },
    filter::{
        Filter,
        FilterLayer, //
    },
    inputs,
    inspect::{
        counters,
        verdicts, //
    },
    parts::Parts,
    platform::{
        Chosen,
        Platform, //
    },
    table::{
        entry::{
            Answer,
            Entry, //
        }, //
    }, //
};
use crate::{
    logic::{
        bpf::append::NeededInputs,
        verdict::{
            Action,
            Verdict, //
        }, //
    },
    sys::{
        arch::{
            Abi,
            Arch,
            Native, //
        },
        bpf::{
            Bare,
            Inputs,
            NO_INPUTS, //
        },
        filter_pointer::Owner,
        regs::Regs,
        signal,
        syscall::Syscall,
        task::{
            Current,
            Mode, //
        },
        uapi::SIGKILL,
        watch, //
    }, //
};

/// May the call of a task with `filter` run? If not, its result is set, or a signal is pending.
#[inline(always)]
pub(crate) fn permit_syscall(call: Syscall, filter: &Filter) -> bool {
    let current = call.current();
    if current.seccomp_suspended() {
        return suspended();
    }
    if current.mode() != Mode::Filter {
        return refuse_dead(call);
    }
    if watch::is_on() {
        return permit_watched(call, filter);
    }
    if current.is_compat() {
        permit(call, filter, Abi::Compat)
    } else {
        permit(call, filter, Abi::Native)
    }
}

/// A tracer has suspended the filters (`PTRACE_O_SUSPEND_SECCOMP`).
#[cold]
#[inline(never)]
fn suspended() -> bool {
    true
}

/// [`permit`], while somebody watches.
#[cold]
#[inline(never)]
fn permit_watched(call: Syscall, filter: &Filter) -> bool {
    let (current, regs) = (call.current(), call.regs());
    let abi = Abi::of(current.is_compat());
    // CAST: As in `permit()`.
    let found = filter.summary().tables().table(abi).find(regs.nr() as u32);
    if counters::are_on() {
        counters::count(found);
    }
    if verdicts::is_on() && !found.is_allowed() {
        if let Some(entry) = found.entry() {
            // `act()` tells of all others.
            if matches!(entry.answer(), Answer::Errno(_)) {
                let (verdict, _) = entry.constant();
                verdicts::tell(current, regs, &NO_INPUTS, verdict);
            }
        }
    }
    permit(call, filter, abi)
}

/// Looks the call up, and answers it if it is always allowed, or just fails. `abi` is the call's.
#[inline(always)]
fn permit(call: Syscall, filter: &Filter, abi: Abi) -> bool {
    let table = filter.summary().tables().table(abi);
    // CAST: A negative number becomes one that no table has.
    let found = table.find(call.regs().nr() as u32);
    if found.is_allowed() {
        return true;
    }
    let Some(entry) = found.any_entry() else {
        return evaluate(call, Pass::First);
    };
    match entry.answer() {
        Answer::Errno(errno) => {
            call.set_result_of(abi, errno as isize);
            false
        }
        Answer::Alone(program) => ask_one(call, entry, program),
        Answer::Registers => ask_by_registers(call, entry),
        Answer::Inputs => ask_all(call, entry),
        Answer::WholePath => evaluate(call, Pass::First),
    }
}

/// A task that was killed ([`Mode::Dead`]) makes a system call: a bug. Ends it.
#[cold]
#[inline(never)]
fn refuse_dead(call: Syscall) -> bool {
    kernel::do_once_lite! {
        kernel::warn_on!(true);
    }
    finish(call, core::hint::black_box(Next::Exit(SIGKILL)))
}

/// Runs the only residual program that can decide. Mostly it allows the call.
#[inline(never)]
fn ask_one(call: Syscall, entry: &Entry<'_>, program: &Bare<'_>) -> bool {
    let verdict = Verdict::new(program.run(call.regs()));
    if verdict.ties(Verdict::ALLOW) {
        return true;
    }
    follow(call, verdict, entry.first())
}

/// Runs every program that may decide, none of which needs inputs.
#[inline(never)]
fn ask_by_registers(call: Syscall, entry: &Entry<'_>) -> bool {
    let (current, regs) = (call.current(), call.regs());
    let (verdict, decider) = entry.judge_registers(regs, |filter| {
        filter.program().run(current, regs, &NO_INPUTS)
    });
    if verdict.ties(Verdict::ALLOW) {
        return true;
    }
    follow(call, verdict, decider)
}

/// Slow path: gathers the inputs, runs every program that may decide, and carries out the verdict.
#[inline(never)]
fn ask_all(mut call: Syscall, entry: &Entry<'_>) -> bool {
    let (current, regs) = (call.current(), call.regs());
    let next = ask_with(&mut call, entry.needs(), Pass::First, |inputs| {
        judge(current, regs, entry, inputs)
    });
    finish(call, next)
}

/// Carries out a verdict for which no inputs were gathered.
#[cold]
#[inline(never)]
fn follow(mut call: Syscall, verdict: Verdict, decider: Option<&Parts>) -> bool {
    let next = carry_out(&mut call, verdict, decider, Pass::First);
    finish(call, next)
}

/// Says whether the call is to run; first asks the filters again, if need be. Does not return if
/// the thread is to exit.
#[inline(always)]
fn finish(call: Syscall, next: Next) -> bool {
    match next {
        Next::Run => true,
        Next::Skip => false,
        Next::Recheck => evaluate(call, Pass::Recheck),
        Next::Exit(signal) => signal::exit_thread(call, signal),
    }
}

/// Gathers the inputs, has `judge` run the filters, and carries out the verdict.
#[inline(always)]
fn ask_with<'path>(
    call: &mut Syscall,
    needs: NeededInputs,
    pass: Pass,
    judge: impl FnOnce(&mut Inputs<'_>) -> (Verdict, Option<&'path Parts>),
) -> Next {
    let (current, regs) = (call.current(), call.regs());
    let gathered = match pass {
        Pass::First => inputs::gather(call, needs),
        Pass::Recheck => inputs::gather_rarely(call, needs),
    };
    let mut inputs = match gathered {
        Ok(inputs) => inputs,
        Err(error) => {
            call.set_result(error.to_errno() as isize);
            return Next::Skip;
        }
    };
    let (verdict, decider) = judge(&mut inputs);
    if verdict.ties(Verdict::ALLOW) {
        return Next::Run;
    }
    if inputs.features == 0 {
        return carry_out(call, verdict, decider, pass);
    }
    let next = act(current, regs, &inputs, verdict, decider, pass);
    if next != Next::Run {
        Chosen::forget_argument(call);
    }
    next
}

/// Carries out a verdict for which no argument was gathered.
#[inline(always)]
fn carry_out(call: &mut Syscall, verdict: Verdict, decider: Option<&Parts>, pass: Pass) -> Next {
    match verdict.action() {
        Action::UserNotif => notify(call, verdict, decider, pass),
        _ => act(
            call.current(),
            call.regs(),
            &NO_INPUTS,
            verdict,
            decider,
            pass,
        ),
    }
}

/// Carries out `SECCOMP_RET_USER_NOTIF`. The supervisor is told of the argument even if no filter
/// looks at it to decide.
#[cold]
#[inline(never)]
fn notify(call: &mut Syscall, verdict: Verdict, decider: Option<&Parts>, pass: Pass) -> Next {
    let (current, regs) = (call.current(), call.regs());
    let needs = needs_of_all(current);
    if needs.is_empty() {
        return act(current, regs, &NO_INPUTS, verdict, decider, pass);
    }
    let (next, has_argument) = match inputs::gather_rarely(call, needs) {
        Ok(inputs) => (
            act(current, regs, &inputs, verdict, decider, pass),
            inputs.features != 0,
        ),
        Err(error) => {
            call.set_result(error.to_errno() as isize);
            return Next::Skip;
        }
    };
    if has_argument && next != Next::Run {
        Chosen::forget_argument(call);
    }
    next
}

/// The inputs that the programs of the task's filters read.
fn needs_of_all(current: Current) -> NeededInputs {
    match current.owner::<FilterLayer>() {
        Owner::Us(newest) => newest.summary().needs(),
        Owner::Nobody | Owner::Kernel => NeededInputs::NONE,
    }
}

/// The verdict on the call by its entry, and the decider; `None` if the verdict is ALLOW.
#[inline(always)]
fn judge<'path>(
    current: Current,
    regs: Regs,
    entry: &Entry<'path>,
    inputs: &mut Inputs<'_>,
) -> (Verdict, Option<&'path Parts>) {
    entry.judge(regs, inputs, |filter, inputs| {
        filter.program().run(current, regs, inputs)
    })
}

/// `seccomp_run_filters()`: runs the whole programs of all filters. Returns the verdict, and the
/// decider; `None` if the verdict is ALLOW.
#[cold]
fn run_all<'a>(
    newest: &'a Filter,
    current: Current,
    regs: Regs,
    inputs: &Inputs<'_>,
) -> (Verdict, Option<&'a Parts>) {
    if is_exempt(current, regs) {
        return (Verdict::ALLOW, None);
    }
    let mut result = (Verdict::ALLOW, None);
    for filter in newest.path() {
        let filter = filter.parts();
        let verdict = Verdict::new(filter.program().run(current, regs, inputs));
        if verdict.overrules(result.0) {
            result = (verdict, Some(filter));
        }
    }
    result
}

/// `seccomp_uprobe_exception()`: is it a call of the trampolines of uprobes, which is not filtered?
fn is_exempt(current: Current, regs: Regs) -> bool {
    // CAST: A negative number becomes one that no list has.
    !current.is_compat() && Native::EXEMPT.contains(&(regs.nr() as u32))
}

/// Asks the filters that the task has now: by the entry of the call, or if the table has none, by
/// running all whole programs.
///
/// Reads the task's filter anew: another thread may have put filters on top of it by TSYNC, while
/// the task was stopped for its tracer, say.
#[cold]
#[inline(never)]
fn evaluate(mut call: Syscall, pass: Pass) -> bool {
    let (current, regs) = (call.current(), call.regs());
    let Owner::Us(newest) = current.owner::<FilterLayer>() else {
        return false;
    };
    let newest = newest.link();
    let summary = newest.summary();
    let table = summary.tables().table(Abi::of(current.is_compat()));
    // CAST: As in `permit()`.
    let found = table.find(regs.nr() as u32);
    let next = if found.is_allowed() {
        Next::Run
    } else if let Some(entry) = found.entry() {
        ask_with(&mut call, entry.needs(), pass, |inputs| {
            judge(current, regs, entry, inputs)
        })
    } else {
        ask_with(&mut call, summary.needs(), pass, |inputs| {
            run_all(newest, current, regs, inputs)
        })
    };
    finish(call, next)
}
