// SPDX-License-Identifier: GPL-2.0

//! The trace event of verdicts. It is off until root turns it on in tracefs. Calls that just fail
//! pay nothing for that, as [`super::watch`] is off, and other refused calls one instruction that
//! does nothing.
//!
//! C header: [`include/linux/tracepoint.h`](srctree/include/linux/tracepoint.h)

use super::{
    ffi,
    uapi::seccomp_data, //
};
use crate::logic::bpf::insn::Insn;
use kernel::{
    bindings,
    jump_label::static_branch_unlikely, //
};

/// The filter that decides, and how.
pub(crate) struct Decider<'a> {
    /// Its number on its path, of which the oldest filter has 1.
    pub(crate) filter: u32,
    /// Its program.
    pub(crate) program: &'a [Insn],
    /// The instruction that ends the program.
    pub(crate) insn: usize,
}

/// Is the event on?
#[inline(always)]
pub(crate) fn is_on() -> bool {
    // SAFETY: It is the tracepoint that helpers/verdict_event.c defines.
    unsafe { static_branch_unlikely!(ffi::__tracepoint_seccomp_verdict, bindings::tracepoint, key) }
}

/// Tells observers of a verdict (`SECCOMP_RET_*`) on a call of the calling task. `argument` is what
/// filters have seen of its extensible argument, up to the last byte that is not zero.
pub(crate) fn emit(
    data: seccomp_data,
    verdict: u32,
    decider: Option<&Decider<'_>>,
    argument: &[u8],
) {
    let program = decider.map_or(&[][..], |decider| decider.program);
    let event = ffi::rsc_verdict {
        data,
        verdict,
        filter: decider.map_or(0, |decider| decider.filter),
        // CAST: A program is shorter than 2^31.
        insn: decider.map_or(-1, |decider| decider.insn as i32),
        insns: match decider {
            Some(_) => program.as_ptr().cast(),
            None => core::ptr::null(),
        },
        insn_count: program.len(),
        argument: argument.as_ptr(),
        argument_len: argument.len(),
    };
    // SAFETY: All pointers of `event` are to as many values as it says. An `Insn` has the layout of
    // a `sock_filter`.
    unsafe { ffi::rsc_trace_verdict(&event) };
}
