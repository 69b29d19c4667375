// SPDX-License-Identifier: GPL-2.0

//! Wrappers of system calls that see other registers than the task's own.

use super::{
    arch::{
        Arch,
        Native, //
    },
    ffi,
    regs::{
        PtRegs,
        Regs, //
    }, //
};
use crate::logic::syscalls::Arg;

/// Runs the wrapper that goes on at `body`, with these registers. Returns its result.
///
/// # Safety
///
/// `body` is where a wrapper of a system call goes on behind its ftrace site, and the registers
/// stay in place until it is done.
pub(crate) unsafe fn call_wrapper(regs: *const PtRegs, body: usize) -> isize {
    // SAFETY: By the contract `body` is a wrapper's, which takes the address of registers and
    // returns a `long`.
    unsafe { ffi::rsc_call_wrapper(regs, 0, 0, 0, 0, body) }
}

/// Room for a copy of the registers.
pub(crate) struct Saved(PtRegs);

impl Saved {
    /// Zeros.
    pub(crate) const fn new() -> Self {
        // SAFETY: A `struct pt_regs` is made of numbers, for which zero is valid.
        Self(unsafe { core::mem::zeroed() })
    }
}

impl Regs {
    /// Copies to `copy` what a wrapper reads of the registers, with `value` in place of an
    /// argument. Returns the address of the copy.
    #[inline(always)]
    pub(crate) fn with_argument(
        self,
        copy: &mut Saved,
        compat: bool,
        argument: Arg,
        value: usize,
    ) -> *const PtRegs {
        let registers = self.as_ptr();
        let to = (&raw mut copy.0).cast::<u8>();
        let [_, places @ ..] = Native::places(compat);
        for &place in places {
            // SAFETY: The place is that of a register in a `struct pt_regs`. `registers` points to
            // one by the type invariant, and `to` to another, which is borrowed exclusively.
            unsafe {
                let from = registers.byte_add(place).cast::<usize>();
                to.byte_add(place).cast::<usize>().write(from.read());
            }
        }
        if let Some(place) = Native::COMPAT_FIRST_PLACE {
            // SAFETY: As above.
            unsafe {
                let from = registers.byte_add(place).cast::<usize>();
                let first = if argument == Arg::A0 {
                    value
                } else {
                    from.read()
                };
                to.byte_add(place).cast::<usize>().write(first);
            }
        }
        let place = places[argument as usize];
        // SAFETY: The place is that of a register in the `struct pt_regs` that `to` points to.
        unsafe { to.byte_add(place).cast::<usize>().write(value) };
        &raw const copy.0
    }
}
