// SPDX-License-Identifier: GPL-2.0

//! Which actions are logged, and logging them.
//!
//! Follows `seccomp_log()` of `kernel/seccomp.c`. Our copy of the setting follows the sysctl
//! `kernel.seccomp.actions_logged`, which keeps ruling the built-in engine as well.

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

/// The actions to log, a bit each by [`bit`].
static LOGGED: Atomic<u32> = Atomic::new(0);

kernel::sync::global_lock! {
    // SAFETY: Initialised by `init()`, at load and before the hooks.
    /// Makes a change of the setting and our copy of it one step.
    unsafe(uninit) static CHANGE: Mutex<()> = ();
}

/// The names of the sysctl, and the actions.
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

fn parse(names: &str) -> u32 {
    let bit_of = |name| {
        NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(0, |(_, action)| bit(*action))
    };
    names.split(' ').map(bit_of).fold(0, |bits, b| bits | b)
}

/// # Safety
///
/// Called once, while loading and before `seccomp_actions_logged_handler()` is hooked.
pub(super) unsafe fn init() {
    // SAFETY: By the contract of this function.
    unsafe { CHANGE.init() };
}

/// Takes the setting over as it is.
///
/// The handler is hooked by now, and those who were in it before have left: whoever changes the
/// setting from here on does it through [`change`].
pub(super) fn adopt(handler: Handler) -> Result {
    let _change = CHANGE.lock();
    LOGGED.store(handler.read(parse)?, Relaxed);
    Ok(())
}

/// Deals with a call of the handler that changes the setting, which goes on at `handler`. Returns
/// its result.
pub(super) fn change(call: &HandlerCall, handler: Handler) -> c_int {
    let _change = CHANGE.lock();
    let ret = handler.forward(call);
    if let Ok(logged) = handler.read(parse) {
        LOGGED.store(logged, Relaxed);
    }
    ret
}

/// Logs what was done to a call, if the administrator wants to know.
///
/// KILL and LOG are logged unasked; the others if `requested`, that is, if the deciding filter was
/// installed with `SECCOMP_FILTER_FLAG_LOG`.
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
