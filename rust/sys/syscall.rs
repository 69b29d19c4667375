// SPDX-License-Identifier: GPL-2.0

//! The system call that the calling task makes.

use super::{
    arch::Abi,
    regs::Regs,
    task::Current, //
};

/// The system call that the calling task has entered: its registers, and the right to what is
/// cached for it. Not `Send`.
///
/// # Invariants
///
/// There is no other value for the same call.
pub(crate) struct Syscall {
    current: Current,
    regs: Regs,
}

impl Syscall {
    /// # Safety
    ///
    /// There is no other value for the call, and `regs` are the registers with which `current` has
    /// entered it.
    #[inline(always)]
    pub(crate) unsafe fn new(current: Current, regs: Regs) -> Self {
        // INVARIANT: By the contract of this function.
        Self { current, regs }
    }

    /// The task that makes the call.
    #[inline(always)]
    pub(crate) fn current(&self) -> Current {
        self.current
    }

    /// The registers with which the task has entered it.
    #[inline(always)]
    pub(crate) fn regs(&self) -> Regs {
        self.regs
    }

    /// Sets the result of the call, which is not run: `syscall_set_return_value()`.
    #[inline(always)]
    pub(crate) fn set_result(&self, value: isize) {
        self.regs.set_return_value(self.current, value);
    }

    /// [`Syscall::set_result`], for who knows the call's ABI.
    #[inline(always)]
    pub(crate) fn set_result_of(&self, abi: Abi, value: isize) {
        self.regs.set_return_value_of(abi, value);
    }
}
