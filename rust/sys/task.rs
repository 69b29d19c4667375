// SPDX-License-Identifier: GPL-2.0

//! Tasks, as far as seccomp is concerned with them.
//!
//! C headers: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use super::ffi;
use crate::sys::arch::{
    Arch,
    Native, //
};
use core::ptr::{
    addr_of,
    addr_of_mut,
    NonNull, //
};
use kernel::{
    bindings,
    ffi::c_int,
    pid_namespace::PidNamespace,
    sync::barrier, //
};

/// `task->seccomp.mode`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `SECCOMP_MODE_DISABLED`.
    Disabled,
    /// `SECCOMP_MODE_STRICT`.
    Strict,
    /// `SECCOMP_MODE_FILTER`.
    Filter,
    /// `SECCOMP_MODE_DEAD`, which `kernel/seccomp.c` keeps to itself: killed, and never to run a
    /// system call again.
    Dead,
}

const MODE_DEAD: c_int = bindings::SECCOMP_MODE_FILTER as c_int + 1;

/// `struct task_struct`, for the arguments of handlers.
pub(crate) use kernel::bindings::task_struct as RawTask;

/// The address of a `struct mm_struct`, to tell it from others. Not to be followed: the address
/// space may be gone, and the memory that of another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mm(pub(super) usize);

impl Mm {
    /// The address.
    pub(crate) fn addr(self) -> usize {
        self.0
    }
}

/// A task that exists for as long as the value is used: the caller, a thread of its process under
/// the siglock, or a tracee that is stopped for the caller.
///
/// # Invariants
///
/// The pointer is to a live `task_struct`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Task(NonNull<bindings::task_struct>);

// SAFETY: What is reachable through it has its own rules of access, which the methods state.
unsafe impl Send for Task {}

impl Task {
    /// # Safety
    ///
    /// The task stays for as long as the value or a copy of it is used.
    #[inline(always)]
    pub(crate) unsafe fn from_raw(ptr: NonNull<bindings::task_struct>) -> Self {
        // INVARIANT: By the contract of this function.
        Self(ptr)
    }

    /// The calling task.
    pub(crate) fn current() -> Self {
        let task = kernel::current!().as_ptr();
        // SAFETY: `current` is never NULL and outlives the call it makes.
        unsafe { Self::from_raw(NonNull::new_unchecked(task)) }
    }

    /// The `struct task_struct`.
    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *mut bindings::task_struct {
        self.0.as_ptr()
    }

    /// The task's address, to tell it from others.
    pub(crate) fn addr(self) -> usize {
        self.0.addr().get()
    }

    /// `task->seccomp.mode`, which only the task itself and, under the siglock, a thread of its
    /// process write.
    #[inline(always)]
    pub(crate) fn mode(self) -> Mode {
        // SAFETY: By the type invariant; volatile for the writers on other processors.
        match unsafe { addr_of!((*self.as_ptr()).seccomp.mode).read_volatile() } {
            0 => Mode::Disabled,
            1 => Mode::Strict,
            2 => Mode::Filter,
            _ => Mode::Dead,
        }
    }

    /// Marks the calling task as killed.
    pub(crate) fn set_dead(self) {
        // SAFETY: By the type invariant. Called by the task itself.
        unsafe { addr_of_mut!((*self.as_ptr()).seccomp.mode).write_volatile(MODE_DEAD) };
    }

    /// `task->seccomp.filter` as it is stored, tag and all.
    ///
    /// Stable for the task itself but for the TSYNC of another thread; under the siglock for all.
    #[inline(always)]
    pub(crate) fn raw_filter(self) -> *mut bindings::seccomp_filter {
        // SAFETY: By the type invariant.
        unsafe { addr_of!((*self.as_ptr()).seccomp.filter).read_volatile() }
    }

    /// Publishes a filter: whoever reads the pointer sees what it points to.
    pub(super) fn store_filter(self, filter: *mut bindings::seccomp_filter) {
        barrier::smp_mb(barrier::Write);
        // SAFETY: By the type invariant. The caller holds the siglock, so there is no other writer.
        unsafe { addr_of_mut!((*self.as_ptr()).seccomp.filter).write_volatile(filter) };
    }

    /// `task->seccomp.filter_count`, as `/proc/<pid>/status` shows it.
    pub(super) fn filter_count(self) -> &'static kernel::sync::atomic::Atomic<i32> {
        // SAFETY: An `atomic_t` has the layout of an `Atomic<i32>`, and is only accessed
        // atomically. The reference is used at once by the callers in this module's parent, while
        // the task is there (type invariant).
        unsafe { &*addr_of!((*self.as_ptr()).seccomp.filter_count).cast() }
    }

    /// Did a tracer suspend seccomp (`PTRACE_O_SUSPEND_SECCOMP`)?
    #[inline(always)]
    pub(crate) fn seccomp_suspended(self) -> bool {
        // SAFETY: By the type invariant. Written while the task is stopped.
        let ptrace = unsafe { addr_of!((*self.as_ptr()).ptrace).read_volatile() };
        cfg!(CONFIG_CHECKPOINT_RESTORE) && ptrace & bindings::PT_SUSPEND_SECCOMP != 0
    }

    /// Did the task enter by a 32-bit system call?
    #[inline(always)]
    pub(crate) fn is_compat(self) -> bool {
        // SAFETY: By the type invariant. `status` and the flag are the task's own.
        Native::is_compat(unsafe { &(*self.as_ptr()).thread_info })
    }

    /// `syscall_get_arch()`: an `AUDIT_ARCH_*`.
    #[inline]
    pub(crate) fn audit_arch(self) -> u32 {
        if self.is_compat() {
            Native::AUDIT_ARCH_COMPAT
        } else {
            Native::AUDIT_ARCH
        }
    }

    /// The calling task's own address space, for comparison.
    #[inline(always)]
    pub(crate) fn mm(self) -> Mm {
        // SAFETY: By the type invariant. Only the task itself replaces it.
        Mm(unsafe { (*self.as_ptr()).mm }.addr())
    }

    /// `task->flags & PF_EXITING`.
    pub(crate) fn is_exiting(self) -> bool {
        // SAFETY: By the type invariant.
        let flags = unsafe { addr_of!((*self.as_ptr()).flags).read_volatile() };
        flags & bindings::PF_EXITING != 0
    }

    /// The thread's id as the calling task sees it, 0 if it sees none.
    pub(crate) fn pid_in_current_ns(self) -> i32 {
        // SAFETY: By the type invariant.
        unsafe { bindings::__task_pid_nr_ns(self.as_ptr(), 0, core::ptr::null_mut()) }
    }

    /// Does the task run with `no_new_privs`?
    pub(crate) fn no_new_privs(self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { ffi::rsc_no_new_privs(self.as_ptr()) }
    }

    /// Sets `no_new_privs`, for good.
    pub(crate) fn set_no_new_privs(self) {
        // SAFETY: By the type invariant.
        unsafe { ffi::rsc_set_no_new_privs(self.as_ptr()) };
    }
}

/// The thread with this id in a pid namespace.
pub(crate) fn find(ns: &PidNamespace, id: i32) -> Option<scan::Held> {
    // SAFETY: The namespace is valid.
    let task = NonNull::new(unsafe { ffi::rsc_find_task(ns.as_ptr(), id) })?;
    // SAFETY: It came with a reference, which the result takes over.
    Some(unsafe { scan::Held::from_raw(task) })
}

/// For those who do something that takes long for the calling task: gives way to others where they
/// wait. Returns whether to go on; not if a fatal signal is pending.
pub(crate) fn may_go_on() -> bool {
    // SAFETY: For a task's context in which it may sleep, as all who call this are in.
    unsafe { ffi::rsc_cond_resched() };
    !super::signal::fatal_pending()
}

/// May the calling task install filters: `no_new_privs`, or `CAP_SYS_ADMIN` in its user namespace?
pub(crate) fn may_install() -> bool {
    // SAFETY: May be called from any task's context.
    unsafe { ffi::rsc_may_install() }
}

/// Does the calling task have `CAP_SYS_ADMIN` in the initial user namespace?
pub(crate) fn is_sysadmin() -> bool {
    // SAFETY: As above.
    unsafe { ffi::rsc_capable_sysadmin() }
}

/// Does the kernel run programs of this architecture (`AUDIT_ARCH_*`)?
pub(crate) fn runs_arch(arch: u32) -> bool {
    arch == Native::AUDIT_ARCH || (cfg!(CONFIG_COMPAT) && arch == Native::AUDIT_ARCH_COMPAT)
}

/// The calling task's protection-key register, if the processor has one.
pub(crate) fn pkey_register() -> Option<u32> {
    let mut value = 0;
    // SAFETY: As above; `value` is valid for writes.
    unsafe { ffi::rsc_pkey_register(&mut value) }.then_some(value)
}

/// `in_compat_syscall()`: are the structures that the caller passes those of the 32-bit ABI?
pub(crate) fn in_compat_syscall() -> bool {
    // SAFETY: As above.
    unsafe { ffi::rsc_in_compat_syscall() }
}

/// Threads of the machine that are inside a certain system call.
pub(crate) mod scan {
    use super::{
        ffi,
        NonNull,
        Task, //
    };

    /// Which calls to look for.
    #[derive(Clone, Copy)]
    pub(crate) enum ScannedCall {
        /// `seccomp(2)` and `prctl(PR_SET_SECCOMP)`.
        Seccomp,
        /// `PTRACE_SECCOMP_GET_METADATA`, by somebody who may.
        Metadata,
    }

    impl ScannedCall {
        fn matcher(self) -> unsafe extern "C" fn(*mut super::bindings::task_struct) -> bool {
            match self {
                ScannedCall::Seccomp => ffi::rsc_in_seccomp_call,
                ScannedCall::Metadata => ffi::rsc_in_metadata_call,
            }
        }
    }

    /// Is the thread inside such a call? For a thread that runs in user mode the answer may be
    /// that of its last call.
    pub(crate) fn is_in(call: ScannedCall, thread: Task) -> bool {
        // SAFETY: By the type invariant of `Task`.
        unsafe { call.matcher()(thread.as_ptr()) }
    }

    /// A task that this value keeps from being freed.
    pub(crate) struct Held(Task);

    impl Held {
        /// # Safety
        ///
        /// The task comes with a reference, which is given to the value.
        pub(super) unsafe fn from_raw(task: NonNull<super::bindings::task_struct>) -> Self {
            // SAFETY: By the contract of this function.
            Self(unsafe { Task::from_raw(task) })
        }

        /// The task's address, which now owns the reference.
        pub(crate) fn into_addr(self) -> usize {
            core::mem::ManuallyDrop::new(self)
                .0
                .as_ptr()
                .expose_provenance()
        }

        /// # Safety
        ///
        /// `addr` is 0 or from [`Held::into_addr`], and has not been passed here before.
        pub(crate) unsafe fn from_addr(addr: usize) -> Option<Self> {
            let task = NonNull::new(core::ptr::with_exposed_provenance_mut(addr))?;
            // SAFETY: By the contract of this function, there is a reference.
            Some(Self(unsafe { Task::from_raw(task) }))
        }
    }

    impl core::ops::Deref for Held {
        type Target = Task;

        fn deref(&self) -> &Task {
            &self.0
        }
    }

    impl Drop for Held {
        fn drop(&mut self) {
            // SAFETY: The value has a reference.
            unsafe { ffi::rsc_put_task(self.0.as_ptr()) };
        }
    }

    /// Finds up to `N` threads in `call`. `Err` if there are more.
    pub(crate) fn collect<const N: usize>(call: ScannedCall) -> Result<[Option<Held>; N], ()> {
        let mut found = [core::ptr::null_mut(); N];
        // SAFETY: `found` has room for `N`.
        let count =
            unsafe { ffi::rsc_collect_tasks(Some(call.matcher()), found.as_mut_ptr(), N as u32) };
        let held = found.map(|task| {
            // SAFETY: What is not NULL came with a reference, which `Held` takes over.
            NonNull::new(task).map(|task| Held(unsafe { Task::from_raw(task) }))
        });
        if count as usize > N {
            return Err(());
        }
        Ok(held)
    }
}
