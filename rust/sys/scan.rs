// SPDX-License-Identifier: GPL-2.0

//! Finds the threads of the machine that are inside certain system calls.

use super::{
    ffi,
    task::{
        Held,
        RawTask,
        Task, //
    }, //
};
use core::ptr::NonNull;

/// The calls to look for.
#[derive(Clone, Copy)]
pub(crate) enum ScannedCall {
    /// `seccomp(2)` and `prctl(PR_SET_SECCOMP)`.
    Seccomp,
    /// `PTRACE_SECCOMP_GET_METADATA`, by a task with `CAP_SYS_ADMIN`.
    Metadata,
}

impl ScannedCall {
    fn matcher(self) -> unsafe extern "C" fn(*mut RawTask) -> bool {
        match self {
            ScannedCall::Seccomp => ffi::rsc_in_seccomp_call,
            ScannedCall::Metadata => ffi::rsc_in_metadata_call,
        }
    }

    /// Is the thread inside such a call? For a thread in user mode the answer may be that of its
    /// last call. A thread that is just entering the kernel may be missed.
    pub(crate) fn has(self, thread: &Task) -> bool {
        // SAFETY: A reference to a `Task` says that the task is there.
        unsafe { self.matcher()(thread.as_ptr()) }
    }

    /// Finds up to `N` threads inside such a call, but for the caller. `Err` if there are more.
    pub(crate) fn collect<const N: usize>(self) -> Result<[Option<Held>; N], ()> {
        let mut found = [core::ptr::null_mut(); N];
        // SAFETY: `found` has room for `N`.
        let count =
            unsafe { ffi::rsc_collect_tasks(Some(self.matcher()), found.as_mut_ptr(), N as u32) };
        let held = found.map(|task| {
            // SAFETY: Each pointer that is not NULL came with a reference, which `Held` takes over.
            NonNull::new(task).map(|task| unsafe { Held::from_raw(task) })
        });
        if count as usize > N {
            return Err(());
        }
        Ok(held)
    }
}
