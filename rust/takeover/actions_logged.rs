// SPDX-License-Identifier: GPL-2.0

//! The log, and the setting that says which actions are logged.
//!
//! Follows `seccomp_log()` of `kernel/seccomp.c`. The kernel keeps the setting, the sysctl
//! `kernel.seccomp.actions_logged`, in a static variable, by which the built-in engine still logs.
//! This file has a copy, and [`change`] keeps both the same.

use crate::{
    logic::verdict::{
        Action,
        Verdict, //
    },
    sys::sysctl::{
        self,
        Handler,
        HandlerCall, //
    }, //
};
use kernel::{
    ffi::c_int,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// The actions that the administrator wants logged: a set of [`bit`]s.
static LOGGED: Atomic<u32> = Atomic::new(0);

kernel::sync::global_lock! {
    // SAFETY: `init()` initialises it while the module loads, before a hook can reach it.
    /// Held while the kernel's setting and our copy change, so that two writers cannot leave them
    /// different. Outermost: the kernel's handler runs under it.
    unsafe(uninit) static CHANGE: Mutex<()> = ();
}

/// The actions, by their names in the sysctl.
const NAMES: [(&str, Action); 8] = [
    ("kill_process", Action::KillProcess),
    ("kill_thread", Action::KillThread),
    ("trap", Action::Trap),
    ("errno", Action::Errno),
    ("user_notif", Action::UserNotif),
    ("trace", Action::Trace),
    ("log", Action::Log),
    ("allow", Action::Allow),
];

const fn bit(action: Action) -> u32 {
    1 << action as u32
}

/// The set of the named actions. Unknown names are ignored: the kernel's handler lets none pass.
fn parse(names: &str) -> u32 {
    let bit_of = |name| {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(0, |(_, action)| bit(*action))
    };
    names.split(' ').map(bit_of).fold(0, |bits, b| bits | b)
}

/// Prepares the lock.
///
/// # Safety
///
/// Called once, while the module loads, before `seccomp_actions_logged_handler()` is hooked.
pub(super) unsafe fn init() {
    // SAFETY: By the contract of this function it is the only call, and nobody uses the lock yet.
    unsafe { CHANGE.init() };
}

/// Copies the kernel's setting. Fails as the kernel's handler does.
///
/// By now the handler is hooked, and no task is inside of the kernel's own any more, so all later
/// changes come by [`change`].
pub(super) fn adopt(handler: Handler) -> Result {
    let _change = CHANGE.lock();
    LOGGED.store(handler.read(parse)?, Relaxed);
    Ok(())
}

/// Answers a write to the sysctl: has the kernel's handler, which goes on at `handler`, change the
/// setting, and copies it. Returns what the kernel's handler returned.
pub(super) fn change(call: &HandlerCall<'_>, handler: Handler) -> c_int {
    let _change = CHANGE.lock();
    let ret = handler.forward(call);
    if let Ok(logged) = handler.read(parse) {
        LOGGED.store(logged, Relaxed);
    }
    ret
}

/// Writes an audit record of the verdict on the system call `nr`, if the administrator wants the
/// action logged. `signal` is the signal that kills the task, or 0.
///
/// ALLOW is never logged. TRAP, ERRNO, TRACE and USER_NOTIF are logged only if `requested`: the
/// decider was installed with `SECCOMP_FILTER_FLAG_LOG`.
pub(super) fn record(nr: i32, signal: u32, verdict: Verdict, requested: bool) {
    let action = verdict.action();
    let wanted = match action {
        Action::Allow => false,
        Action::Trap | Action::Errno | Action::Trace | Action::UserNotif => requested,
        Action::Log | Action::KillThread | Action::KillProcess => true,
    };
    if wanted && LOGGED.load(Relaxed) & bit(action) != 0 {
        sysctl::audit(nr, signal, verdict.code());
    }
}
