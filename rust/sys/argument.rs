// SPDX-License-Identifier: GPL-2.0

//! The copy of an extensible argument, which the filters look at and the call then reads.

use crate::logic::{
    argument,
    syscalls::ExtensibleCall, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    prelude::*, //
};

/// The bytes of a copy. The kernel refuses longer arguments.
pub(crate) const CAPACITY: usize = 4096;

/// The page with the copy.
///
/// # Invariants
///
/// The pointer is to [`CAPACITY`] bytes, which can be read and are not written for all of `'a`.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct ArgumentPage<'a>(NonNull<u8>, PhantomData<&'a ()>);

/// The page that programs read for a call without an extensible argument.
static ZEROS: [u8; CAPACITY] = [0; CAPACITY];

impl<'a> ArgumentPage<'a> {
    /// A page of zeros.
    // INVARIANT: A static is there for ever, and nobody writes to this one.
    pub(crate) const ZEROS: Self = match NonNull::new((&raw const ZEROS).cast_mut().cast()) {
        Some(page) => Self(page, PhantomData),
        None => unreachable!(),
    };

    /// # Safety
    ///
    /// `page` points to [`CAPACITY`] bytes, which can be read and are not written for all of `'a`.
    #[inline(always)]
    pub(crate) unsafe fn new(page: NonNull<u8>) -> Self {
        // INVARIANT: By the contract of this function.
        Self(page, PhantomData)
    }

    /// The first `len` bytes, [`CAPACITY`] at most.
    pub(crate) fn bytes(self, len: usize) -> &'a [u8] {
        let len = len.min(CAPACITY);
        // SAFETY: By the type invariant these bytes can be read, and nobody writes them during
        // `'a`.
        unsafe { core::slice::from_raw_parts(self.0.as_ptr(), len) }
    }

    /// Copies the first `len` bytes, [`CAPACITY`] at most. Sleeps. `ENOMEM`.
    pub(crate) fn copy(self, len: usize) -> Result<KVec<u8>> {
        let bytes = self.bytes(len);
        let mut copy = KVec::with_capacity(bytes.len(), GFP_KERNEL_ACCOUNT)?;
        copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT)?;
        Ok(copy)
    }
}

/// An extensible argument of which there is a copy.
pub(crate) struct CachedArgument<'a> {
    /// The copy, zero behind what the caller has passed.
    pub(crate) page: ArgumentPage<'a>,
    /// The caller's size in bytes, even if the kernel does not accept it.
    pub(crate) size: u64,
    /// The offset just behind the last byte that is not zero, as [`argument::extent`] has it.
    pub(crate) extent: u32,
}

impl CachedArgument<'_> {
    /// The argument of a call that reads nothing: zeros. It passes this size.
    pub(crate) fn unread(call: &ExtensibleCall, size: u64) -> Self {
        Self {
            page: ArgumentPage::ZEROS,
            size,
            extent: argument::extent_of_unread(call, size, CAPACITY),
        }
    }
}
