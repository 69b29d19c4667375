// SPDX-License-Identifier: GPL-2.0

//! The platform of the module: answers what the engine asks, for a kernel that is taken over.

use super::{
    actions_logged,
    args,
    in_flight, //
};
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
        module_ref::ModuleRef,
        signal::Thread,
        syscall::Syscall,
    }, //
};
use kernel::prelude::*;

/// The platform of a kernel that is taken over.
pub(crate) struct Takeover;

// SAFETY: The built-in engine's filters are aligned, so its pointers do not have bit 0. Only
// `FilterPointer::set()` stores a pointer with that bit. Fork copies it, and for each copy the
// hook of `get_seccomp_filter()`, which is in place before the first filter is, has called
// `Task::share_filter()`.
unsafe impl Filters for FilterLayer {
    const TAG: usize = 1;
}

impl Platform for Takeover {
    type EngineRef = ModuleRef;

    fn may_attach_elsewhere(thread: &Thread<'_>) -> bool {
        in_flight::includes(thread)
    }

    fn log(nr: i32, signal: u32, verdict: Verdict, requested: bool) {
        actions_logged::record(nr, signal, verdict, requested);
    }

    fn caches_arguments() -> bool {
        args::is_available()
    }

    #[inline(always)]
    fn cache_argument<'call>(
        call: &'call mut Syscall,
        extensible: &'static ExtensibleCall,
    ) -> Result<CachedArgument<'call>> {
        args::fetch(call, extensible)
    }

    fn forget_argument(call: &mut Syscall) {
        args::forget(call);
    }
}
