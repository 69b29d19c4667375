// SPDX-License-Identifier: GPL-2.0

//! The [`TaskArguments`] of each task that uses extensible arguments.
//!
//! `struct task_struct` has no room for them, so they are found by the task's address. Only the
//! task itself adds, looks up and removes its [`Entry`]. As a rule the entry is in a [`Place`], of
//! which no other task follows the pointer. If another task has the place already, the entry is in
//! a chain, which other tasks walk as well: they read it under RCU and change it under a lock, and
//! an entry is freed after a grace period.

use super::slot::Slot;
use crate::{
    logic::syscalls::ExtensibleCall,
    sys::{
        rcu::{
            self,
            FreeLater, //
        },
        redirect::Saved,
        shared::Shared,
        syscall::Syscall,
        task::{
            Current,
            Exiting,
            Task, //
        }, //
    }, //
};
use core::{
    cell::UnsafeCell,
    mem::offset_of, //
};
use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    page::PAGE_SIZE,
    prelude::*,
    sync::barrier, //
};

kernel::sync::global_lock! {
    // SAFETY: `init()` initialises it before there is an entry.
    /// Held to change chains and to take or leave places. No other lock is taken under it.
    unsafe(uninit) static CHANGES: SpinLock<()> = ();
}

/// Prepares the lock.
///
/// # Safety
///
/// Called once, before all else here.
pub(super) unsafe fn init() {
    // SAFETY: By the contract of this function it is the only call, and nobody uses the lock yet.
    unsafe { CHANGES.init() };
}

/// The bits of a [`hash`].
const BITS: u32 = 10;

/// A place for the entry of one task, which finds it there at once.
///
/// # Invariants
///
/// `entry` is the entry of the task with the address `task`, if that is not 0. Only that task sets
/// both, and clears `task`.
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

/// The places, by the [`hash`] of a task.
static PLACES: [Place; 1 << BITS] = [const { Place::empty() }; 1 << BITS];

/// Chains of the entries whose place another task had, by the [`hash`] of a task.
///
/// # Invariants
///
/// Each pointer, here and in [`Entry::next`], is NULL, or to an entry that is freed only after a
/// grace period since it was taken out.
static CHAINS: [Shared<*mut Entry>; 1 << BITS] =
    [const { Shared::new(core::ptr::null_mut()) }; 1 << BITS];

/// The arguments of one task.
struct Entry {
    next: Shared<*mut Entry>,
    /// The task's address.
    task: usize,
    /// Only the task uses it.
    state: UnsafeCell<TaskArguments>,
    free_later: FreeLater,
}

const _: () = assert!(offset_of!(Entry, free_later) < PAGE_SIZE);

/// What is kept for a task that uses extensible arguments.
pub(super) struct TaskArguments {
    /// Its slot; `None` only after an attempt to get one has failed.
    pub(super) slot: Option<Slot>,
    /// The argument in the slot, for a call that the task has entered and that has not read it yet.
    pub(super) cached: Cached,
    /// The registers that the wrapper of the call sees.
    pub(super) regs: Saved,
}

impl TaskArguments {
    /// Drops the argument in the slot.
    #[inline(always)]
    pub(super) fn forget(&mut self) {
        self.cached.call = None;
    }
}

/// An argument in the slot.
pub(super) struct Cached {
    /// The call that is to read it; `None` if nothing is cached, or the call is to read what the
    /// caller has passed.
    pub(super) call: Option<&'static ExtensibleCall>,
    /// The number of that call, as the registers have it.
    pub(super) nr: i32,
    /// That call is a 32-bit one.
    pub(super) compat: bool,
    /// The address that takes the place of the caller's pointer.
    pub(super) address: usize,
    /// The call may fail with `E2BIG`, and then the kernel would write to the struct.
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
        // Only this task stores its address, and it has stored the entry before.
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
    // No barrier is needed: the reads of an entry depend on the pointer to it.
    let mut next = chain.get();
    while !next.is_null() {
        // SAFETY: By the invariant of `CHAINS` it is not freed yet: the pointer was read under the
        // RCU lock, which is still held.
        let entry = unsafe { &*next };
        if entry.task == task.addr() {
            return Some(next);
        }
        next = entry.next.get();
    }
    None
}

/// The arguments of the task that makes the call, if they are in its place: the fast path of
/// [`get`].
#[inline(always)]
pub(super) fn get_at_once(call: &mut Syscall) -> Option<&mut TaskArguments> {
    let current = call.current();
    let place = &PLACES[hash(&current)];
    // SAFETY: By the invariant of `Place` the entry is the task's. It stays until the task itself
    // removes it, when it exits. Only the task uses its state, by its only `Syscall`, which the
    // result borrows.
    (place.task.get() == current.addr()).then(|| unsafe { &mut *(*place.entry.get()).state.get() })
}

/// Has the task no arguments for sure? Asked after [`get_at_once`] has found none: the task's chain
/// is empty.
#[inline(always)]
pub(super) fn is_unknown(current: Current) -> bool {
    CHAINS[hash(&current)].get().is_null()
}

/// The arguments of the task that makes the call, if it has any.
#[inline(always)]
pub(super) fn get(call: &mut Syscall) -> Option<&mut TaskArguments> {
    // SAFETY: The entry stays until the task itself removes it, when it exits. Only the task uses
    // its state, by its only `Syscall`, which the result borrows.
    find(&call.current()).map(|entry| unsafe { &mut *(*entry).state.get() })
}

/// The arguments of the task that makes the call, if it has any and they are as `is_it` says; else
/// gives back the call.
#[inline(always)]
pub(super) fn get_if<'call>(
    call: &'call mut Syscall,
    is_it: impl FnOnce(&TaskArguments) -> bool,
) -> Result<&'call mut TaskArguments, &'call mut Syscall> {
    match find(&call.current()) {
        // SAFETY: As in `get()`. The reference that `is_it` gets is gone when it returns.
        Some(entry) if is_it(unsafe { &*(*entry).state.get() }) => {
            // SAFETY: As in `get()`.
            Ok(unsafe { &mut *(*entry).state.get() })
        }
        _ => Err(call),
    }
}

/// Adds arguments for the task that makes the call, if it has none. Sleeps. `ENOMEM`.
pub(super) fn add(call: &mut Syscall) -> Result {
    let current = call.current();
    if find(&current).is_some() {
        return Ok(());
    }
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
    // SAFETY: `into_raw()` has just made the pointer, and no other task knows the entry yet.
    unsafe { (*entry).next.set(chain.get()) };
    // Pairs with the dependency in `find_in_chain()`: a task that finds the entry finds it
    // complete.
    barrier::smp_mb(barrier::Write);
    chain.set(entry);
    Ok(())
}

/// Drops the arguments of a task that exits, if it has any.
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
            // SAFETY: `link` leads to an entry before the task's own, which is in the chain. None
            // leaves the chain while the lock is held.
            link = unsafe { &(*link.get()).next };
        }
        // SAFETY: The entry is freed below. Its own `next` stays, so that a task that has come to
        // it can walk on.
        link.set(unsafe { &(*entry).next }.get());
    }
    drop(changes);
    // SAFETY: Only the task uses its state, and by `Exiting` nobody else acts for the task. Other
    // tasks do not find the entry any more, but those that walk the chain under RCU already.
    // Without the slot there is nothing to drop in it. It was made by `KBox::into_raw()`, and
    // `free_later` is in its first page, as is asserted above.
    unsafe {
        drop((*(*entry).state.get()).slot.take());
        FreeLater::free(entry, |entry| &raw mut (*entry).free_later);
    }
}
