// SPDX-License-Identifier: GPL-2.0

//! Files: the listener's own, and those that it gives away.
//!
//! C headers: [`include/linux/anon_inodes.h`](srctree/include/linux/anon_inodes.h),
//! [`include/linux/file.h`](srctree/include/linux/file.h)

use super::ffi;
use core::ptr::NonNull;
use kernel::{
    bindings,
    error::from_err_ptr,
    ffi::c_int,
    fs::File,
    prelude::*,
    sync::aref::ARef,
    types::ForeignOwnable, //
};

/// A number that is hard to guess.
pub(crate) fn random_id() -> u64 {
    // SAFETY: May be called from any context.
    unsafe { bindings::get_random_u64() }
}

/// Makes an anonymous file whose `private_data` is `data`; its `->release()` has to take it back.
///
/// Fails with `ENOMEM`, `ENFILE`, and `ENOENT` if the module is going.
pub(crate) fn anonymous<T: ForeignOwnable>(
    name: &'static CStr,
    fops: &'static bindings::file_operations,
    data: T,
) -> Result<ARef<File>> {
    make(name, fops, data, bindings::O_RDWR)
}

/// As [`anonymous`], but for reading only.
pub(super) fn anonymous_read_only<T: ForeignOwnable>(
    name: &'static CStr,
    fops: &'static bindings::file_operations,
    data: T,
) -> Result<ARef<File>> {
    make(name, fops, data, bindings::O_RDONLY)
}

fn make<T: ForeignOwnable>(
    name: &'static CStr,
    fops: &'static bindings::file_operations,
    data: T,
    flags: u32,
) -> Result<ARef<File>> {
    let private = data.into_foreign();
    // SAFETY: The name and the operations are static, and hold a reference to the module.
    let file = from_err_ptr(unsafe {
        ffi::anon_inode_getfile(name.as_char_ptr(), fops, private, flags as c_int)
    })
    .inspect_err(|_| {
        // SAFETY: There is no file that would own it.
        drop(unsafe { T::from_foreign(private) });
    })?;
    let file = NonNull::new(file).ok_or(EINVAL)?;
    // SAFETY: The new file comes with a reference, and nobody has its position locked.
    Ok(unsafe { ARef::from_raw(file.cast()) })
}

/// The caller's file behind the descriptor `fd`.
pub(crate) fn get(fd: u32) -> Result<ARef<File>> {
    // SAFETY: May be called with any number.
    let file = NonNull::new(unsafe { bindings::fget(fd) }).ok_or(EBADF)?;
    // SAFETY: `fget()` took a reference. The file is only given away, never read or seeked.
    Ok(unsafe { ARef::from_raw(file.cast()) })
}

/// Installs the file in the caller's table, at a free descriptor or in place of what is at
/// `replace`. Returns the descriptor.
pub(crate) fn receive(file: &File, replace: Option<u32>, flags: u32) -> Result<u32> {
    // SAFETY: The file has a reference; the symbol that is not exported was resolved at load.
    let fd = unsafe {
        match replace {
            None => bindings::receive_fd(file.as_ptr(), core::ptr::null_mut(), flags),
            Some(fd) => ffi::rsc_receive_fd_replace(fd as c_int, file.as_ptr(), flags),
        }
    };
    u32::try_from(fd).map_err(|_| Error::from_errno(fd))
}
