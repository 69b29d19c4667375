// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel's event of a system call, `raw_syscalls/sys_enter`, as a line of tracefs.

use crate::tracing::thread;

/// The path of the event, below the `events` of an instance of tracefs.
pub const EVENT: &str = "raw_syscalls/sys_enter";

/// A thread has made a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SysEnter {
    /// The thread, in the initial pid namespace.
    pub thread: u32,
    /// The number.
    pub number: u32,
    /// The arguments.
    pub arguments: [u64; 6],
}

impl SysEnter {
    /// The event that a line tells of; `None` if it tells of something else.
    ///
    /// A thread's name, which is at the beginning, may look like a part of a line, but the event
    /// comes last.
    pub fn parse(line: &str) -> Option<Self> {
        let (head, event) = line.trim_end().rsplit_once(" sys_enter: NR ")?;
        let (number, words) = event.split_once(" (")?;
        let mut words = words.strip_suffix(')')?.split(", ");
        let mut arguments = [0; 6];
        for argument in &mut arguments {
            *argument = u64::from_str_radix(words.next()?, 16).ok()?;
        }
        words.next().is_none().then_some(Self {
            thread: thread(head)?,
            // A tracer may have put -1 there, so that there is no call.
            number: number.parse().ok()?,
            arguments,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tracing::is_loss;

    const LINE: &str = "             cat-77      [001] .....    17.300000: sys_enter: \
        NR 257 (ffffffffffffff9c, 7ffd1c20, 0, 1b6, 0, 7f)\n";

    fn parsed() -> SysEnter {
        SysEnter::parse(LINE).unwrap()
    }

    #[test]
    fn all_fields() {
        let expected = SysEnter {
            thread: 77,
            number: 257,
            arguments: [0xffff_ffff_ffff_ff9c, 0x7ffd_1c20, 0, 0x1b6, 0, 0x7f],
        };
        assert_eq!(parsed(), expected);
        assert_eq!(SysEnter::parse(&LINE.replace("NR 257", "NR -1")), None);
    }

    #[test]
    fn names() {
        for name in [
            "",
            "a b",
            " sys_enter: NR ",
            "x-1  [000] ...",
            "-9 [1] (",
            "NR 1 (0, 0, 0",
        ] {
            let line = LINE.replace("cat", name);
            assert_eq!(SysEnter::parse(&line), Some(parsed()), "{name}");
        }
    }

    #[test]
    fn others() {
        assert_eq!(SysEnter::parse("CPU:1 [LOST 12 EVENTS]\n"), None);
        assert!(is_loss("CPU:1 [LOST 12 EVENTS]\n"));
        assert!(!is_loss(LINE));
        let from = LINE.find(" sys_enter").unwrap();
        for place in from..LINE.len() - 1 {
            for other in ["", "x"] {
                let mut line = LINE.to_string();
                line.replace_range(place..=place, other);
                if line != LINE {
                    assert_ne!(SysEnter::parse(&line), Some(parsed()), "{line}");
                }
            }
        }
    }
}
