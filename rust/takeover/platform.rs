// SPDX-License-Identifier: GPL-2.0

//! What the engine asks of a kernel that is taken over.

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
        module::ModuleRef,
        signal::Thread,
        syscall::Syscall,
        task::Filters, //
    }, //
};
use kernel::prelude::*;

/// The module.
pub(crate) struct Takeover;

// SAFETY: The built-in engine's pointers are aligned and so do not have bit 0, and nothing but the
// functions of `sys::task` that this allows for stores a pointer that has it. Fork's copy of a
// pointer comes with `Task::share_filter()`, by the hook of `get_seccomp_filter()`, which is there
// before the first filter is.
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
