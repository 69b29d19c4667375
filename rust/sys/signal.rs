// SPDX-License-Identifier: GPL-2.0

//! Signals, the locks of a process that live beside them, and the death of tasks.
//!
//! C headers: [`include/linux/sched/signal.h`](srctree/include/linux/sched/signal.h)

use super::{
    ffi,
    task::{
        scan,
        Mode,
        Task, //
    }, //
};
use crate::engine::filter::{
    Attached,
    Owner, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    ffi::{
        c_int,
        c_long, //
    },
    sync::atomic::Relaxed,
    types::NotThreadSafe, //
};

/// `sighand->siglock` of a task's process: while it is held, no thread joins or leaves, and nobody
/// else changes a thread's filter or turns its mode on.
///
/// Interrupts are off and nothing may sleep.
pub(crate) struct SigLock {
    task: Task,
    _not_send: NotThreadSafe,
}

impl SigLock {
    /// Takes the lock of the calling task's process.
    pub(crate) fn current() -> Self {
        // SAFETY: The calling task has a sighand for as long as it runs system calls.
        unsafe { Self::of(Task::current()) }
    }

    /// Takes the lock of the process of `task`.
    ///
    /// # Safety
    ///
    /// `task` cannot lose its sighand: it is the caller itself, a task that the caller traces and
    /// has stopped, or an exiting task that is not yet past `exit_notify()`.
    pub(crate) unsafe fn of(task: Task) -> Self {
        // SAFETY: `sighand` is there, by the contract of this function.
        unsafe { ffi::rsc_siglock(task.as_ptr()) };
        Self {
            task,
            _not_send: NotThreadSafe,
        }
    }

    /// Calls `f` with the lock of the process of a task that may be exiting; `None` if it has none
    /// any more. While it is held, the task keeps its sighand.
    pub(crate) fn with<R>(held: &scan::Held, f: impl FnOnce(&Self) -> R) -> Option<R> {
        // SAFETY: `held` keeps the task.
        if !unsafe { ffi::rsc_try_siglock(held.as_ptr()) } {
            return None;
        }
        let lock = Self {
            task: **held,
            _not_send: NotThreadSafe,
        };
        Some(f(&lock))
    }

    /// The threads of the process other than the one the lock was taken for.
    pub(crate) fn siblings(&self) -> Siblings<'_> {
        Siblings {
            caller: self.task,
            last: core::ptr::null_mut(),
            _lock: PhantomData,
        }
    }

    /// Is the process being killed as a whole (`SIGNAL_GROUP_EXIT`)?
    pub(crate) fn group_exiting(&self) -> bool {
        // SAFETY: May be called from any task's context.
        unsafe { ffi::rsc_group_exiting() }
    }

    /// Whose filter `thread` has, with the lock to keep it.
    pub(crate) fn owner(&self, thread: Task) -> Owner<'_> {
        // SAFETY: The thread keeps its filter, and thereby its reference, while the lock is held.
        unsafe { Owner::of(thread.raw_filter()) }
    }

    /// Gives `thread` the filter, with the references that come along, in place of the one it
    /// has, whose references are returned.
    pub(crate) fn replace_filter(
        &self,
        thread: Task,
        filter: Option<Attached>,
    ) -> Option<Attached> {
        let old = thread.raw_filter();
        thread.store_filter(Attached::into_raw(filter));
        // SAFETY: What was stored there came from `Attached::into_raw()` in `replace_filter()` or
        // fork(), where the child's copy got its references by `rsc_get_seccomp_filter()`; the
        // pointer has been overwritten, so these references are taken once.
        unsafe { Attached::from_raw(old) }
    }

    /// Sets `task->seccomp.filter_count`, as [`Task::filter_count`] tells it.
    pub(crate) fn set_filter_count(&self, thread: Task, count: i32) {
        thread.filter_count().store(count, Relaxed);
    }

    /// `task->seccomp.filter_count`.
    pub(crate) fn filter_count(&self, thread: Task) -> i32 {
        thread.filter_count().load(Relaxed)
    }

    /// Turns filtering on for `thread`, whose filter is in place: `seccomp_assign_mode()`.
    ///
    /// `mitigate` also turns on the processor's speculation mitigations.
    pub(crate) fn assign_filter_mode(&self, thread: Task, mitigate: bool) {
        // SAFETY: The lock is held, and the thread belongs to its process.
        unsafe {
            ffi::rsc_assign_mode(
                thread.as_ptr(),
                bindings::SECCOMP_MODE_FILTER as c_int,
                mitigate,
            )
        };
    }

    /// May the caller go to filter mode (`seccomp_may_assign_mode()`)?
    pub(crate) fn may_assign_filter_mode(&self) -> bool {
        matches!(self.task.mode(), Mode::Disabled | Mode::Filter)
    }
}

impl Drop for SigLock {
    fn drop(&mut self) {
        // SAFETY: Taken by `of()` or `with()`, by this task ([`NotThreadSafe`]).
        unsafe { ffi::rsc_sigunlock(self.task.as_ptr()) };
    }
}

/// Iterates over the threads beside the caller's.
pub(crate) struct Siblings<'a> {
    caller: Task,
    last: *mut bindings::task_struct,
    _lock: PhantomData<&'a SigLock>,
}

impl Iterator for Siblings<'_> {
    type Item = Task;

    fn next(&mut self) -> Option<Task> {
        loop {
            // SAFETY: The siglock is held for the iterator's lifetime, so that `last` is still on
            // the list.
            self.last = unsafe { ffi::rsc_next_thread(self.caller.as_ptr(), self.last) };
            // SAFETY: What the list holds is a task, which stays while the lock is held.
            let thread = unsafe { Task::from_raw(NonNull::new(self.last)?) };
            if thread != self.caller {
                return Some(thread);
            }
        }
    }
}

/// `signal->cred_guard_mutex` of the calling process: keeps its threads from going through exec,
/// that is, from changing their privileges.
pub(crate) struct ExecLock(NotThreadSafe);

impl ExecLock {
    /// `None` if a fatal signal is pending.
    pub(crate) fn lock_killable() -> Option<Self> {
        // SAFETY: Called in process context, where it may sleep.
        unsafe { ffi::rsc_exec_lock() }.then(|| Self(NotThreadSafe))
    }
}

impl Drop for ExecLock {
    fn drop(&mut self) {
        // SAFETY: Taken by `lock_killable()`, by this task.
        unsafe { ffi::rsc_exec_unlock() };
    }
}

/// Is the calling task about to die of a signal?
pub(crate) fn fatal_pending() -> bool {
    // SAFETY: May be called from any task's context.
    unsafe { ffi::rsc_fatal_signal_pending() }
}

/// Is the caller the only thread of its process that is left?
pub(crate) fn is_last_thread() -> bool {
    // SAFETY: As above.
    unsafe { ffi::rsc_last_thread() }
}

/// Forces `SIGSYS` on the caller; with `coredump`, past any handler.
pub(crate) fn force_sigsys(nr: i32, reason: u32, coredump: bool) {
    // SAFETY: As above; the symbol was resolved at load.
    unsafe { ffi::rsc_force_sig_seccomp(nr, reason as c_int, coredump) };
}

/// Ends the calling thread with `signal` as its exit code.
pub(crate) fn exit_thread(signal: u32) -> ! {
    // SAFETY: Called from the system call entry, with no locks held; nothing on the stack needs
    // to be dropped, as the only owner of references is the task, whose exit releases them.
    unsafe { bindings::do_exit(signal as c_long) }
}
