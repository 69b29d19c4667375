// SPDX-License-Identifier: GPL-2.0

//! Which functions of the kernel are taken over, in which order, and how they are given back.
//!
//! Order of loading: first the functions that read a task's filter, all of which leave alone what
//! is not ours; then `do_seccomp()`, which makes filters. A failure drops what was installed, in
//! reverse. Nothing of ours is in any task before the last step.
//!
//! Unloading starts when no filter holds a reference to the module any more, so again nothing of
//! ours is in any task. The module is then going, `do_seccomp()` refuses to make filters and
//! leaves the calls to the built-in engine, and the hooks are removed in reverse.

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
    module,
    symbols,
    sysctl::Handler, //
};
use core::pin::Pin;
use kernel::{
    ffi::c_ulong,
    fmt,
    prelude::*, //
};

/// The functions that are taken over, in the order in which that is done.
const HOOKS: [&Entry; 7] = [
    &entry::PERMIT_SYSCALL,
    &entry::GET_FILTER,
    &entry::RELEASE,
    &entry::GET_NTH_FILTER,
    &entry::GET_METADATA,
    &entry::ACTIONS_LOGGED,
    &entry::DO_SECCOMP,
];

/// The hooked functions; dropping it gives them back.
pub(crate) struct Hooks(KVec<Pin<KBox<DirectCall>>>);

impl Hooks {
    /// Takes everything over, or nothing.
    ///
    /// `EOPNOTSUPP` if the kernel lacks a function, `EBUSY` if one is taken already or a tracer is
    /// stuck in the inspection of filters.
    pub(crate) fn install() -> Result<Self> {
        let handler = symbols::site(entry::ACTIONS_LOGGED.name)?;
        // SAFETY: This is its address.
        let handler = unsafe { Handler::new(handler.body) };

        let mut found = KVec::with_capacity(HOOKS.len(), GFP_KERNEL)?;
        for hook in HOOKS {
            let site = symbols::site(hook.name)?;
            // SAFETY: The module is loading, and the function is not hooked yet.
            unsafe { hook.set_body(site.body) };
            found.push((hook, site.address), GFP_KERNEL)?;
        }

        // SAFETY: Modules are loaded once, and nothing is hooked yet.
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
        // SAFETY: The entry belongs to the function that the site is of, and the statics that the
        // handlers use are initialised.
        let call = unsafe { DirectCall::replace(site, hook.address()) }.inspect_err(|e| {
            let name = hook.name.to_str().unwrap_or("?");
            pr_err!("cannot take over {name}: {e:?}\n");
        })?;
        Ok(self.0.push(call, GFP_KERNEL)?)
    }
}

/// The functions that are taken over, for the log.
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
        // For handlers that were entered before their hook was removed: they have left, or have a
        // reference.
        ftrace::synchronize();
        if module::await_unused() {
            // For those that have just given it up.
            ftrace::synchronize();
        }
    }
}
