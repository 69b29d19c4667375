// SPDX-License-Identifier: GPL-2.0

//! Memory for filters, and for the [logic](crate::logic::buf).

use crate::logic::buf::{
    NoMemory,
    Storage, //
};
use kernel::{
    alloc::{
        flags::GFP_KERNEL_ACCOUNT,
        AllocError,
        Flags, //
    },
    prelude::*, //
};

/// The array that the logic's buffers are made of.
pub(crate) type Vector<T> = KVVec<T>;

/// The flags of all allocations that user space can cause: one that fails gives no warning, and
/// memory is charged to the memory cgroup of the caller.
pub(crate) fn flags() -> Flags {
    GFP_KERNEL_ACCOUNT | __GFP_NOWARN
}

impl From<AllocError> for NoMemory {
    fn from(_: AllocError) -> Self {
        Self
    }
}

impl From<NoMemory> for Error {
    fn from(_: NoMemory) -> Self {
        ENOMEM
    }
}

impl<T> Storage<T> for KVVec<T> {
    const EMPTY: Self = KVVec::new();

    fn reserve(&mut self, n: usize) -> Result<(), NoMemory> {
        Ok(KVVec::reserve(self, n, flags())?)
    }

    #[inline]
    fn push(&mut self, value: T) -> Result<(), NoMemory> {
        Ok(KVVec::push(self, value, flags())?)
    }

    fn extend_from_slice(&mut self, values: &[T]) -> Result<(), NoMemory>
    where
        T: Clone,
    {
        Ok(KVVec::extend_from_slice(self, values, flags())?)
    }

    fn pop(&mut self) -> Option<T> {
        KVVec::pop(self)
    }

    fn truncate(&mut self, len: usize) {
        KVVec::truncate(self, len);
    }

    fn resize(&mut self, len: usize, value: T) -> Result<(), NoMemory>
    where
        T: Clone,
    {
        Ok(KVVec::resize(self, len, value, flags())?)
    }
}
