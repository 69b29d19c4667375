// SPDX-License-Identifier: GPL-2.0

//! The memory of the module, and allocations that fail on demand, as in `host/src/mem.rs`.

use core::ops::{
    Deref,
    DerefMut, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    }, //
};

#[path = "../rust/mem.rs"]
mod real;

pub(crate) use real::NoMemory;

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

/// A growable buffer.
pub(crate) struct Buf<T>(real::Buf<T>);

impl<T> Buf<T> {
    pub(crate) const fn new() -> Self {
        Self(real::Buf::new())
    }

    pub(crate) fn with_capacity(n: usize) -> Result<Self, NoMemory> {
        allocate()?;
        Ok(Self(real::Buf::with_capacity(n)?))
    }

    pub(crate) fn filled(n: usize, value: T) -> Result<Self, NoMemory>
    where
        T: Clone,
    {
        allocate()?;
        Ok(Self(real::Buf::filled(n, value)?))
    }

    pub(crate) fn refill(&mut self, n: usize, value: T) -> Result<(), NoMemory>
    where
        T: Clone,
    {
        allocate()?;
        self.0.refill(n, value)
    }

    pub(crate) fn push(&mut self, value: T) -> Result<(), NoMemory> {
        // Full it can be at 0 and at powers of two.
        if self.len().count_ones() <= 1 {
            allocate()?;
        }
        self.0.push(value)
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

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
