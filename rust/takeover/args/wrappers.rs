// SPDX-License-Identifier: GPL-2.0

//! The hook of the wrappers, by which extensible calls get the cached argument.
//!
//! A wrapper (`__x64_sys_openat2()`, say) takes the arguments of its call from a `struct pt_regs`.
//! The hook is one direct call at the first instruction of every wrapper. It hands the wrapper
//! another `struct pt_regs`, in which the pointer leads to the slot.

use super::{
    tasks::{
        self,
        TaskArguments, //
    }, //
};
use crate::{
    logic::{
        argument,
        syscalls::{
            Arg,
            ExtensibleCall,
            CALLS, //
        }, //
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
        redirect,
        regs::{
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
    // SAFETY: `init()` initialises it before the first use.
    /// The hook, while it is installed. Outermost of the locks here; ftrace's own are taken under
    /// it.
    unsafe(uninit) static HOOK: Mutex<Option<Pin<KBox<DirectCall>>>> = None;
}

/// Is the hook installed?
static INSTALLED: Shared<bool> = Shared::new(false);

/// Prepares the lock.
///
/// # Safety
///
/// Called once, before all else here.
pub(super) unsafe fn init() {
    // SAFETY: By the contract of this function it is the only call, and nobody uses the lock yet.
    unsafe { HOOK.init() };
}

/// Installs the hook, unless it is installed. It stays until [`remove`]. Sleeps.
///
/// Fails with `EBUSY` if somebody else has a direct call at one of the wrappers or another task is
/// in this function, with `EOPNOTSUPP` if a wrapper cannot be hooked, and with `ENOMEM`.
pub(super) fn install() -> Result {
    // The holder waits for ftrace, which can take long, and no signal would end this task's wait
    // for the holder.
    let mut hook = HOOK.try_lock().ok_or(EBUSY)?;
    if hook.is_none() {
        *hook = Some(precede_wrappers()?);
        INSTALLED.set(true);
    }
    Ok(())
}

fn precede_wrappers() -> Result<Pin<KBox<DirectCall>>> {
    let mut wrappers = wrappers()?;
    // SAFETY: The entry is that of the wrappers. Its handler can be called from now on: it does
    // nothing to a call for which nothing is cached.
    unsafe { DirectCall::precede(&mut wrappers, entry::of_wrappers()) }.map_err(|e| match e {
        ENOMEM | EBUSY => e,
        _ => EOPNOTSUPP,
    })
}

/// Is the hook installed? If not, a call reads what the caller passed, so that filters must not
/// decide by a copy.
#[inline(always)]
pub(super) fn is_installed() -> bool {
    INSTALLED.get()
}

/// Removes the hook. By now no task has a filter of ours.
pub(super) fn remove() {
    INSTALLED.set(false);
    let hook = HOOK.lock().take();
    if hook.is_some() {
        drop(hook);
        // Tasks without a filter of ours pass through the entry as well. Wait for those that have
        // not come from there to the wrapper yet.
        ftrace::synchronize();
    }
}

/// The addresses of the wrappers of all extensible calls. The kernel may lack those of the compat
/// ABI. It has all native ones, as stubs for calls that are configured out. If one is missing all
/// the same, the call must have another wrapper, which would not be hooked: `EOPNOTSUPP`.
fn wrappers() -> Result<KVec<usize>> {
    const ABIS: usize = 2;
    let [native, compat] = Native::WRAPPER_PREFIXES;
    let mut names = KVec::new();
    for call in CALLS {
        let kind = if call.has_compat_function() {
            "compat_"
        } else {
            ""
        };
        let name = CString::try_from_fmt(fmt!("{}sys_{}", native, call.name))?;
        names.push(name, GFP_KERNEL)?;
        let name = CString::try_from_fmt(fmt!("{}{}sys_{}", compat, kind, call.name))?;
        names.push(name, GFP_KERNEL)?;
    }
    let mut wrappers = symbols::addresses(&names)?;
    if wrappers.iter().step_by(ABIS).any(|native| *native == 0) {
        return Err(EOPNOTSUPP);
    }
    // Both ABIs may have the same wrapper.
    for at in (1..wrappers.len()).step_by(ABIS) {
        if wrappers[at] == wrappers[at - 1] {
            wrappers[at] = 0;
        }
    }
    wrappers.retain(|address| *address != 0);
    Ok(wrappers)
}

/// What the entry code is to do.
#[repr(C)]
struct Redirected {
    /// The address of the registers that the wrapper is to see; its result if `done`.
    value: usize,
    /// 1 if the wrapper has been run, else 0.
    done: usize,
}

/// Chooses the registers that a wrapper sees. The entry code calls it before every wrapper, for
/// tasks with a filter of ours.
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
    // SAFETY: By the contract `task` is `current` and `regs` its registers. The task has returned
    // from `rsc_permit_syscall()`, and so dropped the `Syscall` that it had there.
    let mut call = unsafe { Syscall::new(Current::from_raw(task), Regs::from_raw(regs)) };
    let (current, regs) = (call.current(), call.regs());
    match tasks::get_at_once(&mut call) {
        Some(state) => redirect(state, current, regs, body),
        None if tasks::is_unknown(current) => leave(regs),
        None => find_and_redirect(call, body),
    }
}

/// The wrapper is to see the task's own registers.
#[inline(always)]
fn leave(regs: Regs) -> Redirected {
    Redirected {
        value: regs.as_ptr().addr(),
        done: 0,
    }
}

/// Slow path: the task's arguments are in a chain, if it has any.
#[cold]
#[inline(never)]
fn find_and_redirect(mut call: Syscall, body: usize) -> Redirected {
    let (current, regs) = (call.current(), call.regs());
    match tasks::get(&mut call) {
        Some(state) => redirect(state, current, regs, body),
        None => leave(regs),
    }
}

/// Answers for a task whose arguments are in `state`: if it has an argument cached for the call,
/// the wrapper, which goes on at `body`, is to see registers that lead to the slot.
#[inline(always)]
fn redirect(state: &mut TaskArguments, current: Current, regs: Regs, body: usize) -> Redirected {
    // Taken even if it is for another call: the next one must not find it.
    let Some(call) = state.cached.call.take() else {
        return leave(regs);
    };
    if state.cached.nr != regs.nr() {
        return leave(regs);
    }
    match state.cached.compat || current.is_compat() {
        false => show(state, call, current, regs, body, false),
        true => redirect_compat(state, call, current, regs, body),
    }
}

/// [`redirect`] for an argument that was cached for `call`, as a 32-bit one, or if the task makes
/// one.
#[cold]
#[inline(never)]
fn redirect_compat(
    state: &mut TaskArguments,
    call: &'static ExtensibleCall,
    current: Current,
    regs: Regs,
    body: usize,
) -> Redirected {
    match state.cached.compat && current.is_compat() {
        false => leave(regs),
        true => show(state, call, current, regs, body, true),
    }
}

/// The wrapper is to see registers that lead to the slot. Always inlined, so that the compiler
/// knows their places.
#[inline(always)]
fn show(
    state: &mut TaskArguments,
    call: &'static ExtensibleCall,
    current: Current,
    regs: Regs,
    body: usize,
    compat: bool,
) -> Redirected {
    let cached = &state.cached;
    let shown = regs.with_argument(&mut state.regs, compat, call.pointer, cached.address);
    let field = match cached.may_write_back {
        true => argument::written_back(call),
        false => None,
    };
    if let Some(field) = field {
        // SAFETY: The registers are in the task's arguments, which stay in place until it exits.
        // `body` is that of `rsc_ea_regs()`: the wrapper goes on there.
        return unsafe { run_and_write_back(shown, body, current, regs, call.pointer, field) };
    }
    Redirected {
        value: shown.addr(),
        done: 0,
    }
}

/// Runs a wrapper whose call may fail with `E2BIG`. If it does, stores the size that the kernel
/// knows in the caller's struct, as the kernel itself could not in the slot.
///
/// # Safety
///
/// `body` is where the wrapper goes on behind its ftrace site, and `shown` points to registers that
/// stay in place until it returns.
#[cold]
#[inline(never)]
unsafe fn run_and_write_back(
    shown: *const PtRegs,
    body: usize,
    current: Current,
    regs: Regs,
    pointer: Arg,
    (offset, known): (usize, u32),
) -> Redirected {
    // SAFETY: By the contract `body` is a wrapper's, and the registers stay until it returns.
    let result = unsafe { redirect::call_wrapper(shown, body) };
    if result == E2BIG.to_errno() as isize {
        let user = regs.argument(current.is_compat(), pointer);
        let field = UserPtr::from_addr(user as usize).wrapping_byte_add(offset);
        // The kernel ignores a fault, too.
        let _ = user::write(field, &known);
    }
    Redirected {
        // CAST: Reinterprets the sign.
        value: result as usize,
        done: 1,
    }
}
