// SPDX-License-Identifier: GPL-2.0

//! Taking seccomp over from a kernel that was built without the engine: all that a build in the
//! kernel's tree does without.

pub(crate) mod actions_logged;
pub(crate) mod args;
pub(crate) mod hooks;
pub(crate) mod in_flight;
