// SPDX-License-Identifier: GPL-2.0

//! What the engine asks for because a module and an in-tree build answer it differently.
//!
//! The root of the crate chooses the platform: the module's takes that of `takeover/`, an in-tree
//! build's that of `tree/`. The engine does not know which it is.

use crate::{
    logic::{
        syscalls::ExtensibleCall,
        verdict::Verdict, //
    },
    sys::{
        argument::CachedArgument,
        signal::Thread,
        syscall::Syscall, //
    }, //
};
use kernel::prelude::*;

/// The platform of this build.
pub(crate) type Chosen = crate::Platform;

/// What the engine asks its platform for.
///
/// A platform also implements [`Filters`](crate::sys::filter_pointer::Filters), which says how the
/// engine's filters are told from others.
pub(crate) trait Platform {
    /// Keeps the engine's code loaded. Each filter owns one.
    type EngineRef: Send + Sync;

    /// May the thread, which has no filter, be inside other code than the engine's that attaches
    /// one? TSYNC then finds it out of step. The caller holds its siglock.
    fn may_attach_elsewhere(thread: &Thread<'_>) -> bool;

    /// `seccomp_log()`: logs the verdict on the system call `nr` of the calling task, if the
    /// administrator wants the action logged. `signal` is the signal that kills the task, or 0.
    ///
    /// `requested` says that the decider was installed with `SECCOMP_FILTER_FLAG_LOG`.
    fn log(nr: i32, signal: u32, verdict: Verdict, requested: bool);

    /// Are extensible arguments cached? Once they are, it stays so for as long as there are
    /// filters.
    fn caches_arguments() -> bool;

    /// Copies the extensible argument of the call, for the filters to look at. The call then reads
    /// the copy, unless [`Platform::forget_argument`] is called.
    ///
    /// May sleep. On an error there is no copy, and the call must not run: `EOPNOTSUPP` unless
    /// [`Platform::caches_arguments`], else `ENOMEM` as a rule.
    fn cache_argument<'call>(
        call: &'call mut Syscall,
        extensible: &'static ExtensibleCall,
    ) -> Result<CachedArgument<'call>>;

    /// Drops the copy: the filters do not allow the call, or are to be asked again.
    fn forget_argument(call: &mut Syscall);
}
