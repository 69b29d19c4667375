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
    /// `SECCOMP_MODE_DEAD`, a constant of `kernel/seccomp.c`: the task was killed, and must not run
    /// a system call any more.
    Dead,
}

const MODE_DEAD: c_int = bindings::SECCOMP_MODE_FILTER as c_int + 1;

/// The address of a `struct mm_struct`, to compare it with others. The address space may be gone,
/// and another may have its address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mm(pub(super) usize);

impl Mm {
    /// The address.
    pub(crate) fn addr(self) -> usize {
        self.0
    }
}

/// The layer whose links tasks have as their filters.
///
/// # Safety
///
/// If a task's `seccomp.filter` is not NULL and has all bits of [`Filters::TAG`], it is a pointer
/// from [`Attached::into_raw`] of this layer with the tag added, and the task owns the references
/// that come with it: either [`Task::replace_filter`] has stored it, or fork has copied it and has
/// called [`Task::share_filter`] for the copy.
pub(crate) unsafe trait Filters: Layer {
    /// The bits that mark the engine's pointers; 0 if there are no others.
    const TAG: usize;
}

/// The engine that a task's filter belongs to.
pub(crate) enum Owner<'a, L: Layer> {
    /// The task has no filter.
    Nobody,
    /// The built-in engine's: the task was confined before the module came.
    Kernel,
    /// The engine's.
    Us(Borrowed<'a, L>),
}

/// The link behind a tagged pointer; `None` if the pointer has no tag, or is NULL.
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

    /// The task's address, to tell it from others.
    #[inline(always)]
    pub(crate) fn addr(&self) -> usize {
        self.as_ptr().addr()
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

    /// `task->seccomp.filter` as it is stored, tag and all.
    #[inline(always)]
    fn raw_filter(&self) -> *mut bindings::seccomp_filter {
        // SAFETY: The task is there. The access is volatile, as other processors may write.
        unsafe { addr_of!((*self.as_ptr()).seccomp.filter).read_volatile() }
    }

    /// Has the task a filter, of either engine?
    #[allow(
        dead_code,
        reason = "for an in-tree build; the module's entry code looks itself"
    )]
    pub(crate) fn has_filter(&self) -> bool {
        !self.raw_filter().is_null()
    }

    /// The owner of the task's filter.
    ///
    /// # Safety
    ///
    /// During `'a` the task's filter is not replaced, but by one whose path leads to it.
    #[inline(always)]
    pub(super) unsafe fn owner<'a, L: Filters>(&self) -> Owner<'a, L> {
        let raw = self.raw_filter();
        if raw.is_null() {
            return Owner::Nobody;
        }
        match untag(raw) {
            // SAFETY: By the contract of `Filters` the pointer is from `into_raw()` and the task
            // has a reference. By that of this function the task's filter keeps the link during
            // `'a`.
            Some(link) => Owner::Us(unsafe { Borrowed::from_raw(link) }),
            None => Owner::Kernel,
        }
    }

    /// Stores `filter` in the task, which then owns its references. Returns the task's old filter,
    /// but loses one that is the built-in engine's.
    ///
    /// A task that reads the new pointer sees the link initialised.
    ///
    /// # Safety
    ///
    /// The caller holds the siglock of the task, so that there is no other writer. Nobody has
    /// borrowed the old filter by [`Task::owner`], unless the path of `filter` leads to it.
    pub(super) unsafe fn replace_filter<L: Filters>(
        &self,
        filter: Option<Attached<L>>,
    ) -> Option<Attached<L>> {
        let old = untag(self.raw_filter());
        barrier::smp_mb(barrier::Write);
        // SAFETY: The task is there, and by the contract there is no other writer.
        unsafe { addr_of_mut!((*self.as_ptr()).seccomp.filter).write_volatile(tag(filter)) };
        // SAFETY: By the contract of `Filters` the task owned the references of the pointer, which
        // was just overwritten.
        old.map(|old| unsafe { Attached::from_raw(old) })
    }

    /// Takes the references for a copy of the task's pointer, which fork is about to give to a
    /// child.
    ///
    /// # Safety
    ///
    /// The caller is the task, and holds its siglock.
    pub(crate) unsafe fn share_filter<L: Filters>(&self) {
        // SAFETY: The siglock is held, so the filter is not replaced until this returns.
        if let Owner::Us(filter) = unsafe { self.owner::<L>() } {
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
        // SAFETY: `attach()` and TSYNC replace a task's filter only by one whose path leads to it.
        // `release()` takes it away, but only from a task in `do_exit()`, which does not return to
        // the holder of the result.
        unsafe { (**self).owner() }
    }

    /// The filter behind the task's tagged pointer, as just read.
    ///
    /// # Safety
    ///
    /// `tagged` is the task's `seccomp.filter`, and has the tag.
    #[inline(always)]
    pub(crate) unsafe fn filter<L: Filters>(&self, tagged: NonNull<u8>) -> Borrowed<'_, L> {
        // SAFETY: By the contract it is the task's filter, which the contract of `Filters` says
        // comes from `into_raw()`. The task keeps the link as `owner()` says.
        unsafe { Borrowed::from_raw(tagged.byte_sub(L::TAG).cast()) }
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
        // SAFETY: The task is there. `is_compat()` reads a field or a flag of it that only the task
        // itself writes.
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
        // SAFETY: The task is there. Only the task itself writes the field.
        Mm(unsafe { (*self.as_ptr()).mm }.addr())
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

    /// The task's address, with which [`Held::from_addr`] gets the reference back.
    pub(crate) fn into_addr(self) -> usize {
        let this = core::mem::ManuallyDrop::new(self);
        this.0.as_ptr().expose_provenance()
    }

    /// # Safety
    ///
    /// `addr` is 0, or from a call of [`Held::into_addr`] whose result has not been passed here
    /// yet.
    pub(crate) unsafe fn from_addr(addr: usize) -> Option<Self> {
        let task = NonNull::new(core::ptr::with_exposed_provenance_mut(addr))?;
        // INVARIANT: The reference of the value that `into_addr()` was called for belongs to this
        // one.
        Some(Self(task))
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

/// Does the kernel run programs of this architecture (`AUDIT_ARCH_*`)?
pub(crate) fn runs_arch(arch: u32) -> bool {
    arch == Native::AUDIT_ARCH || (cfg!(CONFIG_COMPAT) && arch == Native::AUDIT_ARCH_COMPAT)
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
