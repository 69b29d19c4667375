// SPDX-License-Identifier: GPL-2.0

//! The tracer of the calling task.
//!
//! C header: [`include/linux/ptrace.h`](srctree/include/linux/ptrace.h)

use super::ffi;
use kernel::ffi::c_ulong;

/// Is there a tracer that asked for `PTRACE_EVENT_SECCOMP`?
pub(crate) fn seccomp_event_enabled() -> bool {
    // SAFETY: May be called from any task's context.
    unsafe { ffi::rsc_ptrace_seccomp_enabled() }
}

/// Stops the calling task with `PTRACE_EVENT_SECCOMP` until its tracer lets it go on, or until it
/// is killed. The task's filter keeps the module meanwhile.
pub(crate) fn seccomp_event(message: u32) {
    // SAFETY: Called at system call entry, where a task may stop.
    unsafe { ffi::rsc_ptrace_seccomp_event(message as c_ulong) };
}
