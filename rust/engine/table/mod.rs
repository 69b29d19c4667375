// SPDX-License-Identifier: GPL-2.0

//! What a path of filters does for each system call, found out when a filter is attached.
//!
//! Mainline's `seccomp_cache_prepare()` remembers which calls are always allowed. Here every call
//! has an [`entry`]: the verdict of all filters that return a constant for it, and a list of those
//! that do not, each with what is left of its program when the call is known. A call then costs
//! what is left, however many filters there are and however long they are.
//!
//! [`study`] looks at one filter; [`compose`] puts what it found on top of the tables of the
//! filters below. Tables borrow from filters and tables further down the path, which live as long
//! as the filter that owns the tables ([`crate::sys::path`]).
//!
//! Memory: an index byte per number and ABI (1 KiB), 72 bytes for each different entry (at most
//! 254 per ABI), and for the residual programs of a filter one `bpf_prog`. What does not fit is
//! evaluated by running the filter's own program, or all of them; so is all of it if there is no
//! memory for tables, or no more than the path may take ([`crate::engine::memory`]).

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

/// Numbers below this have an entry.
pub(crate) const LIMIT: usize = syscalls::LIMIT;

/// In [`Table::index`]: all filters allow the call, whatever its arguments.
const ALLOWED: u8 = 0;

/// In [`Table::index`]: there is no entry, all programs are to be run.
const WHOLE_PATH: u8 = 1;

/// In [`Table::index`]: the first of the entries.
const FIRST_ENTRY: u8 = 2;

/// Different entries of a table: the index has a byte for each number.
const MAX_ENTRIES: usize = 256 - FIRST_ENTRY as usize;

/// The entries of one ABI.
pub(crate) struct Table<'path> {
    /// By number, [`ALLOWED`], [`WHOLE_PATH`], or which of the entries, from [`FIRST_ENTRY`] on.
    index: [u8; LIMIT],
    entries: Buf<Entry<'path>>,
}

impl<'path> Table<'path> {
    const EMPTY: Self = Self {
        index: [WHOLE_PATH; LIMIT],
        entries: Buf::new(),
    };

    /// Finds the entry of a number.
    #[inline(always)]
    pub(crate) fn find(&self, nr: u32) -> FoundEntry<'_> {
        let nr = nr as usize;
        let place = if nr < LIMIT {
            // The processor must not speculate that a number is below the limit which is not: the
            // byte behind the table would tell by the entry that is loaded what it is.
            self.index[index_nospec::<LIMIT>(nr) % LIMIT]
        } else {
            WHOLE_PATH
        };
        FoundEntry { table: self, place }
    }

    fn entry(&self, place: u8) -> Option<&Entry<'path>> {
        self.entries
            .get(usize::from(place).wrapping_sub(FIRST_ENTRY.into()))
    }
}

/// What a table says of a number.
#[derive(Clone, Copy)]
pub(crate) struct FoundEntry<'a> {
    table: &'a Table<'a>,
    place: u8,
}

impl<'a> FoundEntry<'a> {
    /// Do all filters allow the call, whatever its arguments?
    #[inline(always)]
    pub(crate) fn is_allowed(self) -> bool {
        self.place == ALLOWED
    }

    /// Is it the same entry, of the same table?
    pub(crate) fn is_same(self, other: Self) -> bool {
        core::ptr::eq(self.table, other.table) && self.place == other.place
    }

    /// The entry, unless the call is always allowed. `None` if there is none: all programs of the
    /// path are to be run.
    #[inline(always)]
    pub(crate) fn entry(self) -> Option<&'a Entry<'a>> {
        self.table.entry(self.place)
    }
}

/// The tables of a path of filters.
pub(crate) struct Tables<'path>([Table<'path>; 2]);

impl<'path> Tables<'path> {
    /// Bytes that they take without any entry.
    pub(crate) const SIZE: usize = core::mem::size_of::<Self>();

    /// No tables: all programs are run for every call.
    pub(crate) const EMPTY: Self = Self([Table::EMPTY, Table::EMPTY]);

    /// The table of an ABI.
    #[inline(always)]
    pub(crate) fn table(&self, abi: Abi) -> &Table<'path> {
        match abi {
            Abi::Native => &self.0[0],
            Abi::Compat => &self.0[1],
        }
    }

    /// Has all programs run for every call.
    fn clear(&mut self) {
        for table in &mut self.0 {
            *table = Table::EMPTY;
        }
    }
}
