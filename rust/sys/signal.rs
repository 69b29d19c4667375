// SPDX-License-Identifier: GPL-2.0

//! Signals, the two locks of a process that guard its filters, and the death of tasks.
//!
//! C headers: [`include/linux/sched/signal.h`](srctree/include/linux/sched/signal.h)

use super::{
    ffi,
    filter_pointer::{
        Filters,
        Owner, //
    },
    path::{
        Attached,
        Draft, //
    },
    syscall::Syscall,
    task::{
        Current,
        Exiting,
        Held,
        Mode,
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

/// The locked `sighand->siglock` of a process: no thread joins or leaves it, and nobody else
/// changes the filter of one or turns its filter mode on.
///
/// A spinlock: interrupts are off, and the holder must not sleep or allocate. Inside
/// [`ExecLock`].
///
/// # Invariants
///
/// The calling task holds the siglock of `task`, which does not lose its sighand meanwhile.
pub(crate) struct SigLock<'a> {
    task: &'a Task,
    _not_send: NotThreadSafe,
}

impl<'a> SigLock<'a> {
    /// # Safety
    ///
    /// `task` does not lose its sighand during `'a`.
    unsafe fn of(task: &'a Task) -> Self {
        // SAFETY: By the contract the task has a sighand.
        unsafe { ffi::rsc_siglock(task.as_ptr()) };
        // INVARIANT: It was just taken.
        Self {
            task,
            _not_send: NotThreadSafe,
        }
    }

    /// The lock of the calling task's process.
    pub(crate) fn of_current(current: &'a Current) -> Self {
        // SAFETY: A task loses its sighand when it exits. The calling task is in a system call.
        unsafe { Self::of(current) }
    }

    /// The lock of the process of a tracee.
    pub(crate) fn of_tracee(tracee: &'a Tracee<'_>) -> Self {
        // SAFETY: The tracee is stopped, so it does not exit and lose its sighand.
        unsafe { Self::of(tracee) }
    }

    /// The lock of the process of a task that may be exiting; `None` if it has lost its sighand.
    pub(crate) fn of_held(held: &'a Held) -> Option<Self> {
        // SAFETY: `held` has a reference to the task.
        if !unsafe { ffi::rsc_try_siglock(held.as_ptr()) } {
            return None;
        }
        // INVARIANT: It was just taken, and a task needs it to lose its sighand.
        Some(Self {
            task: held,
            _not_send: NotThreadSafe,
        })
    }

    /// The thread for which the lock was taken.
    pub(crate) fn thread(&mut self) -> Thread<'_> {
        Thread(self.task)
    }

    /// The other threads of the process.
    pub(crate) fn siblings(&mut self) -> impl Iterator<Item = Thread<'_>> {
        let caller = self.task;
        let mut last = core::ptr::null_mut();
        core::iter::from_fn(move || loop {
            // SAFETY: The iterator borrows the lock, so that `last` has not left the list.
            last = unsafe { ffi::rsc_next_thread(caller.as_ptr(), last) };
            // SAFETY: A task stays on the list, and so is there, while the lock is held, which the
            // result borrows.
            let thread = unsafe { Task::from_raw(NonNull::new(last)?) };
            if !core::ptr::eq(thread, caller) {
                return Some(Thread(thread));
            }
        })
        // Else it would begin anew after the end, and lend a thread a second time.
        .fuse()
    }

    /// Is the caller's process being killed as a whole (`SIGNAL_GROUP_EXIT`)?
    pub(crate) fn group_exiting(&self) -> bool {
        // SAFETY: May be called from any task's context.
        unsafe { ffi::rsc_group_exiting() }
    }
}

impl Exiting<'_> {
    /// Takes the filter away from the task; `None` if it has none of the engine's.
    pub(crate) fn take_filter<L: Filters>(&mut self) -> Option<Attached<L>> {
        // SAFETY: By the contract of `Exiting` the task is before `exit_notify()`, and so has its
        // sighand.
        let _lock = unsafe { SigLock::of(self) };
        // SAFETY: The siglock was just taken. By the contract of `Exiting` nobody else uses what
        // belongs to the task, and nobody does through this value, which is borrowed exclusively.
        unsafe { self.filter_pointer().take() }
    }
}

impl Drop for SigLock<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the calling task holds it.
        unsafe { ffi::rsc_sigunlock(self.task.as_ptr()) };
    }
}

/// A thread of a process whose siglock the caller holds for all of `'lock`. There is no other value
/// for the same thread.
pub(crate) struct Thread<'lock>(&'lock Task);

impl<'lock> Thread<'lock> {
    /// The owner of the thread's filter.
    pub(crate) fn owner<L: Filters>(&self) -> Owner<'_, L> {
        // SAFETY: While the siglock is held, only the methods of this value change the thread's
        // filter. They borrow it exclusively, so that the result is gone by then.
        unsafe { self.0.filter_pointer().owner() }
    }

    /// Puts the draft's link on top of the thread's path. Returns the draft if it is to be put on
    /// another path, the built-in engine's for one.
    pub(crate) fn push<L: Filters>(&mut self, draft: Draft<L>) -> Result<(), Draft<L>> {
        // SAFETY: The siglock is held.
        unsafe { self.0.filter_pointer().push(draft) }
    }

    /// Makes `path` the thread's path, if it leads to the thread's filter, and returns whether it
    /// does.
    pub(crate) fn follow<L: Filters>(&mut self, path: &Attached<L>) -> bool {
        // SAFETY: The siglock is held.
        unsafe { self.0.filter_pointer().follow(path) }
    }

    /// `task->seccomp.filter_count`, which `/proc/<pid>/status` shows.
    pub(crate) fn filter_count(&self) -> i32 {
        self.0.filter_count().load(Relaxed)
    }

    /// Sets `task->seccomp.filter_count`.
    pub(crate) fn set_filter_count(&self, count: i32) {
        self.0.filter_count().store(count, Relaxed);
    }

    /// `seccomp_assign_mode()`: turns filter mode on for the thread, which has its filter already.
    ///
    /// `mitigate` also turns on the processor's mitigations of speculation
    /// (no `SECCOMP_FILTER_FLAG_SPEC_ALLOW`).
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

    /// `seccomp_may_assign_mode()`: may the thread go to filter mode?
    pub(crate) fn may_assign_filter_mode(&self) -> bool {
        matches!(self.mode(), Mode::Disabled | Mode::Filter)
    }

    /// Sets `no_new_privs`, which nothing clears.
    pub(crate) fn set_no_new_privs(&self) {
        // SAFETY: The thread is there, and the flag is set atomically.
        unsafe { ffi::rsc_set_no_new_privs(self.0.as_ptr()) };
    }
}

impl Deref for Thread<'_> {
    type Target = Task;

    fn deref(&self) -> &Task {
        self.0
    }
}

/// The locked `signal->cred_guard_mutex` of the calling process: no thread of it goes through exec,
/// and so changes its privileges. Outside [`SigLock`].
pub(crate) struct ExecLock(NotThreadSafe);

impl ExecLock {
    /// Sleeps; `None` if a fatal signal came first.
    pub(crate) fn lock_killable() -> Option<Self> {
        // SAFETY: The calling task is in a system call, where it may sleep.
        unsafe { ffi::rsc_exec_lock() }.then(|| Self(NotThreadSafe))
    }
}

impl Drop for ExecLock {
    fn drop(&mut self) {
        // SAFETY: This task has locked it: `lock_killable()` makes the value, which is not `Send`.
        unsafe { ffi::rsc_exec_unlock() };
    }
}

/// `fatal_signal_pending()`: is the calling task about to die of a signal?
pub(crate) fn fatal_pending() -> bool {
    // SAFETY: May be called from any task's context.
    unsafe { ffi::rsc_fatal_signal_pending() }
}

/// Is the calling task the last thread of its process?
pub(crate) fn is_last_thread() -> bool {
    // SAFETY: May be called from any task's context.
    unsafe { ffi::rsc_last_thread() }
}

/// `force_sig_seccomp()`: sends the calling task a `SIGSYS` that it cannot block or ignore; with
/// `coredump`, one that it cannot handle either.
pub(crate) fn force_sigsys(nr: i32, reason: u32, coredump: bool) {
    // SAFETY: May be called from any task's context. The module does not load unless the symbol
    // resolves.
    unsafe { ffi::rsc_force_sig_seccomp(nr, reason as c_int, coredump) };
}

/// `do_exit()`: ends the thread that makes the call, with `signal` as its exit code.
///
/// Nothing on its stack is dropped. A stack that others have a pointer to must not go like this:
/// so who puts something on a list from its stack calls, while it is there, nothing but functions
/// that are `Send`. None of these has a [`Syscall`], of which a task has one, and which is not.
pub(crate) fn exit_thread(call: Syscall, signal: u32) -> ! {
    let _ = call;
    // SAFETY: The calling task is in a system call, and as said above nobody has a pointer to its
    // stack.
    unsafe { bindings::do_exit(signal as c_long) }
}

/// `cond_resched()`, for a calling task that computes for long. Returns whether it is to go on: not
/// if a fatal signal is pending.
pub(crate) fn may_go_on() -> bool {
    // SAFETY: The calling task is in a system call and holds no spinlock, so it may sleep.
    unsafe { ffi::rsc_cond_resched() };
    !fatal_pending()
}
