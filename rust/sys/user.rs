// SPDX-License-Identifier: GPL-2.0

//! Structures in user memory, for which [`kernel::uaccess`] has no functions or slower ones.
//!
//! C header: [`include/linux/uaccess.h`](srctree/include/linux/uaccess.h)

use super::ffi;
use crate::logic::{
    abi,
    bpf::insn::Insn, //
};
use kernel::{
    bindings,
    error::to_result,
    ffi::c_int,
    prelude::*,
    uaccess::UserPtr, //
};

/// A structure of the user ABI.
///
/// # Safety
///
/// All fields are numbers, of which any bytes are valid, and there is no padding between or after
/// them.
pub(crate) unsafe trait Abi: Sized {}

// SAFETY: A number.
unsafe impl Abi for u32 {}
// SAFETY: A number.
unsafe impl Abi for u64 {}
// SAFETY: Numbers that fill its 24 bytes.
unsafe impl Abi for bindings::seccomp_notif_addfd {}
// SAFETY: Numbers that fill its 24 bytes.
unsafe impl Abi for bindings::seccomp_notif_resp {}
// SAFETY: Numbers without padding, as `abi` asserts by its size and offsets.
unsafe impl Abi for abi::seccomp_append_filter {}
// SAFETY: Numbers without padding, as `abi` asserts by its size and offsets.
unsafe impl Abi for abi::seccomp_syscall_ea {}
// SAFETY: Numbers without padding, as `abi` asserts by its size and offsets.
unsafe impl Abi for abi::seccomp_features {}
// SAFETY: Numbers without padding, as `abi` asserts by its size and offsets.
unsafe impl Abi for abi::seccomp_notif {}
// SAFETY: Numbers without padding, as `abi` asserts by its size and offsets; its last field is
// empty.
unsafe impl Abi for abi::seccomp_notif_append {}
// SAFETY: Three numbers of two bytes.
unsafe impl Abi for bindings::seccomp_notif_sizes {}

// SAFETY: Two of the same, of which there is no padding between.
unsafe impl<T: Abi> Abi for [T; 2] {}
// SAFETY: Four numbers, `struct sock_filter`.
unsafe impl Abi for Insn {}

/// `copy_struct_from_user()`: reads a structure of which the user knows `size` bytes.
///
/// If the user's structure is larger than `T`, its unknown tail must be zero (else `E2BIG`); if it
/// is smaller, the rest of `T` is zero. `EFAULT` if it cannot be read.
pub(crate) fn copy_struct<T: Abi>(src: UserPtr, size: usize) -> Result<T> {
    // SAFETY: It is valid whatever the bytes, by the contract of `Abi`.
    let mut value: T = unsafe { core::mem::zeroed() };
    // SAFETY: `value` may be overwritten with any bytes, by the contract of `Abi`.
    to_result(unsafe {
        ffi::rsc_copy_struct_from_user(
            (&raw mut value).cast(),
            core::mem::size_of::<T>(),
            src.as_const_ptr(),
            size,
        )
    })?;
    Ok(value)
}

/// Reads a structure.
#[inline(always)]
pub(crate) fn read<T: Abi>(src: UserPtr) -> Result<T> {
    // SAFETY: It is valid whatever the bytes, by the contract of `Abi`.
    let mut value: T = unsafe { core::mem::zeroed() };
    // SAFETY: `value` may be overwritten with any bytes, by the contract of `Abi`.
    unsafe { copy_raw((&raw mut value).cast(), src, core::mem::size_of::<T>()) }?;
    Ok(value)
}

/// Reads a structure of which seccomp(2) gets the size in place of its flags. `smallest` is the
/// size of the structure's first version.
///
/// Fails with `EINVAL` if `size` is smaller, with `E2BIG` if it is larger than a page or if the
/// unknown tail is not zero, and with `EFAULT`.
pub(crate) fn read_sized<T: Abi>(src: UserPtr, size: u32, smallest: usize) -> Result<T> {
    let size = check_size(size, smallest)?;
    copy_struct(src, size)
}

/// Writes a structure of which the user knows `size` bytes. If the user's structure is larger than
/// `T`, its unknown tail is zero-filled. Fails as [`read_sized`].
pub(crate) fn write_sized<T: Abi>(dst: UserPtr, size: u32, smallest: usize, value: &T) -> Result {
    let size = check_size(size, smallest)?;
    let bytes = bytes_of(value);
    let mut writer = kernel::uaccess::UserSlice::new(dst, size).writer();
    writer.write_slice(&bytes[..bytes.len().min(size)])?;
    while !writer.is_empty() {
        writer.write_slice(&[0; 64][..writer.len().min(64)])?;
    }
    Ok(())
}

fn check_size(size: u32, smallest: usize) -> Result<usize> {
    match size as usize {
        size if size < smallest => Err(EINVAL),
        size if size > bindings::PAGE_SIZE => Err(E2BIG),
        size => Ok(size),
    }
}

/// Reads `len` bytes. On failure (`EFAULT`) `dst` has any contents.
///
/// # Safety
///
/// `dst` is valid for writes of `len` bytes.
#[inline]
pub(crate) unsafe fn copy_raw(dst: *mut u8, src: UserPtr, len: usize) -> Result {
    // SAFETY: `dst` is valid for writes of `len` bytes, and `src` may be any address.
    if unsafe { ffi::rsc_copy_short_from_user(dst.cast(), src.as_const_ptr(), len) } != 0 {
        return Err(EFAULT);
    }
    Ok(())
}

/// Writes a structure.
#[inline(always)]
pub(crate) fn write<T: Abi>(dst: UserPtr, value: &T) -> Result {
    let (from, len) = ((&raw const *value).cast(), core::mem::size_of::<T>());
    // SAFETY: `value` has `len` bytes, all of them initialised as there is no padding (`Abi`), and
    // `dst` may be any address.
    if unsafe { ffi::rsc_copy_short_to_user(dst.as_mut_ptr(), from, len) } != 0 {
        return Err(EFAULT);
    }
    Ok(())
}

/// Writes structures one behind the other.
pub(crate) fn write_slice<T: Abi>(dst: UserPtr, values: &[T]) -> Result {
    // SAFETY: There are no uninitialised bytes in them, by the contract of `Abi`.
    let bytes = unsafe {
        core::slice::from_raw_parts(values.as_ptr().cast::<u8>(), core::mem::size_of_val(values))
    };
    let mut writer = kernel::uaccess::UserSlice::new(dst, bytes.len()).writer();
    writer.write_slice(bytes)
}

fn bytes_of<T: Abi>(value: &T) -> &[u8] {
    // SAFETY: `value` has this many bytes, all of them initialised as there is no padding (`Abi`).
    unsafe {
        core::slice::from_raw_parts((&raw const *value).cast::<u8>(), core::mem::size_of::<T>())
    }
}

/// Are the `size` bytes at `src` all zero? `EFAULT` if they cannot be read.
pub(crate) fn is_zeroed(src: UserPtr, size: usize) -> Result<bool> {
    // SAFETY: Any address may be passed.
    let ret: c_int = unsafe { bindings::check_zeroed_user(src.as_const_ptr(), size) };
    if ret < 0 {
        to_result(ret)?;
    }
    Ok(ret > 0)
}
