// SPDX-License-Identifier: GPL-2.0

//! Values that are read where every instruction counts, and written elsewhere.
//!
//! C header: [`include/linux/compiler.h`](srctree/include/linux/compiler.h)

use core::cell::UnsafeCell;
use kernel::sync::atomic::{
    Atomic,
    AtomicType, //
};

/// A value of which it is enough that it is read and written whole: `READ_ONCE()` and
/// `WRITE_ONCE()`. (The accesses of `kernel::sync::atomic` are calls of C helpers.)
#[repr(transparent)]
pub(crate) struct Shared<T>(UnsafeCell<T>);

/// What the processor reads and writes whole.
///
/// # Safety
///
/// As said, and any bit pattern that was written can be read by any task.
pub(crate) unsafe trait Whole: Copy {}

// SAFETY: A byte.
unsafe impl Whole for bool {}
// SAFETY: Half a word.
unsafe impl Whole for i32 {}
// SAFETY: A word.
unsafe impl Whole for usize {}
// SAFETY: A word. What can be done with it is up to whoever does it.
unsafe impl<T> Whole for *mut T {}

// SAFETY: Accesses are volatile, which the kernel's memory model takes as atomic.
unsafe impl<T: Whole> Sync for Shared<T> {}
// SAFETY: By the contract of `Whole`.
unsafe impl<T: Whole> Send for Shared<T> {}

impl<T: Whole> Shared<T> {
    /// The initial value.
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Reads it.
    #[inline(always)]
    pub(crate) fn get(&self) -> T {
        // SAFETY: The value is there.
        unsafe { self.0.get().read_volatile() }
    }

    /// Writes it.
    #[inline(always)]
    pub(crate) fn set(&self, value: T) {
        // SAFETY: The value is there.
        unsafe { self.0.get().write_volatile(value) };
    }
}

/// Reads an atomic value, with no order.
#[inline(always)]
pub(crate) fn peek<T: AtomicType + Whole>(value: &Atomic<T>) -> T {
    // SAFETY: The value is there.
    unsafe { value.as_ptr().read_volatile() }
}
