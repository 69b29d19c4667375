// SPDX-License-Identifier: GPL-2.0

//! Tasks, address spaces and filters by their addresses: the takeover finds what it keeps for a
//! task by them, and its entry code passes them on.

use super::{
    filter_pointer::Filters,
    path::Borrowed,
    task::{
        Current,
        Held,
        Task, //
    }, //
};
use core::{
    mem::ManuallyDrop,
    ptr::NonNull, //
};

/// The address of a `struct mm_struct`, to compare it with others. The address space may be gone,
/// and another may have its address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mm(pub(super) usize);

impl Mm {
    /// The address.
    pub(crate) fn addr(self) -> usize {
        self.0
    }
}

impl Task {
    /// The task's address, to tell it from others.
    #[inline(always)]
    pub(crate) fn addr(&self) -> usize {
        self.as_ptr().addr()
    }
}

impl Current {
    /// The task's address space, for comparison.
    #[inline(always)]
    pub(crate) fn mm(&self) -> Mm {
        // SAFETY: The task is there. Only the task itself writes the field.
        Mm(unsafe { (*self.as_ptr()).mm }.addr())
    }

    /// The filter behind the task's tagged pointer, as just read.
    ///
    /// # Safety
    ///
    /// `tagged` is the task's `seccomp.filter`, and has the tag.
    #[inline(always)]
    pub(crate) unsafe fn filter<L: Filters>(&self, tagged: NonNull<u8>) -> Borrowed<'_, L> {
        // SAFETY: By the contract it is the task's filter, which the contract of `Filters` says
        // comes from `into_raw()`. The task keeps the link as `owner()` says.
        unsafe { Borrowed::from_raw(tagged.byte_sub(L::TAG).cast()) }
    }
}

impl Held {
    /// The task's address, with which [`Held::from_addr`] gets the reference back.
    pub(crate) fn into_addr(self) -> usize {
        ManuallyDrop::new(self).as_ptr().expose_provenance()
    }

    /// # Safety
    ///
    /// `addr` is 0, or from a call of [`Held::into_addr`] whose result has not been passed here
    /// yet.
    pub(crate) unsafe fn from_addr(addr: usize) -> Option<Self> {
        let task = NonNull::new(core::ptr::with_exposed_provenance_mut(addr))?;
        // SAFETY: The reference of the value that `into_addr()` was called for belongs to this one.
        Some(unsafe { Self::from_raw(task) })
    }
}
