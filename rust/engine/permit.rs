// SPDX-License-Identifier: GPL-2.0

//! The hot path: may this system call run?
//!
//! Follows `__seccomp_permit_syscall()` and `__seccomp_filter()` of `kernel/seccomp.c`.

use crate::{
    engine::{
        filter::{
            untag,
            Filter,
            TAG, //
        },
        inputs,
        inspect::counters,
        notify::{
            notifier::Outcome,
            request::FilteredCall, //
        },
        table::{
            Abi,
            Entry,
            Table, //
        }, //
    },
    logic::{
        bpf::append::{
            Inputs,
            NeededInputs, //
        },
        verdict::{
            Action,
            Verdict, //
        }, //
    },
    sys::{
        arch::{
            Arch,
            Native, //
        },
        bpf::Choice,
        ptrace,
        regs::Regs,
        signal,
        task::{
            Mode,
            Task, //
        },
        uapi::{
            MAX_ERRNO,
            SIGKILL,
            SIGSYS, //
        }, //
    },
    takeover::{
        actions_logged,
        args, //
    }, //
};
use core::{
    mem::MaybeUninit,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::code::ENOSYS, //
};

/// Takes the place of `__seccomp_permit_syscall()` for tasks whose filter is ours.
///
/// Returns whether to run the system call. If not, its result is set, or a signal is pending.
///
/// # Safety
///
/// For the entry code only: `task` is `current`, `filter` its filter as just read, tagged, and
/// `regs` is `task_pt_regs(current)`.
#[no_mangle]
unsafe extern "C" fn rsc_permit_syscall(
    task: NonNull<bindings::task_struct>,
    filter: NonNull<u8>,
    regs: NonNull<bindings::pt_regs>,
) -> bool {
    // SAFETY: By the contract of this function. The calling task has a reference to its filter, and
    // gives it up only when it exits. The TSYNC of another thread can replace the filter now, but
    // only by one whose path leads here, and so keeps this one.
    let (task, regs, filter) = unsafe {
        (
            Task::from_raw(task),
            Regs::from_raw(regs),
            filter.byte_sub(TAG).cast::<Filter>().as_ref(),
        )
    };
    if task.seccomp_suspended() {
        return suspended();
    }
    if task.mode() != Mode::Filter {
        return refuse_dead();
    }
    if counters::are_on() {
        return permit_counted(task, regs, filter);
    }
    if task.is_compat() {
        permit(task, regs, filter.tables().table(Abi::Compat))
    } else {
        permit(task, regs, filter.tables().table(Abi::Native))
    }
}

/// A tracer has suspended the filters (`PTRACE_O_SUSPEND_SECCOMP`).
#[cold]
#[inline(never)]
fn suspended() -> bool {
    true
}

/// The same while calls are counted.
#[cold]
#[inline(never)]
fn permit_counted(task: Task, regs: Regs, filter: &Filter) -> bool {
    let table = filter.tables().table(Abi::of(task.is_compat()));
    // CAST: As in `permit()`.
    counters::count(table.find(regs.nr() as u32));
    permit(task, regs, table)
}

/// The short ways: a call that is always allowed, and one that just fails.
#[inline(always)]
fn permit(task: Task, regs: Regs, table: &Table) -> bool {
    // CAST: A negative number becomes one that no table has.
    let found = table.find(regs.nr() as u32);
    if found.is_allowed() {
        return true;
    }
    let entry = found.entry();
    if let Some(errno) = entry.errno() {
        regs.set_return_value(task, errno as isize);
        return false;
    }
    match entry.alone() {
        Some(choice) => inspect(task, regs, entry, choice),
        None => inspect_all(task, regs, entry),
    }
}

/// A task that was killed must not run a system call, ever.
#[cold]
#[inline(never)]
fn refuse_dead() -> bool {
    kernel::do_once_lite! {
        kernel::warn_on!(true);
    }
    // If the compiler knew what this returns, and that it does not return, it would have its
    // caller, the hot path, make a stack frame and a call in place of a jump.
    if core::hint::black_box(true) {
        signal::exit_thread(SIGKILL);
    }
    core::hint::black_box(false)
}

/// Why the filters are run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// The system call was entered.
    First,
    /// A tracer has had its say, and may have changed the call.
    Recheck,
}

/// The longer way of a call whose arguments are looked at by one program. Mostly it allows it.
#[inline(never)]
fn inspect(task: Task, regs: Regs, entry: &Entry, choice: &Choice) -> bool {
    // SAFETY: The filter is on the path, and keeps its residual programs; this one needs nothing.
    let verdict = Verdict::new(unsafe { choice.run(regs) });
    if verdict.ties(Verdict::ALLOW) {
        return true;
    }
    // SAFETY: It is on the path, as all that an entry refers to.
    let decider = entry.first().map(|decider| unsafe { decider.as_ref() });
    follow(task, regs, verdict, decider, Pass::First, &inputs::NONE)
}

/// The longest way: as many programs as there are to ask, or none, with all that they see.
#[inline(never)]
fn inspect_all(task: Task, regs: Regs, entry: &Entry) -> bool {
    if entry.is_none() {
        return evaluate(task, regs, Pass::First);
    }
    inspect_with(task, regs, entry.needs(), Pass::First, |inputs| {
        judge(task, regs, entry, inputs)
    })
}

/// Gathers what the filters see beyond registers, has them judge, and does what they say.
#[inline(always)]
fn inspect_with<'a>(
    task: Task,
    regs: Regs,
    needs: NeededInputs,
    pass: Pass,
    judge: impl FnOnce(Option<&mut Inputs>) -> (Verdict, Option<&'a Filter>),
) -> bool {
    let mut place = MaybeUninit::uninit();
    let mut inputs = if needs.is_empty() {
        None
    } else {
        let gathered = match pass {
            Pass::First => inputs::gather(task, regs, needs, &mut place),
            Pass::Recheck => inputs::gather_rarely(task, regs, needs, &mut place),
        };
        if let Err(error) = gathered {
            regs.set_return_value(task, error.to_errno() as isize);
            return false;
        }
        // SAFETY: `gather()` has filled it.
        Some(unsafe { place.assume_init_mut() })
    };
    let (verdict, decider) = judge(inputs.as_deref_mut());
    if verdict.ties(Verdict::ALLOW) {
        return true;
    }
    let inputs = inputs.as_deref().unwrap_or(&inputs::NONE);
    follow(task, regs, verdict, decider, pass, inputs)
}

/// What the filters say of the call, and the one of them that said it (none if they allow it).
#[inline(always)]
fn judge<'a>(
    task: Task,
    regs: Regs,
    entry: &Entry,
    inputs: Option<&mut Inputs>,
) -> (Verdict, Option<&'a Filter>) {
    let (verdict, decider) = entry.judge(regs, inputs, |filter, inputs| {
        filter
            .program()
            .run(task, regs, inputs.unwrap_or(&inputs::NONE))
    });
    // SAFETY: It is on the path, as all that an entry refers to, and the path outlives the call.
    (verdict, decider.map(|decider| unsafe { decider.as_ref() }))
}

/// Runs all filters: `seccomp_run_filters()`.
#[cold]
fn run_all<'a>(
    newest: &'a Filter,
    task: Task,
    regs: Regs,
    inputs: &Inputs,
) -> (Verdict, Option<&'a Filter>) {
    if is_exempt(task, regs) {
        return (Verdict::ALLOW, None);
    }
    let mut result = (Verdict::ALLOW, None);
    for filter in newest.path() {
        let verdict = Verdict::new(filter.program().run(task, regs, inputs));
        if verdict.overrules(result.0) {
            result = (verdict, Some(filter));
        }
    }
    result
}

/// `seccomp_uprobe_exception()`: the calls that the kernel's own trampolines make are not filtered.
fn is_exempt(task: Task, regs: Regs) -> bool {
    // CAST: A negative number becomes one that no list has.
    !task.is_compat() && Native::EXEMPT.contains(&(regs.nr() as u32))
}

/// Runs the filters that the task has by now, and does what they say: by the tables, if they have
/// the call, else by running all programs.
///
/// The pointer is read anew: another thread may have added filters, at the latest while the task
/// was stopped for its tracer.
#[cold]
#[inline(never)]
fn evaluate(task: Task, regs: Regs, pass: Pass) -> bool {
    let Some(newest) = untag(task.raw_filter()) else {
        return false;
    };
    // SAFETY: As in `rsc_permit_syscall()`.
    let newest = unsafe { newest.as_ref() };
    let table = newest.tables().table(Abi::of(task.is_compat()));
    // CAST: As in `permit()`.
    let entry = table.find(regs.nr() as u32).entry();
    if entry.is_none() {
        return inspect_with(task, regs, newest.needs(), pass, |inputs| {
            run_all(
                newest,
                task,
                regs,
                inputs.as_deref().unwrap_or(&inputs::NONE),
            )
        });
    }
    inspect_with(task, regs, entry.needs(), pass, |inputs| {
        judge(task, regs, entry, inputs)
    })
}

/// Does what the filters say, again if a tracer wants it so.
#[cold]
#[inline(never)]
fn follow(
    task: Task,
    regs: Regs,
    verdict: Verdict,
    decider: Option<&Filter>,
    pass: Pass,
    inputs: &Inputs,
) -> bool {
    let mut place = MaybeUninit::uninit();
    let mut inputs = inputs;
    if inputs.features == 0 && matches!(verdict.action(), Action::UserNotif) {
        // A supervisor is told of the argument also if the filters need not look at it to decide.
        if let Err(error) = inputs::gather_rarely(task, regs, needs_of_all(task), &mut place) {
            regs.set_return_value(task, error.to_errno() as isize);
            return false;
        }
        // SAFETY: `gather()` has filled it.
        inputs = unsafe { place.assume_init_ref() };
    }
    let next = act(task, regs, verdict, decider, pass, inputs);
    if inputs.features != 0 && !matches!(next, Next::Run) {
        args::forget(task);
    }
    match next {
        Next::Run => true,
        Next::Skip => false,
        Next::Recheck => evaluate(task, regs, Pass::Recheck),
    }
}

/// What the filters of the task need, all in all.
#[cold]
fn needs_of_all(task: Task) -> NeededInputs {
    // SAFETY: As in `rsc_permit_syscall()`.
    untag(task.raw_filter()).map_or(NeededInputs::NONE, |newest| {
        unsafe { newest.as_ref() }.needs()
    })
}

/// What becomes of a call.
enum Next {
    /// It is run.
    Run,
    /// It is not. Its result is set, or a signal is pending.
    Skip,
    /// The filters are asked again.
    Recheck,
}

/// Does what the filters say.
#[inline(never)]
fn act(
    task: Task,
    regs: Regs,
    verdict: Verdict,
    decider: Option<&Filter>,
    pass: Pass,
    inputs: &Inputs,
) -> Next {
    let mut nr = regs.nr();
    match verdict.action() {
        Action::Allow => return Next::Run,
        Action::Log => {
            actions_logged::record(nr, 0, verdict, true);
            return Next::Run;
        }
        Action::Errno => {
            let errno = verdict.data().min(MAX_ERRNO);
            regs.set_return_value(task, -(errno as isize));
        }
        Action::Trap => {
            // The handler is to see the registers as they were.
            regs.rollback();
            signal::force_sigsys(nr, verdict.data(), false);
        }
        Action::Trace => match trace(task, regs, verdict, pass, &mut nr) {
            Next::Run => return Next::Run,
            Next::Recheck => return Next::Recheck,
            Next::Skip => {}
        },
        Action::UserNotif => {
            let outcome = match decider.and_then(Filter::listener) {
                Some(notifier) => notifier.ask(task, &FilteredCall { regs, inputs }),
                None => Outcome::Skip(ENOSYS.to_errno() as isize),
            };
            match outcome {
                Outcome::Run => return Next::Run,
                Outcome::Skip(value) => regs.set_return_value(task, value),
            }
        }
        Action::KillThread | Action::KillProcess => {
            kill(task, regs, nr, verdict);
            return Next::Skip;
        }
    }
    actions_logged::record(nr, 0, verdict, decider.is_some_and(Filter::log));
    Next::Skip
}

/// `SECCOMP_RET_TRACE`.
fn trace(task: Task, regs: Regs, verdict: Verdict, pass: Pass, nr: &mut i32) -> Next {
    if pass == Pass::Recheck {
        // The tracer has been asked.
        return Next::Run;
    }
    if !ptrace::seccomp_event_enabled() {
        regs.set_return_value(task, ENOSYS.to_errno() as isize);
        return Next::Skip;
    }
    ptrace::seccomp_event(verdict.data());
    // A fatal signal may have kept the tracer from being told, so the call must not run; the task
    // is about to die anyway.
    if signal::fatal_pending() {
        return Next::Skip;
    }
    if regs.nr() < 0 {
        // The record shows what the tracer has made of the number.
        *nr = regs.nr();
        return Next::Skip;
    }
    Next::Recheck
}

/// `SECCOMP_RET_KILL_THREAD` and `SECCOMP_RET_KILL_PROCESS`.
#[cold]
fn kill(task: Task, regs: Regs, nr: i32, verdict: Verdict) {
    task.set_dead();
    actions_logged::record(nr, SIGSYS, verdict, true);
    // Only the last thread leaves a core dump behind.
    if verdict.action() == Action::KillThread && !signal::is_last_thread() {
        signal::exit_thread(SIGSYS);
    }
    regs.rollback();
    signal::force_sigsys(nr, verdict.data(), true);
}
