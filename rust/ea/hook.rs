// SPDX-License-Identifier: GPL-2.0

//! The hook before the wrappers of the calls, through which they get the cached argument.
//!
//! A wrapper (`__x64_sys_openat2()` and its like) takes its arguments from a `struct pt_regs`. The
//! hook is a direct call at its entry, for all of them the same; it hands the wrapper another
//! `struct pt_regs`, which differs from the task's in the pointer.

use super::tasks;
use crate::{
    arch::{
        Arch,
        Native, //
    },
    calls::CALLS,
    sys::{
        ftrace::{
            self,
            DirectCall, //
        },
        regs::{
            self,
            PtRegs,
            Regs, //
        },
        symbols,
        task::{
            RawTask,
            Task, //
        },
        user, //
    },
};
use core::{
    pin::Pin,
    ptr::NonNull, //
};
use kernel::{
    prelude::*,
    str::CString,
    sync::atomic::{
        Acquire,
        Atomic,
        Release, //
    },
    uaccess::UserPtr, //
};

extern "C" {
    /// Its entry in `entry/<arch>.S`.
    fn rsc_entry_ea();
}

kernel::sync::global_lock! {
    // SAFETY: Initialised by `init()`, before the first use.
    /// The hook, once a filter has needed it. Outermost of the locks here; ftrace's own are taken
    /// under it.
    unsafe(uninit) static HOOK: Mutex<Option<Pin<KBox<DirectCall>>>> = None;
}

/// The hook is there.
static INSTALLED: Atomic<bool> = Atomic::new(false);

/// Prepares the lock.
///
/// # Safety
///
/// Called once, before all else here.
pub(super) unsafe fn init() {
    // SAFETY: By the contract of this function.
    unsafe { HOOK.init() };
}

/// Installs the hook, if it is not.
pub(super) fn install() -> Result {
    if INSTALLED.load(Acquire) {
        return Ok(());
    }
    let mut hook = HOOK.lock();
    if hook.is_none() {
        let mut wrappers = wrappers()?;
        // SAFETY: The handler can be called at any time: it leaves all calls alone that are not
        // armed.
        let call = unsafe { DirectCall::precede(&mut wrappers, rsc_entry_ea as usize) }
            .inspect_err(|e| pr_err!("cannot hook calls with extensible arguments: {:?}\n", e))?;
        *hook = Some(call);
        INSTALLED.store(true, Release);
    }
    Ok(())
}

/// Removes the hook, when no task has a filter of ours.
pub(super) fn remove() {
    INSTALLED.store(false, Release);
    let hook = HOOK.lock().take();
    if hook.is_some() {
        drop(hook);
        // For tasks that have left the entry, but not yet the code that it returns to the wrapper
        // by.
        ftrace::synchronize();
    }
}

/// The addresses of all wrappers that the kernel has. Some may be configured out, or one of the
/// ABIs may.
fn wrappers() -> Result<KVec<usize>> {
    let mut names = KVec::new();
    for call in CALLS {
        for prefix in Native::WRAPPER_PREFIXES {
            let name = CString::try_from_fmt(fmt!("{}{}", *prefix, call.name))?;
            names.push(name, GFP_KERNEL)?;
        }
    }
    let mut wrappers = symbols::addresses(&names)?;
    wrappers.retain(|address| *address != 0);
    Ok(wrappers)
}

/// What the entry code is to do.
#[repr(C)]
struct Redirected {
    /// The registers for the wrapper; or its result, if
    value: usize,
    /// it has been run.
    done: usize,
}

/// Chooses the registers that a wrapper sees. Called at its entry, for tasks with a filter of ours.
///
/// # Safety
///
/// For the entry code only: `task` is `current`, `regs` are the registers that it has entered the
/// kernel with, and the wrapper goes on at `body`.
#[no_mangle]
unsafe extern "C" fn rsc_ea_regs(
    regs: NonNull<PtRegs>,
    task: NonNull<RawTask>,
    body: usize,
) -> Redirected {
    let unchanged = Redirected {
        value: regs.addr().get(),
        done: 0,
    };
    // SAFETY: By the contract of this function.
    let (task, regs) = unsafe { (Task::from_raw(task), Regs::from_raw(regs)) };
    // SAFETY: The task is the caller. References that are in use further up the stack there are
    // none: the wrapper is entered after the evaluation is over.
    let Some(state) = (unsafe { tasks::get(task) }) else {
        return unchanged;
    };
    // Whatever call this is, the argument is good for no other.
    if !core::mem::take(&mut state.armed) {
        return unchanged;
    }
    let Some(cached) = state.cached else {
        return unchanged;
    };
    if cached.address == 0 || cached.nr != regs.nr() || cached.compat != task.is_compat() {
        return unchanged;
    }
    let pointer = cached.call.pointer;
    let shown = regs.with_argument(&mut state.regs, cached.compat, pointer, cached.address);
    let Some((offset, known)) = cached.write_back else {
        return Redirected {
            value: shown.addr(),
            done: 0,
        };
    };
    // SAFETY: The wrapper was called with registers, and is now run once. What it is shown stays in
    // place: the entry of the task is not removed before the task exits.
    let result = unsafe { regs::call_wrapper(shown, body) };
    if result == E2BIG.to_errno() as isize {
        // As the kernel does, which could not write to the slot. It does not mind a fault either.
        if let Some(&user) = regs.arguments(task).get(pointer) {
            let field = UserPtr::from_addr(user as usize).wrapping_byte_add(offset);
            let _ = user::write(field, &known);
        }
    }
    Redirected {
        // CAST: Reinterprets the sign.
        value: result as usize,
        done: 1,
    }
}
