// SPDX-License-Identifier: GPL-2.0

//! What the engine asks of a kernel that it is built into.

use crate::{
    engine::{
        filter::FilterLayer,
        platform::Platform, //
    },
    logic::{
        syscalls::ExtensibleCall,
        verdict::Verdict, //
    },
    sys::{
        argument::CachedArgument,
        in_tree,
        signal::Thread,
        syscall::Syscall,
        task::Filters, //
    }, //
};
use kernel::prelude::*;

/// The kernel.
pub(crate) struct Tree;

// SAFETY: No other engine stores pointers in a task, and nothing but the functions of `sys::task`
// that this allows for does for this one. Fork's copy of a pointer comes with
// `Task::share_filter()`, by `get_seccomp_filter()`.
unsafe impl Filters for FilterLayer {
    const TAG: usize = 0;
}

impl Platform for Tree {
    /// The kernel's own code stays.
    type EngineRef = ();

    fn may_attach_elsewhere(_thread: &Thread<'_>) -> bool {
        false
    }

    fn log(nr: i32, signal: u32, verdict: Verdict, requested: bool) {
        in_tree::log(nr, signal, verdict.code(), requested);
    }

    fn caches_arguments() -> bool {
        true
    }

    fn cache_argument<'call>(
        call: &'call mut Syscall,
        extensible: &'static ExtensibleCall,
    ) -> Result<CachedArgument<'call>> {
        in_tree::cache_argument(call, extensible)
    }

    fn forget_argument(call: &mut Syscall) {
        in_tree::forget_argument(call);
    }
}
