// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes policies of what other tools read.
//!
//! What is made means what the other tool's filter does. Where that cannot be said in the language,
//! or nobody can say what it is, there is an [`Error`] and no policy; where a policy differs from
//! the other filter in a way that is known, a note tells how.

mod comparison;
mod field;
mod json;
mod libseccomp;
pub mod minijail;
pub mod oci;
pub mod snap;
pub mod systemd;
mod text;
mod tree;
mod write;

use std::fmt;

use crate::{
    abi::Abi,
    syntax::ast::Item,
    tables, //
};

pub use self::text::{
    Disk,
    Files, //
};

/// The most characters of a text that a message repeats.
const SHOWN: usize = 40;

/// What is not in a snap's profile, and not in a unit.
#[derive(Clone, Debug)]
pub struct Options {
    /// The machines that the policy is for, by their 64-bit architectures.
    pub machines: Vec<Abi>,
    /// Arguments are compared as the other tool does: all of the register. Otherwise as many bits
    /// are compared as the kernel takes, where their number is known.
    pub exact: bool,
}

/// A policy that was made of something else.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The policy, for [`display::text`](crate::syntax::display::text).
    pub items: Vec<Item>,
    /// How it differs from what it was made of, a line each.
    pub notes: Vec<String>,
}

/// Why no policy could be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// Where: in a file of JSON, as `syscalls[3].args[0].op`; in a text, with the file, as
    /// `cat.policy:3:7`. Empty, if no place is to blame.
    pub path: String,
    /// One line, without a full stop.
    pub why: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.why)
    }
}

impl std::error::Error for Error {}

/// Part of the text of a file, as messages show it: in one line, which is not too long.
fn quoted(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown += "...";
    }
    shown
}

/// The errno of this name.
fn errno(name: &str) -> Option<u16> {
    let value = tables::constant(Abi::X86_64, name)?;
    let errno = u16::try_from(value).ok()?;
    // Another constant may have the same value.
    (name.starts_with('E') && tables::errno_name(errno).is_some()).then_some(errno)
}
