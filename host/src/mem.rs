// SPDX-License-Identifier: GPL-2.0

//! The memory that `rust/logic/bpf/` is given here: a vector, and allocations that fail on demand.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};

/// There is no memory.
#[derive(Debug, PartialEq, Eq)]
pub struct NoMemory;

thread_local! {
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
    static MADE: Cell<u64> = const { Cell::new(0) };
}

/// Has this thread's allocation after the next `n` fail, and all that come after it.
pub fn fail_after(n: u64) {
    LEFT.set(Some(n));
}

/// Has no allocation fail any more.
pub fn never_fail() {
    LEFT.set(None);
}

/// Allocations of this thread so far.
pub fn allocations() -> u64 {
    MADE.get()
}

fn allocate() -> Result<(), NoMemory> {
    MADE.set(MADE.get() + 1);
    match LEFT.get() {
        None => Ok(()),
        Some(0) => Err(NoMemory),
        Some(n) => {
            LEFT.set(Some(n - 1));
            Ok(())
        }
    }
}

/// A growable buffer.
#[derive(Debug)]
pub struct Buf<T>(Vec<T>);

impl<T> Buf<T> {
    /// An empty buffer without memory.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// An empty buffer with room for `n` values.
    pub fn with_capacity(n: usize) -> Result<Self, NoMemory> {
        allocate()?;
        Ok(Self(Vec::with_capacity(n)))
    }

    /// A buffer of `n` times the same value.
    pub fn filled(n: usize, value: T) -> Result<Self, NoMemory>
    where
        T: Clone,
    {
        allocate()?;
        Ok(Self(vec![value; n]))
    }

    /// Makes it `n` times the same value.
    pub fn refill(&mut self, n: usize, value: T) -> Result<(), NoMemory>
    where
        T: Clone,
    {
        if n > self.0.capacity() {
            allocate()?;
        }
        self.0.clear();
        self.0.resize(n, value);
        Ok(())
    }

    /// Adds a value at the end.
    pub fn push(&mut self, value: T) -> Result<(), NoMemory> {
        if self.0.len() == self.0.capacity() {
            allocate()?;
        }
        self.0.push(value);
        Ok(())
    }

    /// Takes the last value.
    pub fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    /// Drops all values.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Drops all values but the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }
}

impl<T> Default for Buf<T> {
    fn default() -> Self {
        Self::new()
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
