// SPDX-License-Identifier: GPL-2.0

//! Filters: what a task's `seccomp.filter` points to.
//!
//! Follows `struct seccomp_filter` of `kernel/seccomp.c`: filters form a tree through `prev`, and
//! a task holds the leaf of its own path. [`crate::sys::path`] has the tree and its two counts;
//! here is what it is a tree of: for each filter its [`Parts`], and a [`Summary`] of the path from
//! it to the root.

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

/// What filters are as links of a path.
pub(crate) struct FilterLayer;

/// A filter.
pub(crate) type Filter = path::Link<FilterLayer>;

/// A reference that keeps a filter.
pub(crate) type FilterRef = path::Ref<FilterLayer>;

/// A filter that is on no path yet.
pub(crate) type Draft = path::Draft<FilterLayer>;

/// What is known of the path from a filter to the root.
pub(crate) struct Summary<'path> {
    /// What the path does for each call.
    tables: Tables<'path>,
    /// Instructions, with the penalty of each step.
    len: u32,
    /// How many filters there are.
    depth: u32,
    /// The inputs that the programs of all of them read.
    needs: NeededInputs,
    memory: Memory,
}

/// What a filter further up the path counts for beyond its instructions.
const STEP_PENALTY: u32 = 4;

/// A path may hold 256 KiB of instructions (`MAX_INSNS_PER_PATH`).
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

    /// How many filters there are.
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

    /// Writes what is known of the path of a filter with these parts on top of `below`. Without a
    /// study, memory, or room on the path, it has no tables.
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

/// Is there room for residual programs of about `bytes`, and the program, on top of `below`?
pub(crate) fn has_room(program: &Program, bytes: usize, below: Option<&Filter>) -> bool {
    let below = memory_of(below.map(Filter::summary));
    below.with_program(program).room() >= bytes
}

/// Finds out what a filter would do on top of `below`, from a study of it.
pub(crate) fn compose(filter: &mut Draft, study: Option<&Study>, below: Option<FilterRef>) {
    filter.summarise(below, |parts, below, summary| {
        summary.write(parts, study, below.map(Filter::summary));
    });
}
