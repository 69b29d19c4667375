// SPDX-License-Identifier: GPL-2.0

//! Direct calls of ftrace, which replace or precede kernel functions.
//!
//! C headers: [`include/linux/ftrace.h`](srctree/include/linux/ftrace.h)

use core::pin::Pin;
use kernel::{
    bindings,
    error::to_result,
    ffi::{
        c_uint,
        c_ulong, //
    },
    prelude::*,
    time::{
        delay::fsleep,
        Delta, //
    },
    types::Opaque, //
};

/// A direct call that is installed. Dropping it removes the call, and waits until no task runs in
/// the code between the function and the entry code. It does not wait for tasks that *sleep* in a
/// handler; these have to hold a reference to the module.
#[pin_data(PinnedDrop)]
pub(crate) struct DirectCall {
    #[pin]
    ops: Opaque<bindings::ftrace_ops>,
    target: c_ulong,
}

// SAFETY: ftrace serialises everything that is done to the ops by its own mutexes.
unsafe impl Send for DirectCall {}
// SAFETY: No method takes `&self`.
unsafe impl Sync for DirectCall {}

impl DirectCall {
    /// Replaces the kernel function that has its ftrace site at `site` by the entry code at
    /// `entry`.
    ///
    /// Fails with `EINVAL` if it cannot be traced, with `EBUSY` if somebody else (a BPF trampoline,
    /// say) has a direct call there, and with `ENOMEM`.
    ///
    /// # Safety
    ///
    /// `entry` is the address of code that obeys the protocol of `entry/<arch>.S`, and the handler
    /// behind it is ready to be called.
    pub(crate) unsafe fn replace(mut site: c_ulong, entry: usize) -> Result<Pin<KBox<Self>>> {
        // On x86 bit 0 asks for a jmp in place of a call.
        let target = entry | usize::from(cfg!(CONFIG_X86_64));
        // SAFETY: By the contract `entry` is entry code whose handler is ready.
        unsafe { Self::register(core::slice::from_mut(&mut site), target) }
    }

    /// Puts a call of the entry code at `entry` before each of the functions at these addresses,
    /// all at once.
    ///
    /// Fails as [`DirectCall::replace`] does, if it would for one of them.
    ///
    /// # Safety
    ///
    /// `entry` is the address of `rsc_entry_ea` of `entry/<arch>.S`, and its handler is ready to be
    /// called.
    pub(crate) unsafe fn precede(
        functions: &mut [c_ulong],
        entry: usize,
    ) -> Result<Pin<KBox<Self>>> {
        // SAFETY: By the contract `entry` is entry code whose handler is ready.
        unsafe { Self::register(functions, entry) }
    }

    /// # Safety
    ///
    /// `target` is the address of entry code whose handler is ready to be called; on x86 with bit 0
    /// set if the code expects a jmp.
    unsafe fn register(functions: &mut [c_ulong], target: usize) -> Result<Pin<KBox<Self>>> {
        let target = target as c_ulong;
        // SAFETY: All zeroes is what a static `struct ftrace_ops` starts from.
        let mut ops: bindings::ftrace_ops = unsafe { core::mem::zeroed() };
        // A sandbox is not to be switched off by the sysctl kernel.ftrace_enabled.
        ops.flags = bindings::FTRACE_OPS_FL_PERMANENT as c_ulong;
        let this = KBox::pin_init(
            try_pin_init!(Self {
                ops <- Opaque::ffi_init(|slot: *mut bindings::ftrace_ops| {
                    // SAFETY: `slot` is valid for writes, by the contract of `ffi_init()`.
                    unsafe { slot.write(ops) }
                }),
                target,
            }),
            GFP_KERNEL,
        )?;
        let ops = this.ops.get();

        // Not by name: `ftrace_set_filter()` reports a lack of memory as a lack of the function.
        let (ips, count) = (functions.as_mut_ptr(), functions.len());
        // SAFETY: `ops` is not registered yet, and `ips` has `count` addresses.
        to_result(unsafe { bindings::ftrace_set_filter_ips(ops, ips, count as c_uint, 0, 1) })
            // SAFETY: `ops` has its filter and stays in place until `drop()` unregisters it. By the
            // contract `target` is entry code.
            .and_then(|()| to_result(unsafe { bindings::register_ftrace_direct(ops, target) }))
            .inspect_err(|_| {
                // SAFETY: `ops` is initialised and not registered.
                unsafe { bindings::ftrace_free_filter(ops) };
            })?;
        Ok(this)
    }
}

#[pinned_drop]
impl PinnedDrop for DirectCall {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: Registered with this target by `register()`; if that failed, this returns EINVAL
        // and changes nothing.
        let done = to_result(unsafe {
            bindings::unregister_ftrace_direct(self.ops.get(), self.target, true)
        });
        if done.is_ok() || done == Err(EINVAL) {
            return;
        }
        // A bug somewhere has made ftrace shut itself down (`ftrace_kill()`), so it changes no code
        // any more. If this returned, the code would be freed that the kernel still jumps to.
        pr_emerg!("ftrace does not give functions back any more: the module stays\n");
        loop {
            fsleep(Delta::from_secs(1));
        }
    }
}

/// `synchronize_rcu_tasks()`: waits until every task has slept voluntarily or run in user mode. A
/// task that was in code of which the hook is removed has then left it, unless it sleeps in it.
pub(crate) fn synchronize() {
    // SAFETY: May be called from any sleepable context.
    unsafe { bindings::synchronize_rcu_tasks() };
}
