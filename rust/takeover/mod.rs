// SPDX-License-Identifier: GPL-2.0

//! Taking seccomp over from a kernel that was built without the engine: all that a build in the
//! kernel's tree does without.
//!
//! The functions of `kernel/seccomp.c` through which the rest of the kernel deals with filters are
//! replaced ([`hooks`]) by our own ([`handlers`]). Calls that had entered the built-in engine
//! before are dealt with by [`in_flight`], the sysctl is followed by [`actions_logged`], and
//! [`args`] has the calls with extensible arguments read what the filters have seen. [`platform`]
//! is what the engine asks for.

pub(crate) mod actions_logged;
pub(crate) mod args;
mod handlers;
pub(crate) mod hooks;
mod in_flight;
pub(crate) mod platform;
