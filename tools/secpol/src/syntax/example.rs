// SPDX-License-Identifier: MIT OR Apache-2.0

//! A call, written down to try a policy on: `connect(addr={family=AF_INET}) -> allow`.

use super::ast::{
    Action,
    Name,
    Span,
    Spanned,
    Value, //
};

/// A call, and what a policy should do with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Is it asked of a ring? `io_uring:` in front of it.
    pub ring: bool,
    /// The call, or the operation of a ring.
    pub name: Name,
    /// `[arch=NAME]`: who makes it; a program of the machine's own architecture, if nothing is
    /// said.
    pub arch: Option<Name>,
    /// What it passes; all else is 0.
    pub arguments: Vec<Given>,
    /// `-> ACTION`
    pub expected: Option<Spanned<Action>>,
    /// All of it.
    pub span: Span,
}

/// `NAME=...`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The argument, or the way to a member: the names between the dots.
    pub path: Vec<Name>,
    /// What is passed.
    pub content: Content,
}

/// What is passed in an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A number.
    Value(Value),
    /// `{ MEMBER=VALUE, ... }`: a pointer to this; what is not given is 0.
    Members(Vec<Given>),
}
