// SPDX-License-Identifier: MIT OR Apache-2.0

//! io_uring's own filters, made of what a policy says of calls.
//!
//! No seccomp filter is asked about what a ring does. Linux 7.3 has other filters for that: a
//! classic BPF program for each operation, which a task registers for all rings that it and its
//! children will make. It sees a `struct io_uring_bpf_ctx`: of openat and openat2 flags, mode and
//! resolve, of socket its arguments, of connect the address if it is an internet one, and of all
//! others nothing. It allows a request or refuses it with EACCES.
//!
//! What is made here allows a request only if the policy allows each call that does the same,
//! whatever the parts of it are that io_uring's filters do not see. `log`, `notify` and the like
//! are no permission.

mod as_call;
mod filters;
mod operation;
pub(crate) mod outcome;
pub mod output;
mod register;
mod request;
pub(crate) mod sight;

pub use crate::compile::rings::ALLOWED;

pub use self::{
    as_call::REFUSAL,
    filters::{
        filters,
        is_reachable,
        Filter,
        Filters,
        Verdict, //
    },
    operation::{
        Operation,
        OPERATIONS, //
    },
    register::{
        is_available,
        register, //
    },
    request::{
        Invalid,
        Request, //
    },
};
