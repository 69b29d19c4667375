// SPDX-License-Identifier: MIT OR Apache-2.0

//! A policy: its text, with all that it includes.

use std::{
    io,
    path::{
        Path,
        PathBuf, //
    },
};

use crate::{
    abi::Abi,
    compile::{
        compile,
        Program, //
    },
    diagnostic::{
        Diagnostic,
        Files, //
    },
    groups::Groups,
    resolve::{
        example,
        resolve, //
    },
    rules::Rules,
    syntax::{
        ast::{
            Directive,
            Item,
            Span,
            Spanned, //
        },
        example::Example,
        parser::{
            parse,
            LONGEST_TEXT,
            MOST_MISTAKES, //
        }, //
    },
    text,
    uring::{
        filters,
        Filters, //
    },
};

pub use crate::resolve::Tried;

/// A policy: its text, with all that it includes.
#[derive(Debug)]
pub struct Policy {
    /// The texts, for whoever wants to show a place.
    pub files: Files,
    /// What they say, each `@include` replaced by what it includes.
    pub items: Vec<Item>,
}

/// What a policy is compiled for.
#[derive(Clone, Debug)]
pub struct Target {
    /// The machine, by its 64-bit architecture. 32-bit programs may run there as well.
    pub machine: Abi,
    /// What the kernel's filters can see.
    pub sight: Sight,
    /// One execve() is let through, whatever the policy says: that with these three values in its
    /// last arguments, of which the kernel takes no notice.
    pub exec_cookie: Option<[u64; 3]>,
}

/// What a kernel's filters can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// What an argument points to: those of a kernel with `SECCOMP_APPEND_FILTER`.
    Structs,
    /// The arguments alone: those of any other.
    Arguments,
}

impl Target {
    /// A machine whose kernel has `SECCOMP_APPEND_FILTER`.
    pub fn new(machine: Abi) -> Self {
        Self {
            machine,
            sight: Sight::Structs,
            exec_cookie: None,
        }
    }
}

/// What was made of a policy, and what its author ought to know.
#[derive(Clone, Debug)]
pub struct Made<T> {
    /// What was made.
    pub made: T,
    /// Warnings and notes.
    pub remarks: Vec<Diagnostic>,
}

/// As deep may files include each other.
const MAX_DEPTH: usize = 16;
/// So many files a policy is made of, a file as often as it is included.
const MOST_FILES: usize = 256;

impl Policy {
    /// Reads the policy in a file, and what it includes.
    pub fn read(path: &Path) -> Result<Self, (Files, Vec<Diagnostic>)> {
        match text::read(path) {
            Ok(text) => Self::parse(path, text),
            Err(error) => Err((
                Files::default(),
                vec![Diagnostic::error(cannot_read(path, &error))],
            )),
        }
    }

    /// The policy of this text, which includes files relative to `path`.
    pub fn parse(path: &Path, text: String) -> Result<Self, (Files, Vec<Diagnostic>)> {
        let mut reader = Reader::default();
        reader.text(path, text);
        if reader.errors.is_empty() {
            Ok(Self {
                files: reader.files,
                items: reader.items,
            })
        } else {
            Err((reader.files, reader.errors))
        }
    }

    /// What the policy means for a target.
    pub fn rules(
        &self,
        target: &Target,
        groups: &dyn Groups,
    ) -> Result<Made<Rules>, Vec<Diagnostic>> {
        resolve(&self.items, target, groups)
    }

    /// The call that an example describes on a machine, and what it expects.
    pub fn example(&self, what: &Example, machine: Abi) -> Result<Tried, Vec<Diagnostic>> {
        example(what, &self.items, machine)
    }

    /// The filter of the policy for a target.
    pub fn compile(
        &self,
        target: &Target,
        groups: &dyn Groups,
    ) -> Result<Made<Program>, Vec<Diagnostic>> {
        let Made { made, remarks } = self.rules(target, groups)?;
        match compile(&made) {
            Ok(made) => Ok(Made { made, remarks }),
            Err(error) => Err(vec![Diagnostic::error(error.to_string())]),
        }
    }

    /// Does it say what rings may do?
    pub fn has_rings(&self) -> bool {
        let is_it = |item: &Item| matches!(item, Item::Directive(Directive::IoUring(_)));
        self.items.iter().any(is_it)
    }

    /// The filters of io_uring for a target, which hold rings to what the policy says of calls;
    /// `None` if it has no `@io_uring`. They are no part of the [filter](Policy::compile).
    pub fn io_uring(
        &self,
        target: &Target,
        groups: &dyn Groups,
    ) -> Result<Option<Made<Filters>>, Vec<Diagnostic>> {
        let Made { made, mut remarks } = self.rules(target, groups)?;
        match filters(&made) {
            Ok(None) => Ok(None),
            Ok(Some(Made {
                made,
                remarks: more,
            })) => {
                remarks.extend(more);
                Ok(Some(Made { made, remarks }))
            }
            Err(error) => Err(vec![Diagnostic::error(error.to_string())]),
        }
    }
}

fn cannot_read(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}

/// Reads files, one within the other.
#[derive(Default)]
struct Reader {
    files: Files,
    items: Vec<Item>,
    errors: Vec<Diagnostic>,
    /// The files that are being read, each included by the one before.
    open: Vec<PathBuf>,
    /// The lengths of all that was read.
    bytes: usize,
}

impl Reader {
    fn text(&mut self, path: &Path, text: String) {
        self.bytes += text.len();
        let file = self.files.add(path.display().to_string(), text.clone());
        self.open.push(path.to_path_buf());
        match parse(file, &text) {
            Ok(items) => {
                for item in items {
                    match item {
                        Item::Directive(Directive::Include(what)) => self.include(path, &what),
                        item => self.items.push(item),
                    }
                }
            }
            Err(errors) => errors.into_iter().for_each(|error| self.say(error)),
        }
        self.open.pop();
    }

    fn include(&mut self, from: &Path, what: &Spanned<String>) {
        let path = from.parent().unwrap_or(Path::new("")).join(&what.value);
        if self.open.contains(&path) {
            return self.complain(format!("{} includes itself", path.display()), what.span);
        }
        if self.open.len() >= MAX_DEPTH {
            return self.complain(
                format!("more than {MAX_DEPTH} files include each other"),
                what.span,
            );
        }
        if self.files.count() >= MOST_FILES {
            return self.complain(
                format!("more than {MOST_FILES} files are included"),
                what.span,
            );
        }
        match text::read(&path) {
            Ok(text) if self.bytes + text.len() > LONGEST_TEXT => self.complain(
                format!("a policy has at most {LONGEST_TEXT} bytes, with all that it includes"),
                what.span,
            ),
            Ok(text) => self.text(&path, text),
            Err(error) => self.complain(cannot_read(&path, &error), what.span),
        }
    }

    fn complain(&mut self, message: String, span: Span) {
        self.say(Diagnostic::error(message).at(span, "included here"));
    }

    /// Says that something is wrong, if not enough is.
    fn say(&mut self, error: Diagnostic) {
        if self.errors.len() < MOST_MISTAKES {
            self.errors.push(error);
        }
    }
}
