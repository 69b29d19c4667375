// SPDX-License-Identifier: GPL-2.0

//! What is kept per task: its slot, and what is cached in there.
//!
//! `struct task_struct` has no place for it, so it is found by the task's address, in a table of
//! chains. An entry is added, looked up, and removed by its own task only. Others may go by it on
//! the way along the chain, so chains are read under RCU, changed under a lock, and an entry is freed
//! when a grace period is over.

use super::slot::Slot;
use crate::{
    calls::Call,
    sys::{
        rcu::{
            self,
            FreeLater, //
        },
        regs::Saved,
        task::Task, //
    },
};
use core::cell::UnsafeCell;
use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Relaxed,
        Release, //
    }, //
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

/// The chains.
///
/// # Invariants
///
/// The pointers, here and in [`Entry::next`], are to entries that are not freed before a grace
/// period has passed since they were taken out.
static CHAINS: [Atomic<*mut Entry>; 1 << BITS] =
    [const { Atomic::new(core::ptr::null_mut()) }; 1 << BITS];

/// What is known of a task.
struct Entry {
    next: Atomic<*mut Entry>,
    /// The task's address.
    task: usize,
    /// Nobody but the task uses it.
    state: UnsafeCell<State>,
    free_later: FreeLater,
}

/// The state of a task.
pub(super) struct State {
    /// Its slot. None only after an attempt to get one has failed.
    pub(super) slot: Option<Slot>,
    /// What is in there, or of what call that is on its way the pointer stays as it is.
    pub(super) cached: Option<Cached>,
    /// The filters have allowed the call, and it has not begun.
    pub(super) armed: bool,
    /// The registers that the call is shown.
    pub(super) regs: Saved,
}

/// An argument in the slot.
#[derive(Clone, Copy)]
pub(super) struct Cached {
    /// The call, and its number as the registers have it.
    pub(super) call: &'static Call,
    pub(super) nr: i32,
    pub(super) compat: bool,
    /// The address that takes the place of the caller's pointer; 0 to leave that.
    pub(super) address: usize,
    /// The size that the caller passed.
    pub(super) size: u64,
    pub(super) extent: u32,
    /// The offset of the field to write, and the value, if the call fails with `E2BIG`.
    pub(super) write_back: Option<(usize, u32)>,
}

fn chain(task: Task) -> &'static Atomic<*mut Entry> {
    // `hash_long()`.
    const GOLDEN_RATIO: usize = 0x61c8_8646_80b5_83eb;
    &CHAINS[task.addr().wrapping_mul(GOLDEN_RATIO) >> (usize::BITS - BITS)]
}

#[inline(always)]
fn find(task: Task) -> Option<*mut Entry> {
    let chain = chain(task);
    if chain.load(Relaxed).is_null() {
        return None;
    }
    let _guard = rcu::read_lock();
    let mut next = chain.load(Acquire);
    while !next.is_null() {
        // SAFETY: By the invariant of `CHAINS`: it was found under the RCU lock, which is held.
        let entry = unsafe { &*next };
        if entry.task == task.addr() {
            return Some(next);
        }
        next = entry.next.load(Acquire);
    }
    None
}

/// The calling task's state, if it has one.
///
/// # Safety
///
/// `task` is the caller, and no reference from an earlier call is used any more once this is
/// called or [`remove`] is.
#[inline(always)]
pub(super) unsafe fn get<'a>(task: Task) -> Option<&'a mut State> {
    // SAFETY: The entry stays until the task itself removes it, and nobody else uses its state.
    find(task).map(|entry| unsafe { &mut *(*entry).state.get() })
}

/// Adds a state for the calling task, which has none. `ENOMEM` if there is no memory.
pub(super) fn add(task: Task) -> Result {
    let entry = KBox::new(
        Entry {
            next: Atomic::new(core::ptr::null_mut()),
            task: task.addr(),
            state: UnsafeCell::new(State {
                slot: None,
                cached: None,
                armed: false,
                regs: Saved::new(),
            }),
            free_later: FreeLater::new(),
        },
        GFP_KERNEL_ACCOUNT | __GFP_NOWARN,
    )?;
    let chain = chain(task);
    let _changes = CHANGES.lock();
    entry.next.store(chain.load(Relaxed), Relaxed);
    chain.store(KBox::into_raw(entry), Release);
    Ok(())
}

/// Drops the calling task's state, if it has one.
///
/// # Safety
///
/// As for [`get`].
pub(super) unsafe fn remove(task: Task) {
    let Some(entry) = find(task) else {
        return;
    };
    let changes = CHANGES.lock();
    let mut link = chain(task);
    loop {
        let next = link.load(Relaxed);
        if next == entry {
            break;
        }
        // SAFETY: All entries up to the task's own are in the chain while the lock is held, and
        // that one is.
        link = unsafe { &(*next).next };
    }
    // SAFETY: The task's own entry is there. Whoever is at it finds on, or has found what it
    // looked for before.
    link.store(unsafe { &(*entry).next }.load(Relaxed), Release);
    drop(changes);
    // SAFETY: Only the task uses its state, and it is not found any more. What is left is plain
    // memory, from a `KBox`.
    unsafe {
        drop((*(*entry).state.get()).slot.take());
        FreeLater::free(entry, |entry| &raw mut (*entry).free_later);
    }
}
