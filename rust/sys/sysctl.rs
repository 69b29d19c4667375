// SPDX-License-Identifier: GPL-2.0

//! The sysctl `kernel.seccomp.actions_logged`, which stays the built-in engine's.
//!
//! Its handler is hooked to learn of changes. The work is left to the original, which checks the
//! caller, parses, stores and audits; what it has stored is then asked for.

use super::ffi;
use kernel::{
    bindings,
    error::to_result,
    ffi::{
        c_int,
        c_long,
        c_ulong,
        c_void, //
    },
    prelude::*, //
};

/// `struct ctl_table`, for the arguments of handlers.
pub(crate) use kernel::bindings::ctl_table as RawTable;

/// A `proc_handler`: the address of `seccomp_actions_logged_handler()` behind our hook.
#[derive(Clone, Copy)]
pub(crate) struct Handler(c_ulong);

/// The arguments of a call of the handler.
pub(crate) struct HandlerCall {
    table: *const bindings::ctl_table,
    write: c_int,
    buffer: *mut c_void,
    lenp: *mut usize,
    ppos: *mut bindings::loff_t,
}

/// All action names and the blanks between them fit.
const NAMES_MAX: usize = 128;

impl Handler {
    /// # Safety
    ///
    /// `body` is the address of the handler, or where it goes on behind its ftrace site.
    pub(crate) const unsafe fn new(body: c_ulong) -> Self {
        Self(body)
    }

    /// Runs the handler as it was called.
    pub(crate) fn forward(self, call: &HandlerCall) -> c_int {
        // SAFETY: The address is the handler's, and the arguments are what it was called with.
        unsafe {
            ffi::rsc_call_body(
                call.table,
                call.write,
                call.buffer,
                call.lenp,
                call.ppos,
                self.0,
            )
        }
    }

    /// Reads the setting: names of actions, separated by blanks.
    pub(crate) fn read<R>(self, parse: impl FnOnce(&str) -> R) -> Result<R> {
        let mut names = [0u8; NAMES_MAX];
        let mut len = NAMES_MAX;
        let mut pos = 0;
        // SAFETY: All zeroes is a valid `ctl_table`.
        let table: bindings::ctl_table = unsafe { core::mem::zeroed() };
        let call = HandlerCall {
            table: &table,
            write: 0,
            buffer: names.as_mut_ptr().cast(),
            lenp: &mut len,
            ppos: &mut pos,
        };
        to_result(self.forward(&call))?;
        let names = names.get(..len).ok_or(EINVAL)?;
        let names = core::str::from_utf8(names).map_err(|_| EINVAL)?;
        Ok(parse(names.trim()))
    }
}

impl HandlerCall {
    /// # Safety
    ///
    /// The arguments are those of a call of the handler, which has not returned yet.
    pub(crate) unsafe fn new(
        table: *const bindings::ctl_table,
        write: c_int,
        buffer: *mut c_void,
        lenp: *mut usize,
        ppos: *mut bindings::loff_t,
    ) -> Self {
        Self {
            table,
            write,
            buffer,
            lenp,
            ppos,
        }
    }

    /// Does the caller want to change the setting?
    pub(crate) fn is_write(&self) -> bool {
        self.write != 0
    }
}

/// Writes a record to the audit log: `audit_seccomp()`.
pub(crate) fn audit(nr: i32, signal: u32, action: u32) {
    // SAFETY: The symbol was resolved at load; called by the task that the record is about.
    unsafe { ffi::rsc_audit_seccomp(nr as c_ulong, signal as c_long, action as c_int) };
}
