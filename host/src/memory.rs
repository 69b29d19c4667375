// SPDX-License-Identifier: GPL-2.0

//! Memory for the logic: vectors, with allocations that fail on demand.

use crate::logic::buf::{NoMemory, Storage};
use std::cell::Cell;

/// The array that the logic's buffers are made of.
pub type Vector<T> = Vec<T>;

thread_local! {
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Has this thread's allocation after the next `n` fail, and all that come after it.
pub fn fail_after(n: u64) {
    LEFT.set(Some(n));
}

/// Has no allocation fail any more.
pub fn never_fail() {
    LEFT.set(None);
}

fn allocate() -> Result<(), NoMemory> {
    match LEFT.get() {
        None => Ok(()),
        Some(0) => Err(NoMemory),
        Some(n) => {
            LEFT.set(Some(n - 1));
            Ok(())
        }
    }
}

impl<T> Storage<T> for Vec<T> {
    const EMPTY: Self = Vec::new();

    fn reserve(&mut self, n: usize) -> Result<(), NoMemory> {
        if n > self.capacity() - self.len() {
            allocate()?;
        }
        Vec::reserve(self, n);
        Ok(())
    }

    fn push(&mut self, value: T) -> Result<(), NoMemory> {
        Storage::reserve(self, 1)?;
        Vec::push(self, value);
        Ok(())
    }

    fn extend_from_slice(&mut self, values: &[T]) -> Result<(), NoMemory>
    where
        T: Clone,
    {
        Storage::reserve(self, values.len())?;
        Vec::extend_from_slice(self, values);
        Ok(())
    }

    fn pop(&mut self) -> Option<T> {
        Vec::pop(self)
    }

    fn truncate(&mut self, len: usize) {
        Vec::truncate(self, len);
    }

    fn resize(&mut self, len: usize, value: T) -> Result<(), NoMemory>
    where
        T: Clone,
    {
        Storage::reserve(self, len.saturating_sub(self.len()))?;
        Vec::resize(self, len, value);
        Ok(())
    }
}
