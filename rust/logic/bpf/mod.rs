// SPDX-License-Identifier: GPL-2.0

//! What a seccomp filter does, found out without running it.
//!
//! A filter is a classic BPF program over `struct seccomp_data`. On a given architecture most
//! filters look at nothing but the system call's number, and the others look further for a few
//! numbers only:
//!
//! - [`analyse`](mod@analyse) finds the numbers for which the filter returns a constant;
//! - [`residual`] makes, for one of the other numbers, the program that is left of the filter;
//! - [`lower`] translates such a program to eBPF that reads the saved registers itself;
//! - [`append`] translates appended filters, which see more, to programs of the same kind;
//! - [`study`](mod@study) does all this for a filter, at a bounded cost.
//!
//! For observers, [`ending`] runs a filter to tell which of its instructions has decided.
//!
//! The semantics are those of `bpf_convert_filter()` in `net/core/filter.c`: `A` and `X` start at
//! 0, arithmetic wraps at 32 bits, shifts take their amount modulo 32, and a division by an `X` of
//! 0 ends the program with 0. Data is read as little endian.

pub mod analyse;
pub mod append;
pub mod check;
mod domain;
pub mod ebpf;
pub mod ending;
mod flow;
pub mod insn;
pub mod listing;
pub mod live;
pub mod lower;
pub mod meter;
pub mod outcomes;
mod passes;
mod price;
pub mod residual;
pub mod set;
pub mod study;
mod sweep;
mod walk;
