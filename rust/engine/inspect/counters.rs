// SPDX-License-Identifier: GPL-2.0

//! How system calls under filters are dealt with, by kind, while that is counted.
//!
//! Counting is off unless root turns it on: then each call costs about as much more as the shortest
//! way takes, and processors share the counters. They say how a call was entered; what a tracer
//! makes of it is not counted.

use crate::{
    engine::table::FoundEntry,
    sys::counting, //
};
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// How a call is dealt with.
#[derive(Clone, Copy)]
enum Kind {
    /// The table says that it is allowed.
    Allowed,
    /// The table says that it fails, and how.
    Errno,
    /// The table says what else is to be done.
    Constant,
    /// Residual programs are run.
    Residual,
    /// Whole programs are run, for at least one of the filters.
    Whole,
    /// The table has nothing: all programs of the path are run.
    Path,
}

/// The counters, in the order of [`Kind`], and what debugfs calls them.
static HITS: [(Atomic<u64>, &str); 6] = [
    (Atomic::new(0), "allowed"),
    (Atomic::new(0), "errno"),
    (Atomic::new(0), "constant"),
    (Atomic::new(0), "residual"),
    (Atomic::new(0), "whole"),
    (Atomic::new(0), "path"),
];

/// Are calls counted?
#[inline(always)]
pub(crate) fn are_on() -> bool {
    counting::is_on()
}

/// Turns counting on or off. Turned on, it starts from 0.
pub(crate) fn turn(on: bool) {
    if on && !counting::state() {
        for (hits, _) in &HITS {
            hits.store(0, Relaxed);
        }
    }
    counting::set(on);
}

/// Counts a call.
pub(crate) fn count(found: FoundEntry<'_>) {
    let entry = found.entry();
    let kind = if found.is_allowed() {
        Kind::Allowed
    } else if entry.is_none() {
        Kind::Path
    } else if entry.errno().is_some() {
        Kind::Errno
    } else if entry.nodes().any(|node| node.is_whole()) {
        Kind::Whole
    } else if entry.nodes().next().is_some() {
        Kind::Residual
    } else {
        Kind::Constant
    };
    if let Some((hits, _)) = HITS.get(kind as usize) {
        hits.add(1, Relaxed);
    }
}

/// Calls `f` with the name and the value of each counter, and before them with whether calls are
/// counted.
pub(crate) fn for_each(mut f: impl FnMut(&str, u64)) {
    f("counting", counting::state().into());
    for (hits, name) in &HITS {
        f(name, hits.load(Relaxed));
    }
}
