// SPDX-License-Identifier: GPL-2.0

//! What the host's tests have of std, of the kernel's vectors, for as much as they use. Without
//! memory it panics: tests have no other way out.

use core::{
    fmt,
    ops::{
        Deref,
        DerefMut, //
    }, //
};
use kernel::{
    alloc::{
        allocator::KVmalloc,
        kvec::IntoIter, //
    },
    prelude::{
        KVVec,
        GFP_KERNEL, //
    }, //
};

/// Of what is tried at random, one in so many is: an emulated processor that looks for bugs is slow.
pub(crate) const ONE_IN: u64 = 30;

/// `std::vec::Vec`.
pub(crate) struct Vec<T>(KVVec<T>);

impl<T> Vec<T> {
    pub(crate) const fn new() -> Self {
        Self(KVVec::new())
    }

    pub(crate) fn repeat(value: T, n: usize) -> Self
    where
        T: Clone,
    {
        Self(KVVec::from_elem(value, n, GFP_KERNEL).expect("memory"))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Makes room for `n` more. Where allocations are traced they take longer than all else, so it is
    /// for more than a few.
    fn reserve(&mut self, n: usize) {
        if n > self.0.capacity() - self.len() {
            let n = n.max(self.len()).max(32);
            self.0.reserve(n, GFP_KERNEL).expect("memory");
        }
    }

    pub(crate) fn push(&mut self, value: T) {
        self.reserve(1);
        self.0.push(value, GFP_KERNEL).expect("memory");
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    pub(crate) fn insert(&mut self, at: usize, value: T) {
        self.push(value);
        self[at..].rotate_right(1);
    }

    pub(crate) fn remove(&mut self, at: usize) -> T {
        self[at..].rotate_left(1);
        self.pop().expect("value")
    }

    pub(crate) fn dedup(&mut self)
    where
        T: Copy + PartialEq,
    {
        let mut last = None;
        self.0.retain(|value| last.replace(*value) != Some(*value));
    }
}

impl<T> Deref for Vec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for Vec<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T: Clone> Clone for Vec<T> {
    fn clone(&self) -> Self {
        self.iter().cloned().collect()
    }
}

impl<T: fmt::Debug> fmt::Debug for Vec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(f)
    }
}

impl<T> Extend<T> for Vec<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        let values = values.into_iter();
        self.reserve(values.size_hint().0);
        values.for_each(|value| self.push(value));
    }
}

impl<T> FromIterator<T> for Vec<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut all = Self::new();
        all.extend(values);
        all
    }
}

impl<T, const N: usize> From<[T; N]> for Vec<T> {
    fn from(values: [T; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<T> IntoIterator for Vec<T> {
    type Item = T;
    type IntoIter = IntoIter<T, KVmalloc>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Vec<T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut Vec<T> {
    type Item = &'a mut T;
    type IntoIter = core::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

macro_rules! vec {
    ($value:expr; $n:expr) => { $crate::env::Vec::repeat($value, $n) };
    ($($value:expr),+ $(,)?) => { $crate::env::Vec::from([$($value),+]) };
}
pub(crate) use vec;

/// `std::string::String`.
pub(crate) struct String(Vec<u8>);

impl String {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }
}

impl Deref for String {
    type Target = str;

    fn deref(&self) -> &str {
        core::str::from_utf8(&self.0).expect("only strings are put in")
    }
}

impl fmt::Write for String {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.extend(s.bytes());
        Ok(())
    }
}

impl fmt::Display for String {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for String {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl PartialEq<&str> for String {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl From<&str> for String {
    fn from(s: &str) -> Self {
        Self(s.bytes().collect())
    }
}

/// `std::format!()`.
pub(crate) fn formatted(arguments: fmt::Arguments<'_>) -> String {
    let mut text = String::new();
    // A string takes all that its arguments give.
    let _ = fmt::write(&mut text, arguments);
    text
}

macro_rules! format {
    ($($arguments:tt)*) => { $crate::env::formatted(format_args!($($arguments)*)) };
}
pub(crate) use format;
