// SPDX-License-Identifier: GPL-2.0

//! The memory ledger of a path.

use super::{
    program::Program,
    table::Tables, //
};

/// The memory ledger: the bytes that the filters of a path take.
///
/// The limit of a path counts instructions, and so bounds the programs, which the built-in engine
/// has as well. It does not bound tables and residual programs. A filter gets these only as long as
/// those of its path fit into [`Memory::room`]. So a process can tie up less than twice as much
/// memory as with the built-in engine, apart from [`Memory::GRANT`].
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// Bytes of programs.
    programs: usize,
    /// Bytes of tables and residual programs.
    results: usize,
}

impl Memory {
    /// The ledger of a path without a filter.
    pub(crate) const NONE: Self = Self {
        programs: 0,
        results: 0,
    };

    /// Bytes that a path may take for tables and residual programs, however short its programs are.
    const GRANT: usize = 512 << 10;

    /// The bytes that may still be taken for tables and residual programs.
    pub(crate) fn room(self) -> usize {
        (Self::GRANT + self.programs / 4 * 3).saturating_sub(self.results)
    }

    /// The ledger with one more filter, which has this program and tables without entries.
    pub(crate) fn with_program(self, program: &Program) -> Self {
        Self {
            programs: self.programs.saturating_add(program.memory()),
            results: self.results.saturating_add(Tables::SIZE),
        }
    }

    /// The ledger with `bytes` more of tables or residual programs.
    pub(crate) fn with_results(self, bytes: usize) -> Self {
        Self {
            results: self.results.saturating_add(bytes),
            ..self
        }
    }
}
