// SPDX-License-Identifier: GPL-2.0

//! The switch that is on while somebody watches how calls are decided: counts them, or listens to
//! the event of verdicts. It is a static key, so that while nobody does, the fast path pays for it
//! with one instruction that does nothing.
//!
//! C header: [`include/linux/jump_label.h`](srctree/include/linux/jump_label.h)

use super::ffi;
use kernel::jump_label::static_branch_unlikely;

/// Does somebody watch?
#[inline(always)]
pub(crate) fn is_on() -> bool {
    // SAFETY: It is the static key that helpers/watch.c defines.
    unsafe { static_branch_unlikely!(ffi::rsc_watched, ffi::rsc_switch, key) }
}

/// Has calls counted, or not; sleeps while the code is patched.
pub(crate) fn set_counting(on: bool) {
    // SAFETY: All who call this may sleep: they are in a system call on debugfs and hold no
    // spinlock.
    unsafe { ffi::rsc_set_counting(on) };
}

/// Are calls to be counted?
pub(crate) fn is_counting() -> bool {
    // SAFETY: It reads a flag, in any context.
    unsafe { ffi::rsc_is_counting() }
}
