// SPDX-License-Identifier: GPL-2.0

//! The handlers: functions that the entry code calls in place of, or before, the hooked functions.
//!
//! While a handler sleeps, something must keep the module loaded. Where the entry code has found a
//! filter of ours, that filter does. The other handlers take a reference to the module before they
//! sleep. If they get none, the module is being unloaded, and they leave the call to the built-in
//! engine.

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
        module_ref::ModuleRef,
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

/// What a handler returns to `CALL_ENTRY` of `entry/<arch>.S`, in two registers.
#[repr(C)]
struct Handled {
    /// 1 if the handler has dealt with the call, 0 if the kernel's function is to go on.
    handled: usize,
    /// The result of the call, if the handler has dealt with it.
    value: isize,
}

impl Handled {
    /// The built-in engine is to go on with the call.
    const NO: Self = Self {
        handled: 0,
        value: 0,
    };

    /// The handler has dealt with the call.
    const fn yes(value: isize) -> Self {
        Self { handled: 1, value }
    }
}

impl From<Option<isize>> for Handled {
    fn from(value: Option<isize>) -> Self {
        value.map_or(Self::NO, Self::yes)
    }
}

/// Takes the place of `__seccomp_permit_syscall()` for a task whose filter is ours.
///
/// Returns whether to run the system call. If not, its result is set, or a signal is pending.
///
/// # Safety
///
/// For the entry code only: `task` is `current`, `regs` is `task_pt_regs(current)`, and `filter` is
/// the tagged pointer that the entry code has just read from its `seccomp.filter`.
#[no_mangle]
unsafe extern "C" fn rsc_permit_syscall(
    task: NonNull<RawTask>,
    regs: NonNull<PtRegs>,
    filter: NonNull<u8>,
) -> bool {
    // SAFETY: By the contract `task` is `current` and `regs` its registers. The task has just
    // entered the call, so there is no other `Syscall` for it.
    let (current, call) = unsafe {
        let current = Current::from_raw(task);
        (current, Syscall::new(current, Regs::from_raw(regs)))
    };
    // SAFETY: By the contract it is the task's filter, with the tag.
    let filter = unsafe { current.filter::<FilterLayer>(filter) };
    permit::permit_syscall(call, filter.link())
}

/// Comes before `do_seccomp()`: attaches filters, and leaves what is not about filters, and the
/// tasks of the built-in engine, to the kernel.
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

/// Takes the place of `get_seccomp_filter()` for a task whose filter is ours: takes the references
/// for the copy of its pointer that the child of a fork is about to get.
///
/// # Safety
///
/// For the entry code only: `task` is `current`, holds its siglock, and its filter is ours.
#[no_mangle]
unsafe extern "C" fn rsc_get_seccomp_filter(task: NonNull<RawTask>) {
    // SAFETY: By the contract `task` is `current`, and holds its siglock.
    unsafe { Current::from_raw(task).share_filter::<FilterLayer>() };
}

/// Takes the place of `seccomp_filter_release()` for a task whose filter is ours.
///
/// # Safety
///
/// For the entry code only: `task` is exiting (`PF_EXITING`) and still has its sighand.
#[no_mangle]
unsafe extern "C" fn rsc_seccomp_filter_release(task: NonNull<RawTask>) {
    // SAFETY: By the contract the task is exiting and has its sighand. It makes no system call any
    // more, so nobody else uses what it owned.
    let mut task = unsafe { Exiting::from_raw(task) };
    if kernel::warn_on!(!task.is_exiting()) {
        return;
    }
    args::release(&mut task);
    attach::release(&mut task);
}

/// Comes before `seccomp_get_filter()`: answers, unless the tracee belongs to the built-in engine.
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
    // SAFETY: By the contract the caller traces the task, which stays stopped until this returns.
    let tracee = unsafe { Tracee::from_raw(tracee) };
    ptrace::get_filter(&tracee, offset, UserPtr::from_ptr(data)).into()
}

/// Comes before `seccomp_get_metadata()`: answers, unless the tracee belongs to the built-in
/// engine.
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
    // SAFETY: By the contract the caller traces the task, which stays stopped until this returns.
    let tracee = unsafe { Tracee::from_raw(tracee) };
    ptrace::get_metadata(&tracee, size, UserPtr::from_ptr(data)).into()
}

/// Comes before `seccomp_actions_logged_handler()`: a write has to change our copy of the setting,
/// too. Reads are left to the kernel.
///
/// # Safety
///
/// For the entry code only: `table` to `ppos` are the arguments of the kernel's handler, and `body`
/// is the address at which that goes on behind its ftrace site.
#[no_mangle]
unsafe extern "C" fn rsc_actions_logged(
    table: *const RawTable,
    write: c_int,
    buffer: *mut c_void,
    lenp: *mut usize,
    ppos: *mut i64,
    body: c_ulong,
) -> Handled {
    // SAFETY: By the contract these are the arguments of a call that returns after this function,
    // and `body` is where the kernel's handler goes on.
    let (call, handler) = unsafe {
        (
            HandlerCall::new(table, write, buffer, lenp, ppos),
            Handler::new(body),
        )
    };
    if !call.is_write() {
        return Handled::NO;
    }
    // Changing the setting sleeps.
    let Some(_module) = ModuleRef::try_get() else {
        return Handled::NO;
    };
    Handled::yes(actions_logged::change(&call, handler) as isize)
}
