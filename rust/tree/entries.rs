// SPDX-License-Identifier: GPL-2.0

//! The functions that the C side of seccomp calls: what of `kernel/seccomp.c` is about filters.

use crate::{
    engine::{
        attach,
        filter::FilterLayer,
        inspect::ptrace,
        permit, //
    },
    sys::{
        filter_pointer::Owner,
        regs::{
            PtRegs,
            Regs, //
        },
        syscall::Syscall,
        task::{
            Current,
            Exiting,
            RawTask,
            Tracee, //
        }, //
    }, //
};
use core::ptr::NonNull;
use kernel::{
    error::code::EINVAL,
    ffi::{
        c_long,
        c_uint,
        c_ulong,
        c_void, //
    },
    uaccess::UserPtr, //
};

/// May the system call run? If not, its result is set, or a signal is pending.
///
/// # Safety
///
/// For `__seccomp_permit_syscall()` only: `task` is `current`, in filter mode, and `regs` is
/// `task_pt_regs(current)`. The mode was read before, and the filter is read behind a barrier.
#[no_mangle]
unsafe extern "C" fn seccomp_filter_permit(task: NonNull<RawTask>, regs: NonNull<PtRegs>) -> bool {
    // SAFETY: By the contract `task` is `current` and `regs` its registers. The task has just
    // entered the call, so there is no other `Syscall` for it.
    let (current, call) = unsafe {
        let current = Current::from_raw(task);
        (current, Syscall::new(current, Regs::from_raw(regs)))
    };
    match current.owner::<FilterLayer>() {
        Owner::Us(filter) => permit::permit_syscall(call, filter.link()),
        // Filter mode without a filter: refuse.
        Owner::Nobody | Owner::Kernel => false,
    }
}

/// Runs an operation of seccomp(2) that is about filters. Returns its result, or a negative errno:
/// `EINVAL` if it is none.
///
/// # Safety
///
/// For `do_seccomp()` only: the arguments are its own.
#[no_mangle]
unsafe extern "C" fn seccomp_filter_op(op: c_uint, flags: c_uint, uargs: *mut c_void) -> c_long {
    attach::operation(op, flags, UserPtr::from_ptr(uargs), ()).unwrap_or(EINVAL.to_errno() as isize)
}

/// Takes the references for the copy of `task`'s pointer that the child of a fork is about to get.
///
/// # Safety
///
/// For `copy_seccomp()` only: `task` is `current` and holds its siglock.
#[no_mangle]
unsafe extern "C" fn get_seccomp_filter(task: NonNull<RawTask>) {
    // SAFETY: By the contract `task` is `current`, and holds its siglock.
    unsafe { Current::from_raw(task).share_filter::<FilterLayer>() };
}

/// Gives up the filter of a task that exits.
///
/// # Safety
///
/// For `do_exit()` only: `task` is exiting (`PF_EXITING`) and still has its sighand.
#[no_mangle]
unsafe extern "C" fn seccomp_filter_release(task: NonNull<RawTask>) {
    // SAFETY: By the contract the task is exiting and has its sighand. It makes no system call any
    // more, so nobody else uses what it owned.
    let mut task = unsafe { Exiting::from_raw(task) };
    // Most tasks have no filter, and need not take the siglock.
    if kernel::warn_on!(!task.is_exiting()) || !task.has_filter() {
        return;
    }
    attach::release(&mut task);
}

/// `PTRACE_SECCOMP_GET_FILTER`.
///
/// # Safety
///
/// For `ptrace_request()` only: `tracee` is traced by the caller, and stopped.
#[no_mangle]
unsafe extern "C" fn seccomp_get_filter(
    tracee: NonNull<RawTask>,
    offset: c_ulong,
    data: *mut c_void,
) -> c_long {
    // SAFETY: By the contract the caller traces the task, which stays stopped until this returns.
    let tracee = unsafe { Tracee::from_raw(tracee) };
    ptrace::get_filter(&tracee, offset, UserPtr::from_ptr(data))
        .unwrap_or(EINVAL.to_errno() as isize)
}

/// `PTRACE_SECCOMP_GET_METADATA`.
///
/// # Safety
///
/// For `ptrace_request()` only: `tracee` is traced by the caller, and stopped.
#[no_mangle]
unsafe extern "C" fn seccomp_get_metadata(
    tracee: NonNull<RawTask>,
    size: c_ulong,
    data: *mut c_void,
) -> c_long {
    // SAFETY: By the contract the caller traces the task, which stays stopped until this returns.
    let tracee = unsafe { Tracee::from_raw(tracee) };
    ptrace::get_metadata(&tracee, size, UserPtr::from_ptr(data))
        .unwrap_or(EINVAL.to_errno() as isize)
}
