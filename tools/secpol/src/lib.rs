// SPDX-License-Identifier: MIT OR Apache-2.0

//! Policies for seccomp, in words: which system calls a program may make, and with what.
//!
//! A [`Policy`](policy::Policy) is read from a text, [compiled](policy::Policy::compile) for a
//! machine to a classic BPF program, and the kernel runs that at each call. Policies may look at
//! what an argument points to, as `how.resolve` of openat2() or the address of connect(); the
//! kernel must then have rust_seccomp, whose filters see a copy that the call itself uses.
//!
//! Requests of io_uring are no calls. With `@io_uring` a policy holds them to what it says of
//! calls, by [filters of their own](policy::Policy::io_uring), which Linux 7.3 has: see [`uring`].
//!
//! ```
//! use secpol::{
//!     abi::Abi,
//!     call::Call,
//!     groups::NoGroups,
//!     policy::{Policy, Target},
//! };
//! use std::path::Path;
//!
//! let text = "
//!     @default errno(EPERM)
//!     read: fd == 0
//!     write: fd in 3
//!     exit_group: allow
//! ";
//! let policy = Policy::parse(Path::new("example.pol"), text.to_string()).unwrap();
//! let rules = policy.rules(&Target::new(Abi::X86_64), &NoGroups).unwrap().made;
//! let read_from_5 = Call {
//!     arch: Abi::X86_64.audit_arch(),
//!     number: 0,
//!     arguments: [5, 0, 0, 0, 0, 0],
//!     ..Call::default()
//! };
//! assert_eq!(rules.decide(&read_from_5).action.to_string(), "errno(EPERM)");
//! ```

#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod abi;
pub mod action;
pub mod audit;
pub mod bpf;
pub mod call;
pub mod compile;
pub mod describe;
pub mod diagnostic;
pub mod filters_file;
pub mod groups;
#[cfg(feature = "import")]
pub mod import;
pub mod interrupt;
pub mod kernel;
pub mod learn;
pub mod names;
pub mod observed;
pub mod output;
pub mod policy;
#[cfg(feature = "import")]
pub mod profile;
mod resolve;
pub mod rules;
pub mod simulate;
pub mod syntax;
pub mod sys_enter;
pub mod tables;
pub mod text;
pub mod tracee;
pub mod tracing;
pub mod uring;
pub mod verdict_event;
