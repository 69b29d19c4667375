// SPDX-License-Identifier: GPL-2.0

//! What the C side of seccomp offers where the engine is built into the kernel. (Here it is
//! compiled, and called by nobody: a kernel that was built without the engine has none of it.)

use super::{
    argument::{
        ArgumentPage,
        CachedArgument,
        CAPACITY, //
    },
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

/// `struct seccomp_ea`, of which nothing but the beginning is known here.
#[repr(C)]
struct ExtensibleArgument {
    /// One page, zero behind `len`.
    data: *mut u8,
    uptr: *const c_void,
    len: usize,
}

extern "C" {
    fn seccomp_log(syscall: c_ulong, signr: c_long, action: u32, requested: bool);
    fn seccomp_ea_fill(uptr: *const c_void, len: usize) -> *mut ExtensibleArgument;
    fn seccomp_ea_forget();
}

/// `seccomp_log()`.
pub(crate) fn log(nr: i32, signal: u32, action: u32, requested: bool) {
    // SAFETY: Called by the task that the record is about.
    unsafe { seccomp_log(nr as c_ulong, signal as c_long, action, requested) };
}

/// Copies the argument of the call. `copy_struct_from_user()` then reads the copy.
///
/// `EFAULT` of the copy is that of the call's own: the filters see zeros, and the call fails when
/// it reads.
pub(crate) fn cache_argument<'call>(
    call: &'call mut Syscall,
    extensible: &'static ExtensibleCall,
) -> Result<CachedArgument<'call>> {
    let (compat, regs) = (call.current().is_compat(), call.regs());
    let pointer = regs.argument(compat, extensible.pointer);
    let user = UserPtr::from_addr(pointer as usize);
    let size = extensible
        .size_argument()
        .map_or(0, |index| regs.argument(compat, index));
    let (size, len) = match argument::plan(extensible, pointer, size, CAPACITY) {
        Plan::Pass => (size, 0),
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
    // SAFETY: By the contract of `seccomp_ea_fill()`: the page is the task's, and is not written
    // to until the next call of it, for which `call` must be free again.
    let (page, bytes) = unsafe {
        let data = NonNull::new((*cached.as_ptr()).data).ok_or(ENOMEM)?;
        (
            ArgumentPage::new(data),
            core::slice::from_raw_parts(data.as_ptr(), CAPACITY),
        )
    };
    let extent = bytes.iter().rposition(|byte| *byte != 0);
    Ok(CachedArgument {
        page,
        size,
        // CAST: At most a page.
        extent: extent.map_or(0, |last| last + 1) as u32,
    })
}

/// The call does not read the copy.
pub(crate) fn forget_argument(_call: &mut Syscall) {
    // SAFETY: The task is in a system call.
    unsafe { seccomp_ea_forget() };
}
