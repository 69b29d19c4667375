// SPDX-License-Identifier: GPL-2.0

//! Filters: what a task's `seccomp.filter` points to.
//!
//! Follows `struct seccomp_filter` of `kernel/seccomp.c`: filters form a tree through `prev`, and a
//! task holds the newest filter of its path. [`crate::sys::path`] has the tree and the two counts
//! of a filter. This file has the content of the tree: the [`Parts`] of each filter, and a
//! [`Summary`] of its path.

use super::{
    memory::Memory,
    notify::notifier::Notifier,
    parts::Parts,
    program::Program,
    table::{
        entry::Top,
        Tables, //
    }, //
};
use crate::{
    logic::bpf::{
        append::NeededInputs,
        insn::Insn,
        study::Study, //
    },
    sys::path::{
        self,
        Layer, //
    }, //
};
use core::mem::size_of;

/// The layer of [`crate::sys::path`] whose links are filters.
pub(crate) struct FilterLayer;

/// A filter.
pub(crate) type Filter = path::Link<FilterLayer>;

/// A reference that keeps a filter.
pub(crate) type FilterRef = path::Ref<FilterLayer>;

/// A filter that is not attached yet.
pub(crate) type Draft = path::Draft<FilterLayer>;

/// What is known of the path of a filter.
pub(crate) struct Summary<'path> {
    /// What the path does for each call.
    tables: Tables<'path>,
    /// Instructions of all filters, with a [`STEP_PENALTY`] for each filter but the newest.
    len: u32,
    /// The number of filters.
    depth: u32,
    /// The inputs that the programs of the filters read.
    needs: NeededInputs,
    /// The memory ledger.
    memory: Memory,
}

/// The instructions that a filter counts for beyond its own once another is on top of it.
const STEP_PENALTY: u32 = 4;

/// The limit of a path, penalties included: 256 KiB of instructions, as in `kernel/seccomp.c`.
const MAX_INSNS_PER_PATH: u32 = (1 << 18) / size_of::<Insn>() as u32;

impl Layer for FilterLayer {
    type Parts = Parts;
    type Summary<'path> = Summary<'path>;

    fn nothing<'path>() -> Summary<'path> {
        Summary {
            tables: Tables::EMPTY,
            len: 0,
            depth: 0,
            needs: NeededInputs::NONE,
            memory: Memory::NONE,
        }
    }

    fn shorten<'short, 'long: 'short>(summary: &'short Summary<'long>) -> &'short Summary<'short> {
        summary
    }

    fn abandon(parts: &Parts) {
        if let Some(notifier) = parts.notifier() {
            Notifier::abandon(notifier);
        }
    }
}

impl<'path> Summary<'path> {
    /// What the path does for each call.
    #[inline(always)]
    pub(crate) fn tables(&self) -> &Tables<'path> {
        &self.tables
    }

    /// The number of filters of the path.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// The inputs that the programs of the path read.
    pub(crate) fn needs(&self) -> NeededInputs {
        self.needs
    }

    /// Are there more instructions than a path may have?
    pub(crate) fn is_too_long(&self) -> bool {
        self.len > MAX_INSNS_PER_PATH
    }

    /// Writes the summary of the path of a filter with these parts on top of `below`. Its tables
    /// stay empty if there is no study, no memory, or no room in the memory ledger.
    fn write(&mut self, parts: &'path Parts, study: Option<&Study>, below: Option<&'path Self>) {
        self.depth = below.map_or(0, |below| below.depth) + 1;
        self.len = parts
            .program()
            .len()
            .saturating_add(below.map_or(0, |below| below.len.saturating_add(STEP_PENALTY)));
        self.needs = parts
            .program()
            .needs()
            .and(below.map_or(NeededInputs::NONE, Self::needs));
        self.memory = memory_of(below).with_program(parts.program());
        if let Some(residuals) = parts.residuals() {
            self.memory = self.memory.with_results(residuals.memory());
        }
        let top = Top {
            filter: parts,
            depth: self.depth,
        };
        let room = self.memory.room();
        let tables = below.map(Self::tables);
        let composed = study.map(|study| self.tables.compose(study, &top, tables, room));
        if let Some(Ok(bytes)) = composed {
            self.memory = self.memory.with_results(bytes);
        }
    }
}

fn memory_of(below: Option<&Summary<'_>>) -> Memory {
    below.map_or(Memory::NONE, |below| below.memory)
}

/// Does the memory ledger of `below` have room for `bytes` of residual programs, once `program` is
/// on top?
pub(crate) fn has_room(program: &Program, bytes: usize, below: Option<&Filter>) -> bool {
    let below = memory_of(below.map(Filter::summary));
    below.with_program(program).room() >= bytes
}

/// Makes the tables of a filter for the path of `below`, from a study of the filter.
pub(crate) fn compose(filter: &mut Draft, study: Option<&Study>, below: Option<FilterRef>) {
    filter.summarise(below, |parts, below, summary| {
        summary.write(parts, study, below.map(Filter::summary));
    });
}
