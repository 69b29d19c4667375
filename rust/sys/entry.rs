// SPDX-License-Identifier: GPL-2.0

//! The entry code of `entry/<arch>.S`, which the hooks lead to.

use super::ffi;
use kernel::prelude::*;

/// The entry of a hooked function.
pub(crate) struct Entry {
    /// The name of the function.
    pub(crate) name: &'static CStr,
    code: unsafe extern "C" fn(),
    /// The static in which the entry finds the address at which the function goes on.
    #[cfg(CONFIG_X86_64)]
    body: *mut usize,
}

// SAFETY: The pointers are to statics, and only `set_body()` writes to one, before any other task
// can run the entry.
unsafe impl Sync for Entry {}

impl Entry {
    /// The address of the entry.
    pub(crate) fn address(&self) -> usize {
        self.code as usize
    }

    /// Tells the entry where the function goes on. (On arm64 a direct call brings that along.)
    ///
    /// # Safety
    ///
    /// The module is loading, and the function is not hooked yet.
    #[cfg_attr(not(CONFIG_X86_64), expect(unused_variables))]
    pub(crate) unsafe fn set_body(&self, body: usize) {
        #[cfg(CONFIG_X86_64)]
        // SAFETY: By the contract the module is loading, when `.data..ro_after_init` can be
        // written, and nobody runs the entry, which alone reads the static.
        unsafe {
            self.body.write(body)
        };
    }
}

macro_rules! entries {
    ($($(#[$doc:meta])* $static:ident: $func:ident => ($entry:ident, $body:ident),)*) => {
        $($(#[$doc])* pub(crate) static $static: Entry = Entry {
            name: kernel::c_str!(stringify!($func)),
            code: ffi::$entry,
            #[cfg(CONFIG_X86_64)]
            body: &raw mut ffi::$body,
        };)*
    };
}

entries! {
    /// System call entry.
    PERMIT_SYSCALL: __seccomp_permit_syscall => (
        rsc_entry___seccomp_permit_syscall,
        rsc_body___seccomp_permit_syscall
    ),
    /// Fork.
    GET_FILTER: get_seccomp_filter => (
        rsc_entry_get_seccomp_filter,
        rsc_body_get_seccomp_filter
    ),
    /// Exit.
    RELEASE: seccomp_filter_release => (
        rsc_entry_seccomp_filter_release,
        rsc_body_seccomp_filter_release
    ),
    /// `PTRACE_SECCOMP_GET_FILTER`.
    GET_NTH_FILTER: seccomp_get_filter => (
        rsc_entry_seccomp_get_filter,
        rsc_body_seccomp_get_filter
    ),
    /// `PTRACE_SECCOMP_GET_METADATA`.
    GET_METADATA: seccomp_get_metadata => (
        rsc_entry_seccomp_get_metadata,
        rsc_body_seccomp_get_metadata
    ),
    /// The sysctl `kernel.seccomp.actions_logged`.
    ACTIONS_LOGGED: seccomp_actions_logged_handler => (
        rsc_entry_seccomp_actions_logged_handler,
        rsc_body_seccomp_actions_logged_handler
    ),
    /// `seccomp(2)` and `prctl(PR_SET_SECCOMP)`.
    DO_SECCOMP: do_seccomp => (rsc_entry_do_seccomp, rsc_body_do_seccomp),
}

/// The address of the entry that precedes the wrappers of extensible calls.
pub(crate) fn of_wrappers() -> usize {
    ffi::rsc_entry_ea as usize
}
