// SPDX-License-Identifier: GPL-2.0

//! Calls in flight: system calls that entered the built-in engine before it was taken over, and
//! sleep there.
//!
//! A hook does not stop tasks that are inside the function already. They can stay there at will:
//! both attaching and inspecting filters read user memory, and userfaultfd can stall that. Two
//! kinds of them could later run the kernel's code, which does not know the tag, on a filter of
//! ours:
//!
//! - A tracer in `seccomp_get_metadata()`, if its tracee gets a filter of ours meanwhile. Only root
//!   gets there, so loading waits for such tracers, and fails if one stays. (A tracer in
//!   `seccomp_get_filter()` has taken its reference to a filter before it sleeps.)
//! - A thread in `do_seccomp()` that has no filter yet, if another thread of its process puts one
//!   of ours on it by TSYNC. Any user gets there, so this must not keep the module from loading.
//!   These threads are noted once `do_seccomp()` is hooked, and TSYNC finds them out of step until
//!   they have left the call. Before they are noted it finds every thread out of step that has no
//!   filter and is inside the built-in engine's `do_seccomp()` or ours.

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

/// The number of threads that can be noted. If more are inside `do_seccomp()` when it is hooked,
/// [`ANYBODY`] stays set.
const MAX: usize = 32;

/// The addresses of the noted threads, or 0. Each comes with a reference to the thread, so that no
/// other task gets the address. [`note_installers`] writes them; `xchg()` clears them, so that each
/// reference is dropped once.
static NOTED: [Atomic<usize>; MAX] = [const { Atomic::new(0) }; MAX];

/// Any thread may be in flight: they are not noted yet, or were too many.
static ANYBODY: Atomic<bool> = Atomic::new(true);

/// Sleeps for at most a second until no tracer is inside the built-in engine's
/// `seccomp_get_metadata()`; `EBUSY` if one stays.
pub(super) fn await_tracers() -> Result {
    // More than `MAX` will hardly all have left in a second, so they are not waited for.
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

/// Notes the threads that may be inside the built-in engine's `do_seccomp()`, which has just been
/// hooked.
pub(super) fn note_installers() {
    let Ok(tasks) = ScannedCall::Seccomp.collect::<MAX>() else {
        return;
    };
    for (slot, task) in NOTED.iter().zip(tasks.into_iter().flatten()) {
        slot.store(task.into_addr(), Relaxed);
    }
    // Pairs with the load in `includes()`: a task that sees `false` sees the notes.
    ANYBODY.store(false, Release);
}

/// May `thread` still be inside the built-in engine's `do_seccomp()`? If not, drops its note.
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
    // It has left the call, and its next one enters the hook.
    clear(slot);
    false
}

/// Drops all notes, before the module is unloaded.
pub(super) fn forget() {
    NOTED.iter().for_each(clear);
}

fn clear(slot: &Atomic<usize>) {
    // SAFETY: What is not 0 is from `Held::into_addr()`, as only `note_installers()` stores it, and
    // `xchg()` hands it out once.
    drop(unsafe { Held::from_addr(slot.xchg(0, Full)) });
}
