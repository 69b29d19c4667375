// SPDX-License-Identifier: GPL-2.0

//! How many bytes of an extensible argument are copied before the call, which then reads the copy.

use crate::logic::syscalls::{
    ExtensibleCall,
    Null,
    Size, //
};

/// How a call's argument is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// The call passes the size: this many bytes are copied.
    Copy(usize),
    /// The size is in the struct, at this offset. It is read first; [`field_length`] tells how many
    /// bytes are copied then.
    Read(usize),
}

/// How the argument of a call is fetched that passes this pointer, and this size if it passes one.
/// `None` if it is not, and the pointer stays: the call reads nothing from it.
/// A copy has at most `capacity` bytes: the kernel refuses a longer argument before it reads it.
#[inline]
pub(crate) fn plan(
    call: &ExtensibleCall,
    pointer: u64,
    size: u64,
    capacity: usize,
) -> Option<Plan> {
    if pointer == 0 && call.null != Null::Address {
        // Both kinds of calls compare the pointer with NULL before they read.
        return None;
    }
    if call.refuses(size) {
        return None;
    }
    Some(match call.size {
        // CAST: Not more than `capacity`.
        Size::Argument(_) | Size::Buffer(_) | Size::Fixed(_) => {
            Plan::Copy(size.min(capacity as u64) as usize)
        }
        Size::Field { offset, .. } => Plan::Read(offset),
    })
}

/// How many bytes are copied of a struct whose field says that it has `size` bytes, and whether the
/// kernel accepts that size. If not, it refuses the call after it has read the field, so that the
/// copy ends with the field.
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

/// The extent of an argument of `size` bytes, of which a copy has at most `capacity`; `copied` is
/// that of the copy. Bytes beyond the capacity are not looked at: they are taken not to be zero, as
/// the kernel refuses the call whatever they are.
#[inline(always)]
pub(crate) fn extent(size: u64, copied: usize, capacity: usize) -> u32 {
    // CAST: Sizes above `u32::MAX` become that; a copy is smaller.
    if size > capacity as u64 {
        size.min(u32::MAX.into()) as u32
    } else {
        copied as u32
    }
}

/// The extent of an argument for which there is no [`plan`].
pub(crate) fn extent_of_unread(call: &ExtensibleCall, size: u64, capacity: usize) -> u32 {
    if call.refuses(size) {
        0
    } else {
        extent(size, 0, capacity)
    }
}

/// May the kernel write the size that it knows to the caller's struct? It does when the call fails
/// with `E2BIG`: the size was not `accepted`, or the struct has non-zero bytes up to `extent`,
/// which is beyond the size that the kernel knows.
#[inline]
pub(crate) fn may_write_back(call: &ExtensibleCall, accepted: bool, extent: usize) -> bool {
    match call.size {
        Size::Field { write_back, .. } => write_back && (!accepted || extent > call.known),
        Size::Argument(_) | Size::Buffer(_) | Size::Fixed(_) => false,
    }
}

/// The offset at which the kernel writes in that case, and the size that it writes there.
pub(crate) fn written_back(call: &ExtensibleCall) -> Option<(usize, u32)> {
    match call.size {
        // CAST: It is small.
        Size::Field { offset, .. } => Some((offset, call.known as u32)),
        Size::Argument(_) | Size::Buffer(_) | Size::Fixed(_) => None,
    }
}
