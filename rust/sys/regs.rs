// SPDX-License-Identifier: GPL-2.0

//! The registers with which a task entered the kernel.
//!
//! C headers: [`include/asm-generic/syscall.h`](srctree/include/asm-generic/syscall.h)

use super::{
    task::Current,
    uapi::seccomp_data, //
};
use crate::{
    logic::syscalls::Arg,
    sys::arch::{
        Abi,
        Arch,
        Native, //
    }, //
};
use core::ptr::NonNull;
use kernel::bindings;

/// `struct pt_regs`, for the arguments of handlers.
pub(crate) use kernel::bindings::pt_regs as PtRegs;

/// The user registers of the calling task, `task_pt_regs(current)`.
///
/// # Invariants
///
/// The pointer is to the registers on the kernel stack of the task that uses this value.
#[derive(Clone, Copy)]
pub(crate) struct Regs(NonNull<bindings::pt_regs>);

impl Regs {
    /// # Safety
    ///
    /// `ptr` is `task_pt_regs(current)`, and the value is not used by another task.
    #[inline(always)]
    pub(crate) unsafe fn from_raw(ptr: NonNull<bindings::pt_regs>) -> Self {
        // INVARIANT: By the contract of this function.
        Self(ptr)
    }

    /// The pointer.
    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *const bindings::pt_regs {
        self.0.as_ptr()
    }

    /// The system call's number as the kernel sees it, without the upper half of the register.
    #[inline(always)]
    pub(crate) fn nr(self) -> i32 {
        // SAFETY: By the type invariant the registers are this task's. Others write them only while
        // the task is stopped for its tracer.
        Native::nr(unsafe { self.0.as_ref() })
    }

    /// The upper half of the register in which the number came; 0 for compat calls.
    pub(crate) fn nr_high(self, current: Current) -> u32 {
        if current.is_compat() {
            return 0;
        }
        // SAFETY: By the type invariant, and the place is that of half a register in `pt_regs`.
        unsafe { self.0.byte_add(Native::NR_HIGH_PLACE).cast::<u32>().read() }
    }

    /// What classic filters see of the call: `populate_seccomp_data()` of `kernel/seccomp.c`.
    #[inline]
    pub(crate) fn seccomp_data(self, current: Current) -> seccomp_data {
        // SAFETY: By the type invariant the registers are this task's. Others write them only while
        // the task is stopped for its tracer.
        let regs = unsafe { self.0.as_ref() };
        seccomp_data {
            nr: Native::nr(regs),
            arch: current.audit_arch(),
            instruction_pointer: Native::instruction_pointer(regs),
            args: Native::arguments(regs, current.is_compat()),
        }
    }

    /// An argument, as the system call's wrapper takes it: 32 bits for a 32-bit call.
    #[inline(always)]
    pub(crate) fn argument(self, compat: bool, argument: Arg) -> u64 {
        let [_, places @ ..] = Native::places(compat);
        let place = places[argument as usize];
        // SAFETY: By the type invariant, and the place is that of a register in `pt_regs`.
        let value = unsafe { self.0.byte_add(place).cast::<u64>().read() };
        if compat {
            value & 0xffff_ffff
        } else {
            value
        }
    }

    /// Sets the result of a system call that is not run: `syscall_set_return_value()`.
    #[inline(always)]
    pub(crate) fn set_return_value(self, current: Current, value: isize) {
        self.set_return_value_of(Abi::of(current.is_compat()), value);
    }

    /// [`Regs::set_return_value`], for who knows the call's ABI.
    #[inline(always)]
    pub(super) fn set_return_value_of(mut self, abi: Abi, value: isize) {
        // SAFETY: By the type invariant the registers are this task's. No other reference to them
        // is there, as none outlives a function of this file.
        Native::set_return_value(unsafe { self.0.as_mut() }, abi == Abi::Compat, value);
    }

    /// Restores the registers to what they were at the entry: `syscall_rollback()`.
    #[inline]
    pub(crate) fn rollback(mut self) {
        // SAFETY: By the type invariant the registers are this task's. No other reference to them
        // is there, as none outlives a function of this file.
        Native::rollback(unsafe { self.0.as_mut() });
    }
}
