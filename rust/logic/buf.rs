// SPDX-License-Identifier: GPL-2.0

//! The memory of the logic.
//!
//! How memory is had differs between the kernel, the host and the tests that have allocations fail.
//! So the crate that mounts the logic has a module `memory` in its root with a type `Vector<T>`,
//! for which it implements [`Storage`]. That is all that the logic takes from outside.

use crate::memory::Vector;
use core::ops::{
    Deref,
    DerefMut, //
};

/// An allocation failed.
#[derive(Debug, PartialEq, Eq)]
pub struct NoMemory;

/// A growable array whose allocations may fail.
pub trait Storage<T>: Deref<Target = [T]> + DerefMut {
    /// An array without memory.
    const EMPTY: Self;

    /// Makes room for `n` more values.
    fn reserve(&mut self, n: usize) -> Result<(), NoMemory>;

    /// Adds a value at the end.
    fn push(&mut self, value: T) -> Result<(), NoMemory>;

    /// Adds copies of values at the end.
    fn extend_from_slice(&mut self, values: &[T]) -> Result<(), NoMemory>
    where
        T: Clone;

    /// Takes the last value.
    fn pop(&mut self) -> Option<T>;

    /// Drops all values but the first `len`.
    fn truncate(&mut self, len: usize);

    /// Drops all values but the first `len`, or adds copies of `value` until there are as many.
    fn resize(&mut self, len: usize, value: T) -> Result<(), NoMemory>
    where
        T: Clone;
}

/// A growable buffer.
pub struct Buf<T>(Vector<T>);

impl<T> Buf<T> {
    /// An empty buffer without memory.
    pub const fn new() -> Self {
        Self(Storage::EMPTY)
    }

    /// An empty buffer with room for `n` values.
    pub fn with_capacity(n: usize) -> Result<Self, NoMemory> {
        let mut new = Self::new();
        new.reserve(n)?;
        Ok(new)
    }

    /// A buffer of `n` times the same value.
    pub fn filled(n: usize, value: T) -> Result<Self, NoMemory>
    where
        T: Clone,
    {
        let mut new = Self::new();
        new.refill(n, value)?;
        Ok(new)
    }

    /// Makes it `n` times the same value.
    pub fn refill(&mut self, n: usize, value: T) -> Result<(), NoMemory>
    where
        T: Clone,
    {
        self.clear();
        Storage::resize(&mut self.0, n, value)
    }

    /// Makes room for `n` more values.
    pub fn reserve(&mut self, n: usize) -> Result<(), NoMemory> {
        Storage::reserve(&mut self.0, n)
    }

    /// Adds a value at the end.
    #[inline]
    pub fn push(&mut self, value: T) -> Result<(), NoMemory> {
        Storage::push(&mut self.0, value)
    }

    /// Adds copies of values at the end.
    pub fn extend_from_slice(&mut self, values: &[T]) -> Result<(), NoMemory>
    where
        T: Clone,
    {
        Storage::extend_from_slice(&mut self.0, values)
    }

    /// Takes the last value.
    pub fn pop(&mut self) -> Option<T> {
        Storage::pop(&mut self.0)
    }

    /// Drops all values.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Drops all values but the first `len`.
    pub fn truncate(&mut self, len: usize) {
        Storage::truncate(&mut self.0, len);
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
