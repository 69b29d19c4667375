// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a policy says, before names have a meaning.
//!
//! Nothing here knows of calls, structs or constants: names are as they were written, and each
//! has the place where it was.

use std::net::IpAddr;

/// A place in the text of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Which of the files: see [`Files`](crate::diagnostic::Files).
    pub file: usize,
    /// The first byte.
    pub start: usize,
    /// The byte behind the last.
    pub end: usize,
}

/// Something with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What it is.
    pub value: T,
    /// Where it was.
    pub span: Span,
}

/// A name, as it was written.
pub type Name = Spanned<String>;

/// A line of a policy, or several in braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `@...`
    Directive(Directive),
    /// `call: ...` or `@group: ...`
    Rule(Rule),
}

/// What is said of the policy as a whole. The span is that of the whole line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// `@default ACTION`: for calls without a rule, and for those whose rule decides nothing.
    Default(Spanned<Action>),
    /// `@unknown ACTION`: for calls that the kernel of [`Directive::Kernel`] does not have.
    Unknown(Spanned<Action>),
    /// `@kernel VERSION`
    Kernel(Name),
    /// `@arch NAME, NAME`
    Arch(Vec<Name>),
    /// `@include PATH`, relative to the file with the directive.
    Include(Spanned<String>),
    /// `@define NAME VALUE`
    Define(Name, Value),
    /// `@group NAME CALL CALL @GROUP`: names of calls, or with `@` of groups.
    Group(Name, Vec<Name>),
    /// `@fallback CALL ACTION`: what becomes of a call whose struct is tested, where no filter can.
    Fallback(Name, Spanned<Action>),
    /// `@io_uring NAME NAME`: the operations that rings may have, and `like-calls`.
    IoUring(Vec<Name>),
    /// `@complain`: what would be refused is logged, and allowed.
    Complain(Span),
    /// `@unrestricted`: everything is allowed.
    Unrestricted(Span),
}

/// What becomes of a call, or of all calls of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The call, or with `@` the group.
    pub target: Name,
    /// `[arch=NAME,NAME]`: the architectures that the rule is for; all, if there are none.
    pub arches: Vec<Name>,
    /// The first that decides does.
    pub body: Vec<Alternative>,
    /// The whole rule.
    pub span: Span,
}

/// One of the alternatives of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alternative {
    /// Decides always.
    Always(Spanned<Action>),
    /// `EXPRESSION [-> ACTION] [else ACTION]`
    If {
        /// What is tested.
        expression: Expression,
        /// If it holds; allow, if nothing is said.
        then: Option<Spanned<Action>>,
        /// If it does not; without it the next alternative is tried.
        otherwise: Option<Spanned<Action>>,
    },
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `allow`, or `1`
    Allow,
    /// `log`: allowed, and logged.
    Log,
    /// `notify`: a supervisor decides.
    Notify,
    /// `errno(E)`: fails with this error.
    Errno(Value),
    /// `trap(N)`: SIGSYS, with this `si_errno`.
    Trap(Value),
    /// `trace(N)`: a tracer decides; this is its message.
    Trace(Value),
    /// `kill`: the process ends.
    Kill,
    /// `kill-thread`: the thread ends.
    KillThread,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// `A || B`: at least two.
    Any(Vec<Expression>),
    /// `A && B`: at least two.
    All(Vec<Expression>),
    /// `!(A)`
    Not(Box<Expression>),
    /// A comparison.
    Test(Test),
}

/// `FIELD [& MASK] OPERATOR VALUE`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// What is looked at.
    pub field: Field,
    /// What of it counts.
    pub mask: Option<Value>,
    /// How it is compared.
    pub operator: Operator,
    /// With what.
    pub value: Value,
    /// The whole test.
    pub span: Span,
}

/// What can be looked at: `fd`, `arg0`, `how.resolve`, `addr.in.port`, `size(how)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// `size(...)`: the size of what the argument points to, not its content.
    pub size: bool,
    /// The names between the dots: the argument, and the way to the member.
    pub path: Vec<Name>,
    /// All of it.
    pub span: Span,
}

/// How a test compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `in`: there are no bits outside the value.
    In,
}

/// A number, put together from names and numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// How.
    pub kind: ValueKind,
    /// All of it.
    pub span: Span,
}

/// How a [`Value`] is put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// `10`, `0x1f`, `06000`, `0b101`
    Number(u64),
    /// `-1`
    Negative(u64),
    /// The name of a constant.
    Name(String),
    /// `127.0.0.1`, `::1`
    Address(IpAddr),
    /// `~A`
    Complement(Box<Value>),
    /// `A|B`: at least two.
    Union(Vec<Value>),
    /// `A<<B`
    Shift(Box<Value>, Box<Value>),
}
