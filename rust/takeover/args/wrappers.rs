// SPDX-License-Identifier: GPL-2.0

//! The hook before the wrappers of the calls, through which they get the cached argument.
//!
//! A wrapper (`__x64_sys_openat2()` and its like) takes its arguments from a `struct pt_regs`. The
//! hook is a direct call at its entry, for all of them the same; it hands the wrapper another
//! `struct pt_regs`, which differs from the task's in the pointer.

use super::{
    tasks::{
        self,
        TaskArguments, //
    }, //
};
use crate::{
    logic::{
        argument,
        syscalls::CALLS, //
    },
    sys::{
        arch::{
            Arch,
            Native, //
        },
        entry,
        ftrace::{
            self,
            DirectCall, //
        },
        regs::{
            self,
            PtRegs,
            Regs, //
        },
        shared::Shared,
        symbols,
        syscall::Syscall,
        task::{
            Current,
            RawTask, //
        },
        user, //
    }, //
};
use core::{
    pin::Pin,
    ptr::NonNull, //
};
use kernel::{
    prelude::*,
    str::CString,
    uaccess::UserPtr, //
};

kernel::sync::global_lock! {
    // SAFETY: Initialised by `init()`, before the first use.
    /// The hook, while it is there. Outermost of the locks here; ftrace's own are taken under it.
    unsafe(uninit) static HOOK: Mutex<Option<Pin<KBox<DirectCall>>>> = None;
}

/// The hook is there.
static INSTALLED: Shared<bool> = Shared::new(false);

/// Prepares the lock.
///
/// # Safety
///
/// Called once, before all else here.
pub(super) unsafe fn init() {
    // SAFETY: By the contract of this function.
    unsafe { HOOK.init() };
}

/// Installs the hook, unless it is there. It stays until [`remove`].
///
/// `EBUSY` if somebody else has a direct call at one of the wrappers, or does the same at the same
/// time; `EOPNOTSUPP` if a wrapper cannot be hooked; `ENOMEM`.
pub(super) fn install() -> Result {
    // Who holds it waits for others: rather than to wait as well, without being killed, say so.
    let mut hook = HOOK.try_lock().ok_or(EBUSY)?;
    if hook.is_none() {
        *hook = Some(precede_wrappers()?);
        INSTALLED.set(true);
    }
    Ok(())
}

fn precede_wrappers() -> Result<Pin<KBox<DirectCall>>> {
    let mut wrappers = wrappers()?;
    // SAFETY: The handler can be called at any time: it leaves all calls alone that are not
    // cached for.
    unsafe { DirectCall::precede(&mut wrappers, entry::of_wrappers()) }.map_err(|e| match e {
        ENOMEM | EBUSY => e,
        _ => EOPNOTSUPP,
    })
}

/// Is the hook there? If not, no call may be allowed for what is cached of it.
#[inline(always)]
pub(super) fn is_installed() -> bool {
    INSTALLED.get()
}

/// Removes the hook, when no task has a filter of ours.
pub(super) fn remove() {
    INSTALLED.set(false);
    let hook = HOOK.lock().take();
    if hook.is_some() {
        drop(hook);
        // For tasks that have left the entry, but not yet the code that it returns to the wrapper
        // by.
        ftrace::synchronize();
    }
}

/// The addresses of all wrappers that the kernel has. It may lack those of the second ABI. Of the
/// first it has all, stubs where a call is configured out: without one it would not be known what
/// the call reads its argument by, so that is `EOPNOTSUPP`.
fn wrappers() -> Result<KVec<usize>> {
    let mut names = KVec::new();
    for call in CALLS {
        for prefix in Native::WRAPPER_PREFIXES {
            let name = CString::try_from_fmt(fmt!("{}{}", *prefix, call.name))?;
            names.push(name, GFP_KERNEL)?;
        }
    }
    let mut wrappers = symbols::addresses(&names)?;
    if wrappers
        .iter()
        .step_by(Native::WRAPPER_PREFIXES.len())
        .any(|native| *native == 0)
    {
        return Err(EOPNOTSUPP);
    }
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
    // SAFETY: By the contract of this function. The evaluation of the filters is over, and what it
    // had of the call is gone.
    let mut call = unsafe { Syscall::new(Current::from_raw(task), Regs::from_raw(regs)) };
    let (current, regs) = (call.current(), call.regs());
    match tasks::get_at_once(&mut call) {
        Some(state) => redirect(state, current, regs, body),
        None if tasks::is_unknown(current) => leave(regs),
        None => find_and_redirect(call, body),
    }
}

/// The wrapper is to see what there is.
#[inline(always)]
fn leave(regs: Regs) -> Redirected {
    Redirected {
        value: regs.as_ptr().addr(),
        done: 0,
    }
}

/// Slow path: the task's state is in a chain, if it has one.
#[cold]
#[inline(never)]
fn find_and_redirect(mut call: Syscall, body: usize) -> Redirected {
    let (current, regs) = (call.current(), call.regs());
    match tasks::get(&mut call) {
        Some(state) => redirect(state, current, regs, body),
        None => leave(regs),
    }
}

/// The task's filters have allowed a call with a cached argument, and it enters the wrapper that
/// goes on at `body`.
#[inline(always)]
fn redirect(state: &mut TaskArguments, current: Current, regs: Regs, body: usize) -> Redirected {
    // Whatever call this is, the argument is good for no other.
    let Some(call) = state.cached.call.take() else {
        return leave(regs);
    };
    let cached = &state.cached;
    if cached.nr != regs.nr() || cached.compat != current.is_compat() {
        return leave(regs);
    }
    let (saved, address) = (&mut state.regs, cached.address);
    // Each with places that the compiler knows.
    let shown = match cached.compat {
        false => regs.with_argument(saved, false, call.pointer, address),
        true => regs.with_argument(saved, true, call.pointer, address),
    };
    let field = match cached.may_write_back {
        true => argument::written_back(call),
        false => None,
    };
    if let Some(field) = field {
        // SAFETY: What the wrapper is shown stays in place: the entry of the task is not removed
        // before the task exits. Only `rsc_ea_regs()` calls this, with where the wrapper goes on.
        return unsafe { run_and_write_back(shown, body, current, regs, call.pointer, field) };
    }
    Redirected {
        value: shown.addr(),
        done: 0,
    }
}

/// Runs a wrapper whose call may fail with `E2BIG`. If so, does what the kernel could not do in the
/// slot: tells in the caller's struct how much it knows.
///
/// # Safety
///
/// `shown` are registers that stay in place until the wrapper is done, which goes on at `body`.
#[cold]
#[inline(never)]
unsafe fn run_and_write_back(
    shown: *const PtRegs,
    body: usize,
    current: Current,
    regs: Regs,
    pointer: usize,
    (offset, known): (usize, u32),
) -> Redirected {
    // SAFETY: By the contract of this function, and the wrapper is run once.
    let result = unsafe { regs::call_wrapper(shown, body) };
    if result == E2BIG.to_errno() as isize {
        let user = regs.argument(current.is_compat(), pointer);
        let field = UserPtr::from_addr(user as usize).wrapping_byte_add(offset);
        // The kernel does not mind a fault either.
        let _ = user::write(field, &known);
    }
    Redirected {
        // CAST: Reinterprets the sign.
        value: result as usize,
        done: 1,
    }
}
