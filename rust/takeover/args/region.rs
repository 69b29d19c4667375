// SPDX-License-Identifier: GPL-2.0

//! Regions: where a process has the cached arguments of its threads.
//!
//! A region is a mapping of [`PAGES`] pages. Page 0 is the guard, which nobody can read; each of
//! the others is a slot, of one thread at a time. A process gets another region when all slots are
//! taken by living threads, or when a 64-bit process makes a 32-bit call and its regions are out
//! of the reach of that. So there are never more slots than regions had to be made for threads
//! that lived at the same time. A slot's page is allocated when the slot is first used, and stays
//! with it.
//!
//! The region's file has a reference to it, and so has each task with a slot; it is freed with its
//! pages when the mapping is gone and those tasks have exited or have got another slot.

use crate::sys::{
    mapping::{
        self,
        Backing,
        Page, //
    },
    shared::Shared,
    task::Mm, //
};
use core::ptr::NonNull;
use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        Arc,
        ArcBorrow,
        GlobalLockedBy,
        SetOnce, //
    }, //
};

/// The pages of a region. One word of bits says which are free.
const PAGES: usize = u128::BITS as usize;

/// All but the guard.
const ALL_SLOTS: u128 = !1;

/// What a 32-bit call can reach.
const LOW_END: usize = 1 << 32;

kernel::sync::global_lock! {
    // SAFETY: Initialised by `init()`, before there is a region.
    /// The regions by the address space that they are in. Innermost of all locks here: taken under
    /// the mmap lock, and nothing is done under it but following and changing links.
    unsafe(uninit) static REGIONS: SpinLock<Table> = Table([core::ptr::null(); BUCKETS]);
}

/// Prepares the lock.
///
/// # Safety
///
/// Called once, before all else here.
pub(super) unsafe fn init() {
    // SAFETY: By the contract of this function.
    unsafe { REGIONS.init() };
}

const BUCKETS: usize = 256;

/// # Invariants
///
/// The pointers, here and in [`Links`], are to regions that are mapped, and made by
/// [`pointer_of`]. A region enters when its mapping appears, and leaves when it is torn down;
/// until after that its file has a reference.
struct Table([*const Region; BUCKETS]);

// SAFETY: Regions can be shared.
unsafe impl Send for Table {}

/// What the lock protects of a region.
struct Links {
    /// Bit n is set if page n is a slot that no task has.
    free: u128,
    /// The next one in the bucket.
    next: *const Region,
}

// SAFETY: As for `Table`.
unsafe impl Send for Links {}

/// A region.
pub(super) struct Region {
    /// The pages of slots that have been used.
    pages: KVec<SetOnce<Page>>,
    /// It must be in reach of 32-bit calls.
    low: bool,
    /// Where it is, once it is.
    place: SetOnce<Place>,
    /// Its address space is being torn down.
    dead: Shared<bool>,
    links: GlobalLockedBy<Links, REGIONS>,
}

#[derive(Clone, Copy)]
struct Place {
    mm: Mm,
    start: usize,
}

impl Place {
    fn is_low(&self) -> bool {
        self.start + PAGES * PAGE_SIZE <= LOW_END
    }
}

impl Region {
    fn new(low: bool) -> Result<Arc<Self>> {
        let flags = GFP_KERNEL_ACCOUNT | __GFP_NOWARN;
        let mut pages = KVec::with_capacity(PAGES, flags)?;
        for _ in 0..PAGES {
            pages.push(SetOnce::new(), flags)?;
        }
        let region = Self {
            pages,
            low,
            place: SetOnce::new(),
            dead: Shared::new(false),
            links: GlobalLockedBy::new(Links {
                free: ALL_SLOTS,
                next: core::ptr::null(),
            }),
        };
        Ok(Arc::new(region, flags)?)
    }

    /// Can tasks that run in `mm` use it, for 32-bit calls if `low`?
    fn serves(&self, mm: Mm, low: bool) -> bool {
        self.is_mapped()
            && self
                .place
                .as_ref()
                .is_some_and(|place| place.mm == mm && (!low || place.is_low()))
    }

    /// Is it still there? To a task in its address space the answer is good for as long as it is in
    /// there: the mapping is sealed.
    #[inline(always)]
    pub(super) fn is_mapped(&self) -> bool {
        !self.dead.get()
    }

    /// The address that a process has for page `index`, and whether 32-bit calls can reach it.
    pub(super) fn address(&self, index: usize) -> (usize, bool) {
        self.place.as_ref().map_or((0, false), |place| {
            (place.start + index * PAGE_SIZE, place.is_low())
        })
    }

    /// The kernel's address of the page of slot `index`, which the caller has, and whether the page
    /// is new. `ENOMEM` if there is none to be had.
    pub(super) fn provide(&self, index: usize) -> Result<(NonNull<u8>, bool)> {
        let page = self.pages.get(index).ok_or(EINVAL)?;
        let is_new = page.as_ref().is_none();
        if is_new {
            page.populate(Page::new().ok_or(ENOMEM)?);
        }
        Ok((page.as_ref().ok_or(ENOMEM)?.address(), is_new))
    }

    /// Takes back slot `index`.
    pub(super) fn give_back(&self, index: usize) {
        let mut regions = REGIONS.lock();
        self.links.as_mut(&mut regions).free |= 1 << index;
    }
}

/// A pointer to the region that is also good for its count, which a reference to it is not.
fn pointer_of(region: ArcBorrow<'_, Region>) -> *const Region {
    let pointer = Arc::into_raw(region.into());
    // SAFETY: It was just made of an `Arc`. This is not the last one, as there is `region`.
    drop(unsafe { Arc::from_raw(pointer) });
    pointer
}

fn bucket(mm: Mm) -> usize {
    // A `struct mm_struct` is a kilobyte or more.
    (mm.addr() >> 10) % BUCKETS
}

/// Takes a slot in one of the regions of the caller, whose address space is `mm`; makes a region if
/// there is none with a free slot. Returns the region, and the index of the slot.
///
/// Fails as `mmap()` does.
pub(super) fn claim(mm: Mm, low: bool) -> Result<(Arc<Region>, usize)> {
    // Other threads may have taken all slots of the region before this one comes to it.
    for _ in 0..8 {
        if let Some(claimed) = try_claim(mm, low) {
            return Ok(claimed);
        }
        match mapping::map(Region::new(low)?) {
            // There is one by now.
            Ok(()) | Err(EEXIST) => {}
            Err(error) => return Err(error),
        }
    }
    Err(EAGAIN)
}

fn try_claim(mm: Mm, low: bool) -> Option<(Arc<Region>, usize)> {
    let mut regions = REGIONS.lock();
    let mut next = regions.0[bucket(mm)];
    while !next.is_null() {
        // SAFETY: By the invariant of `Table`, there is a reference while the lock is held.
        let region = unsafe { ArcBorrow::from_raw(next) };
        let links = region.links.as_mut(&mut regions);
        if links.free != 0 && region.serves(mm, low) {
            let index = links.free.trailing_zeros() as usize;
            links.free &= links.free - 1;
            return Some((region.into(), index));
        }
        next = links.next;
    }
    None
}

impl Backing for Region {
    const PAGES: usize = PAGES;
    const NAME: &'static CStr = c"seccomp_args";

    /// Adds the region to the table. Under the mmap lock no thread of the same process does so at
    /// the same time.
    fn mapped(this: ArcBorrow<'_, Self>, mm: Mm, start: usize) -> Result {
        let place = Place { mm, start };
        if this.low && !place.is_low() {
            return Err(ENOMEM);
        }
        let mut regions = REGIONS.lock();
        let first = regions.0[bucket(mm)];
        let mut next = first;
        while !next.is_null() {
            // SAFETY: By the invariant of `Table`, the region is there while the lock is held.
            let region = unsafe { &*next };
            let links = region.links.as_ref(&regions);
            if links.free != 0 && region.serves(mm, this.low) {
                return Err(EEXIST);
            }
            next = links.next;
        }
        if !this.place.populate(place) {
            return Err(EBUSY);
        }
        this.links.as_mut(&mut regions).next = first;
        // INVARIANT: The mapping appears now.
        regions.0[bucket(mm)] = pointer_of(this);
        Ok(())
    }

    fn page(&self, index: usize) -> Option<&Page> {
        self.pages.get(index)?.as_ref()
    }

    fn unmapped(&self) {
        self.dead.set(true);
        let Some(place) = self.place.as_ref() else {
            return;
        };
        let this: *const Self = self;
        let mut regions = REGIONS.lock();
        let after = self.links.as_ref(&regions).next;
        let first = regions.0[bucket(place.mm)];
        // INVARIANT: The region leaves the table.
        if first == this {
            regions.0[bucket(place.mm)] = after;
            return;
        }
        let mut before = first;
        while !before.is_null() {
            // SAFETY: By the invariant of `Table`, the region is there while the lock is held.
            let links = unsafe { &*before }.links.as_mut(&mut regions);
            if links.next == this {
                links.next = after;
                return;
            }
            before = links.next;
        }
    }
}
