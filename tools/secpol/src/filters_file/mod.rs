// SPDX-License-Identifier: MIT OR Apache-2.0

//! The module's file `filters` in debugfs, which shows what the filters of a thread do together.
//!
//! Its format is that of `Documentation/user/debugfs.rst`. A line that is not of that format, or
//! not where it belongs, is an error: what it stands for is not guessed.

mod line;
mod listing;

use std::{
    fmt,
    fs::OpenOptions,
    io::{
        self,
        Read,
        Seek,
        SeekFrom,
        Write, //
    },
    iter::Peekable,
    path::Path,
    str::SplitTerminator, //
};

use crate::{
    action::Action,
    bpf::{
        Insn,
        MAX_INSNS, //
    }, //
};

/// Where the file is if debugfs is mounted where it usually is.
pub const PATH: &str = "/sys/kernel/debug/rust_seccomp/filters";

/// The most bytes that are read of the file.
const MOST_BYTES: u64 = 256 << 20;

/// What the file shows of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// It has no filters.
    None,
    /// Its filters are those of the built-in engine, of which the module knows nothing.
    BuiltIn,
    /// Its filters.
    Filters(Filters),
}

/// The filters of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filters {
    /// Each of them, the newest first: the number of the last is 1.
    pub filters: Vec<Filter>,
    /// What they do together, by architecture.
    pub arches: Vec<Arch>,
}

/// One of the filters of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filter {
    /// How many instructions it has.
    pub insns: usize,
    /// Does the kernel log what it refuses?
    pub logs: bool,
    /// Has it a listener?
    pub listens: bool,
    /// Has it residual programs?
    pub residuals: bool,
}

/// What filters do together for the calls of an architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arch {
    /// `AUDIT_ARCH_*`.
    pub arch: u32,
    /// Ranges of numbers, from 0 on, without gaps. For all numbers beyond, all programs are run.
    pub ranges: Vec<Range>,
}

/// What becomes of some calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first number.
    pub first: u32,
    /// The last.
    pub last: u32,
    /// What decides; `None` if all programs are run.
    pub entry: Option<Entry>,
}

/// What decides about a call: the strongest of all, and of those that tie that of the newest
/// filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The strongest of what some filters always return.
    pub constant: Action,
    /// The number of the filter that returns it; 0 if all of them allow.
    pub by: u32,
    /// The filters that look at more than the number, the newest first, by their numbers.
    pub programs: Vec<(u32, Program)>,
}

/// What a filter runs for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// All of its program, which is not shown.
    Whole,
    /// What the module had no memory to show.
    NotShown,
    /// What is left of its program if the number is known. The offsets of loads are those of
    /// `struct seccomp_data_append`.
    Residual(Vec<Insn>),
}

/// The file has a line that has no place in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Its number, from 1.
    pub line: usize,
    /// What it is; `None` for the end of the file.
    pub text: Option<String>,
    /// What should be there.
    pub expected: &'static str,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 80;
        write!(
            f,
            "line {}: expected {}, and not ",
            self.line, self.expected
        )?;
        match &self.text {
            None => f.write_str("the end"),
            Some(text) if text.chars().count() > MOST => {
                let text: String = text.chars().take(MOST).collect();
                write!(f, "{text:?} and more")
            }
            Some(text) => write!(f, "{text:?}"),
        }
    }
}

impl std::error::Error for Unknown {}

/// Asks the module, by its file at `path`, what the filters of a thread do. The thread is not
/// stopped, and may be traced by another. The id is that in the caller's pid namespace.
///
/// # Errors
///
/// `ENOENT` without the module, `EACCES` or `EPERM` without CAP_SYS_ADMIN in the initial user
/// namespace, `ESRCH` if there is no such thread.
pub fn read(path: &Path, thread: i32) -> io::Result<String> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    file.write_all(format!("{thread}\n").as_bytes())?;
    file.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidData, why.to_string());
    // CAST: `usize` has at most 64 bits.
    if bytes.len() as u64 > MOST_BYTES {
        return Err(wrong("there is more than anybody reads"));
    }
    String::from_utf8(bytes).map_err(|_| wrong("it is no UTF-8"))
}

/// What the file shows of a thread, of which it has to be.
///
/// # Errors
///
/// If a line has no place in the file.
pub fn parse(text: &str, thread: i32) -> Result<Shown, Unknown> {
    let mut reader = Reader {
        lines: text.split_terminator('\n').peekable(),
        line: 1,
    };
    let shown = reader.file(thread)?;
    match reader.lines.peek() {
        None => Ok(shown),
        Some(_) => Err(reader.unknown("the end")),
    }
}

struct Reader<'a> {
    lines: Peekable<SplitTerminator<'a, char>>,
    /// The number of the next line.
    line: usize,
}

impl<'a> Reader<'a> {
    fn unknown(&mut self, expected: &'static str) -> Unknown {
        Unknown {
            line: self.line,
            text: self.lines.peek().map(|text| text.to_string()),
            expected,
        }
    }

    /// Takes a line if it is something.
    fn take_if<T>(&mut self, is: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        let found = self.lines.peek().and_then(|text| is(text))?;
        self.lines.next();
        self.line += 1;
        Some(found)
    }

    /// Takes a line, which has to be something.
    fn take<T>(
        &mut self,
        expected: &'static str,
        is: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, Unknown> {
        match self.take_if(is) {
            Some(found) => Ok(found),
            None => Err(self.unknown(expected)),
        }
    }

    fn file(&mut self, thread: i32) -> Result<Shown, Unknown> {
        let count = match self.take("the thread", |text| line::thread(text, thread))? {
            line::Has::None => return Ok(Shown::None),
            line::Has::BuiltIn => return Ok(Shown::BuiltIn),
            line::Has::Filters(count) => count,
        };
        let mut filters = Vec::new();
        for number in (1..=count).rev() {
            filters.push(self.take("the next older filter", |text| line::filter(text, number))?);
        }
        let mut arches: Vec<Arch> = Vec::new();
        while arches.is_empty() || self.lines.peek().is_some() {
            let is_new = |arch: &u32| arches.iter().all(|known| known.arch != *arch);
            let arch = self.take("another architecture", |text| {
                line::arch(text).filter(is_new)
            })?;
            let ranges = self.ranges(count)?;
            arches.push(Arch { arch, ranges });
        }
        Ok(Shown::Filters(Filters { filters, arches }))
    }

    fn ranges(&mut self, count: u32) -> Result<Vec<Range>, Unknown> {
        let mut ranges = Vec::new();
        let mut next = Some(0);
        loop {
            if self.take_if(line::others).is_some() {
                return Ok(ranges);
            }
            let (first, last, entry) = self.take("the number that follows, or others", |text| {
                line::range(text, count).filter(|(first, ..)| Some(*first) == next)
            })?;
            let entry = match entry {
                line::Entry::AllPrograms => None,
                line::Entry::Constant {
                    action,
                    by,
                    or_stronger,
                } => Some(Entry {
                    constant: action,
                    by,
                    programs: match or_stronger {
                        true => self.programs(count)?,
                        false => Vec::new(),
                    },
                }),
            };
            ranges.push(Range { first, last, entry });
            next = last.checked_add(1);
        }
    }

    /// At least one program.
    fn programs(&mut self, count: u32) -> Result<Vec<(u32, Program)>, Unknown> {
        let mut programs = Vec::new();
        let mut newest = count;
        loop {
            let is_older = |(number, _): &(u32, bool)| *number <= newest;
            let (number, is_whole) = match self.take_if(|text| line::program(text).filter(is_older))
            {
                Some(found) => found,
                None if programs.is_empty() => return Err(self.unknown("a filter's program")),
                None => return Ok(programs),
            };
            let program = match is_whole {
                true => Program::Whole,
                false => self.residual()?,
            };
            programs.push((number, program));
            // There is no filter 0.
            newest = number - 1;
        }
    }

    fn residual(&mut self) -> Result<Program, Unknown> {
        if self.take_if(line::not_shown).is_some() {
            return Ok(Program::NotShown);
        }
        let mut insns = Vec::new();
        while let Some(insn) = self.take_if(|text| listing::insn(text, insns.len())) {
            insns.push(insn);
            if insns.len() > MAX_INSNS {
                return Err(self.unknown("no more instructions"));
            }
        }
        match insns.is_empty() {
            true => Err(self.unknown("an instruction")),
            false => Ok(Program::Residual(insns)),
        }
    }
}

#[cfg(test)]
mod tests;
