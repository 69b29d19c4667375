// SPDX-License-Identifier: GPL-2.0

//! What is kept per task: its slot, and what is cached in there.
//!
//! `struct task_struct` has no room for it, so it is found by the task's address. An entry is
//! added, looked up, and removed by its own task only. As a rule it is in a place of its own,
//! which only the task follows the pointer of. If that is another's already, it is in a chain,
//! which others go along: chains are read under RCU, changed under a lock, and an entry is freed
//! when a grace period is over.

use super::slot::Slot;
use crate::{
    logic::syscalls::ExtensibleCall,
    sys::{
        rcu::{
            self,
            FreeLater, //
        },
        regs::Saved,
        shared::Shared,
        syscall::Syscall,
        task::{
            Current,
            Exiting,
            Task, //
        }, //
    }, //
};
use core::cell::UnsafeCell;
use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    prelude::*,
    sync::barrier, //
};

kernel::sync::global_lock! {
    // SAFETY: Initialised by `init()`, before there is an entry.
    /// Held to change chains. No other lock is taken under it.
    unsafe(uninit) static CHANGES: SpinLock<()> = ();
}

/// Prepares the lock.
///
/// # Safety
///
/// Called once, before all else here.
pub(super) unsafe fn init() {
    // SAFETY: By the contract of this function.
    unsafe { CHANGES.init() };
}

const BITS: u32 = 10;

/// Where a task's state is found at once.
///
/// # Invariants
///
/// `entry` is that of the task with the address `task`. Only that task sets both, and clears
/// `task`.
struct Place {
    task: Shared<usize>,
    entry: Shared<*mut Entry>,
}

impl Place {
    const fn empty() -> Self {
        Self {
            task: Shared::new(0),
            entry: Shared::new(core::ptr::null_mut()),
        }
    }
}

/// The places, by a hash of the task's address.
static PLACES: [Place; 1 << BITS] = [const { Place::empty() }; 1 << BITS];

/// The entries of tasks whose place is another's, in chains.
///
/// # Invariants
///
/// The pointers, here and in [`Entry::next`], are to entries that are not freed before a grace
/// period has passed since they were taken out.
static CHAINS: [Shared<*mut Entry>; 1 << BITS] =
    [const { Shared::new(core::ptr::null_mut()) }; 1 << BITS];

/// What is known of a task.
struct Entry {
    next: Shared<*mut Entry>,
    /// The task's address.
    task: usize,
    /// Nobody but the task uses it.
    state: UnsafeCell<TaskArguments>,
    free_later: FreeLater,
}

/// The state of a task.
pub(super) struct TaskArguments {
    /// Its slot. None only after an attempt to get one has failed.
    pub(super) slot: Option<Slot>,
    /// What is in the slot, for a call that has not begun.
    pub(super) cached: Cached,
    /// The registers that the call is shown.
    pub(super) regs: Saved,
}

impl TaskArguments {
    /// Drops what is cached.
    #[inline(always)]
    pub(super) fn forget(&mut self) {
        self.cached.call = None;
    }
}

/// An argument in the slot.
pub(super) struct Cached {
    /// The call; none if nothing is cached, or the call is to see what the caller has passed.
    pub(super) call: Option<&'static ExtensibleCall>,
    /// Its number, as the registers have it.
    pub(super) nr: i32,
    /// It is a 32-bit call.
    pub(super) compat: bool,
    /// The address that takes the place of the caller's pointer.
    pub(super) address: usize,
    /// The call may fail with `E2BIG`, and then wants to write to the struct.
    pub(super) may_write_back: bool,
}

impl Cached {
    const NOTHING: Self = Self {
        call: None,
        nr: -1,
        compat: false,
        address: 0,
        may_write_back: false,
    };
}

#[inline(always)]
fn hash(task: &Task) -> usize {
    // `hash_long()`.
    const GOLDEN_RATIO: usize = 0x61c8_8646_80b5_83eb;
    task.addr().wrapping_mul(GOLDEN_RATIO) >> (usize::BITS - BITS)
}

/// The entry of the calling task.
#[inline(always)]
fn find(task: &Task) -> Option<*mut Entry> {
    let hash = hash(task);
    let place = &PLACES[hash];
    if place.task.get() == task.addr() {
        // This task has put both there.
        return Some(place.entry.get());
    }
    if CHAINS[hash].get().is_null() {
        return None;
    }
    find_in_chain(task, &CHAINS[hash])
}

#[cold]
#[inline(never)]
fn find_in_chain(task: &Task, chain: &Shared<*mut Entry>) -> Option<*mut Entry> {
    let _guard = rcu::read_lock();
    // The contents are read behind the pointer, on which they depend.
    let mut next = chain.get();
    while !next.is_null() {
        // SAFETY: By the invariant of `CHAINS`: it was found under the RCU lock, which is held.
        let entry = unsafe { &*next };
        if entry.task == task.addr() {
            return Some(next);
        }
        next = entry.next.get();
    }
    None
}

/// The state of the task that makes the call, if it is at the first place to look.
#[inline(always)]
pub(super) fn get_at_once(call: &mut Syscall) -> Option<&mut TaskArguments> {
    let current = call.current();
    let place = &PLACES[hash(&current)];
    // SAFETY: As in `get()`.
    (place.task.get() == current.addr()).then(|| unsafe { &mut *(*place.entry.get()).state.get() })
}

/// Is it clear at once that the task has no state? Tells of those that are not found by
/// [`get_at_once`].
#[inline(always)]
pub(super) fn is_unknown(current: Current) -> bool {
    CHAINS[hash(&current)].get().is_null()
}

/// The state of the task that makes the call, if it has one.
#[inline(always)]
pub(super) fn get(call: &mut Syscall) -> Option<&mut TaskArguments> {
    // SAFETY: The entry stays until the task itself removes it, when it exits. Nobody else uses
    // its state, and the task does so by its only `Syscall`, which the result borrows.
    find(&call.current()).map(|entry| unsafe { &mut *(*entry).state.get() })
}

/// Adds a state for the task that makes the call, which has none. `ENOMEM` if there is no memory.
pub(super) fn add(call: &mut Syscall) -> Result {
    let current = call.current();
    let entry = KBox::new(
        Entry {
            next: Shared::new(core::ptr::null_mut()),
            task: current.addr(),
            state: UnsafeCell::new(TaskArguments {
                slot: None,
                cached: Cached::NOTHING,
                regs: Saved::new(),
            }),
            free_later: FreeLater::new(),
        },
        GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
    )?;
    let entry = KBox::into_raw(entry);
    let hash = hash(&current);
    let _changes = CHANGES.lock();
    let (place, chain) = (&PLACES[hash], &CHAINS[hash]);
    if place.task.get() == 0 {
        // INVARIANT: Under the lock nobody else takes the place.
        place.entry.set(entry);
        place.task.set(current.addr());
        return Ok(());
    }
    // SAFETY: It was just made.
    unsafe { (*entry).next.set(chain.get()) };
    // Whoever finds it finds it complete.
    barrier::smp_mb(barrier::Write);
    chain.set(entry);
    Ok(())
}

/// Drops the state of a task that exits, if it has one.
pub(super) fn remove(task: &mut Exiting<'_>) {
    let Some(entry) = find(task) else {
        return;
    };
    let hash = hash(task);
    let changes = CHANGES.lock();
    if PLACES[hash].task.get() == task.addr() {
        PLACES[hash].task.set(0);
    } else {
        let mut link = &CHAINS[hash];
        while link.get() != entry {
            // SAFETY: All entries up to the task's own are in the chain while the lock is held, and
            // that one is.
            link = unsafe { &(*link.get()).next };
        }
        // SAFETY: The task's own entry is there. Whoever is at it goes on from it as before.
        link.set(unsafe { &(*entry).next }.get());
    }
    drop(changes);
    // SAFETY: Only the task uses its state, and it is not found any more. What is left is plain
    // memory, from a `KBox`.
    unsafe {
        drop((*(*entry).state.get()).slot.take());
        FreeLater::free(entry, |entry| &raw mut (*entry).free_later);
    }
}
