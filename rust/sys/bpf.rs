// SPDX-License-Identifier: GPL-2.0

//! Programs: classic BPF as the user wrote it, and what the kernel made of it.
//!
//! C header: [`include/linux/filter.h`](srctree/include/linux/filter.h)

use super::{
    ffi,
    uapi::seccomp_data, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    error::to_result,
    ffi::{
        c_int,
        c_uint,
        c_void, //
    },
    prelude::*,
    uaccess::UserPtr, //
};

/// Checks, and rewrites for execution, a classic program that passed `bpf_check_classic()`.
pub(crate) type Checker = fn(&mut [bindings::sock_filter]) -> Result;

/// A program that the kernel has translated (and mostly compiled), along with its original.
///
/// # Invariants
///
/// The pointer is to a `bpf_prog` of `bpf_prog_create_from_user()` that nobody else frees, and
/// which has kept its original.
pub(crate) struct Program(NonNull<bindings::bpf_prog>);

// SAFETY: Programs are immutable and may be run and freed by any task.
unsafe impl Send for Program {}
// SAFETY: As above.
unsafe impl Sync for Program {}

impl Program {
    /// Reads `len` instructions from `insns` and translates them.
    ///
    /// Fails with `EFAULT` if they cannot be read, with `EINVAL` if `bpf_check_classic()` or
    /// `seccomp_check_filter()` refuses them, and with `ENOMEM`.
    pub(crate) fn from_user(len: u16, insns: UserPtr) -> Result<Self> {
        let mut prog = core::ptr::null_mut();
        // SAFETY: `prog` is valid for writes; `insns` is only read by the accessors of user
        // memory; the checker obeys the contract of `bpf_aux_classic_check_t`.
        to_result(unsafe {
            ffi::rsc_prog_create_from_user(&mut prog, len, insns.as_mut_ptr(), check)
        })?;
        // INVARIANT: It was just made, with `save_orig`.
        NonNull::new(prog).map(Self).ok_or(EINVAL)
    }

    /// The length of the translated program, which is what the limit per path counts.
    pub(crate) fn len(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { ffi::rsc_prog_len(self.0.as_ptr()) }
    }

    /// The instructions as the user wrote them.
    pub(crate) fn original(&self) -> &[bindings::sock_filter] {
        let mut len = 0;
        // SAFETY: By the type invariant, the original is there and lives as long as the program.
        unsafe {
            let insns = ffi::rsc_prog_orig(self.0.as_ptr(), &mut len);
            core::slice::from_raw_parts(insns, len as usize)
        }
    }

    /// Runs the program.
    #[inline]
    pub(crate) fn run(&self, data: &seccomp_data) -> u32 {
        let ctx: *const seccomp_data = data;
        // SAFETY: By the type invariant; the checker has confined all loads to `seccomp_data`.
        unsafe { ffi::rsc_prog_run(self.0.as_ptr(), ctx.cast::<c_void>()) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and nobody uses it any more.
        unsafe { ffi::rsc_prog_destroy(self.0.as_ptr()) };
    }
}

/// # Safety
///
/// As the kernel calls it: `filter` points to `flen` instructions that nobody else uses.
unsafe extern "C" fn check(filter: *mut bindings::sock_filter, flen: c_uint) -> c_int {
    // SAFETY: By the contract of this function.
    let insns = unsafe { core::slice::from_raw_parts_mut(filter, flen as usize) };
    match CHECKER(insns) {
        Ok(()) => 0,
        Err(e) => e.to_errno(),
    }
}

const CHECKER: Checker = crate::filter::check;
