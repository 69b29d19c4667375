// SPDX-License-Identifier: GPL-2.0

//! The takeover: replaces functions of a running kernel that was built without the engine. An
//! in-tree build deletes this room.
//!
//! [`hooks`] hooks the functions of `kernel/seccomp.c` by which the rest of the kernel deals with
//! filters, and [`handlers`] has their replacements. [`in_flight`] finds the tasks that entered the
//! built-in engine before, [`actions_logged`] follows the sysctl, and [`args`] makes calls with
//! extensible arguments read the copy that the filters have seen. [`platform`] answers what the
//! engine asks.

pub(crate) mod actions_logged;
pub(crate) mod args;
mod handlers;
pub(crate) mod hooks;
mod in_flight;
pub(crate) mod platform;
