// SPDX-License-Identifier: GPL-2.0

//! Tasks, by the reason for which the caller may use them.
//!
//! [`Task`] is a `struct task_struct`, and always borrowed. The calling task is [`Current`], a task
//! that is stopped for the caller a [`Tracee`], a task in `do_exit()` is [`Exiting`], a task to
//! which the caller has a reference is [`Held`], and a thread of a process whose siglock the caller
//! holds a [`Thread`](super::signal::Thread). None of them can be sent to another task.
//!
//! C headers: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use super::{
    arch::{
        Arch,
        Native, //
    },
    ffi,
    filter_pointer::{
        FilterPointer,
        Filters,
        Owner, //
    }, //
};
use core::{
    marker::PhantomData,
    ops::Deref,
    ptr::{
        addr_of,
        addr_of_mut,
        NonNull, //
    }, //
};
use kernel::{
    bindings,
    ffi::c_int,
    pid_namespace::PidNamespace,
    sync::atomic::Atomic,
    types::{
        NotThreadSafe,
        Opaque, //
    }, //
};

/// `struct task_struct`, for the arguments of handlers.
pub(crate) use kernel::bindings::task_struct as RawTask;

/// `task->seccomp.mode`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `SECCOMP_MODE_DISABLED`.
    Disabled,
    /// `SECCOMP_MODE_STRICT`.
    Strict,
    /// `SECCOMP_MODE_FILTER`.
    Filter,
    /// `SECCOMP_MODE_DEAD`, a constant of `kernel/seccomp.c`: the task was killed, and must not run
    /// a system call any more.
    Dead,
}

const MODE_DEAD: c_int = bindings::SECCOMP_MODE_FILTER as c_int + 1;

/// `struct task_struct`. If there is a `&Task`, the task is there, that is, its memory is not
/// freed.
#[repr(transparent)]
pub(crate) struct Task(Opaque<bindings::task_struct>);

impl Task {
    /// # Safety
    ///
    /// The task is there for all of `'a`.
    #[inline(always)]
    pub(super) unsafe fn from_raw<'a>(ptr: NonNull<bindings::task_struct>) -> &'a Self {
        // SAFETY: By the contract the task is there; a `Task` has the layout of a `task_struct`.
        unsafe { ptr.cast().as_ref() }
    }

    /// The `struct task_struct`.
    #[inline(always)]
    pub(super) fn as_ptr(&self) -> *mut bindings::task_struct {
        self.0.get()
    }

    /// `task->seccomp.mode`. Only the task itself and, under the siglock, other threads of its
    /// process write it.
    #[inline(always)]
    pub(crate) fn mode(&self) -> Mode {
        // SAFETY: The task is there. The access is volatile, as other processors may write.
        match unsafe { addr_of!((*self.as_ptr()).seccomp.mode).read_volatile() } {
            0 => Mode::Disabled,
            1 => Mode::Strict,
            2 => Mode::Filter,
            _ => Mode::Dead,
        }
    }

    /// `task->seccomp.filter`.
    #[inline(always)]
    pub(super) fn filter_pointer(&self) -> &FilterPointer {
        // SAFETY: The task is there, and a `FilterPointer` has the layout of the field.
        unsafe { &*addr_of!((*self.as_ptr()).seccomp.filter).cast() }
    }

    /// Has the task a filter, of either engine?
    #[allow(
        dead_code,
        reason = "for an in-tree build; the module's entry code looks itself"
    )]
    pub(crate) fn has_filter(&self) -> bool {
        !self.filter_pointer().is_null()
    }

    /// Takes the references for a copy of the task's pointer, which fork is about to give to a
    /// child.
    ///
    /// # Safety
    ///
    /// The caller is the task, and holds its siglock.
    pub(crate) unsafe fn share_filter<L: Filters>(&self) {
        // SAFETY: The siglock is held, so the filter is not replaced until this returns.
        if let Owner::Us(filter) = unsafe { self.filter_pointer().owner::<L>() } {
            core::mem::forget(filter.attach());
        }
    }

    /// `task->seccomp.filter_count`, as `/proc/<pid>/status` shows it.
    pub(super) fn filter_count(&self) -> &Atomic<i32> {
        // SAFETY: An `atomic_t` has the layout of an `Atomic<i32>`, all accesses of it are atomic,
        // and it is there for as long as the task.
        unsafe { &*addr_of!((*self.as_ptr()).seccomp.filter_count).cast() }
    }

    /// `task->flags & PF_EXITING`.
    pub(crate) fn is_exiting(&self) -> bool {
        // SAFETY: The task is there. The access is volatile, as other processors may write.
        let flags = unsafe { addr_of!((*self.as_ptr()).flags).read_volatile() };
        flags & bindings::PF_EXITING != 0
    }

    /// The thread's id in the pid namespace of the calling task; 0 if it has none there.
    pub(crate) fn pid_in_current_ns(&self) -> i32 {
        // SAFETY: The task is there.
        unsafe { bindings::__task_pid_nr_ns(self.as_ptr(), 0, core::ptr::null_mut()) }
    }

    /// Does the task run with `no_new_privs`?
    pub(crate) fn no_new_privs(&self) -> bool {
        // SAFETY: The task is there.
        unsafe { ffi::rsc_no_new_privs(self.as_ptr()) }
    }
}

/// The calling task.
///
/// # Invariants
///
/// The pointer is `current`. No other task gets the value, which is neither `Send` nor `Sync`.
#[derive(Clone, Copy)]
pub(crate) struct Current(NonNull<bindings::task_struct>, NotThreadSafe);

impl Current {
    /// # Safety
    ///
    /// `ptr` is `current`.
    #[inline(always)]
    pub(crate) unsafe fn from_raw(ptr: NonNull<bindings::task_struct>) -> Self {
        // INVARIANT: By the contract of this function.
        Self(ptr, NotThreadSafe)
    }

    /// The calling task.
    pub(crate) fn get() -> Self {
        let task = kernel::current!().as_ptr();
        // SAFETY: `current` is never NULL.
        unsafe { Self::from_raw(NonNull::new_unchecked(task)) }
    }

    /// The owner of the task's filter. Another thread's TSYNC may put filters on top of that
    /// meanwhile.
    #[inline(always)]
    pub(crate) fn owner<L: Filters>(&self) -> Owner<'_, L> {
        // SAFETY: `push()` and `follow()` replace a task's filter only by one whose path leads
        // to it. `take()` takes it away, but only from a task in `do_exit()`, which does not
        // return to the holder of the result.
        unsafe { self.filter_pointer().owner() }
    }

    /// Marks the task as killed.
    pub(crate) fn set_dead(&self) {
        // SAFETY: The task is there. It is the calling one, which may write its own mode.
        unsafe { addr_of_mut!((*self.as_ptr()).seccomp.mode).write_volatile(MODE_DEAD) };
    }

    /// Did a tracer suspend seccomp (`PTRACE_O_SUSPEND_SECCOMP`)?
    #[inline(always)]
    pub(crate) fn seccomp_suspended(&self) -> bool {
        // SAFETY: The task is there. A tracer writes the field while the task is stopped.
        let ptrace = unsafe { addr_of!((*self.as_ptr()).ptrace).read_volatile() };
        cfg!(CONFIG_CHECKPOINT_RESTORE) && ptrace & bindings::PT_SUSPEND_SECCOMP != 0
    }

    /// Did the task enter by a 32-bit system call?
    #[inline(always)]
    pub(crate) fn is_compat(&self) -> bool {
        // SAFETY: The task is there, and it is the calling one.
        unsafe { Native::is_compat(addr_of!((*self.as_ptr()).thread_info)) }
    }

    /// `syscall_get_arch()`: an `AUDIT_ARCH_*`.
    #[inline]
    pub(crate) fn audit_arch(&self) -> u32 {
        if self.is_compat() {
            Native::AUDIT_ARCH_COMPAT
        } else {
            Native::AUDIT_ARCH
        }
    }
}

impl Deref for Current {
    type Target = Task;

    #[inline(always)]
    fn deref(&self) -> &Task {
        // SAFETY: By the type invariant the task is the running one, which is there.
        unsafe { Task::from_raw(self.0) }
    }
}

/// A task that the caller traces, and that is stopped: it does not exit.
#[derive(Clone, Copy)]
pub(crate) struct Tracee<'a>(&'a Task);

impl Tracee<'_> {
    /// # Safety
    ///
    /// The task is traced by the caller, and stopped, for all of the value's lifetime.
    pub(crate) unsafe fn from_raw(ptr: NonNull<bindings::task_struct>) -> Self {
        // SAFETY: By the contract the task is stopped, and so is there.
        Self(unsafe { Task::from_raw(ptr) })
    }
}

impl Deref for Tracee<'_> {
    type Target = Task;

    fn deref(&self) -> &Task {
        self.0
    }
}

/// A task that is in `do_exit()` and still has its sighand: it runs no system call any more.
pub(crate) struct Exiting<'a>(&'a Task, PhantomData<&'a mut ()>);

impl Exiting<'_> {
    /// # Safety
    ///
    /// For all of the value's lifetime the task is in `do_exit()`, before `exit_notify()`, and
    /// nobody uses what belongs to it but through the value.
    pub(crate) unsafe fn from_raw(ptr: NonNull<bindings::task_struct>) -> Self {
        // SAFETY: By the contract the task is before `exit_notify()`, and so is there.
        Self(unsafe { Task::from_raw(ptr) }, PhantomData)
    }
}

impl Deref for Exiting<'_> {
    type Target = Task;

    fn deref(&self) -> &Task {
        self.0
    }
}

/// A reference to a task, which may be exiting, or dead.
///
/// # Invariants
///
/// The pointer is to a task, and a reference to that belongs to this value.
pub(crate) struct Held(NonNull<bindings::task_struct>);

impl Held {
    /// # Safety
    ///
    /// The task comes with a reference, which belongs to the value from now on.
    pub(super) unsafe fn from_raw(task: NonNull<bindings::task_struct>) -> Self {
        // INVARIANT: By the contract of this function.
        Self(task)
    }

    /// The thread with this id in the pid namespace.
    pub(crate) fn find(ns: &PidNamespace, id: i32) -> Option<Self> {
        // SAFETY: There is a reference to the namespace.
        let task = NonNull::new(unsafe { ffi::rsc_find_task(ns.as_ptr(), id) })?;
        // SAFETY: The task came with a reference, which the result takes over.
        Some(unsafe { Self::from_raw(task) })
    }
}

impl Deref for Held {
    type Target = Task;

    fn deref(&self) -> &Task {
        // SAFETY: By the type invariant there is a reference to the task.
        unsafe { Task::from_raw(self.0) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the reference belongs to the value, which is not used any
        // more.
        unsafe { ffi::rsc_put_task(self.0.as_ptr()) };
    }
}

/// May the calling task install filters? It must have `no_new_privs`, or `CAP_SYS_ADMIN` in its
/// user namespace.
pub(crate) fn may_install() -> bool {
    // SAFETY: May be called from any task's context.
    unsafe { ffi::rsc_may_install() }
}

/// Does the calling task have `CAP_SYS_ADMIN` in the initial user namespace?
pub(crate) fn is_sysadmin() -> bool {
    // SAFETY: May be called from any task's context.
    unsafe { ffi::rsc_capable_sysadmin() }
}

/// Is this architecture (`AUDIT_ARCH_*`) that of 32-bit calls?
pub(crate) fn is_compat_arch(arch: u32) -> bool {
    cfg!(CONFIG_COMPAT) && arch == Native::AUDIT_ARCH_COMPAT
}

/// Does the kernel run programs of this architecture (`AUDIT_ARCH_*`)?
pub(crate) fn runs_arch(arch: u32) -> bool {
    arch == Native::AUDIT_ARCH || is_compat_arch(arch)
}

/// The protection-key register of the calling task: PKRU, or the lower half of POR_EL0. `None` if
/// the processor has none.
pub(crate) fn pkey_register() -> Option<u32> {
    let mut value = 0;
    // SAFETY: May be called from any task's context; `value` is valid for writes.
    unsafe { ffi::rsc_pkey_register(&mut value) }.then_some(value)
}

/// `in_compat_syscall()`: has the calling task passed structures of the 32-bit ABI?
pub(crate) fn in_compat_syscall() -> bool {
    // SAFETY: May be called from any task's context.
    unsafe { ffi::rsc_in_compat_syscall() }
}
