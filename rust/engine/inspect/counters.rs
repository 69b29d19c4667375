// SPDX-License-Identifier: GPL-2.0

//! Counters of system calls under filters, by the way in which the engine decides them.
//!
//! Counting is off until root turns it on through debugfs. It makes a call about as much slower as
//! the fast path takes, and all processors write the same counters. A call is counted when it is
//! entered; one that a tracer changes is not counted again.

use crate::{
    engine::table::{
        entry::Answer,
        FoundEntry, //
    },
    sys::watch, //
};
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// How a call is decided.
#[derive(Clone, Copy)]
enum Kind {
    /// The table says that it is allowed.
    Allowed,
    /// The table says that it fails, and with which errno.
    Errno,
    /// The table says which other action to take.
    Constant,
    /// Residual programs are run.
    Residual,
    /// Whole programs are run, for at least one of the filters.
    Whole,
    /// The table has no entry: all whole programs of the path are run.
    Path,
}

/// The counters, in the order of [`Kind`], with their names in debugfs.
static HITS: [(Atomic<u64>, &str); 6] = [
    (Atomic::new(0), "allowed"),
    (Atomic::new(0), "errno"),
    (Atomic::new(0), "constant"),
    (Atomic::new(0), "residual"),
    (Atomic::new(0), "whole"),
    (Atomic::new(0), "path"),
];

/// Are calls counted?
pub(crate) fn are_on() -> bool {
    watch::is_counting()
}

/// Turns counting on, from 0, or off. Sleeps.
pub(crate) fn turn(on: bool) {
    if on && !are_on() {
        for (hits, _) in &HITS {
            hits.store(0, Relaxed);
        }
    }
    watch::set_counting(on);
}

/// Counts a call.
pub(crate) fn count(found: FoundEntry<'_>) {
    let kind = match found.entry() {
        _ if found.is_allowed() => Kind::Allowed,
        None => Kind::Path,
        Some(entry) if matches!(entry.answer(), Answer::Errno(_)) => Kind::Errno,
        Some(entry) if entry.nodes().any(|node| node.is_whole()) => Kind::Whole,
        Some(entry) if entry.first().is_some() => Kind::Residual,
        Some(_) => Kind::Constant,
    };
    if let Some((hits, _)) = HITS.get(kind as usize) {
        hits.add(1, Relaxed);
    }
}

/// Calls `f` with the name and the value of each counter. The first one, `counting`, is 1 while
/// calls are counted, else 0.
pub(crate) fn for_each(mut f: impl FnMut(&str, u64)) {
    f("counting", are_on().into());
    for (hits, name) in &HITS {
        f(name, hits.load(Relaxed));
    }
}
