// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the kernel does with a call.

use std::fmt;

/// What the kernel does with a call: one of seccomp(2)'s `SECCOMP_RET_*`, with its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// The call is made.
    Allow,
    /// The call is made, and logged.
    Log,
    /// A tracer decides; it reads this number by `PTRACE_GETEVENTMSG`.
    Trace(u16),
    /// A supervisor decides, who listens.
    Notify,
    /// The call fails with this errno, at most [`MAX_ERRNO`].
    Errno(u16),
    /// The thread gets SIGSYS, with this number in `si_errno`.
    Trap(u16),
    /// The thread ends.
    KillThread,
    /// The process ends, and dumps core.
    Kill,
}

/// The largest errno that a filter can return: the kernel takes larger ones for this one.
pub const MAX_ERRNO: u16 = 4095;

const ALLOW: u32 = 0x7fff_0000;
const LOG: u32 = 0x7ffc_0000;
const TRACE: u32 = 0x7ff0_0000;
const NOTIFY: u32 = 0x7fc0_0000;
const ERRNO: u32 = 0x0005_0000;
const TRAP: u32 = 0x0003_0000;
const KILL_THREAD: u32 = 0;
const KILL: u32 = 0x8000_0000;

impl Action {
    /// What a filter returns for it.
    pub fn ret(self) -> u32 {
        match self {
            Self::Allow => ALLOW,
            Self::Log => LOG,
            Self::Trace(message) => TRACE | u32::from(message),
            Self::Notify => NOTIFY,
            Self::Errno(errno) => ERRNO | u32::from(errno),
            Self::Trap(errno) => TRAP | u32::from(errno),
            Self::KillThread => KILL_THREAD,
            Self::Kill => KILL,
        }
    }

    /// What the kernel does if a filter returns `ret`. It takes an action that it does not know for
    /// `SECCOMP_RET_KILL_PROCESS`.
    pub fn from_ret(ret: u32) -> Self {
        // CAST: The lower half is the data.
        let data = ret as u16;
        match ret & 0xffff_0000 {
            ALLOW => Self::Allow,
            LOG => Self::Log,
            TRACE => Self::Trace(data),
            NOTIFY => Self::Notify,
            ERRNO => Self::Errno(data.min(MAX_ERRNO)),
            TRAP => Self::Trap(data),
            KILL_THREAD => Self::KillThread,
            _ => Self::Kill,
        }
    }

    /// Is the call made, whoever watches?
    pub fn lets_through(self) -> bool {
        matches!(self, Self::Allow | Self::Log)
    }
}

/// As policies write it; an errno by its number: see [`Tables`](crate::tables) for names.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow => f.write_str("allow"),
            Self::Log => f.write_str("log"),
            Self::Trace(message) => write!(f, "trace({message})"),
            Self::Notify => f.write_str("notify"),
            Self::Errno(errno) => match crate::tables::errno_name(*errno) {
                Some(name) => write!(f, "errno({name})"),
                None => write!(f, "errno({errno})"),
            },
            Self::Trap(errno) => write!(f, "trap({errno})"),
            Self::KillThread => f.write_str("kill-thread"),
            Self::Kill => f.write_str("kill"),
        }
    }
}
