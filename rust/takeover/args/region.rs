// SPDX-License-Identifier: GPL-2.0

//! Regions: the mappings in which a process has the cached arguments of its threads.
//!
//! A region is a mapping of [`PAGES`] pages. Page 0 is the guard page, which nobody can read. Each
//! other page is a slot, which one task at a time has. A process gets another region when living
//! threads have all slots, or when a 64-bit process makes a 32-bit call, which cannot reach its
//! regions. So the number of threads that live at the same time bounds the number of regions. A
//! slot's page is allocated when a task first takes the slot, and freed with the region.
//!
//! The file behind the mapping has a reference to the region, and so has each task with a slot. The
//! region is freed when the mapping is gone and those tasks have exited or got another slot.

use crate::sys::{
    addresses::Mm,
    mapping::{
        self,
        Backing,
        Page, //
    },
    shared::Shared, //
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

/// The pages of a region: as many as [`Links::free`] has bits.
const PAGES: usize = u128::BITS as usize;

/// All pages but the guard page.
const ALL_SLOTS: u128 = !1;

/// The end of the addresses that a 32-bit call can pass.
const LOW_END: usize = 1 << 32;

kernel::sync::global_lock! {
    // SAFETY: `init()` initialises it before there is a region.
    /// The mapped regions. Innermost of all locks here: taken under the mmap lock, and held only to
    /// follow and change links.
    unsafe(uninit) static REGIONS: SpinLock<Table> = Table([core::ptr::null(); BUCKETS]);
}

/// Prepares the lock.
///
/// # Safety
///
/// Called once, before all else here.
pub(super) unsafe fn init() {
    // SAFETY: By the contract of this function it is the only call, and nobody uses the lock yet.
    unsafe { REGIONS.init() };
}

const BUCKETS: usize = 256;

/// Chains of regions, by [`bucket`] of their address space.
///
/// # Invariants
///
/// Each pointer, here and in [`Links`], is NULL or made by [`pointer_of`] of a region that is
/// mapped. A region enters when its mapping appears, and leaves when that is torn down. Its file
/// has a reference to it until later.
struct Table([*const Region; BUCKETS]);

// SAFETY: The pointers are followed with the lock held, by any task, and a `Region` is `Sync`.
unsafe impl Send for Table {}

/// What the lock protects of a region.
struct Links {
    /// Bit n is set if page n is a slot that belongs to no task.
    free: u128,
    /// The next region of the bucket.
    next: *const Region,
}

// SAFETY: The pointer is followed with the lock held, by any task, and a `Region` is `Sync`.
unsafe impl Send for Links {}

/// A region.
pub(super) struct Region {
    /// By number; a page that no task has taken yet is not allocated.
    pages: KVec<SetOnce<Page>>,
    /// 32-bit calls must be able to reach it, else it is not to be mapped.
    low: bool,
    /// Where it is mapped, once it is.
    place: SetOnce<Place>,
    /// Its mapping is being torn down, or gone.
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

    /// Can a task that runs in `mm` use a slot here, for 32-bit calls if `low`?
    fn serves(&self, mm: Mm, low: bool) -> bool {
        self.is_mapped()
            && self
                .place
                .as_ref()
                .is_some_and(|place| place.mm == mm && (!low || place.is_low()))
    }

    /// Is the mapping still there? It is sealed, so if a task that runs in its address space finds
    /// it there, it stays at least until the task leaves that.
    #[inline(always)]
    pub(super) fn is_mapped(&self) -> bool {
        !self.dead.get()
    }

    /// The address of page `index` in the process, and whether 32-bit calls can reach the region;
    /// 0 and `false` before it is mapped.
    pub(super) fn address(&self, index: usize) -> (usize, bool) {
        self.place.as_ref().map_or((0, false), |place| {
            (place.start + index * PAGE_SIZE, place.is_low())
        })
    }

    /// The kernel's address of the page of slot `index`, which belongs to the caller, and whether
    /// the page is new, and so zero. `ENOMEM`.
    pub(super) fn provide(&self, index: usize) -> Result<(NonNull<u8>, bool)> {
        let page = self.pages.get(index).ok_or(EINVAL)?;
        let is_new = page.as_ref().is_none();
        if is_new {
            page.populate(Page::new().ok_or(ENOMEM)?);
        }
        Ok((page.as_ref().ok_or(ENOMEM)?.address(), is_new))
    }

    /// Makes slot `index` free for other tasks.
    pub(super) fn give_back(&self, index: usize) {
        let mut regions = REGIONS.lock();
        self.links.as_mut(&mut regions).free |= 1 << index;
    }
}

/// A pointer to the region through which its reference count may be changed, too, as a pointer made
/// from a `&Region` may not.
fn pointer_of(region: ArcBorrow<'_, Region>) -> *const Region {
    let pointer = Arc::into_raw(region.into());
    // SAFETY: `into_raw()` has just made it. `region` borrows from another reference, so this is
    // not the last one.
    drop(unsafe { Arc::from_raw(pointer) });
    pointer
}

fn bucket(mm: Mm) -> usize {
    // A `struct mm_struct` has a kilobyte or more, so lower bits hardly tell them apart.
    (mm.addr() >> 10) % BUCKETS
}

/// Takes a free slot in the caller's address space, `mm`, for 32-bit calls if `low`. If no region
/// has one, maps another region. Returns the region, and the index of the slot.
///
/// Sleeps. Fails as `mmap()` does, and with `EAGAIN` if other threads always were faster.
pub(super) fn claim(mm: Mm, low: bool) -> Result<(Arc<Region>, usize)> {
    // Other threads may take all slots of a new region before this one gets to it.
    for _ in 0..8 {
        if let Some(claimed) = try_claim(mm, low) {
            return Ok(claimed);
        }
        match mapping::map(Region::new(low)?) {
            // There is a region with a free slot now: this one, or another thread's.
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
        // SAFETY: By the invariant of `Table` the pointer is good for the count, and the file has a
        // reference while the lock is held.
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

    /// Adds the region to the table. `EEXIST` if another thread has added one meanwhile that will
    /// do; the mmap lock keeps two from doing so at the same time. `ENOMEM` if it is not low
    /// enough.
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
