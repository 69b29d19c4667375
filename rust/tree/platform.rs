// SPDX-License-Identifier: GPL-2.0

//! The platform of an in-tree build: answers what the engine asks.

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
        filter_pointer::Filters, //
        in_tree,
        signal::Thread,
        syscall::Syscall,
    }, //
};
use kernel::prelude::*;

/// The platform of a kernel that the engine is built into.
pub(crate) struct Tree;

// SAFETY: There is no other engine, and only `FilterPointer::set()` stores a pointer. Fork copies
// it, and for each copy it has called `get_seccomp_filter()`, and so `Task::share_filter()`.
unsafe impl Filters for FilterLayer {
    const TAG: usize = 0;
}

impl Platform for Tree {
    /// Nothing: the kernel's own code is never unloaded.
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
