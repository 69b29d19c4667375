// SPDX-License-Identifier: GPL-2.0

//! Tables: what a path of filters does for each system call, found out when a filter is attached.
//!
//! The built-in engine's `seccomp_cache_prepare()` remembers which calls are always allowed. Here
//! every call has an [`entry`]: the strongest of the constant outcomes, and a list of the other
//! filters, each with its residual program for the call. So a call costs what its residual programs
//! cost, whatever the number and the length of the filters.
//!
//! [`study`] looks at one filter; [`compose`] puts its findings on top of the table of the filters
//! below. Tables borrow from filters and tables further down the path, which live as long as the
//! filter that owns the tables ([`crate::sys::path`]).
//!
//! Memory: an index byte for each number and ABI (1 KiB), 88 bytes for each different entry (at
//! most 256 per ABI), and one `bpf_prog` for the residual programs of a filter. A filter without
//! residual programs runs its whole program. A call without an entry, as beyond the 256 entries,
//! runs all whole programs. So do all calls if there is no memory for tables, or no room for them
//! in the memory ledger ([`crate::engine::memory`]).

pub(crate) mod compose;
pub(crate) mod entry;
pub(crate) mod study;

use crate::{
    logic::{
        buf::Buf,
        syscalls, //
    },
    sys::arch::{
        index_nospec,
        Abi, //
    }, //
};
use entry::Entry;

/// Calls with numbers below this have a place in the index.
pub(crate) const LIMIT: usize = syscalls::LIMIT;

/// In [`Table::index`]: all filters allow the call, whatever its arguments.
const ALLOWED: u8 = 0;

/// In [`Table::index`]: all whole programs are to be run.
const WHOLE_PATH: u8 = 1;

/// The first entries of every table that has any, so that there is an entry for whatever a byte of
/// the index says: a processor that speculates past the comparison with their number finds no other
/// memory.
const FIRST: [Entry<'static>; 2] = {
    let mut entries = [Entry::ALLOW; 2];
    entries[WHOLE_PATH as usize] = Entry::WHOLE_PATH;
    entries
};

/// The most entries of a table: the bytes of the index can tell no more of them apart.
const MAX_ENTRIES: usize = 256;

/// The entries of one ABI.
pub(crate) struct Table<'path> {
    /// For each number the number of its entry, [`ALLOWED`] and [`WHOLE_PATH`] among them.
    index: [u8; LIMIT],
    /// Those of [`FIRST`], and others; none if there are no others.
    entries: Buf<Entry<'path>>,
}

impl<'path> Table<'path> {
    const EMPTY: Self = Self {
        index: [WHOLE_PATH; LIMIT],
        entries: Buf::new(),
    };

    /// Looks up the call with this number.
    #[inline(always)]
    pub(crate) fn find(&self, nr: u32) -> FoundEntry<'_> {
        let nr = nr as usize;
        let place = if nr < LIMIT {
            // The processor must not speculate that a number beyond the limit is below it. It would
            // load a byte behind the index, and then an entry by that, whose cache line tells
            // the byte.
            self.index[index_nospec::<LIMIT>(nr) % LIMIT]
        } else {
            WHOLE_PATH
        };
        FoundEntry {
            table: self,
            place: usize::from(place),
        }
    }

    fn entry(&self, place: usize) -> Option<&Entry<'path>> {
        self.entries.get(place)
    }
}

/// What a table has for a call.
#[derive(Clone, Copy)]
pub(crate) struct FoundEntry<'a> {
    table: &'a Table<'a>,
    place: usize,
}

impl<'a> FoundEntry<'a> {
    /// Do all filters allow the call, whatever its arguments?
    #[inline(always)]
    pub(crate) fn is_allowed(self) -> bool {
        self.place == usize::from(ALLOWED)
    }

    /// Do both have the same place in the same table?
    pub(crate) fn is_same(self, other: Self) -> bool {
        core::ptr::eq(self.table, other.table) && self.place == other.place
    }

    /// The entry, for a call that is not always allowed; `None` if all whole programs of the path
    /// are to be run, which [`Answer::WholePath`](entry::Answer::WholePath) says as well.
    #[inline(always)]
    pub(crate) fn any_entry(self) -> Option<&'a Entry<'a>> {
        self.table.entry(self.place)
    }

    /// The entry, for a call that is not always allowed; `None` if all whole programs of the path
    /// are to be run.
    pub(crate) fn entry(self) -> Option<&'a Entry<'a>> {
        self.any_entry()
            .filter(|_| self.place != usize::from(WHOLE_PATH))
    }
}

/// The tables of a path, one for each ABI.
pub(crate) struct Tables<'path>([Table<'path>; 2]);

impl<'path> Tables<'path> {
    /// The bytes of memory that they take without entries.
    pub(crate) const SIZE: usize = core::mem::size_of::<Self>();

    /// Tables without entries: all whole programs are run for every call.
    pub(crate) const EMPTY: Self = Self([Table::EMPTY, Table::EMPTY]);

    /// The table of an ABI.
    #[inline(always)]
    pub(crate) fn table(&self, abi: Abi) -> &Table<'path> {
        match abi {
            Abi::Native => &self.0[0],
            Abi::Compat => &self.0[1],
        }
    }

    /// Drops all entries, so that all whole programs are run for every call.
    fn clear(&mut self) {
        for table in &mut self.0 {
            *table = Table::EMPTY;
        }
    }
}
