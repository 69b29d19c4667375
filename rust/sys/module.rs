// SPDX-License-Identifier: GPL-2.0

//! The module that the engine is in.

use kernel::{
    bindings,
    module::this_module, //
};

/// `THIS_MODULE`, the owner of the module's files; NULL if the engine is built into the kernel.
pub(super) const fn this() -> *mut bindings::module {
    this_module::<crate::LocalModule>().as_ptr()
}
