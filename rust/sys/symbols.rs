// SPDX-License-Identifier: GPL-2.0

//! Kernel functions that are not exported: resolved while loading, all or nothing.

use super::ffi;
use kernel::{
    error::to_result,
    ffi::{
        c_uint,
        c_ulong, //
    },
    prelude::*,
    str::CString, //
};

/// Says what the kernel lacks, if that is what the error means.
fn tell(error: &Error, what: &str, name: &CStr) {
    if *error == EOPNOTSUPP {
        let name = name.to_str().unwrap_or("?");
        pr_err!("the kernel has no {what} {name}\n");
    }
}

/// Finds them all. `EOPNOTSUPP`, with the name in the log, if the kernel lacks one; `ENOMEM`.
pub(crate) fn resolve() -> Result {
    let mut missing = core::ptr::null();
    // SAFETY: `missing` is valid for writes.
    to_result(unsafe { ffi::rsc_symbols_resolve(&mut missing) }).inspect_err(|e| {
        // SAFETY: On failure it is a string literal.
        tell(e, "usable", unsafe { CStr::from_char_ptr(missing) });
    })
}

/// Stores where the function `name` goes on behind its ftrace site, for the entry code.
///
/// # Safety
///
/// `body` is valid for writes, and nothing reads it yet.
pub(crate) unsafe fn resolve_body(name: &'static CStr, body: *mut c_ulong) -> Result {
    // SAFETY: By the contract of this function.
    to_result(unsafe { ffi::rsc_symbol_body(name.as_char_ptr(), body) })
        .inspect_err(|e| tell(e, "traceable", name))
}

/// The addresses of functions, 0 for those that the kernel does not have.
///
/// Fails with `ENOMEM`, and with `EOPNOTSUPP` if there is one that cannot be probed.
pub(crate) fn addresses(names: &[CString]) -> Result<KVec<c_ulong>> {
    let mut pointers = KVec::with_capacity(names.len(), GFP_KERNEL)?;
    for name in names {
        pointers.push(name.as_char_ptr(), GFP_KERNEL)?;
    }
    let mut addresses = KVec::from_elem(0, names.len(), GFP_KERNEL)?;
    // SAFETY: Both have as many elements as there are names, which outlive the call.
    to_result(unsafe {
        ffi::rsc_symbol_addresses(
            pointers.as_ptr(),
            addresses.as_mut_ptr(),
            names.len() as c_uint,
        )
    })?;
    Ok(addresses)
}
