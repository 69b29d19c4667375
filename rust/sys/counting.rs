// SPDX-License-Identifier: GPL-2.0

//! The switch that turns the counting of system calls on: a static key, so that while it is off the
//! fast path pays for it with one instruction that does nothing.
//!
//! C header: [`include/linux/jump_label.h`](srctree/include/linux/jump_label.h)

use super::ffi;
use kernel::jump_label::static_branch_unlikely;

/// Is the switch on?
#[inline(always)]
pub(crate) fn is_on() -> bool {
    // SAFETY: It is the static key that helpers/counting.c defines.
    unsafe { static_branch_unlikely!(ffi::rsc_counting, ffi::rsc_switch, key) }
}

/// Turns the switch; sleeps while the code is patched.
pub(crate) fn set(on: bool) {
    // SAFETY: All who call this may sleep: they are in a system call on debugfs and hold no
    // spinlock.
    unsafe { ffi::rsc_set_counting(on) };
}

/// As [`is_on`], by reading the key: for who is not on the fast path.
pub(crate) fn state() -> bool {
    // SAFETY: It reads an atomic counter, in any context.
    unsafe { ffi::rsc_is_counting() }
}
