// SPDX-License-Identifier: GPL-2.0

//! How much memory the filters of a path take, and how much of it for tables.

use super::{
    program::Program,
    table::Tables, //
};

/// Memory that the filters of a path take, in bytes.
///
/// The limit of a path counts instructions, and with them what the built-in engine takes for a
/// filter. What ours takes beyond that must not be more: so a filter of a path gets tables and
/// residual programs only if all of those together take less than [`Memory::room`] says. A process
/// then ties up less than twice what it can with the built-in engine.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// For programs.
    programs: usize,
    /// For tables and residual programs.
    results: usize,
}

impl Memory {
    /// Without a filter.
    pub(crate) const NONE: Self = Self {
        programs: 0,
        results: 0,
    };

    /// What a path may take for tables and residual programs, whatever its programs take.
    const GRANT: usize = 512 << 10;

    /// How much may still be taken for tables and residual programs.
    pub(crate) fn room(self) -> usize {
        (Self::GRANT + self.programs / 4 * 3).saturating_sub(self.results)
    }

    /// With a program on top.
    pub(crate) fn with_program(self, program: &Program) -> Self {
        Self {
            programs: self.programs.saturating_add(program.memory()),
            results: self.results.saturating_add(Tables::SIZE),
        }
    }

    /// With more tables or residual programs.
    pub(crate) fn with_results(self, bytes: usize) -> Self {
        Self {
            results: self.results.saturating_add(bytes),
            ..self
        }
    }
}
