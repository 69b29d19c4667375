// SPDX-License-Identifier: GPL-2.0

//! What the C side of seccomp calls: the filters' part of `kernel/seccomp.c`.

use crate::{
    engine::{
        attach,
        filter::FilterLayer,
        inspect::ptrace,
        permit, //
    },
    sys::{
        regs::{
            PtRegs,
            Regs, //
        },
        syscall::Syscall,
        task::{
            Current,
            Exiting,
            Owner,
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
    // SAFETY: By the contract of this function. The call has just been entered, so nobody else
    // deals with it.
    let (current, call) = unsafe {
        let current = Current::from_raw(task);
        (current, Syscall::new(current, Regs::from_raw(regs)))
    };
    match current.owner::<FilterLayer>() {
        Owner::Us(filter) => permit::permit_syscall(call, filter.link()),
        // Mode and filter do not go together: refuse.
        Owner::Nobody | Owner::Kernel => false,
    }
}

/// An operation of seccomp(2) that is about filters.
///
/// # Safety
///
/// For `do_seccomp()` only: the arguments are its own.
#[no_mangle]
unsafe extern "C" fn seccomp_filter_op(op: c_uint, flags: c_uint, uargs: *mut c_void) -> c_long {
    attach::operation(op, flags, UserPtr::from_ptr(uargs), ()).unwrap_or(EINVAL.to_errno() as isize)
}

/// The child of a fork is about to get a copy of the pointer to its parent's filter.
///
/// # Safety
///
/// For `copy_seccomp()` only: `task` is `current` and holds its siglock.
#[no_mangle]
unsafe extern "C" fn get_seccomp_filter(task: NonNull<RawTask>) {
    // SAFETY: By the contract of this function.
    unsafe { Current::from_raw(task).share_filter::<FilterLayer>() };
}

/// A task exits, and gives its filter up.
///
/// # Safety
///
/// For `do_exit()` only: `task` is exiting (`PF_EXITING`) and still has its sighand.
#[no_mangle]
unsafe extern "C" fn seccomp_filter_release(task: NonNull<RawTask>) {
    // SAFETY: By the contract of this function. A task that exits makes no system call.
    let task = unsafe { Exiting::from_raw(task) };
    // Most tasks have none, and are not to take the siglock.
    if kernel::warn_on!(!task.is_exiting()) || !task.has_filter() {
        return;
    }
    attach::release(&task);
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
    // SAFETY: By the contract of this function.
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
    // SAFETY: By the contract of this function.
    let tracee = unsafe { Tracee::from_raw(tracee) };
    ptrace::get_metadata(&tracee, size, UserPtr::from_ptr(data))
        .unwrap_or(EINVAL.to_errno() as isize)
}
