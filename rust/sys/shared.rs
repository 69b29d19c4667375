// SPDX-License-Identifier: GPL-2.0

//! Values that the hot path reads without the call of a C helper.
//!
//! C header: [`include/linux/compiler.h`](srctree/include/linux/compiler.h)

use core::cell::UnsafeCell;
use kernel::sync::atomic::{
    Atomic,
    AtomicType, //
};

/// A value accessed with `READ_ONCE()` and `WRITE_ONCE()`: no tearing, no ordering. (The accesses
/// of [`kernel::sync::atomic`] are calls of C helpers.)
#[repr(transparent)]
pub(crate) struct Shared<T>(UnsafeCell<T>);

/// A type whose values the processor reads and writes whole.
///
/// # Safety
///
/// An aligned access does not tear, and any task may have a copy of a value that another has
/// written.
pub(crate) unsafe trait Whole: Copy {}

// SAFETY: A byte does not tear.
unsafe impl Whole for bool {}
// SAFETY: An aligned half of a word does not tear.
unsafe impl Whole for i32 {}
// SAFETY: An aligned word does not tear.
unsafe impl Whole for usize {}
// SAFETY: An aligned word does not tear. A task that follows the pointer needs `unsafe` for that,
// and has to say by which right it does.
unsafe impl<T> Whole for *mut T {}

// SAFETY: Accesses are volatile and do not tear, so the kernel's memory model takes them as atomic.
unsafe impl<T: Whole> Sync for Shared<T> {}
// SAFETY: By the contract of `Whole` any task may have a copy of the value.
unsafe impl<T: Whole> Send for Shared<T> {}

impl<T: Whole> Shared<T> {
    /// The initial value.
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Reads it.
    #[inline(always)]
    pub(crate) fn get(&self) -> T {
        // SAFETY: The pointer is to a value, and by `Whole` the read does not tear.
        unsafe { self.0.get().read_volatile() }
    }

    /// Writes it.
    #[inline(always)]
    pub(crate) fn set(&self, value: T) {
        // SAFETY: The pointer is to a value, and by `Whole` the write does not tear.
        unsafe { self.0.get().write_volatile(value) };
    }
}

/// Reads an atomic value, with no ordering and no call of a C helper.
#[inline(always)]
pub(crate) fn peek<T: AtomicType + Whole>(value: &Atomic<T>) -> T {
    // SAFETY: The pointer is to a value, and by `Whole` the read does not tear.
    unsafe { value.as_ptr().read_volatile() }
}
