// SPDX-License-Identifier: GPL-2.0

//! The switch of [`crate::engine::inspect::counters`]: a static key, so that who does not count pays an instruction
//! that does nothing.
//!
//! C header: [`include/linux/jump_label.h`](srctree/include/linux/jump_label.h)

use super::ffi;
use kernel::jump_label::static_branch_unlikely;

/// Is the switch on?
#[inline(always)]
pub(crate) fn is_on() -> bool {
    // SAFETY: It is a static key of helpers/counting.c.
    unsafe { static_branch_unlikely!(ffi::rsc_counting, ffi::rsc_switch, key) }
}

/// Turns the switch; sleeps while the code is patched.
pub(crate) fn set(on: bool) {
    // SAFETY: Called from the context of a task that may sleep.
    unsafe { ffi::rsc_set_counting(on) };
}

/// As [`is_on`], where that is not hot.
pub(crate) fn state() -> bool {
    // SAFETY: May be called from any context.
    unsafe { ffi::rsc_is_counting() }
}
