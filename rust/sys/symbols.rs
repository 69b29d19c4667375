// SPDX-License-Identifier: GPL-2.0

//! Kernel functions that are not exported: resolved while loading, all or nothing.

use super::ffi;
use kernel::{
    ffi::c_ulong,
    prelude::*, //
};

/// Finds them all. `EOPNOTSUPP`, with the name in the log, if the kernel lacks one.
pub(crate) fn resolve() -> Result {
    let mut missing = core::ptr::null();
    // SAFETY: `missing` is valid for writes.
    if unsafe { ffi::rsc_symbols_resolve(&mut missing) } == 0 {
        return Ok(());
    }
    // SAFETY: On failure it is a string literal.
    let missing = unsafe { CStr::from_char_ptr(missing) };
    pr_err!(
        "the kernel has no usable {}\n",
        missing.to_str().unwrap_or("?")
    );
    Err(EOPNOTSUPP)
}

/// Stores where the function `name` goes on behind its ftrace site, for the entry code.
///
/// # Safety
///
/// `body` is valid for writes, and nothing reads it yet.
pub(crate) unsafe fn resolve_body(name: &'static CStr, body: *mut c_ulong) -> Result {
    // SAFETY: By the contract of this function.
    if unsafe { ffi::rsc_symbol_body(name.as_char_ptr(), body) } == 0 {
        return Ok(());
    }
    pr_err!(
        "the kernel has no traceable {}\n",
        name.to_str().unwrap_or("?")
    );
    Err(EOPNOTSUPP)
}
