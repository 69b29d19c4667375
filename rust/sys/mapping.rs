// SPDX-License-Identifier: GPL-2.0

//! Pages of ours in the address space of a process, which can read them and nothing else.
//!
//! The mapping is of an anonymous file that no descriptor refers to. It is there until the address
//! space is torn down; `Documentation/internals/ea-internals.rst` says by virtue of which flags.
//!
//! C headers: [`include/linux/mm.h`](srctree/include/linux/mm.h)

use super::{
    ffi,
    file,
    module,
    task::Mm, //
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

    /// Its address in the kernel, which is the same for as long as the page is there.
    pub(crate) fn address(&self) -> NonNull<u8> {
        // SAFETY: The page is there.
        let address = unsafe { ffi::rsc_page_address(self.0.as_ptr()) };
        // SAFETY: Both architectures have all memory mapped.
        unsafe { NonNull::new_unchecked(address.cast()) }
    }
}

/// What a mapping shows.
pub(crate) trait Backing: Send + Sync + 'static {
    /// How many pages of address space it takes.
    const PAGES: usize;
    /// The name of the file, for `/proc/<pid>/maps`.
    const NAME: &'static CStr;

    /// The mapping is about to appear at `start`; an error keeps it from that. Called with the mmap
    /// lock of the address space, and once at most with success.
    fn mapped(this: ArcBorrow<'_, Self>, mm: Mm, start: usize) -> Result;

    /// The page to show, if there is one by now. From then on it is always this one.
    fn page(&self, index: usize) -> Option<&Page>;

    /// The address space is being torn down.
    fn unmapped(&self);
}

/// Maps `backing` into the caller's address space, where the kernel likes, low enough for a 32-bit
/// call that is being made. Fails as `mmap()` does, and with what [`Backing::mapped`] says.
///
/// The file keeps a reference to the backing, and one to the module, until the address space is
/// gone.
pub(crate) fn map<T: Backing>(backing: Arc<T>) -> Result {
    let file = file::anonymous_read_only(T::NAME, &Operations::<T>::FILE, backing)?;
    // SAFETY: The file is there, and the caller may sleep. On success the mapping has a reference
    // to the file.
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

/// Has the caller's page table show the page at `address` of a mapping that [`map`] has made, so
/// that reading it needs no memory any more. `ENOMEM` if there is none for that.
pub(crate) fn show(address: usize) -> Result {
    // SAFETY: The caller has an address space and holds none of its locks. It may be any address.
    match to_result(unsafe { ffi::rsc_show_page(address) }) {
        // Whoever may not read there (memory protection keys) need not.
        Err(error) if error == ENOMEM => Err(error),
        _ => Ok(()),
    }
}

// Of <asm-generic/mman.h>, which the kernel's bindings leave out.
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

    /// `->mmap()`. Only [`map`] gets here: nobody else has the file.
    ///
    /// # Safety
    ///
    /// As a file operation, of [`map`]'s files.
    unsafe extern "C" fn mmap(
        file: *mut bindings::file,
        vma: *mut bindings::vm_area_struct,
    ) -> c_int {
        // SAFETY: By the contract of this function, the private data is from `into_foreign()`, and
        // stays until the release.
        let (private, backing) = unsafe {
            let private = (*file).private_data;
            (private, Arc::<T>::borrow(private))
        };
        // SAFETY: By the contract of this function, the mapping is being set up by this task, and
        // its bounds are not changed any more.
        let (mm, start) = unsafe {
            ffi::rsc_vma_harden(vma);
            let bounds = &(*vma).__bindgen_anon_1.__bindgen_anon_1;
            (Mm((*vma).vm_mm.addr()), bounds.vm_start)
        };
        match T::mapped(backing, mm, start) {
            Ok(()) => {
                // SAFETY: As above. The mapping has a reference to the file, which outlives it.
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
    /// As a file operation, of [`map`]'s files.
    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: The private data is from `into_foreign()`, and this is called once, when there is
        // no mapping any more.
        drop(unsafe { Arc::<T>::from_foreign((*file).private_data) });
        0
    }

    /// `->open()`: there is a copy of the mapping. The flags prevent that; if it happens all the
    /// same, the copy shows nothing.
    ///
    /// # Safety
    ///
    /// As an operation of [`map`]'s mappings.
    unsafe extern "C" fn open(vma: *mut bindings::vm_area_struct) {
        kernel::warn_on!(true);
        // SAFETY: By the contract of this function.
        unsafe { (*vma).vm_private_data = core::ptr::null_mut() };
    }

    /// # Safety
    ///
    /// As an operation of [`map`]'s mappings.
    unsafe fn backing<'a>(vma: *mut bindings::vm_area_struct) -> Option<ArcBorrow<'a, T>> {
        // SAFETY: By the contract of this function.
        let private: *mut c_void = unsafe { (*vma).vm_private_data };
        if private.is_null() {
            return None;
        }
        // SAFETY: `mmap()` has stored it, from `into_foreign()`. The file releases its reference
        // after the mapping is closed.
        Some(unsafe { Arc::<T>::borrow(private) })
    }

    /// `->close()`.
    ///
    /// # Safety
    ///
    /// As an operation of [`map`]'s mappings.
    unsafe extern "C" fn close(vma: *mut bindings::vm_area_struct) {
        // SAFETY: By the contract of this function.
        if let Some(backing) = unsafe { Self::backing(vma) } {
            backing.unmapped();
        }
    }

    /// `->may_split()`: never.
    ///
    /// # Safety
    ///
    /// As an operation of [`map`]'s mappings.
    unsafe extern "C" fn may_split(_vma: *mut bindings::vm_area_struct, _addr: c_ulong) -> c_int {
        EINVAL.to_errno()
    }

    /// `->fault()`.
    ///
    /// # Safety
    ///
    /// As an operation of [`map`]'s mappings.
    unsafe extern "C" fn fault(vmf: *mut bindings::vm_fault) -> bindings::vm_fault_t {
        // SAFETY: By the contract of this function.
        let (backing, index) = unsafe {
            let place = &(*vmf).__bindgen_anon_1;
            (Self::backing(place.vma), place.pgoff)
        };
        let Some(page) = backing.as_ref().and_then(|backing| backing.page(index)) else {
            return bindings::vm_fault_reason_VM_FAULT_SIGBUS;
        };
        // SAFETY: By the contract of this function. The page table has no reference to the page,
        // and needs none: the page stays as long as the backing, that as long as the file, and the
        // file as long as the mapping.
        unsafe { ffi::rsc_insert_page(vmf, page.0.as_ptr()) }
    }
}
