// SPDX-License-Identifier: GPL-2.0

//! The sysctl `kernel.seccomp.actions_logged`, which stays the built-in engine's.
//!
//! The takeover hooks its handler to learn of changes. The kernel's handler still checks the
//! caller, parses, stores and audits; [`Handler::read`] asks it what it has stored.

use super::ffi;
use core::marker::PhantomData;
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

/// `seccomp_actions_logged_handler()`, by the address at which it goes on behind the hook.
#[derive(Clone, Copy)]
pub(crate) struct Handler(c_ulong);

/// The arguments of a call of the handler that does not return during `'call`.
pub(crate) struct HandlerCall<'call> {
    table: *const bindings::ctl_table,
    write: c_int,
    buffer: *mut c_void,
    lenp: *mut usize,
    ppos: *mut bindings::loff_t,
    call: PhantomData<&'call ()>,
}

/// Bytes enough for all action names, the blanks between them and a newline.
const NAMES_MAX: usize = 128;

impl Handler {
    /// # Safety
    ///
    /// `body` is the address of the handler, or where it goes on behind its ftrace site.
    pub(crate) const unsafe fn new(body: c_ulong) -> Self {
        Self(body)
    }

    /// Runs the kernel's handler with the arguments of `call`. Returns 0 or a negative errno.
    pub(crate) fn forward(self, call: &HandlerCall<'_>) -> c_int {
        // SAFETY: By the contract of `Handler::new()` the address is the handler's. The arguments
        // are those of a call that has not returned, by the contract of `HandlerCall::new()`, or
        // those that `read()` makes.
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

    /// Reads the setting, names of actions separated by blanks, and has `parse` make something of
    /// it. Fails as the kernel's handler does.
    pub(crate) fn read<R>(self, parse: impl FnOnce(&str) -> R) -> Result<R> {
        let mut names = [0u8; NAMES_MAX];
        let mut len = NAMES_MAX;
        let mut pos = 0;
        // SAFETY: A `ctl_table` is made of numbers and pointers, for which zero is valid.
        let table: bindings::ctl_table = unsafe { core::mem::zeroed() };
        let call = HandlerCall {
            table: &table,
            write: 0,
            buffer: names.as_mut_ptr().cast(),
            lenp: &mut len,
            ppos: &mut pos,
            call: PhantomData,
        };
        to_result(self.forward(&call))?;
        let names = names.get(..len).ok_or(EINVAL)?;
        let names = core::str::from_utf8(names).map_err(|_| EINVAL)?;
        Ok(parse(names.trim()))
    }
}

impl HandlerCall<'_> {
    /// # Safety
    ///
    /// The arguments are those of a call of the handler that does not return during the lifetime of
    /// the value.
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
            call: PhantomData,
        }
    }

    /// Does the caller want to change the setting?
    pub(crate) fn is_write(&self) -> bool {
        self.write != 0
    }
}

/// Writes a record to the audit log: `audit_seccomp()`.
pub(crate) fn audit(nr: i32, signal: u32, action: u32) {
    // SAFETY: The module does not load unless the symbol resolves. The function may be called from
    // any task's context, and writes a record about that task.
    unsafe { ffi::rsc_audit_seccomp(nr as c_ulong, signal as c_long, action as c_int) };
}
