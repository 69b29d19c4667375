// SPDX-License-Identifier: GPL-2.0

//! Signals, the locks of a process that live beside them, and the death of tasks.
//!
//! C headers: [`include/linux/sched/signal.h`](srctree/include/linux/sched/signal.h)

use super::{
    ffi,
    path::Attached,
    task::{
        Current,
        Exiting,
        Filters,
        Held,
        Mode,
        Owner,
        Task,
        Tracee, //
    }, //
};
use core::{
    ops::Deref,
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
///
/// # Invariants
///
/// The task's siglock is held by the task that has this value, and the task keeps its sighand.
pub(crate) struct SigLock<'a> {
    task: &'a Task,
    _not_send: NotThreadSafe,
}

impl<'a> SigLock<'a> {
    /// # Safety
    ///
    /// `task` cannot lose its sighand for all of `'a`.
    unsafe fn of(task: &'a Task) -> Self {
        // SAFETY: `sighand` is there, by the contract of this function.
        unsafe { ffi::rsc_siglock(task.as_ptr()) };
        // INVARIANT: It was just taken.
        Self {
            task,
            _not_send: NotThreadSafe,
        }
    }

    /// The lock of the calling task's process.
    pub(crate) fn of_current(current: &'a Current) -> Self {
        // SAFETY: The calling task has a sighand for as long as it runs system calls.
        unsafe { Self::of(current) }
    }

    /// The lock of the process of a tracee.
    pub(crate) fn of_tracee(tracee: &'a Tracee<'_>) -> Self {
        // SAFETY: The tracee is stopped, so it does not exit.
        unsafe { Self::of(tracee) }
    }

    /// The lock of the process of a task that exits.
    pub(crate) fn of_exiting(task: &'a Exiting<'_>) -> Self {
        // SAFETY: By the contract of `Exiting` it still has its sighand.
        unsafe { Self::of(task) }
    }

    /// The lock of the process of a task that may be exiting; `None` if it has none any more.
    pub(crate) fn of_held(held: &'a Held) -> Option<Self> {
        // SAFETY: `held` keeps the task.
        if !unsafe { ffi::rsc_try_siglock(held.as_ptr()) } {
            return None;
        }
        // INVARIANT: It was just taken; while it is held, the task keeps its sighand.
        Some(Self {
            task: held,
            _not_send: NotThreadSafe,
        })
    }

    /// The thread that the lock was taken for.
    pub(crate) fn thread(&mut self) -> Thread<'_> {
        Thread(self.task)
    }

    /// The other threads of the process.
    pub(crate) fn siblings(&mut self) -> impl Iterator<Item = Thread<'_>> {
        let caller = self.task;
        let mut last = core::ptr::null_mut();
        core::iter::from_fn(move || loop {
            // SAFETY: The siglock is held for as long as the iterator, so that `last` is still on
            // the list.
            last = unsafe { ffi::rsc_next_thread(caller.as_ptr(), last) };
            // SAFETY: What the list holds is a task, which stays while the lock is held.
            let thread = unsafe { Task::from_raw(NonNull::new(last)?) };
            if !core::ptr::eq(thread, caller) {
                return Some(Thread(thread));
            }
        })
    }

    /// Is the caller's process being killed as a whole (`SIGNAL_GROUP_EXIT`)?
    pub(crate) fn group_exiting(&self) -> bool {
        // SAFETY: May be called from any task's context.
        unsafe { ffi::rsc_group_exiting() }
    }
}

impl Drop for SigLock<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant it is held, by this task.
        unsafe { ffi::rsc_sigunlock(self.task.as_ptr()) };
    }
}

/// A thread of a process whose siglock is held for all of `'lock`. There is one value for a thread.
pub(crate) struct Thread<'lock>(&'lock Task);

impl<'lock> Thread<'lock> {
    /// Whose filter the thread has.
    pub(crate) fn owner<L: Filters>(&self) -> Owner<'_, L> {
        // SAFETY: While the siglock is held nobody changes the thread's filter but by
        // `replace_filter()`, for which the result must be gone.
        unsafe { self.0.owner() }
    }

    /// Gives the thread the filter, with the references that come along, in place of the one it
    /// has, whose references are returned. The thread's must not be the built-in engine's.
    pub(crate) fn replace_filter<L: Filters>(
        &mut self,
        filter: Option<Attached<L>>,
    ) -> Option<Attached<L>> {
        // SAFETY: The siglock is held.
        unsafe { self.0.replace_filter(filter) }
    }

    /// `task->seccomp.filter_count`.
    pub(crate) fn filter_count(&self) -> i32 {
        self.0.filter_count().load(Relaxed)
    }

    /// Sets `task->seccomp.filter_count`, which `/proc/<pid>/status` shows.
    pub(crate) fn set_filter_count(&self, count: i32) {
        self.0.filter_count().store(count, Relaxed);
    }

    /// Turns filtering on for the thread, whose filter is in place: `seccomp_assign_mode()`.
    ///
    /// `mitigate` also turns on the processor's speculation mitigations.
    pub(crate) fn assign_filter_mode(&self, mitigate: bool) {
        // SAFETY: The siglock is held, and the thread belongs to its process.
        unsafe {
            ffi::rsc_assign_mode(
                self.0.as_ptr(),
                bindings::SECCOMP_MODE_FILTER as c_int,
                mitigate,
            )
        };
    }

    /// May the thread go to filter mode (`seccomp_may_assign_mode()`)?
    pub(crate) fn may_assign_filter_mode(&self) -> bool {
        matches!(self.mode(), Mode::Disabled | Mode::Filter)
    }

    /// Sets `no_new_privs`, for good.
    pub(crate) fn set_no_new_privs(&self) {
        // SAFETY: The thread is there.
        unsafe { ffi::rsc_set_no_new_privs(self.0.as_ptr()) };
    }
}

impl Deref for Thread<'_> {
    type Target = Task;

    fn deref(&self) -> &Task {
        self.0
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

/// Gives way to others where they wait, for a task that works long for itself. Returns whether to
/// go on; not if a fatal signal is pending.
pub(crate) fn may_go_on() -> bool {
    // SAFETY: For a task's context in which it may sleep, as all who call this are in.
    unsafe { ffi::rsc_cond_resched() };
    !fatal_pending()
}
