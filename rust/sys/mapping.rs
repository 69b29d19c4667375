// SPDX-License-Identifier: GPL-2.0

//! Mappings that show pages of ours to a process, which can read them and nothing else.
//!
//! A mapping is of an anonymous file that no descriptor refers to. It stays until the address space
//! is torn down; `Documentation/internals/ea-internals.rst` explains the flags that see to it.
//!
//! C headers: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use super::{
    addresses::Mm,
    ffi,
    file,
    module, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    bindings,
    error::to_result,
    ffi::{
        c_int,
        c_ulong,
        c_void, //
    },
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        Arc,
        ArcBorrow, //
    },
    types::ForeignOwnable, //
};

/// A zeroed page, charged to the caller's memory cgroup.
pub(crate) struct Page(kernel::page::Page);

impl Page {
    /// `None` if there is no memory.
    pub(crate) fn new() -> Option<Self> {
        let flags = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN;
        kernel::page::Page::alloc_page(flags).ok().map(Self)
    }

    /// The kernel's address of the page, valid for as long as the page is there.
    pub(crate) fn address(&self) -> NonNull<u8> {
        // SAFETY: The value owns its `struct page`.
        let address = unsafe { ffi::rsc_page_address(self.0.as_ptr()) };
        // SAFETY: Both architectures map all memory, so every page has an address.
        unsafe { NonNull::new_unchecked(address.cast()) }
    }
}

/// What a mapping shows.
pub(crate) trait Backing: Send + Sync + 'static {
    /// How many pages of address space it takes.
    const PAGES: usize;
    /// The name of the file, for `/proc/<pid>/maps`.
    const NAME: &'static CStr;

    /// Called before the mapping appears at `start`; on an error it does not. The caller holds the
    /// mmap lock of the address space. It succeeds at most once for a backing.
    fn mapped(this: ArcBorrow<'_, Self>, mm: Mm, start: usize) -> Result;

    /// The page to show at `index`, if there is one by now. Once there is, it stays the same.
    fn page(&self, index: usize) -> Option<&Page>;

    /// Called when the mapping goes, as its address space is torn down.
    fn unmapped(&self);
}

/// Maps `backing` into the caller's address space, at an address that the kernel chooses; during a
/// 32-bit call it is below 4 GiB. Sleeps. Fails as `mmap()` does, and as [`Backing::mapped`].
///
/// The file of the mapping has a reference to the backing and one to the module, until the address
/// space is torn down.
pub(crate) fn map<T: Backing>(backing: Arc<T>) -> Result {
    let file = file::make(T::NAME, &Operations::<T>::FILE, backing, bindings::O_RDONLY)?;
    // SAFETY: `file` has a reference, and the mapping takes one of its own. The caller is a task in
    // a system call, and holds no lock of its address space.
    let address = unsafe {
        bindings::vm_mmap(
            file.as_ptr(),
            0,
            T::PAGES * PAGE_SIZE,
            PROT_READ,
            MAP_SHARED,
            0,
        )
    };
    // CAST: Errors are negative numbers.
    match address as isize {
        errno @ -4095..0 => Err(Error::from_errno(errno as c_int)),
        _ => Ok(()),
    }
}

/// Enters the page at `address`, of a mapping that [`map`] has made, into the caller's page table,
/// so that a later read needs no memory. Sleeps. `ENOMEM`.
pub(crate) fn show(address: usize) -> Result {
    // SAFETY: The caller is a task in a system call, which has an address space and holds none of
    // its locks. Any address may be passed.
    match to_result(unsafe { ffi::rsc_show_page(address) }) {
        // A task whose protection keys forbid it to read there does not need the entry.
        Err(error) if error == ENOMEM => Err(error),
        _ => Ok(()),
    }
}

// From <asm-generic/mman.h>, which the kernel's bindings leave out.
const PROT_READ: c_ulong = 1;
const MAP_SHARED: c_ulong = 1;

/// The operations of a file with this backing as its `private_data`, and of its mapping.
struct Operations<T>(PhantomData<T>);

impl<T: Backing> Operations<T> {
    const FILE: bindings::file_operations = bindings::file_operations {
        owner: module::this(),
        mmap: Some(Self::mmap),
        release: Some(Self::release),
        // SAFETY: All zeroes is a valid `file_operations`.
        ..unsafe { core::mem::zeroed() }
    };

    const MAPPING: bindings::vm_operations_struct = bindings::vm_operations_struct {
        open: Some(Self::open),
        close: Some(Self::close),
        may_split: Some(Self::may_split),
        fault: Some(Self::fault),
        // SAFETY: All zeroes is a valid `vm_operations_struct`.
        ..unsafe { core::mem::zeroed() }
    };

    /// `->mmap()`. Only [`map`] causes it: nobody else has the file.
    ///
    /// # Safety
    ///
    /// For the kernel only: `file` is made by [`map`], and `vma` is being set up.
    unsafe extern "C" fn mmap(
        file: *mut bindings::file,
        vma: *mut bindings::vm_area_struct,
    ) -> c_int {
        // SAFETY: By the contract `map()` has made the file: its private data is from
        // `into_foreign()`, and stays until the release.
        let (private, backing) = unsafe {
            let private = (*file).private_data;
            (private, Arc::<T>::borrow(private))
        };
        // SAFETY: By the contract this task is setting the mapping up, whose bounds do not change
        // any more.
        let (mm, start) = unsafe {
            ffi::rsc_vma_harden(vma);
            let bounds = &(*vma).__bindgen_anon_1.__bindgen_anon_1;
            (Mm((*vma).vm_mm.addr()), bounds.vm_start)
        };
        match T::mapped(backing, mm, start) {
            Ok(()) => {
                // SAFETY: This task is setting the mapping up. The private data is there for as
                // long as the mapping, which has a reference to the file.
                unsafe {
                    (*vma).vm_private_data = private;
                    (*vma).vm_ops = &Self::MAPPING;
                }
                0
            }
            Err(error) => error.to_errno(),
        }
    }

    /// `->release()`.
    ///
    /// # Safety
    ///
    /// For the kernel only: `file` is made by [`map`], and nobody uses it any more.
    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: By the contract `map()` has made the file: its private data is from
        // `into_foreign()`. The kernel releases a file once, when there is no mapping of it any
        // more.
        drop(unsafe { Arc::<T>::from_foreign((*file).private_data) });
        0
    }

    /// `->open()`: the kernel has copied the mapping. The flags prevent that. If it happens all the
    /// same, the copy shows nothing.
    ///
    /// # Safety
    ///
    /// For the kernel only: `vma` is a copy of a mapping that [`map`] has made.
    unsafe extern "C" fn open(vma: *mut bindings::vm_area_struct) {
        kernel::warn_on!(true);
        // SAFETY: By the contract `vma` is a new mapping, which nobody else uses yet.
        unsafe { (*vma).vm_private_data = core::ptr::null_mut() };
    }

    /// # Safety
    ///
    /// `vma` is a mapping that [`map`] has made, or a copy of one, and is there for all of `'a`.
    unsafe fn backing<'a>(vma: *mut bindings::vm_area_struct) -> Option<ArcBorrow<'a, T>> {
        // SAFETY: By the contract `vma` is there. Only `mmap()` and `open()` write the field,
        // before others use the mapping.
        let private: *mut c_void = unsafe { (*vma).vm_private_data };
        if private.is_null() {
            return None;
        }
        // SAFETY: `mmap()` has stored it, from `into_foreign()`. The file gives its reference up
        // only after the mapping is closed, and so after `'a`.
        Some(unsafe { Arc::<T>::borrow(private) })
    }

    /// `->close()`.
    ///
    /// # Safety
    ///
    /// For the kernel only: `vma` is a mapping that [`map`] has made, or a copy of one.
    unsafe extern "C" fn close(vma: *mut bindings::vm_area_struct) {
        // SAFETY: By the contract it is such a mapping, which is there until this returns.
        if let Some(backing) = unsafe { Self::backing(vma) } {
            backing.unmapped();
        }
    }

    /// `->may_split()`: never.
    ///
    /// # Safety
    ///
    /// For the kernel only.
    unsafe extern "C" fn may_split(_vma: *mut bindings::vm_area_struct, _addr: c_ulong) -> c_int {
        EINVAL.to_errno()
    }

    /// `->fault()`.
    ///
    /// # Safety
    ///
    /// For the kernel only: `vmf` is a fault in a mapping that [`map`] has made, or in a copy of
    /// one.
    unsafe extern "C" fn fault(vmf: *mut bindings::vm_fault) -> bindings::vm_fault_t {
        // SAFETY: By the contract it is such a mapping, which is there until this returns.
        let (backing, index) = unsafe {
            let place = &(*vmf).__bindgen_anon_1;
            (Self::backing(place.vma), place.pgoff)
        };
        let Some(page) = backing.as_ref().and_then(|backing| backing.page(index)) else {
            return bindings::vm_fault_reason_VM_FAULT_SIGBUS;
        };
        // SAFETY: By the contract `vmf` is a fault that is being handled. The page table gets no
        // reference to the page, and needs none: the page stays for as long as the backing, that
        // for as long as the file, and the file for as long as the mapping.
        unsafe { ffi::rsc_insert_page(vmf, page.0.as_ptr()) }
    }
}
