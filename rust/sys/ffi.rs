// SPDX-License-Identifier: GPL-2.0

//! The C helpers of `helpers/`, and the exported functions that the kernel's own bindings leave
//! out.
//!
//! bindgen makes the declarations from `helpers/bindings.h` (`bindgen.mk`); the types are those of
//! the kernel's bindings.

#![allow(
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    unreachable_pub,
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    reason = "the code is generated"
)]

use kernel::{
    bindings::*,
    ffi, //
};

include!(env!("RUST_SECCOMP_FFI"));
