// SPDX-License-Identifier: MIT OR Apache-2.0

//! Calls that 32-bit x86 also has, or has only, as parts of another.
//!
//! libseccomp makes of a rule for such a call one for the other as well, whose first argument says
//! which part is meant. It leaves comparisons of the other arguments as they are, though the
//! other call has something else there.

use crate::abi::Abi;

/// The call that has others as its parts, with the names of those and their numbers there.
type Multiplexer = (&'static str, &'static [(&'static str, u64)]);

const MULTIPLEXERS: [Multiplexer; 2] = [
    (
        "socketcall",
        &[
            ("socket", 1),
            ("bind", 2),
            ("connect", 3),
            ("listen", 4),
            ("accept", 5),
            ("getsockname", 6),
            ("getpeername", 7),
            ("socketpair", 8),
            ("send", 9),
            ("recv", 10),
            ("sendto", 11),
            ("recvfrom", 12),
            ("shutdown", 13),
            ("setsockopt", 14),
            ("getsockopt", 15),
            ("sendmsg", 16),
            ("recvmsg", 17),
            ("accept4", 18),
            ("recvmmsg", 19),
            ("sendmmsg", 20),
        ],
    ),
    (
        "ipc",
        &[
            ("semop", 1),
            ("semget", 2),
            ("semctl", 3),
            ("semtimedop", 4),
            ("msgsnd", 11),
            ("msgrcv", 12),
            ("msgget", 13),
            ("msgctl", 14),
            ("shmat", 21),
            ("shmdt", 22),
            ("shmget", 23),
            ("shmctl", 24),
        ],
    ),
];

/// The call that this one is part of, and its number there.
pub(super) fn part_of(abi: Abi, call: &str) -> Option<(&'static str, u64)> {
    if abi != Abi::I386 {
        return None;
    }
    MULTIPLEXERS.iter().find_map(|(whole, parts)| {
        let (_, number) = parts.iter().find(|(name, _)| *name == call)?;
        Some((*whole, *number))
    })
}
