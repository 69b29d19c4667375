// SPDX-License-Identifier: GPL-2.0

//! What differs between a kernel that is taken over and one that the engine is built into.
//!
//! The crate's root chooses: that of the module takes `takeover/`, that of an in-tree build
//! `tree/`. The engine asks for nothing else of them, and does not ask which it is.

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

/// See [`Chosen`].
///
/// A platform also says which pointers of tasks are filters of the engine's, by implementing
/// [`Filters`](crate::sys::task::Filters) for them.
pub(crate) trait Platform {
    /// Keeps the code of the engine where it is. Each filter holds one.
    type EngineRef: Send + Sync;

    /// May the thread, which has no filter, still attach one by other code than the engine's?
    /// TSYNC then leaves it alone. Its siglock is held.
    fn may_attach_elsewhere(thread: &Thread<'_>) -> bool;

    /// Logs what was done to the system call `nr`, if the administrator wants to know:
    /// `seccomp_log()`.
    ///
    /// `requested` says that the filter that decided was installed with `SECCOMP_FILTER_FLAG_LOG`.
    fn log(nr: i32, signal: u32, verdict: Verdict, requested: bool);

    /// Can extensible arguments be cached? Once they can, it stays so.
    fn caches_arguments() -> bool;

    /// Copies the extensible argument of the call, for the filters to look at. The call then reads
    /// the copy, unless [`Platform::forget_argument`] is called.
    ///
    /// May sleep. An error, `ENOMEM` as a rule, means that there is no copy: the call must not run.
    /// `EOPNOTSUPP` unless [`Platform::caches_arguments`].
    fn cache_argument<'call>(
        call: &'call mut Syscall,
        extensible: &'static ExtensibleCall,
    ) -> Result<CachedArgument<'call>>;

    /// The filters do not allow the call, or it is to be looked at again: it does not read the
    /// copy.
    fn forget_argument(call: &mut Syscall);
}
