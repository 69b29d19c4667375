// SPDX-License-Identifier: GPL-2.0

//! A task's slot: the page that holds its cached argument.

use super::region::{
    self,
    Region, //
};
use crate::sys::{
    argument::{
        ArgumentPage,
        CAPACITY, //
    },
    mapping,
    task::Mm,
    user, //
};
use core::ptr::NonNull;
use kernel::{
    page::PAGE_SIZE,
    prelude::*,
    sync::Arc,
    uaccess::UserPtr, //
};

/// A slot, of one task.
///
/// The process reads the page at any time, so what is written here is seen by its other threads in
/// the middle of it. That does no harm: the kernel reads the slot only on behalf of the task
/// itself, while that does not write to it.
///
/// # Invariants
///
/// `page` is the page of slot `index` of the region, valid for reads and writes of `PAGE_SIZE`
/// bytes, and written by nobody else. It is zero from `dirty` on, which is at most `PAGE_SIZE`.
pub(super) struct Slot {
    region: Arc<Region>,
    index: usize,
    page: NonNull<u8>,
    dirty: usize,
    /// The address space, and the addresses there of the slot and of the guard.
    mm: Mm,
    address: usize,
    guard: usize,
    /// 32-bit calls can reach it.
    is_low: bool,
}

// SAFETY: A page can be written by any task, one at a time.
unsafe impl Send for Slot {}

/// No struct may be larger.
pub(super) const SIZE: usize = PAGE_SIZE;

const _: () = assert!(SIZE == CAPACITY);

impl Slot {
    /// Takes one in the address space of the caller, `mm`.
    pub(super) fn claim(mm: Mm, low: bool) -> Result<Self> {
        let (region, index) = region::claim(mm, low)?;
        let (address, is_low) = region.address(index);
        // The call is to find the page: without memory for page tables it would fail with EFAULT.
        let provided = region.provide(index).and_then(|provided| {
            mapping::show(address)?;
            Ok(provided)
        });
        match provided {
            // INVARIANT: A new page is zero. An old one was another task's.
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

    /// Can its task use it, that runs in `mm`, for a 32-bit call if `low`?
    ///
    /// If it was in another address space before, that is gone, or will be: both may have had the
    /// same address.
    #[inline(always)]
    pub(super) fn serves(&self, mm: Mm, low: bool) -> bool {
        self.mm == mm && self.region.is_mapped() && (!low || self.is_low)
    }

    /// The process's address of the slot, or that of the page that cannot be read.
    #[inline(always)]
    pub(super) fn address_if(&self, readable: bool) -> usize {
        if readable {
            self.address
        } else {
            self.guard
        }
    }

    /// The page, for as long as nobody writes to the slot.
    #[inline(always)]
    pub(super) fn page(&self) -> ArgumentPage<'_> {
        // SAFETY: By the type invariant it can be read, and is written by methods that take `&mut
        // self` alone. The slot keeps it.
        unsafe { ArgumentPage::new(self.page) }
    }

    /// Makes all of it zero.
    pub(super) fn clear(&mut self) {
        self.zero_from(0);
    }

    /// Copies `len` bytes from the caller, `SIZE` at most; the rest is zero. If they cannot be
    /// read, returns false, and all of the slot is zero.
    #[inline(always)]
    pub(super) fn fill(&mut self, from: UserPtr, len: usize) -> bool {
        let len = len.min(SIZE);
        self.dirty = self.dirty.max(len);
        // SAFETY: By the type invariant.
        if unsafe { user::copy_raw(self.page.as_ptr(), from, len) }.is_err() {
            self.clear();
            return false;
        }
        self.zero_from(len);
        true
    }

    /// Writes four bytes at `offset`, which is small.
    pub(super) fn put_u32(&mut self, offset: usize, value: u32) {
        if offset > SIZE - 4 {
            return;
        }
        self.dirty = self.dirty.max(offset + 4);
        // SAFETY: By the type invariant, and in bounds.
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
            // SAFETY: By the type invariant; aligned, and in bounds.
            let word = unsafe { self.page.byte_add(end - 8).cast::<u64>().read() };
            if word != 0 {
                break word;
            }
            end = end.wrapping_sub(8);
        };
        // Both architectures are little endian.
        end.wrapping_sub(word.leading_zeros() as usize / 8)
    }

    /// Makes it zero from `len` on.
    #[inline]
    fn zero_from(&mut self, len: usize) {
        if self.dirty > len {
            // SAFETY: By the type invariant.
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
