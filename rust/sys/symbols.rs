// SPDX-License-Identifier: GPL-2.0

//! Finds kernel functions by name while the module loads.

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

/// Logs that the kernel has no `what` called `name`, if that is what the error means.
fn tell(error: &Error, what: &str, name: &CStr) {
    if *error == EOPNOTSUPP {
        let name = name.to_str().unwrap_or("?");
        pr_err!("the kernel has no {what} {name}\n");
    }
}

/// Finds the functions that the engine calls and the kernel does not export. `EOPNOTSUPP`, with the
/// name in the log, if the kernel lacks one; `ENOMEM`.
pub(crate) fn resolve() -> Result {
    let mut missing = core::ptr::null();
    // SAFETY: `missing` is valid for writes.
    to_result(unsafe { ffi::rsc_symbols_resolve(&mut missing) }).inspect_err(|e| {
        // SAFETY: On failure `missing` points to a string literal.
        tell(e, "usable", unsafe { CStr::from_char_ptr(missing) });
    })
}

/// The ftrace site of a function.
pub(crate) struct Site {
    /// The address by which ftrace knows it.
    pub(crate) address: c_ulong,
    /// The address at which the function goes on behind it. On arm64, where a direct call brings
    /// that along, the function's own.
    pub(crate) body: c_ulong,
}

/// Finds the site of the function `name`. `EOPNOTSUPP`, with the name in the log, if the kernel
/// lacks it or it cannot be traced; `ENOMEM`.
pub(crate) fn site(name: &'static CStr) -> Result<Site> {
    let (mut address, mut body) = (0, 0);
    // SAFETY: Both are valid for writes.
    to_result(unsafe { ffi::rsc_symbol_site(name.as_char_ptr(), &mut address, &mut body) })
        .inspect_err(|e| tell(e, "traceable", name))?;
    Ok(Site { address, body })
}

/// The addresses of the functions with these names, 0 for one that the kernel lacks.
///
/// Fails with `ENOMEM`, and with `EOPNOTSUPP` if a function exists but cannot be probed.
pub(crate) fn addresses(names: &[CString]) -> Result<KVec<c_ulong>> {
    let mut pointers = KVec::with_capacity(names.len(), GFP_KERNEL)?;
    for name in names {
        pointers.push(name.as_char_ptr(), GFP_KERNEL)?;
    }
    let mut addresses = KVec::from_elem(0, names.len(), GFP_KERNEL)?;
    // SAFETY: Both arrays have an element for each name, and the names outlive the call.
    to_result(unsafe {
        ffi::rsc_symbol_addresses(
            pointers.as_ptr(),
            addresses.as_mut_ptr(),
            names.len() as c_uint,
        )
    })?;
    Ok(addresses)
}
