// SPDX-License-Identifier: GPL-2.0

//! The threads of the machine that are inside a certain system call.

use super::{
    ffi,
    task::{
        Held,
        RawTask,
        Task, //
    }, //
};
use core::ptr::NonNull;

/// Which calls to look for.
#[derive(Clone, Copy)]
pub(crate) enum ScannedCall {
    /// `seccomp(2)` and `prctl(PR_SET_SECCOMP)`.
    Seccomp,
    /// `PTRACE_SECCOMP_GET_METADATA`, by somebody who may.
    Metadata,
}

impl ScannedCall {
    fn matcher(self) -> unsafe extern "C" fn(*mut RawTask) -> bool {
        match self {
            ScannedCall::Seccomp => ffi::rsc_in_seccomp_call,
            ScannedCall::Metadata => ffi::rsc_in_metadata_call,
        }
    }

    /// Is the thread inside such a call? For a thread that runs in user mode the answer may be
    /// that of its last call.
    pub(crate) fn has(self, thread: &Task) -> bool {
        // SAFETY: The task is there.
        unsafe { self.matcher()(thread.as_ptr()) }
    }

    /// Finds up to `N` threads inside such a call. `Err` if there are more.
    pub(crate) fn collect<const N: usize>(self) -> Result<[Option<Held>; N], ()> {
        let mut found = [core::ptr::null_mut(); N];
        // SAFETY: `found` has room for `N`.
        let count =
            unsafe { ffi::rsc_collect_tasks(Some(self.matcher()), found.as_mut_ptr(), N as u32) };
        let held = found.map(|task| {
            // SAFETY: What is not NULL came with a reference, which `Held` takes over.
            NonNull::new(task).map(|task| unsafe { Held::from_raw(task) })
        });
        if count as usize > N {
            return Err(());
        }
        Ok(held)
    }
}
