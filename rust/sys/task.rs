// SPDX-License-Identifier: GPL-2.0

//! Tasks, and by which right one may look at them.
//!
//! [`Task`] is the `struct task_struct`; nobody owns one. A task that calls into the engine is
//! [`Current`]; one that is stopped for the caller is a [`Tracee`]; one that is on its way out is
//! [`Exiting`]; a thread of a process whose siglock is held is a
//! [`Thread`](super::signal::Thread). Each says by its lifetime how long the task is there, and
//! none can be sent to another task.
//!
//! C headers: [`include/linux/sched.h`](srctree/include/linux/sched.h)

use super::{
    arch::{
        Arch,
        Native, //
    },
    ffi,
    path::{
        Attached,
        Borrowed,
        Layer,
        Link, //
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
    sync::{
        atomic::Atomic,
        barrier, //
    },
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
    /// `SECCOMP_MODE_DEAD`, which `kernel/seccomp.c` keeps to itself: killed, and never to run a
    /// system call again.
    Dead,
}

const MODE_DEAD: c_int = bindings::SECCOMP_MODE_FILTER as c_int + 1;

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

/// The links that tasks run under.
///
/// # Safety
///
/// A pointer in any task's `seccomp.filter` all of whose bits of [`Filters::TAG`] are set is from
/// [`Attached::into_raw`] of this layer with the tag added, or a copy of such a pointer for whose
/// references there was a call of [`Task::share_filter`]; or NULL. Only the functions of this file
/// put them there.
pub(crate) unsafe trait Filters: Layer {
    /// What marks the pointers of the engine: 0 if there are no others.
    const TAG: usize;
}

/// Whose filter a task has.
pub(crate) enum Owner<'a, L: Layer> {
    /// It has none.
    Nobody,
    /// The built-in engine's: the task was confined before the module came.
    Kernel,
    /// The engine's.
    Us(Borrowed<'a, L>),
}

/// The link behind a tagged pointer.
#[inline(always)]
fn untag<L: Filters>(raw: *mut bindings::seccomp_filter) -> Option<NonNull<Link<L>>> {
    if raw.addr() & L::TAG != L::TAG {
        return None;
    }
    NonNull::new(raw.cast::<u8>().wrapping_sub(L::TAG).cast())
}

fn tag<L: Filters>(link: Option<Attached<L>>) -> *mut bindings::seccomp_filter {
    match link {
        Some(link) => {
            let link = link.into_raw().as_ptr();
            link.cast::<u8>().wrapping_add(L::TAG).cast()
        }
        None => core::ptr::null_mut(),
    }
}

/// `struct task_struct`. That there is a reference says that the task is there.
#[repr(transparent)]
pub(crate) struct Task(Opaque<bindings::task_struct>);

impl Task {
    /// # Safety
    ///
    /// The task is there for all of `'a`.
    #[inline(always)]
    pub(super) unsafe fn from_raw<'a>(ptr: NonNull<bindings::task_struct>) -> &'a Self {
        // SAFETY: By the contract of this function; the layout is the same.
        unsafe { ptr.cast().as_ref() }
    }

    /// The `struct task_struct`.
    #[inline(always)]
    pub(super) fn as_ptr(&self) -> *mut bindings::task_struct {
        self.0.get()
    }

    /// The task's address, to tell it from others.
    #[inline(always)]
    pub(crate) fn addr(&self) -> usize {
        self.as_ptr().addr()
    }

    /// `task->seccomp.mode`, which only the task itself and, under the siglock, a thread of its
    /// process write.
    #[inline(always)]
    pub(crate) fn mode(&self) -> Mode {
        // SAFETY: The task is there; volatile for the writers on other processors.
        match unsafe { addr_of!((*self.as_ptr()).seccomp.mode).read_volatile() } {
            0 => Mode::Disabled,
            1 => Mode::Strict,
            2 => Mode::Filter,
            _ => Mode::Dead,
        }
    }

    /// `task->seccomp.filter` as it is stored, tag and all.
    #[inline(always)]
    fn raw_filter(&self) -> *mut bindings::seccomp_filter {
        // SAFETY: The task is there.
        unsafe { addr_of!((*self.as_ptr()).seccomp.filter).read_volatile() }
    }

    /// Has it any filter, whose ever it is?
    #[allow(
        dead_code,
        reason = "for an in-tree build; the module's entry code looks itself"
    )]
    pub(crate) fn has_filter(&self) -> bool {
        !self.raw_filter().is_null()
    }

    /// Whose filter the task has.
    ///
    /// # Safety
    ///
    /// For all of `'a` the task keeps its filter, or gets another only whose path leads to it.
    #[inline(always)]
    pub(super) unsafe fn owner<'a, L: Filters>(&self) -> Owner<'a, L> {
        let raw = self.raw_filter();
        if raw.is_null() {
            return Owner::Nobody;
        }
        match untag(raw) {
            // SAFETY: By the contracts of this function and of `Filters`.
            Some(link) => Owner::Us(unsafe { Borrowed::from_raw(link) }),
            None => Owner::Kernel,
        }
    }

    /// Gives the task the filter, with the references that come along, in place of the one it has,
    /// whose references are returned. (Those of a filter of the built-in engine would be lost.)
    ///
    /// Whoever reads the pointer sees what it points to.
    ///
    /// # Safety
    ///
    /// The caller holds the siglock of the task, so there is no other writer, and nobody relies on
    /// the task to keep its filter.
    pub(super) unsafe fn replace_filter<L: Filters>(
        &self,
        filter: Option<Attached<L>>,
    ) -> Option<Attached<L>> {
        let old = untag(self.raw_filter());
        barrier::smp_mb(barrier::Write);
        // SAFETY: The task is there, and by the contract of this function.
        unsafe { addr_of_mut!((*self.as_ptr()).seccomp.filter).write_volatile(tag(filter)) };
        // SAFETY: By the contract of `Filters`; the pointer was overwritten, so its references are
        // taken once.
        old.map(|old| unsafe { Attached::from_raw(old) })
    }

    /// Takes references for a copy of the task's pointer, which a child is about to get by fork().
    ///
    /// # Safety
    ///
    /// The caller is the task and holds its siglock.
    pub(crate) unsafe fn share_filter<L: Filters>(&self) {
        // SAFETY: By the contract of this function.
        if let Owner::Us(filter) = unsafe { self.owner::<L>() } {
            core::mem::forget(filter.attach());
        }
    }

    /// `task->seccomp.filter_count`, as `/proc/<pid>/status` shows it.
    pub(super) fn filter_count(&self) -> &Atomic<i32> {
        // SAFETY: An `atomic_t` has the layout of an `Atomic<i32>`, is only accessed atomically,
        // and is there for as long as the task.
        unsafe { &*addr_of!((*self.as_ptr()).seccomp.filter_count).cast() }
    }

    /// `task->flags & PF_EXITING`.
    pub(crate) fn is_exiting(&self) -> bool {
        // SAFETY: The task is there.
        let flags = unsafe { addr_of!((*self.as_ptr()).flags).read_volatile() };
        flags & bindings::PF_EXITING != 0
    }

    /// The thread's id as the calling task sees it, 0 if it sees none.
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
/// The pointer is to `current`. A value never gets to another task.
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

    /// Whose filter the task has. The task keeps it for as long as it runs system calls; another
    /// thread's TSYNC may put filters on top of it.
    #[inline(always)]
    pub(crate) fn owner<L: Filters>(&self) -> Owner<'_, L> {
        // SAFETY: The calling task has a reference to its filter, and gives it up only when it
        // exits, from where it does not come back to who has the result. TSYNC replaces it only by
        // one whose path leads to it.
        unsafe { (**self).owner() }
    }

    /// The filter behind the task's tagged pointer, as just read.
    ///
    /// # Safety
    ///
    /// `tagged` is the task's `seccomp.filter`, and has the tag.
    #[inline(always)]
    pub(crate) unsafe fn filter<L: Filters>(&self, tagged: NonNull<u8>) -> Borrowed<'_, L> {
        // SAFETY: By the contract of this function; and as for `owner()`.
        unsafe { Borrowed::from_raw(tagged.byte_sub(L::TAG).cast()) }
    }

    /// Marks the task as killed.
    pub(crate) fn set_dead(&self) {
        // SAFETY: The task is there. It writes its own mode.
        unsafe { addr_of_mut!((*self.as_ptr()).seccomp.mode).write_volatile(MODE_DEAD) };
    }

    /// Did a tracer suspend seccomp (`PTRACE_O_SUSPEND_SECCOMP`)?
    #[inline(always)]
    pub(crate) fn seccomp_suspended(&self) -> bool {
        // SAFETY: The task is there. Written while it is stopped.
        let ptrace = unsafe { addr_of!((*self.as_ptr()).ptrace).read_volatile() };
        cfg!(CONFIG_CHECKPOINT_RESTORE) && ptrace & bindings::PT_SUSPEND_SECCOMP != 0
    }

    /// Did the task enter by a 32-bit system call?
    #[inline(always)]
    pub(crate) fn is_compat(&self) -> bool {
        // SAFETY: The task is there. `status` and the flag are its own.
        Native::is_compat(unsafe { &(*self.as_ptr()).thread_info })
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

    /// The task's address space, for comparison.
    #[inline(always)]
    pub(crate) fn mm(&self) -> Mm {
        // SAFETY: The task is there. Only the task itself replaces it.
        Mm(unsafe { (*self.as_ptr()).mm }.addr())
    }
}

impl Deref for Current {
    type Target = Task;

    #[inline(always)]
    fn deref(&self) -> &Task {
        // SAFETY: By the type invariant: a task that runs is there.
        unsafe { Task::from_raw(self.0) }
    }
}

/// A task that is traced by the caller, and stopped: it does not exit.
#[derive(Clone, Copy)]
pub(crate) struct Tracee<'a>(&'a Task);

impl Tracee<'_> {
    /// # Safety
    ///
    /// The task is traced by the caller, and stopped, for all of the value's lifetime.
    pub(crate) unsafe fn from_raw(ptr: NonNull<bindings::task_struct>) -> Self {
        // SAFETY: By the contract of this function.
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
    /// The task is in `do_exit()`, not yet past `exit_notify()`, and nobody uses what it owned but
    /// by this value.
    pub(crate) unsafe fn from_raw(ptr: NonNull<bindings::task_struct>) -> Self {
        // SAFETY: By the contract of this function.
        Self(unsafe { Task::from_raw(ptr) }, PhantomData)
    }
}

impl Deref for Exiting<'_> {
    type Target = Task;

    fn deref(&self) -> &Task {
        self.0
    }
}

/// A task that this value keeps from being freed.
///
/// # Invariants
///
/// The pointer is to a task with a reference that belongs to this value.
pub(crate) struct Held(NonNull<bindings::task_struct>);

impl Held {
    /// # Safety
    ///
    /// The task comes with a reference, which is given to the value.
    pub(super) unsafe fn from_raw(task: NonNull<bindings::task_struct>) -> Self {
        // INVARIANT: By the contract of this function.
        Self(task)
    }

    /// The thread with this id in a pid namespace.
    pub(crate) fn find(ns: &PidNamespace, id: i32) -> Option<Self> {
        // SAFETY: The namespace is valid.
        let task = NonNull::new(unsafe { ffi::rsc_find_task(ns.as_ptr(), id) })?;
        // SAFETY: It came with a reference, which the result takes over.
        Some(unsafe { Self::from_raw(task) })
    }

    /// The task's address, which now owns the reference.
    pub(crate) fn into_addr(self) -> usize {
        let this = core::mem::ManuallyDrop::new(self);
        this.0.as_ptr().expose_provenance()
    }

    /// # Safety
    ///
    /// `addr` is 0 or from [`Held::into_addr`], and has not been passed here before.
    pub(crate) unsafe fn from_addr(addr: usize) -> Option<Self> {
        let task = NonNull::new(core::ptr::with_exposed_provenance_mut(addr))?;
        // INVARIANT: By the contract of this function, there is a reference.
        Some(Self(task))
    }
}

impl Deref for Held {
    type Target = Task;

    fn deref(&self) -> &Task {
        // SAFETY: By the type invariant.
        unsafe { Task::from_raw(self.0) }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: The value has a reference.
        unsafe { ffi::rsc_put_task(self.0.as_ptr()) };
    }
}

/// May the calling task install filters: `no_new_privs`, or `CAP_SYS_ADMIN` in its user namespace?
pub(crate) fn may_install() -> bool {
    // SAFETY: May be called from any task's context.
    unsafe { ffi::rsc_may_install() }
}

/// Does the calling task have `CAP_SYS_ADMIN` in the initial user namespace?
pub(crate) fn is_sysadmin() -> bool {
    // SAFETY: May be called from any task's context.
    unsafe { ffi::rsc_capable_sysadmin() }
}

/// Does the kernel run programs of this architecture (`AUDIT_ARCH_*`)?
pub(crate) fn runs_arch(arch: u32) -> bool {
    arch == Native::AUDIT_ARCH || (cfg!(CONFIG_COMPAT) && arch == Native::AUDIT_ARCH_COMPAT)
}

/// The calling task's protection-key register, if the processor has one.
pub(crate) fn pkey_register() -> Option<u32> {
    let mut value = 0;
    // SAFETY: May be called from any task's context; `value` is valid for writes.
    unsafe { ffi::rsc_pkey_register(&mut value) }.then_some(value)
}

/// `in_compat_syscall()`: are the structures that the caller passes those of the 32-bit ABI?
pub(crate) fn in_compat_syscall() -> bool {
    // SAFETY: May be called from any task's context.
    unsafe { ffi::rsc_in_compat_syscall() }
}
