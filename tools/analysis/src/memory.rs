// SPDX-License-Identifier: GPL-2.0-only

//! Memory for the kernel module's logic: vectors. A process that has none left ends.

use crate::logic::buf::{
    NoMemory,
    Storage, //
};

/// The array that the logic's buffers are made of.
pub(crate) type Vector<T> = Vec<T>;

impl<T> Storage<T> for Vec<T> {
    const EMPTY: Self = Vec::new();

    fn reserve(&mut self, n: usize) -> Result<(), NoMemory> {
        Vec::reserve(self, n);
        Ok(())
    }

    fn push(&mut self, value: T) -> Result<(), NoMemory> {
        Vec::push(self, value);
        Ok(())
    }

    fn extend_from_slice(&mut self, values: &[T]) -> Result<(), NoMemory>
    where
        T: Clone,
    {
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
        Vec::resize(self, len, value);
        Ok(())
    }
}
