// SPDX-License-Identifier: GPL-2.0

//! What a seccomp filter does, found out without running it.
//!
//! A filter is a classic BPF program over `struct seccomp_data`. For a given architecture most of
//! them do not look beyond the system call's number, and the others do so for few of the numbers:
//!
//! - [`analyse`] tells for every number whether the filter returns a constant;
//! - [`residual`] makes, for a number for which it does not, the program that is left;
//! - [`lower`] translates such a program to eBPF that reads the saved registers itself;
//! - [`append`] makes programs of the same kind of appended filters, which see more;
//! - [`study`] puts these together: what a filter does for every call, found out at a bounded cost.
//!
//! Nothing here touches the kernel: the same files are tested on the host, see `host/`. The
//! semantics are those of `bpf_convert_filter()` in `net/core/filter.c`: `A` and `X` start at 0,
//! arithmetic wraps at 32 bits, shifts take their amount modulo 32, and a division by an `X` of 0
//! ends the program with 0. Data is read as little endian.

pub mod analyse;
pub mod append;
pub mod check;
mod domain;
mod flow;
pub mod insn;
pub mod listing;
mod live;
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
