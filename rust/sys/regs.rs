// SPDX-License-Identifier: GPL-2.0

//! The registers with which a task entered the kernel.
//!
//! C headers: [`include/asm-generic/syscall.h`](srctree/include/asm-generic/syscall.h)

use super::{
    task::Task,
    uapi::seccomp_data, //
};
use crate::arch::{
    Arch,
    Native, //
};
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use kernel::{
    bindings,
    ffi::c_ulong, //
};

/// `struct pt_regs`, for the arguments of handlers.
pub(crate) use kernel::bindings::pt_regs as PtRegs;

extern "C" {
    /// A system call's wrapper, with the function to run behind the arguments
    /// (`entry/<arch>.S`).
    fn rsc_call_wrapper(
        regs: *const bindings::pt_regs,
        _: c_ulong,
        _: c_ulong,
        _: c_ulong,
        _: c_ulong,
        body: c_ulong,
    ) -> isize;
}

/// Runs the wrapper that goes on at `body` with these registers.
///
/// # Safety
///
/// `body` is where a wrapper of a system call goes on behind its ftrace site, and the registers stay
/// in place until it is done.
pub(crate) unsafe fn call_wrapper(regs: *const PtRegs, body: usize) -> isize {
    // SAFETY: By the contract of this function.
    unsafe { rsc_call_wrapper(regs, 0, 0, 0, 0, body) }
}

/// Room for a copy of the registers.
pub(crate) struct Saved(MaybeUninit<bindings::pt_regs>);

impl Saved {
    /// Room.
    pub(crate) const fn new() -> Self {
        Self(MaybeUninit::uninit())
    }
}

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
        // SAFETY: By the type invariant; nobody else writes them but a tracer, while this task is
        // stopped.
        Native::nr(unsafe { self.0.as_ref() })
    }

    /// The upper half of the register in which the number came; 0 for compat calls.
    pub(crate) fn nr_high(self, task: Task) -> u32 {
        if task.is_compat() {
            return 0;
        }
        // SAFETY: As in `nr()`; the place is that of half a register.
        unsafe { self.0.byte_add(Native::NR_HIGH_PLACE).cast::<u32>().read() }
    }

    /// What the filters are to see: `populate_seccomp_data()` of `kernel/seccomp.c`.
    #[inline]
    pub(crate) fn seccomp_data(self, task: Task) -> seccomp_data {
        // SAFETY: As in `nr()`.
        let regs = unsafe { self.0.as_ref() };
        seccomp_data {
            nr: Native::nr(regs),
            arch: task.audit_arch(),
            instruction_pointer: Native::instruction_pointer(regs),
            args: Native::arguments(regs, task.is_compat()),
        }
    }

    /// The arguments, as the system call's wrapper takes them: 32 bits each for a 32-bit call.
    #[inline(always)]
    pub(crate) fn arguments(self, task: Task) -> [u64; 6] {
        let compat = task.is_compat();
        // SAFETY: As in `nr()`.
        let arguments = Native::arguments(unsafe { self.0.as_ref() }, compat);
        if compat {
            arguments.map(|argument| argument & 0xffff_ffff)
        } else {
            arguments
        }
    }

    /// Makes a copy of the registers that differs in the argument `index`.
    #[inline(always)]
    pub(crate) fn with_argument(
        self,
        copy: &mut Saved,
        compat: bool,
        index: usize,
        value: usize,
    ) -> *const PtRegs {
        const WORDS: usize = core::mem::size_of::<bindings::pt_regs>() / 8;
        let (from, to) = (self.0.cast::<u64>(), copy.0.as_mut_ptr().cast::<u64>());
        for i in 0..WORDS {
            // Word by word, and volatile lest that becomes a call of `memcpy()`, which takes longer
            // for so few.
            // SAFETY: As in `nr()`; and both have that many words, and no padding.
            unsafe { to.add(i).write(from.add(i).read_volatile()) };
        }
        // SAFETY: All of it was just written.
        let copy = unsafe { copy.0.assume_init_mut() };
        Native::set_argument(copy, compat, index, value);
        copy
    }

    /// Sets the result of a system call that is not run: `syscall_set_return_value()`.
    #[inline(always)]
    pub(crate) fn set_return_value(mut self, task: Task, value: isize) {
        // SAFETY: As in `nr()`, and the borrow ends here.
        Native::set_return_value(unsafe { self.0.as_mut() }, task.is_compat(), value);
    }

    /// Restores the registers to what they were at the entry: `syscall_rollback()`.
    #[inline]
    pub(crate) fn rollback(mut self) {
        // SAFETY: As in `nr()`, and the borrow ends here.
        Native::rollback(unsafe { self.0.as_mut() });
    }
}
