// SPDX-License-Identifier: GPL-2.0

//! What a filter returns: an action in the upper half, data in the lower.

/// `SECCOMP_RET_KILL_THREAD`.
pub(crate) const SECCOMP_RET_KILL_THREAD: u32 = 0x0000_0000;
/// `SECCOMP_RET_TRAP`.
pub(crate) const SECCOMP_RET_TRAP: u32 = 0x0003_0000;
/// `SECCOMP_RET_ERRNO`.
pub(crate) const SECCOMP_RET_ERRNO: u32 = 0x0005_0000;
/// `SECCOMP_RET_USER_NOTIF`.
pub(crate) const SECCOMP_RET_USER_NOTIF: u32 = 0x7fc0_0000;
/// `SECCOMP_RET_TRACE`.
pub(crate) const SECCOMP_RET_TRACE: u32 = 0x7ff0_0000;
/// `SECCOMP_RET_LOG`.
pub(crate) const SECCOMP_RET_LOG: u32 = 0x7ffc_0000;
/// `SECCOMP_RET_ALLOW`.
pub(crate) const SECCOMP_RET_ALLOW: u32 = 0x7fff_0000;
/// The bits of the action.
pub(crate) const SECCOMP_RET_ACTION_FULL: u32 = 0xffff_0000;
/// The bits of the data.
pub(crate) const SECCOMP_RET_DATA: u32 = 0x0000_ffff;
/// The largest errno that a system call can fail with.
pub(crate) const MAX_ERRNO: u32 = 4095;

/// `E2BIG`.
pub(crate) const E2BIG: u32 = 7;

/// The return value of a filter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict(u32);

/// The actions of `<linux/seccomp.h>`, in falling precedence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// `SECCOMP_RET_KILL_PROCESS`, and every value that is no known action.
    KillProcess,
    /// `SECCOMP_RET_KILL_THREAD`.
    KillThread,
    /// `SECCOMP_RET_TRAP`.
    Trap,
    /// `SECCOMP_RET_ERRNO`.
    Errno,
    /// `SECCOMP_RET_USER_NOTIF`.
    UserNotif,
    /// `SECCOMP_RET_TRACE`.
    Trace,
    /// `SECCOMP_RET_LOG`.
    Log,
    /// `SECCOMP_RET_ALLOW`.
    Allow,
}

impl Action {
    /// The number of actions.
    pub(crate) const COUNT: u32 = Self::Allow as u32 + 1;
}

impl Verdict {
    /// What a stack of filters returns if none of them overrules it.
    pub(crate) const ALLOW: Self = Self(SECCOMP_RET_ALLOW);

    /// `SECCOMP_RET_KILL_PROCESS`, which nothing overrules.
    pub(crate) const STRONGEST: Self = Self(0x8000_0000);

    /// A filter's return value.
    pub(crate) const fn new(ret: u32) -> Self {
        Self(ret)
    }

    /// Does this verdict win over `other`? If they tie, the one that was found first stays.
    #[inline(always)]
    pub(crate) fn overrules(self, other: Self) -> bool {
        self.rank() < other.rank()
    }

    /// Is it the same action?
    #[inline(always)]
    pub(crate) fn ties(self, other: Self) -> bool {
        self.rank() == other.rank()
    }

    /// The action's bits as `ACTION_ONLY()` compares them: signed, so that KILL_PROCESS is lowest.
    #[inline(always)]
    fn rank(self) -> i32 {
        (self.0 & SECCOMP_RET_ACTION_FULL) as i32
    }

    /// What is to be done.
    #[inline]
    pub(crate) fn action(self) -> Action {
        match self.code() {
            SECCOMP_RET_KILL_THREAD => Action::KillThread,
            SECCOMP_RET_TRAP => Action::Trap,
            SECCOMP_RET_ERRNO => Action::Errno,
            SECCOMP_RET_USER_NOTIF => Action::UserNotif,
            SECCOMP_RET_TRACE => Action::Trace,
            SECCOMP_RET_LOG => Action::Log,
            SECCOMP_RET_ALLOW => Action::Allow,
            _ => Action::KillProcess,
        }
    }

    /// The action's bits as audit records show them: those of an unknown action are not replaced.
    #[inline]
    pub(crate) fn code(self) -> u32 {
        self.0 & SECCOMP_RET_ACTION_FULL
    }

    /// The errno that the call fails with, at most `MAX_ERRNO`; `None` for any other action.
    pub(crate) fn errno(self) -> Option<i32> {
        // CAST: It is small.
        (self.code() == SECCOMP_RET_ERRNO).then(|| self.data().min(MAX_ERRNO) as i32)
    }

    /// The whole value.
    #[inline]
    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    /// The data in the lower half.
    #[inline]
    pub(crate) fn data(self) -> u32 {
        self.0 & SECCOMP_RET_DATA
    }
}
