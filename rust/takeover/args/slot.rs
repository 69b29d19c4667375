// SPDX-License-Identifier: GPL-2.0

//! The slot of a task: the page that holds its cached argument.

use super::region::{
    self,
    Region, //
};
use crate::sys::{
    addresses::Mm,
    argument::{
        ArgumentPage,
        CAPACITY, //
    },
    mapping,
    user, //
};
use core::ptr::NonNull;
use kernel::{
    page::PAGE_SIZE,
    prelude::*,
    sync::Arc,
    uaccess::UserPtr, //
};

/// A slot, which belongs to one task.
///
/// The other threads of the process can read the page at any time, also while it is half written.
/// That does no harm: the kernel reads it only on behalf of the task itself, which does not write
/// to it then.
///
/// # Invariants
///
/// `page` is the page of slot `index` of `region`, valid for reads and writes of [`SIZE`] bytes,
/// and written by nobody else. It is zero from `dirty` on, which is at most [`SIZE`].
pub(super) struct Slot {
    region: Arc<Region>,
    index: usize,
    page: NonNull<u8>,
    dirty: usize,
    /// The address space; `address` is that of the slot in it, `guard` that of the guard page.
    mm: Mm,
    address: usize,
    guard: usize,
    /// 32-bit calls can reach both.
    is_low: bool,
}

// SAFETY: The value alone writes to the page, and any task may do so through it.
unsafe impl Send for Slot {}

/// The bytes of a slot. The kernel refuses larger structs.
pub(super) const SIZE: usize = PAGE_SIZE;

const _: () = assert!(SIZE == CAPACITY);

impl Slot {
    /// Takes a slot in the caller's address space, `mm`, for 32-bit calls if `low`. Sleeps; fails
    /// as `mmap()` does.
    pub(super) fn claim(mm: Mm, low: bool) -> Result<Self> {
        let (region, index) = region::claim(mm, low)?;
        let (address, is_low) = region.address(index);
        // The page table has to show the page now: a call that found no memory for page tables
        // would fail with `EFAULT`.
        let provided = region.provide(index).and_then(|provided| {
            mapping::show(address)?;
            Ok(provided)
        });
        match provided {
            // INVARIANT: A new page is zero. In an old one is what another task has left there.
            Ok((page, is_new)) => Ok(Self {
                mm,
                address,
                guard: region.address(0).0,
                is_low,
                region,
                index,
                page,
                dirty: if is_new { 0 } else { SIZE },
            }),
            Err(error) => {
                region.give_back(index);
                Err(error)
            }
        }
    }

    /// Can the slot's task, which now runs in `mm`, use it, for a 32-bit call if `low`?
    ///
    /// An address space that the task has left may be gone, and the present one may have its
    /// address; but then the mapping is gone, too.
    #[inline(always)]
    pub(super) fn serves(&self, mm: Mm, low: bool) -> bool {
        self.mm == mm && self.region.is_mapped() && (!low || self.is_low)
    }

    /// The address in the process of the slot if `readable`, else of the guard page.
    #[inline(always)]
    pub(super) fn address_if(&self, readable: bool) -> usize {
        if readable {
            self.address
        } else {
            self.guard
        }
    }

    /// The page.
    #[inline(always)]
    pub(super) fn page(&self) -> ArgumentPage<'_> {
        // SAFETY: By the type invariant the page can be read, and only methods that take `&mut
        // self` write to it. The slot has a reference to its region, which keeps it.
        unsafe { ArgumentPage::new(self.page) }
    }

    /// Zeroes the slot.
    pub(super) fn clear(&mut self) {
        self.zero_from(0);
    }

    /// Copies `len` bytes from the caller, [`SIZE`] at most, and zeroes the rest. If they cannot be
    /// read, zeroes the slot and returns false.
    #[inline(always)]
    pub(super) fn fill(&mut self, from: UserPtr, len: usize) -> bool {
        let len = len.min(SIZE);
        self.dirty = self.dirty.max(len);
        // SAFETY: By the type invariant `SIZE` bytes can be written, and `len` is not more.
        if unsafe { user::copy_raw(self.page.as_ptr(), from, len) }.is_err() {
            self.clear();
            return false;
        }
        self.zero_from(len);
        true
    }

    /// Writes four bytes at `offset`; nothing if they do not fit into the slot.
    pub(super) fn put_u32(&mut self, offset: usize, value: u32) {
        if offset > SIZE - 4 {
            return;
        }
        self.dirty = self.dirty.max(offset + 4);
        // SAFETY: By the type invariant the slot can be written, and the four bytes are within.
        unsafe { self.page.byte_add(offset).cast().write_unaligned(value) };
    }

    /// The offset just behind the last byte that is not zero.
    #[inline]
    pub(super) fn extent(&self) -> usize {
        let mut end = self.dirty.wrapping_add(7) & !7;
        let word = loop {
            if end == 0 {
                return 0;
            }
            // SAFETY: By the type invariant `SIZE` bytes can be read. `end` is a multiple of 8 from
            // 8 to `SIZE`, and the page is aligned.
            let word = unsafe { self.page.byte_add(end - 8).cast::<u64>().read() };
            if word != 0 {
                break word;
            }
            end = end.wrapping_sub(8);
        };
        // Both architectures are little endian.
        end.wrapping_sub(word.leading_zeros() as usize / 8)
    }

    /// Zeroes the slot from `len` on.
    #[inline]
    fn zero_from(&mut self, len: usize) {
        if self.dirty > len {
            // SAFETY: By the type invariant the bytes up to `dirty` are in the page.
            unsafe {
                self.page
                    .byte_add(len)
                    .write_bytes(0, self.dirty.wrapping_sub(len))
            };
            self.dirty = len;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.region.give_back(self.index);
    }
}
