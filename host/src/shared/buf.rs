// SPDX-License-Identifier: GPL-2.0

//! What tests ask of a [`Buf`] beyond what the logic does, and text. Without memory it panics, as
//! tests have no other way out.

use crate::logic::buf::Buf;
use core::fmt;
use core::ops::Deref;

impl<T> Extend<T> for Buf<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        let values = values.into_iter();
        // Where allocations are traced they take longer than all else, so each is for more than a
        // few.
        self.reserve(values.size_hint().0.max(32)).expect("memory");
        values.for_each(|value| self.push(value).expect("memory"));
    }
}

impl<T> FromIterator<T> for Buf<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut all = Self::new();
        all.extend(values);
        all
    }
}

impl<T, const N: usize> From<[T; N]> for Buf<T> {
    fn from(values: [T; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<T: Clone> Clone for Buf<T> {
    fn clone(&self) -> Self {
        self.iter().cloned().collect()
    }
}

impl<T: fmt::Debug> fmt::Debug for Buf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(f)
    }
}

/// Text on the heap.
pub struct Text(Buf<u8>);

impl Text {
    /// What `format!()` makes of these.
    pub fn of(arguments: fmt::Arguments<'_>) -> Self {
        let mut text = Self(Buf::new());
        // It takes all that the arguments give.
        let _ = fmt::write(&mut text, arguments);
        text
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        core::str::from_utf8(&self.0).expect("only strings are put in")
    }
}

impl fmt::Write for Text {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.extend(s.bytes());
        Ok(())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl From<&str> for Text {
    fn from(s: &str) -> Self {
        Self(s.bytes().collect())
    }
}
