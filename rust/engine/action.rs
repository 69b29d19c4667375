// SPDX-License-Identifier: GPL-2.0

//! Carries out the verdict on a system call.
//!
//! Follows the second half of `__seccomp_filter()` of `kernel/seccomp.c`.

use super::{
    inspect::verdicts,
    notify::{
        notifier::Outcome,
        request::FilteredCall, //
    },
    parts::Parts,
    platform::{
        Chosen,
        Platform, //
    }, //
};
use crate::{
    logic::verdict::{
        Action,
        Verdict,
        MAX_ERRNO, //
    },
    sys::{
        bpf::Inputs,
        ptrace,
        regs::Regs,
        signal,
        task::Current,
        uapi::SIGSYS, //
    }, //
};
use kernel::error::code::ENOSYS;

/// Why the filters are asked about a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// The system call was entered.
    First,
    /// A tracer was told of the call, and may have changed it.
    Recheck,
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is run.
    Run,
    /// It is not run. Its result is set, or a signal is pending.
    Skip,
    /// The filters are to be asked again, with [`Pass::Recheck`].
    Recheck,
    /// It is not run, and the thread exits, with this signal as its exit code.
    Exit(u32),
}

/// Carries out the verdict. `decider` is the filter that returned it, `None` if the verdict is
/// ALLOW; `inputs` is what that has seen. May sleep.
#[inline(never)]
pub(crate) fn act(
    current: Current,
    regs: Regs,
    inputs: &Inputs<'_>,
    verdict: Verdict,
    decider: Option<&Parts>,
    pass: Pass,
) -> Next {
    let mut nr = regs.nr();
    if verdicts::is_on() {
        verdicts::tell(current, regs, inputs, verdict);
    }
    match verdict.action() {
        Action::Allow => return Next::Run,
        Action::Log => {
            Chosen::log(nr, 0, verdict, true);
            return Next::Run;
        }
        Action::Errno => {
            let errno = verdict.data().min(MAX_ERRNO);
            regs.set_return_value(current, -(errno as isize));
        }
        Action::Trap => {
            // The task's handler is to see the registers as they were at the entry.
            regs.rollback();
            signal::force_sigsys(nr, verdict.data(), false);
        }
        Action::Trace => match trace(current, regs, verdict, pass, &mut nr) {
            Next::Skip => {}
            next => return next,
        },
        Action::UserNotif => {
            let outcome = match decider.and_then(Parts::notifier) {
                // A notifier gets a listener once, so if it has none now, it never will.
                Some(notifier) if notifier.is_listening() => {
                    notifier.ask(current, &FilteredCall { regs, inputs })
                }
                _ => Outcome::Skip(ENOSYS.to_errno() as isize),
            };
            match outcome {
                Outcome::Run => return Next::Run,
                Outcome::Skip(value) => regs.set_return_value(current, value),
            }
        }
        Action::KillThread | Action::KillProcess => {
            return kill(current, regs, nr, verdict);
        }
    }
    Chosen::log(nr, 0, verdict, decider.is_some_and(Parts::log));
    Next::Skip
}

/// `SECCOMP_RET_TRACE`.
fn trace(current: Current, regs: Regs, verdict: Verdict, pass: Pass, nr: &mut i32) -> Next {
    if pass == Pass::Recheck {
        // The tracer was told already.
        return Next::Run;
    }
    if !ptrace::seccomp_event_enabled() {
        regs.set_return_value(current, ENOSYS.to_errno() as isize);
        return Next::Skip;
    }
    ptrace::seccomp_event(verdict.data());
    // A fatal signal may have come before the tracer was told, so the call must not run. The task
    // is about to die anyway.
    if signal::fatal_pending() {
        return Next::Skip;
    }
    if regs.nr() < 0 {
        // The tracer skips the call. The log shows the number that it has set.
        *nr = regs.nr();
        return Next::Skip;
    }
    Next::Recheck
}

/// `SECCOMP_RET_KILL_THREAD` and `SECCOMP_RET_KILL_PROCESS`.
#[cold]
fn kill(current: Current, regs: Regs, nr: i32, verdict: Verdict) -> Next {
    current.set_dead();
    Chosen::log(nr, SIGSYS, verdict, true);
    // The last thread dies by a signal, which dumps core.
    if verdict.action() == Action::KillThread && !signal::is_last_thread() {
        return Next::Exit(SIGSYS);
    }
    regs.rollback();
    signal::force_sigsys(nr, verdict.data(), true);
    Next::Skip
}
