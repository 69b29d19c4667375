// SPDX-License-Identifier: MIT OR Apache-2.0

//! The kernel's event of a verdict, `seccomp/seccomp_verdict`, as a line of tracefs.

use crate::{
    call::Call,
    tracing::thread, //
};

/// The path of the event, below the `events` of an instance of tracefs.
pub const EVENT: &str = "seccomp/seccomp_verdict";

/// The filters of a thread have decided about a call, otherwise than by `SECCOMP_RET_ALLOW`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictEvent {
    /// The thread, in the initial pid namespace.
    pub thread: u32,
    /// The thread's name, which it may have chosen itself.
    pub name: String,
    /// The call, as far as the event has it: no sizes, no upper half of the number, no protection
    /// keys.
    pub call: Call,
    /// What the filter that decided has returned.
    pub ret: u32,
    /// That filter, if it is known.
    pub decider: Option<Decider>,
}

/// The filter that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decider {
    /// Its number: 1 is the oldest.
    pub filter: u32,
    /// The instruction that ended it.
    pub insn: usize,
    /// The first 8 bytes of the SHA-256 of its program.
    pub tag: u64,
}

impl VerdictEvent {
    /// The event that a line tells of; `None` if it tells of something else.
    ///
    /// A thread's name, which is at both ends, may look like a part of a line, but is shorter than
    /// the name of the event.
    pub fn parse(line: &str) -> Option<Self> {
        let line = line.strip_suffix('\n').unwrap_or(line);
        let (head, event) = line.rsplit_once(" seccomp_verdict: ")?;
        let (event, name) = event.split_once(" comm=")?;
        let mut fields = Fields(event);
        let mut call = Call {
            // CAST: A filter sees the bits of the number.
            number: fields.decimal::<i32>("nr")? as u32,
            arch: u32::try_from(fields.hexadecimal("arch")?).ok()?,
            instruction_pointer: fields.hexadecimal("ip")?,
            ..Call::default()
        };
        let mut words = fields.take("args")?.split(',');
        for argument in &mut call.arguments {
            *argument = hexadecimal(words.next()?)?;
        }
        let ret = u32::try_from(fields.hexadecimal("verdict")?).ok()?;
        let filter = fields.decimal("filter")?;
        let insn = fields.decimal::<i32>("insn")?;
        let tag = u64::from_str_radix(fields.take("tag")?, 16).ok()?;
        call.extensible = bytes(fields.take("argument")?)?;
        let is_whole = fields.0.is_empty() && words.next().is_none();
        is_whole.then_some(Self {
            thread: thread(head)?,
            name: name.to_string(),
            call,
            ret,
            decider: match usize::try_from(insn) {
                Ok(insn) if filter != 0 => Some(Decider { filter, insn, tag }),
                _ => None,
            },
        })
    }
}

/// `NAME=VALUE`, separated by spaces, in the order of the event.
struct Fields<'a>(&'a str);

impl<'a> Fields<'a> {
    fn take(&mut self, name: &str) -> Option<&'a str> {
        let rest = self.0.strip_prefix(name)?.strip_prefix('=')?;
        let (value, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        self.0 = rest;
        Some(value)
    }

    fn decimal<T: std::str::FromStr>(&mut self, name: &str) -> Option<T> {
        self.take(name)?.parse().ok()
    }

    fn hexadecimal(&mut self, name: &str) -> Option<u64> {
        hexadecimal(self.take(name)?)
    }
}

fn hexadecimal(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// The bytes of `__print_hex_str()`.
fn bytes(text: &str) -> Option<Vec<u8>> {
    text.as_bytes()
        .chunks(2)
        .map(|digits| match digits {
            [_, _] => u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok(),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "           wget-119     [001] .....    17.300000: seccomp_verdict: nr=42 \
        arch=0xc000003e ip=0x41a0d4 args=0x3,0x7ffd0,0x10,0x0,0x0,0xffffffffffffffff \
        verdict=0x5000d filter=2 insn=31 tag=d41da02221d32f95 argument=02001f91 comm=wget\n";

    fn parsed() -> VerdictEvent {
        VerdictEvent::parse(LINE).unwrap()
    }

    #[test]
    fn all_fields() {
        let event = parsed();
        assert_eq!((event.thread, event.name.as_str()), (119, "wget"));
        assert_eq!((event.call.number, event.call.arch), (42, 0xc000_003e));
        assert_eq!(event.call.instruction_pointer, 0x0041_a0d4);
        assert_eq!(event.call.arguments, [3, 0x7ffd0, 0x10, 0, 0, u64::MAX]);
        assert_eq!(event.call.extensible, [2, 0, 0x1f, 0x91]);
        assert_eq!(event.ret, 0x5000d);
        let decider = Decider {
            filter: 2,
            insn: 31,
            tag: 0xd41d_a022_21d3_2f95,
        };
        assert_eq!(event.decider, Some(decider));
    }

    #[test]
    fn no_decider() {
        let line = LINE.replace("filter=2 insn=31", "filter=0 insn=-1");
        let event = VerdictEvent::parse(&line).unwrap();
        assert_eq!(event.decider, None);
        let line = LINE.replace("nr=42", "nr=-7");
        assert_eq!(
            VerdictEvent::parse(&line).unwrap().call.number,
            -7i32 as u32
        );
    }

    /// A thread may have any name of 15 bytes.
    #[test]
    fn names() {
        for name in [
            "",
            "a b",
            "x-1     [000] .",
            "-7 [001] d: 1: ",
            "comm= comm=",
            ": nr=1 arch=0x1",
            "seccomp_verdict",
            " argument=",
        ] {
            let line = LINE.replace("wget", name);
            let event = VerdictEvent::parse(&line).unwrap_or_else(|| panic!("{name}"));
            let expected = VerdictEvent {
                name: name.to_string(),
                ..parsed()
            };
            assert_eq!(event, expected, "{name}");
        }
        // What comes before a newline is a line of its own.
        let (first, second) = LINE.split_once("get-").unwrap();
        assert_eq!(VerdictEvent::parse(first), None);
        assert_eq!(VerdictEvent::parse(&format!("-{second}")), Some(parsed()));
    }

    /// Whatever is missing or is something else, it is no such event.
    #[test]
    fn damaged() {
        assert_eq!(VerdictEvent::parse("CPU:1 [LOST 12 EVENTS]\n"), None);
        let from = LINE.find("seccomp_verdict").unwrap();
        let to = LINE.find(" comm=").unwrap();
        for place in from..to {
            for other in ["", "x", "="] {
                let mut line = LINE.to_string();
                line.replace_range(place..=place, other);
                if line != LINE {
                    assert_ne!(VerdictEvent::parse(&line), Some(parsed()), "{line}");
                }
            }
        }
    }
}
