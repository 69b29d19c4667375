// SPDX-License-Identifier: GPL-2.0

//! References to this module.

use super::module::this;
use kernel::{
    bindings,
    time::{
        delay::fsleep,
        Delta, //
    }, //
};

/// A reference to the module, which keeps it loaded.
///
/// Code of the module itself may drop the last one: it does not sleep from there to its return, and
/// unloading waits for that (see [`super::ftrace::DirectCall`]).
pub(crate) struct ModuleRef(());

impl ModuleRef {
    /// `None` if the module is being unloaded.
    pub(crate) fn try_get() -> Option<Self> {
        // SAFETY: Code of this module is running, so its `struct module` is there.
        unsafe { bindings::try_module_get(this()) }.then(|| Self(()))
    }
}

/// If the module is loading, sleeps until only the task that loads it has a reference, and returns
/// true: a load that fails frees the module in spite of references. If the module is being
/// unloaded, there is none; returns false.
pub(crate) fn await_unused() -> bool {
    loop {
        // SAFETY: Code of this module is running, so its `struct module` is there. The count is
        // below 0 while the module is being unloaded.
        match unsafe { bindings::module_refcount(this()) } {
            ..=0 => return false,
            1 => return true,
            _ => fsleep(Delta::from_millis(10)),
        }
    }
}

impl Drop for ModuleRef {
    fn drop(&mut self) {
        // SAFETY: The reference was taken by `try_get()`.
        unsafe { bindings::module_put(this()) };
    }
}
