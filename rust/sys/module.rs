// SPDX-License-Identifier: GPL-2.0

//! References to this module.

use kernel::{
    bindings,
    module::this_module,
    time::{
        delay::fsleep,
        Delta, //
    }, //
};

/// `THIS_MODULE`: the owner of our files.
pub(super) const fn this() -> *mut bindings::module {
    this_module::<crate::LocalModule>().as_ptr()
}

/// Keeps the module loaded.
///
/// The last one may be dropped by code of the module itself: what runs from there to the return
/// does not sleep, and unloading waits for it (see [`super::ftrace::DirectCall`]).
pub(crate) struct ModuleRef(());

impl ModuleRef {
    /// `None` if the module is on its way out.
    pub(crate) fn try_get() -> Option<Self> {
        // SAFETY: Code of this module is running, so its `struct module` is there.
        unsafe { bindings::try_module_get(this()) }.then(|| Self(()))
    }
}

/// While the module is loading, waits until nobody has a reference but who loads it: a load that
/// fails frees the module whatever references there are. Otherwise, when it is on its way out,
/// there are none. Returns whether it is loading.
pub(crate) fn await_unused() -> bool {
    loop {
        // SAFETY: As in `try_get()`. It is below 0 for a module on its way out.
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
