// SPDX-License-Identifier: GPL-2.0

//! The memory that [`crate::logic::bpf`] is given in the kernel, and how filters are allocated. On the host it
//! is another.

use core::ops::{
    Deref,
    DerefMut, //
};
use kernel::{
    alloc::{
        flags::GFP_KERNEL_ACCOUNT,
        AllocError,
        Flags, //
    },
    prelude::*, //
};

/// What anybody can make us allocate: a lack of memory is no reason for a warning, and it is charged
/// to the memory cgroup of who makes us.
pub(crate) fn flags() -> Flags {
    GFP_KERNEL_ACCOUNT | __GFP_NOWARN
}

/// There is no memory.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoMemory;

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

/// A growable buffer.
pub(crate) struct Buf<T>(KVVec<T>);

impl<T> Buf<T> {
    /// An empty buffer without memory.
    pub(crate) const fn new() -> Self {
        Self(KVVec::new())
    }

    /// An empty buffer with room for `n` values.
    pub(crate) fn with_capacity(n: usize) -> Result<Self, NoMemory> {
        Ok(Self(KVVec::with_capacity(n, flags())?))
    }

    /// A buffer of `n` times the same value.
    pub(crate) fn filled(n: usize, value: T) -> Result<Self, NoMemory>
    where
        T: Clone,
    {
        Ok(Self(KVVec::from_elem(value, n, flags())?))
    }

    /// Makes it `n` times the same value.
    pub(crate) fn refill(&mut self, n: usize, value: T) -> Result<(), NoMemory>
    where
        T: Clone,
    {
        self.0.clear();
        Ok(self.0.resize(n, value, flags())?)
    }

    /// Adds a value at the end.
    pub(crate) fn push(&mut self, value: T) -> Result<(), NoMemory> {
        Ok(self.0.push(value, flags())?)
    }

    /// Takes the last value.
    pub(crate) fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    /// Drops all values.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl<T> Deref for Buf<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for Buf<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}
