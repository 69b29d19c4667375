// SPDX-License-Identifier: GPL-2.0

//! Calls that entered the built-in engine before it was taken over, and sleep there.
//!
//! Replacing a function does not stop those who are inside, and they may stay for as long as they
//! like: both attaching and inspecting filters read user memory, which userfaultfd can stall. Two
//! of them could come upon a filter of ours later, with code that takes the pointer at its word:
//!
//! - A tracer in `seccomp_get_metadata()`, once its tracee has a filter of ours. Only root gets
//!   there, so loading waits for it a while and then gives up. (Not one in `seccomp_get_filter()`:
//!   it looks at the pointer before it sleeps, and has a reference by then.)
//! - A thread in `do_seccomp()` that has no filter yet, if another thread of its process puts
//!   one of ours on it by TSYNC. Anybody gets there, so it must not keep the module out. These
//!   threads are noted, and TSYNC finds them out of step until they have left the call. Until they
//!   are noted, which is some time after our `do_seccomp()` is the one that is called, it finds all
//!   threads out of step that are inside of either.

use crate::sys::{
    scan::ScannedCall,
    signal::Thread,
    task::Held, //
};
use kernel::{
    prelude::*,
    sync::atomic::{
        Acquire,
        Atomic,
        Full,
        Relaxed,
        Release, //
    },
    time::{
        delay::fsleep,
        Delta, //
    }, //
};

/// More threads than this on their way through `do_seccomp()` at the moment of loading are more
/// than there is reason for.
const MAX: usize = 32;

/// The noted threads, each with a reference that keeps its address from being used again; 0 where
/// there is none (any more). Written while loading; entries are cleared by `xchg()`, so that one
/// reference is dropped once.
static NOTED: [Atomic<usize>; MAX] = [const { Atomic::new(0) }; MAX];

/// Any thread may be one of them: they are not noted yet, or are too many.
static ANYBODY: Atomic<bool> = Atomic::new(true);

/// Waits until no tracer is inside the built-in inspection of filters, for a second at most.
pub(super) fn await_tracers() -> Result {
    // If they are more than that, they are none that will have left in a second.
    if let Ok(tracers) = ScannedCall::Metadata.collect::<MAX>() {
        for _ in 0..100 {
            if !tracers
                .iter()
                .flatten()
                .any(|task| ScannedCall::Metadata.has(task))
            {
                return Ok(());
            }
            fsleep(Delta::from_millis(10));
        }
    }
    pr_err!("a tracer is stuck in the inspection of filters\n");
    Err(EBUSY)
}

/// Notes the threads that may be in the built-in `do_seccomp()`, which has just been replaced.
pub(super) fn note_installers() {
    let Ok(tasks) = ScannedCall::Seccomp.collect::<MAX>() else {
        return;
    };
    for (slot, task) in NOTED.iter().zip(tasks.into_iter().flatten()) {
        slot.store(task.into_addr(), Relaxed);
    }
    // Pairs with the load in `includes()`: who finds it false finds the notes.
    ANYBODY.store(false, Release);
}

/// May `thread` still be in the built-in `do_seccomp()`? The caller holds its siglock.
pub(super) fn includes(thread: &Thread<'_>) -> bool {
    if ANYBODY.load(Acquire) {
        return ScannedCall::Seccomp.has(thread);
    }
    let Some(slot) = NOTED
        .iter()
        .find(|slot| slot.load(Relaxed) == thread.addr())
    else {
        return false;
    };
    if ScannedCall::Seccomp.has(thread) {
        return true;
    }
    // It has left, and whenever it comes back it will be to us.
    clear(slot);
    false
}

/// Drops what was noted, before the module goes.
pub(super) fn forget() {
    NOTED.iter().for_each(clear);
}

fn clear(slot: &Atomic<usize>) {
    // SAFETY: Only `note_installers()` puts anything but 0 here, and `xchg()` hands it out once.
    drop(unsafe { Held::from_addr(slot.xchg(0, Full)) });
}
