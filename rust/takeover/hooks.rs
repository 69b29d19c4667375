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

use crate::{
    sys::{
        ftrace::{
            self,
            DirectCall, //
        },
        module,
        symbols,
        sysctl::Handler, //
    },
    takeover::{
        actions_logged,
        in_flight, //
    }, //
};
use core::pin::Pin;
use kernel::{
    ffi::c_ulong,
    prelude::*, //
};

/// What a handler tells the entry code of a function that may be left to the kernel.
#[repr(C)]
pub(crate) struct Handled {
    /// Was the call dealt with?
    handled: usize,
    /// If so, its result.
    value: isize,
}

impl Handled {
    /// The built-in engine is to go on with the call.
    pub(crate) const NO: Self = Self {
        handled: 0,
        value: 0,
    };

    /// The call is done.
    pub(crate) const fn yes(value: isize) -> Self {
        Self { handled: 1, value }
    }
}

/// A function to take over.
struct Hook {
    name: &'static CStr,
    /// Its entry in `entry/<arch>.S`.
    entry: unsafe extern "C" fn(),
    /// Where the entry finds the address at which the function goes on.
    #[cfg(CONFIG_X86_64)]
    body: *mut usize,
}

// SAFETY: Points to statics, which are written while loading only.
unsafe impl Sync for Hook {}

macro_rules! hooks {
    ($($func:ident => ($entry:ident, $body:ident),)*) => {
        extern "C" {
            $(fn $entry();)*
        }
        #[cfg(CONFIG_X86_64)]
        extern "C" {
            $(static mut $body: usize;)*
        }

        static HOOKS: &[Hook] = &[$(Hook {
            name: kernel::c_str!(stringify!($func)),
            entry: $entry,
            #[cfg(CONFIG_X86_64)]
            body: &raw mut $body,
        }),*];

        /// The functions that are taken over, for the log.
        pub(crate) const NAMES: &str = concat!($(stringify!($func), " "),*);
    };
}

hooks! {
    __seccomp_permit_syscall => (
        rsc_entry___seccomp_permit_syscall,
        rsc_body___seccomp_permit_syscall
    ),
    get_seccomp_filter => (rsc_entry_get_seccomp_filter, rsc_body_get_seccomp_filter),
    seccomp_filter_release => (rsc_entry_seccomp_filter_release, rsc_body_seccomp_filter_release),
    seccomp_get_filter => (rsc_entry_seccomp_get_filter, rsc_body_seccomp_get_filter),
    seccomp_get_metadata => (rsc_entry_seccomp_get_metadata, rsc_body_seccomp_get_metadata),
    seccomp_actions_logged_handler => (
        rsc_entry_seccomp_actions_logged_handler,
        rsc_body_seccomp_actions_logged_handler
    ),
    do_seccomp => (rsc_entry_do_seccomp, rsc_body_do_seccomp),
}

/// The hooked functions; dropping it gives them back.
pub(crate) struct Hooks(KVec<Pin<KBox<DirectCall>>>);

impl Hooks {
    /// Takes everything over, or nothing.
    ///
    /// `EOPNOTSUPP` if the kernel lacks a function, `EBUSY` if one is taken already or a tracer is
    /// stuck in the inspection of filters.
    pub(crate) fn install() -> Result<Self> {
        let handler = symbols::site(kernel::c_str!("seccomp_actions_logged_handler"))?;
        // SAFETY: This is its address.
        let actions_logged = unsafe { Handler::new(handler.body) };

        let mut found = KVec::with_capacity(HOOKS.len(), GFP_KERNEL)?;
        for hook in HOOKS {
            let site = symbols::site(hook.name)?;
            #[cfg(CONFIG_X86_64)]
            // SAFETY: The static can be written while loading, and no entry reads it yet.
            unsafe {
                hook.body.write(site.body)
            };
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
        actions_logged::adopt_sysctl(actions_logged)?;
        in_flight::await_tracers()?;
        hooks.add(creator, its_site)?;
        ftrace::synchronize();
        in_flight::note_installers();
        Ok(hooks)
    }

    fn add(&mut self, hook: &Hook, site: c_ulong) -> Result {
        // SAFETY: The entry belongs to the function that the site is of, and the statics that the
        // handlers use are initialised.
        let call = unsafe { DirectCall::replace(site, hook.entry as usize) }.inspect_err(|e| {
            let name = hook.name.to_str().unwrap_or("?");
            pr_err!("cannot take over {name}: {e:?}\n");
        })?;
        Ok(self.0.push(call, GFP_KERNEL)?)
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
