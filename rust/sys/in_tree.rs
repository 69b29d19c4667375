// SPDX-License-Identifier: GPL-2.0

//! What the C side of seccomp offers to an engine that is built into the kernel.
//!
//! The module does not call it, as a kernel that was built without the engine has none of these
//! functions.

use super::{
    argument::{
        ArgumentPage,
        CachedArgument,
        CAPACITY, //
    },
    ffi,
    syscall::Syscall,
    user, //
};
use crate::logic::{
    argument::{
        self,
        Plan, //
    },
    syscalls::ExtensibleCall, //
};
use core::ptr::NonNull;
use kernel::{
    error::from_err_ptr,
    ffi::{
        c_long,
        c_ulong,
        c_void, //
    },
    prelude::*,
    uaccess::UserPtr, //
};

/// The beginning of `struct seccomp_ea`.
#[repr(C)]
struct ExtensibleArgument {
    /// One page, zero from `len` on.
    data: *mut u8,
    uptr: *const c_void,
    len: usize,
}

extern "C" {
    fn seccomp_log(syscall: c_ulong, signr: c_long, action: u32, requested: bool);
    fn seccomp_ea_fill(uptr: *const c_void, len: usize) -> *mut ExtensibleArgument;
}

/// `seccomp_log()`, for the calling task.
pub(crate) fn log(nr: i32, signal: u32, action: u32, requested: bool) {
    // SAFETY: It may be called from any task's context, and writes a record about that task.
    unsafe { seccomp_log(nr as c_ulong, signal as c_long, action, requested) };
}

/// Copies the extensible argument of the call. `copy_struct_from_user()` then reads the copy.
///
/// If the struct cannot be read, the filters see zeros, and the call fails with `EFAULT` when it
/// reads the copy. Sleeps. `ENOMEM`.
pub(crate) fn cache_argument<'call>(
    call: &'call mut Syscall,
    extensible: &'static ExtensibleCall,
) -> Result<CachedArgument<'call>> {
    let (compat, regs) = (call.current().is_compat(), call.regs());
    let pointer = regs.argument(compat, extensible.pointer);
    let user = UserPtr::from_addr(pointer as usize);
    let size = extensible.size_passed(compat, |index| regs.argument(compat, index));
    let Some(plan) = argument::plan(extensible, pointer, size, CAPACITY) else {
        forget_argument(call);
        return Ok(CachedArgument::unread(extensible, size));
    };
    let (size, len) = match plan {
        Plan::Copy(len) => (size, len),
        Plan::Read(offset) => match user::read::<u32>(user.wrapping_byte_add(offset)) {
            Ok(size) => {
                let (len, _) = argument::field_length(extensible, size, CAPACITY);
                (u64::from(size), len)
            }
            Err(_) => (0, 0),
        },
    };
    // SAFETY: The task is in a system call; user memory is read by the accessors alone.
    let cached = from_err_ptr(unsafe { seccomp_ea_fill(user.as_const_ptr(), len) })?;
    let cached = NonNull::new(cached).ok_or(ENOMEM)?;
    // SAFETY: `seccomp_ea_fill()` returns what belongs to the calling task, and nobody writes to
    // its page before the next call of it, for which `call` must not be borrowed any more.
    let (page, len) = unsafe {
        let data = NonNull::new((*cached.as_ptr()).data).ok_or(ENOMEM)?;
        (ArgumentPage::new(data), (*cached.as_ptr()).len)
    };
    // Beyond them the copy is zero.
    let extent = page.bytes(len).iter().rposition(|byte| *byte != 0);
    Ok(CachedArgument {
        page,
        size,
        extent: argument::extent(size, extent.map_or(0, |last| last + 1), CAPACITY),
    })
}

/// Drops the copy: its call is not run.
pub(crate) fn forget_argument(_call: &mut Syscall) {
    // SAFETY: The task is in a system call.
    unsafe { ffi::rsc_ea_forget() };
}
