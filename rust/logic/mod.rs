// SPDX-License-Identifier: GPL-2.0

//! What can be told of filters and system calls without a kernel.
//!
//! This room uses `core` alone and imports nothing outside itself, but for memory: see [`buf`]. So
//! the module, the host's tests (`host/`) and the tests in the kernel (`kunit/`) mount the very
//! same files. No file of it has a `cfg`.

#![deny(unsafe_code)]
#![allow(dead_code, reason = "each of those that mount it uses a part")]
#![allow(
    unreachable_pub,
    reason = "the host's tests reach these items from another crate"
)]

pub mod abi;
pub mod argument;
pub mod bpf;
pub mod buf;
pub mod syscalls;
pub mod verdict;
