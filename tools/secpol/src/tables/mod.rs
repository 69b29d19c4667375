// SPDX-License-Identifier: MIT OR Apache-2.0

//! The system calls of Linux, the structs behind their arguments, and its constants, by ABI.
//!
//! All of it is read from the files in `tables/`, which a script makes from the kernel's source.
//! They are part of the program, so a line that cannot be read is a mistake of ours: the first use
//! panics, and a test makes it.

mod calls;
mod constants;
mod extensible;
mod structs;
#[cfg(test)]
mod tests;

pub use calls::{
    alias,
    call,
    call_by_number,
    call_names,
    calls,
    is_call_name,
    Argument,
    Call,
    Type, //
};
pub use constants::{
    constant,
    constant_names,
    errno_name,
    is_constant_name, //
};
pub(crate) use constants::{
    flags,
    open_flags, //
};
pub use extensible::{
    extensible,
    Extensible,
    Kind, //
};
pub use structs::{
    member,
    members,
    Member, //
};

/// The version of the kernel that the tables are of.
pub const KERNEL: &str = include_str!("../../tables/version").trim_ascii();

/// The fields of each line of a table that has `N` of them.
fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    table.lines().map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        fields.try_into().unwrap_or_else(|_| wrong(line))
    })
}

/// A line of a table cannot be read.
fn wrong(line: &str) -> ! {
    panic!("this line of a table makes no sense: {line}")
}
