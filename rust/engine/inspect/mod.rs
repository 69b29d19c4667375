// SPDX-License-Identifier: GPL-2.0

//! Inspection: what user space can learn of the engine and its filters.

pub(crate) mod counters;
pub(crate) mod debugfs;
pub(crate) mod features;
pub(crate) mod filters_file;
pub(crate) mod ptrace;
pub(crate) mod verdicts;
