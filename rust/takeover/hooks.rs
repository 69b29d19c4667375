// SPDX-License-Identifier: GPL-2.0

//! The hooks of the takeover, and the order in which they are installed and removed.
//!
//! Loading first hooks the functions that read a task's filter; their entries leave filters without
//! the tag to the kernel. It hooks `do_seccomp()`, which attaches filters, last. If a step fails,
//! the hooks that are in place are removed in reverse. No task has a filter of ours before the last
//! step.
//!
//! The kernel unloads the module only when no filter holds a reference to it, so no task has a
//! filter of ours then, either. From that moment on nobody gets a reference, so that the handler of
//! `do_seccomp()` leaves all calls to the built-in engine. The hooks are removed in reverse.

use super::{
    actions_logged,
    in_flight, //
};
use crate::sys::{
    entry::{
        self,
        Entry, //
    },
    ftrace::{
        self,
        DirectCall, //
    },
    module_ref,
    symbols,
    sysctl::Handler, //
};
use core::pin::Pin;
use kernel::{
    ffi::c_ulong,
    fmt,
    prelude::*, //
};

/// The entries of the functions that are taken over, in the order in which they are hooked.
const HOOKS: [&Entry; 7] = [
    &entry::PERMIT_SYSCALL,
    &entry::GET_FILTER,
    &entry::RELEASE,
    &entry::GET_NTH_FILTER,
    &entry::GET_METADATA,
    &entry::ACTIONS_LOGGED,
    &entry::DO_SECCOMP,
];

/// The hooks that are in place. Dropping it removes them.
pub(crate) struct Hooks(KVec<Pin<KBox<DirectCall>>>);

impl Hooks {
    /// Installs all hooks, or none. Called once, while the module loads; sleeps.
    ///
    /// Fails with `EOPNOTSUPP` if the kernel lacks a function, with `EBUSY` if somebody else has a
    /// direct call at one or a tracer stays in `seccomp_get_metadata()`, and with `ENOMEM`.
    pub(crate) fn install() -> Result<Self> {
        let handler = symbols::site(entry::ACTIONS_LOGGED.name)?;
        // SAFETY: `site()` has found it: it is where the handler goes on, or on arm64 its address.
        let handler = unsafe { Handler::new(handler.body) };

        let mut found = KVec::with_capacity(HOOKS.len(), GFP_KERNEL)?;
        for hook in HOOKS {
            let site = symbols::site(hook.name)?;
            // SAFETY: The module is loading, and the function is not hooked yet.
            unsafe { hook.set_body(site.body) };
            found.push((hook, site.address), GFP_KERNEL)?;
        }

        // SAFETY: A module is loaded once, and nothing is hooked yet.
        unsafe { actions_logged::init() };
        let mut hooks = Self(KVec::with_capacity(HOOKS.len(), GFP_KERNEL)?);
        let Some((&(creator, its_site), readers)) = found.split_last() else {
            return Err(EINVAL);
        };
        for &(hook, site) in readers {
            hooks.add(hook, site)?;
        }
        ftrace::synchronize();
        actions_logged::adopt(handler)?;
        in_flight::await_tracers()?;
        hooks.add(creator, its_site)?;
        ftrace::synchronize();
        in_flight::note_installers();
        Ok(hooks)
    }

    fn add(&mut self, hook: &Entry, site: c_ulong) -> Result {
        // SAFETY: `hook` is the entry for the function of this site, whose `body` is set, and the
        // statics that the handlers use are initialised.
        let call = unsafe { DirectCall::replace(site, hook.address()) }.inspect_err(|e| {
            let name = hook.name.to_str().unwrap_or("?");
            pr_err!("cannot take over {name}: {e:?}\n");
        })?;
        Ok(self.0.push(call, GFP_KERNEL)?)
    }
}

/// Displays as the names of the functions that are taken over.
pub(crate) struct Names;

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, hook) in HOOKS.iter().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(f, "{space}{}", hook.name.to_str().unwrap_or("?"))?;
        }
        Ok(())
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        while self.0.pop().is_some() {}
        in_flight::forget();
        // A handler that was called before its hook was removed has then returned, or holds a
        // reference to the module.
        ftrace::synchronize();
        if module_ref::await_unused() {
            // A handler that has just dropped its reference has then returned.
            ftrace::synchronize();
        }
    }
}
