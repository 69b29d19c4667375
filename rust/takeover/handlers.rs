// SPDX-License-Identifier: GPL-2.0

//! What the entry code calls in place of, or before, the hooked functions.
//!
//! The module is kept by the task's filter where the entry code has found one of ours; else by a
//! reference that the handler takes before it does anything that sleeps. A handler that does not
//! get one leaves the call to the built-in engine: the module is on its way out.

use super::{
    actions_logged,
    args, //
};
use crate::{
    engine::{
        attach,
        filter::FilterLayer,
        inspect::ptrace,
        permit, //
    },
    sys::{
        module::ModuleRef,
        regs::{
            PtRegs,
            Regs, //
        },
        syscall::Syscall,
        sysctl::{
            Handler,
            HandlerCall,
            RawTable, //
        },
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
    ffi::{
        c_int,
        c_uint,
        c_ulong,
        c_void, //
    },
    uaccess::UserPtr, //
};

/// What a handler tells the entry code of a function that may be left to the kernel.
#[repr(C)]
struct Handled {
    /// Was the call dealt with?
    handled: usize,
    /// If so, its result.
    value: isize,
}

impl Handled {
    /// The built-in engine is to go on with the call.
    const NO: Self = Self {
        handled: 0,
        value: 0,
    };

    /// The call is done.
    const fn yes(value: isize) -> Self {
        Self { handled: 1, value }
    }
}

impl From<Option<isize>> for Handled {
    fn from(value: Option<isize>) -> Self {
        value.map_or(Self::NO, Self::yes)
    }
}

/// Takes the place of `__seccomp_permit_syscall()` for tasks whose filter is ours.
///
/// Returns whether to run the system call. If not, its result is set, or a signal is pending.
///
/// # Safety
///
/// For the entry code only: `task` is `current`, `filter` its filter as just read, tagged, and
/// `regs` is `task_pt_regs(current)`.
#[no_mangle]
unsafe extern "C" fn rsc_permit_syscall(
    task: NonNull<RawTask>,
    filter: NonNull<u8>,
    regs: NonNull<PtRegs>,
) -> bool {
    // SAFETY: By the contract of this function. The call has just been entered, so nobody else
    // deals with it.
    let (current, call) = unsafe {
        let current = Current::from_raw(task);
        (current, Syscall::new(current, Regs::from_raw(regs)))
    };
    // SAFETY: By the contract of this function.
    let filter = unsafe { current.filter::<FilterLayer>(filter) };
    permit::permit_syscall(call, filter.link())
}

/// Stands before `do_seccomp()`.
///
/// # Safety
///
/// For the entry code only: the arguments are those of `do_seccomp()`.
#[no_mangle]
unsafe extern "C" fn rsc_do_seccomp(op: c_uint, flags: c_uint, uargs: *mut c_void) -> Handled {
    let Some(module) = ModuleRef::try_get() else {
        return Handled::NO;
    };
    attach::operation(op, flags, UserPtr::from_ptr(uargs), module).into()
}

/// Takes the place of `get_seccomp_filter()` for tasks whose filter is ours: the child of a fork
/// is about to get a copy of the pointer.
///
/// # Safety
///
/// For the entry code only: `task` is `current`, holds its siglock, and its filter is ours.
#[no_mangle]
unsafe extern "C" fn rsc_get_seccomp_filter(task: NonNull<RawTask>) {
    // SAFETY: By the contract of this function.
    unsafe { Current::from_raw(task).share_filter::<FilterLayer>() };
}

/// Takes the place of `seccomp_filter_release()` for tasks whose filter is ours.
///
/// # Safety
///
/// For the entry code only: `task` is exiting (`PF_EXITING`) and still has its sighand.
#[no_mangle]
unsafe extern "C" fn rsc_seccomp_filter_release(task: NonNull<RawTask>) {
    // SAFETY: By the contract of this function. A task that exits makes no system call.
    let mut task = unsafe { Exiting::from_raw(task) };
    if kernel::warn_on!(!task.is_exiting()) {
        return;
    }
    args::release(&mut task);
    attach::release(&task);
}

/// Stands before `seccomp_get_filter()`.
///
/// # Safety
///
/// For the entry code only: `tracee` is traced by the caller, and stopped.
#[no_mangle]
unsafe extern "C" fn rsc_seccomp_get_filter(
    tracee: NonNull<RawTask>,
    offset: c_ulong,
    data: *mut c_void,
) -> Handled {
    let Some(_module) = ModuleRef::try_get() else {
        return Handled::NO;
    };
    // SAFETY: By the contract of this function.
    let tracee = unsafe { Tracee::from_raw(tracee) };
    ptrace::get_filter(&tracee, offset, UserPtr::from_ptr(data)).into()
}

/// Stands before `seccomp_get_metadata()`.
///
/// # Safety
///
/// For the entry code only: `tracee` is traced by the caller, and stopped.
#[no_mangle]
unsafe extern "C" fn rsc_seccomp_get_metadata(
    tracee: NonNull<RawTask>,
    size: c_ulong,
    data: *mut c_void,
) -> Handled {
    let Some(_module) = ModuleRef::try_get() else {
        return Handled::NO;
    };
    // SAFETY: By the contract of this function.
    let tracee = unsafe { Tracee::from_raw(tracee) };
    ptrace::get_metadata(&tracee, size, UserPtr::from_ptr(data)).into()
}

/// Stands before `seccomp_actions_logged_handler()`.
///
/// # Safety
///
/// For the entry code only: the arguments are the handler's, and `body` is where it goes on.
#[no_mangle]
unsafe extern "C" fn rsc_actions_logged(
    table: *const RawTable,
    write: c_int,
    buffer: *mut c_void,
    lenp: *mut usize,
    ppos: *mut i64,
    body: c_ulong,
) -> Handled {
    // SAFETY: By the contract of this function.
    let (call, handler) = unsafe {
        (
            HandlerCall::new(table, write, buffer, lenp, ppos),
            Handler::new(body),
        )
    };
    if !call.is_write() {
        return Handled::NO;
    }
    // What follows sleeps.
    let Some(_module) = ModuleRef::try_get() else {
        return Handled::NO;
    };
    Handled::yes(actions_logged::change(&call, handler) as isize)
}
