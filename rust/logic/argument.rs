// SPDX-License-Identifier: GPL-2.0

//! How much of a struct is to be copied. It uses `core` alone, as [`crate::logic::syscalls`] does.

use crate::logic::syscalls::{
    ExtensibleCall,
    Null,
    Size, //
};

/// What is to be done about the pointer of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// It stays as it is: the kernel reads nothing.
    Pass,
    /// The call passes the size: copy so many bytes.
    Copy(usize),
    /// The size is in the struct, at this offset. [`field_length`] tells what to do when it has been
    /// read.
    Read(usize),
}

/// What is to be done for a call with this pointer, and this size if it is an argument, if a copy may have
/// `capacity` bytes. The kernel refuses any that is longer before it reads it.
#[inline]
pub(crate) fn plan(call: &ExtensibleCall, pointer: u64, size: u64, capacity: usize) -> Plan {
    if pointer == 0 && call.null != Null::Address {
        // Both kinds of calls compare the pointer with NULL before they would read from it.
        return Plan::Pass;
    }
    match call.size {
        // CAST: Not more than `capacity`.
        Size::Argument(_) => Plan::Copy(size.min(capacity as u64) as usize),
        Size::Field { offset, .. } => Plan::Read(offset),
    }
}

/// How much to copy of a struct that says of itself that it has `size` bytes. The second value
/// tells whether the kernel takes that size. If not, it refuses the call and reads no further than
/// to the field.
#[inline]
pub(crate) fn field_length(call: &ExtensibleCall, size: u32, capacity: usize) -> (usize, bool) {
    let Size::Field { offset, zero, .. } = call.size else {
        return (0, false);
    };
    let length = if size == 0 { zero } else { size as usize };
    if length < call.smallest || length > capacity {
        (offset + 4, false)
    } else {
        (length, true)
    }
}

/// May the kernel write the size that it knows to the caller's struct? It does if the call fails with
/// `E2BIG`, because the struct has a size that is not `accepted`, or bytes up to `extent` that the
/// kernel does not know.
#[inline]
pub(crate) fn may_write_back(call: &ExtensibleCall, accepted: bool, extent: usize) -> bool {
    match call.size {
        Size::Field { write_back, .. } => write_back && (!accepted || extent > call.known),
        Size::Argument(_) => false,
    }
}

/// The size that the kernel writes then, with the offset to write it to.
pub(crate) fn written_back(call: &ExtensibleCall) -> Option<(usize, u32)> {
    match call.size {
        // CAST: It is small.
        Size::Field { offset, .. } => Some((offset, call.known as u32)),
        Size::Argument(_) => None,
    }
}
