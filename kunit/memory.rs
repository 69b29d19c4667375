// SPDX-License-Identifier: GPL-2.0

//! Memory for the logic as the module has it, with allocations that fail on demand.

use crate::logic::buf::{
    NoMemory,
    Storage, //
};
use kernel::{
    alloc::AllocError,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

/// The array that the logic's buffers are made of.
pub(crate) type Vector<T> = KVVec<T>;

/// How many allocations are left; `u64::MAX` if there is no end. KUnit runs one test at a time.
static LEFT: Atomic<u64> = Atomic::new(u64::MAX);

/// Has the allocation after the next `n` fail, and all that come after it.
pub(crate) fn fail_after(n: u64) {
    LEFT.store(n, Relaxed);
}

/// Has no allocation fail any more.
pub(crate) fn never_fail() {
    LEFT.store(u64::MAX, Relaxed);
}

fn allocate() -> Result<(), NoMemory> {
    match LEFT.load(Relaxed) {
        u64::MAX => Ok(()),
        0 => Err(NoMemory),
        n => {
            LEFT.store(n - 1, Relaxed);
            Ok(())
        }
    }
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
        if n > self.capacity() - self.len() {
            allocate()?;
        }
        Ok(KVVec::reserve(self, n, GFP_KERNEL)?)
    }

    fn push(&mut self, value: T) -> Result<(), NoMemory> {
        Storage::reserve(self, 1)?;
        Ok(KVVec::push(self, value, GFP_KERNEL)?)
    }

    fn extend_from_slice(&mut self, values: &[T]) -> Result<(), NoMemory>
    where
        T: Clone,
    {
        Storage::reserve(self, values.len())?;
        Ok(KVVec::extend_from_slice(self, values, GFP_KERNEL)?)
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
        Storage::reserve(self, len.saturating_sub(self.len()))?;
        Ok(KVVec::resize(self, len, value, GFP_KERNEL)?)
    }
}
