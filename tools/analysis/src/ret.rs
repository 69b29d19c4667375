// SPDX-License-Identifier: GPL-2.0-only

//! What the kernel makes of what filters return.

use std::cmp::Ordering;

use crate::logic::verdict::{
    Action,
    Verdict,
    SECCOMP_RET_ALLOW,
    SECCOMP_RET_ERRNO,
    SECCOMP_RET_KILL_THREAD,
    SECCOMP_RET_LOG,
    SECCOMP_RET_TRACE,
    SECCOMP_RET_TRAP,
    SECCOMP_RET_USER_NOTIF, //
};

/// One of those that the kernel takes for the same: it has the data that matters alone.
pub(crate) fn reduced(ret: u32) -> u32 {
    let verdict = Verdict::new(ret);
    match verdict.action() {
        Action::KillProcess => Verdict::STRONGEST.bits(),
        Action::KillThread => SECCOMP_RET_KILL_THREAD,
        Action::Trap => SECCOMP_RET_TRAP | verdict.data(),
        // The largest errno is small.
        Action::Errno => SECCOMP_RET_ERRNO | verdict.errno().unwrap_or(0).unsigned_abs(),
        Action::UserNotif => SECCOMP_RET_USER_NOTIF,
        Action::Trace => SECCOMP_RET_TRACE | verdict.data(),
        Action::Log => SECCOMP_RET_LOG,
        Action::Allow => SECCOMP_RET_ALLOW,
    }
}

/// Which of two [reduced](reduced) values wins: that which is less, as the kernel says.
pub(crate) fn precedence(a: u32, b: u32) -> Ordering {
    let (a, b) = (Verdict::new(a), Verdict::new(b));
    if a.overrules(b) {
        Ordering::Less
    } else if b.overrules(a) {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

/// What the kernel makes of what two filters return, of which the first is the newer: it runs that
/// first, and of two that tie it takes what came first.
pub(crate) fn both(newer: u32, older: u32) -> u32 {
    match precedence(older, newer) {
        Ordering::Less => older,
        _ => newer,
    }
}
