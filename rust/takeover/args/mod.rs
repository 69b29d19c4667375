// SPDX-License-Identifier: GPL-2.0

//! The cache of extensible arguments: a call reads the bytes that the filters have seen.
//!
//! [`fetch`] copies the struct once, to the [`slot`] of the calling task in a [`region`] of its
//! process, which the process can read but not write. The filters look at the copy. The hook of the
//! [`wrappers`] then hands the call the address of the copy in place of the caller's pointer.
//! `Documentation/internals/ea-internals.rst` has the whole story.
//!
//! In the course of a system call come [`fetch`], the filters, and [`forget`] if they do not allow
//! the call. [`fetch`], [`forget`] and [`release`] are for the calling task.
//!
//! If the struct cannot be read, the filters see zeros, and the call gets the address of the
//! region's guard page. So it fails with `EFAULT`, as it would have without the cache, even if
//! another thread makes the struct readable meanwhile. There is one difference, for a struct of
//! which the beginning can be read. Without the cache the call fails with `E2BIG` if it comes to a
//! byte that is not zero, beyond the size that the kernel knows, before a byte that it cannot read.
//! With the cache it fails with `EFAULT`.
//!
//! Locks, outermost first: `HOOK` of [`wrappers`], a mutex, with ftrace's own under it; the mmap
//! lock; `REGIONS` of [`region`], a spinlock. `CHANGES` of [`tasks`], a spinlock, is neither taken
//! under one of these nor held when one is taken. No lock is held while user memory is read or a
//! call is run.

pub(crate) mod file;
mod region;
mod slot;
mod tasks;
mod wrappers;

use crate::{
    logic::{
        argument::{
            self,
            Plan, //
        },
        syscalls::{
            ExtensibleCall,
            Size,
            BUFFER_MAX, //
        }, //
    },
    sys::{
        argument::{
            CachedArgument,
            CAPACITY, //
        },
        regs::Regs,
        syscall::Syscall,
        task::Exiting,
        user, //
    }, //
};
use kernel::{
    prelude::*,
    uaccess::UserPtr, //
};
use slot::Slot;
use tasks::{
    Cached,
    TaskArguments, //
};

/// The cache. Dropping it removes the hook of the wrappers.
pub(crate) struct Mechanism(());

impl Mechanism {
    /// Prepares the locks, and hooks the wrappers if `wanted`.
    ///
    /// If they cannot be hooked, the log says why, and the module works without the cache;
    /// [`retry`] may help later. Fails with `ENOMEM` only.
    ///
    /// # Safety
    ///
    /// Called once, while the module is loading.
    pub(crate) unsafe fn new(wanted: bool) -> Result<Self> {
        // SAFETY: By the contract these are the only calls, and nothing uses the locks yet.
        unsafe {
            wrappers::init();
            region::init();
            tasks::init();
        }
        let this = Self(());
        if !wanted {
            pr_info!("extensible arguments are not filtered, as the parameter says\n");
            return Ok(this);
        }
        match wrappers::install() {
            Err(ENOMEM) => return Err(ENOMEM),
            Err(EBUSY) => pr_warn!(
                "extensible arguments are not filtered: a BPF program or a live patch has one of \
                 the calls\n"
            ),
            Err(_) => pr_warn!(
                "extensible arguments are not filtered: this kernel lacks one of the calls\n"
            ),
            Ok(()) => {}
        }
        Ok(this)
    }
}

impl Drop for Mechanism {
    fn drop(&mut self) {
        wrappers::remove();
    }
}

/// Are arguments cached? Once they are, it stays so until the module is unloaded.
pub(crate) fn is_available() -> bool {
    wrappers::is_installed()
}

/// Hooks the wrappers, unless they are hooked. Sleeps.
///
/// Fails with `EBUSY` if somebody else has a direct call at one of them or another task is about to
/// hook them, with `EOPNOTSUPP` if one cannot be hooked, and with `ENOMEM`.
pub(crate) fn retry() -> Result {
    wrappers::install()
}

/// Copies the extensible argument of the call that the task has entered, for the filters to look
/// at. Sleeps.
///
/// On an error the task has no slot, and the call must not run: `EOPNOTSUPP` unless
/// [`is_available`], else what `mmap()` fails with, `ENOMEM` as a rule.
#[inline(always)]
pub(super) fn fetch<'call>(
    syscall: &'call mut Syscall,
    call: &'static ExtensibleCall,
) -> Result<CachedArgument<'call>> {
    let (current, regs) = (syscall.current(), syscall.regs());
    if current.is_compat() {
        return fetch_other(syscall, call, true);
    }
    let pointer = regs.argument(false, call.pointer);
    let (size, len) = match call.size {
        Size::Argument(size) if pointer != 0 => {
            let size = regs.argument(false, size);
            // CAST: At most the size of a slot.
            (size, size.min(CAPACITY as u64) as usize)
        }
        Size::Buffer(size) if pointer != 0 => {
            // CAST: The kernel looks at the lower half alone.
            let size = regs.argument(false, size) as u32;
            if size as usize > BUFFER_MAX {
                return fetch_other(syscall, call, false);
            }
            (u64::from(size), size as usize)
        }
        _ => return fetch_other(syscall, call, false),
    };
    // 64-bit calls can reach a slot anywhere in the address space.
    let state = state_with_slot(syscall, false)?;
    let slot = state.slot.as_mut().ok_or(ENOMEM)?;
    note(&mut state.cached, call, regs, false);
    let readable = slot.fill(UserPtr::from_addr(pointer as usize), len);
    state.cached.address = slot.address_if(readable);
    Ok(copy_in(slot, size))
}

/// Slow path of [`fetch`]: for a call whose size is in the struct or always the same, for one that
/// reads nothing, and for 32-bit calls.
#[inline(never)]
fn fetch_other<'call>(
    syscall: &'call mut Syscall,
    call: &'static ExtensibleCall,
    compat: bool,
) -> Result<CachedArgument<'call>> {
    let regs = syscall.regs();
    let pointer = regs.argument(compat, call.pointer);
    let user = UserPtr::from_addr(pointer as usize);
    let size = call.size_passed(compat, |index| regs.argument(compat, index));
    let Some(plan) = argument::plan(call, pointer, size, CAPACITY) else {
        // What the call finds is what the caller has passed: nothing, or what is refused unread.
        forget(syscall);
        return Ok(CachedArgument::unread(call, size));
    };
    let state = state_with_slot(syscall, compat)?;
    let slot = state.slot.as_mut().ok_or(ENOMEM)?;
    // Does the kernel accept the size that it finds in the struct?
    let mut accepted = true;
    let (size, address) = match plan {
        Plan::Copy(len) => {
            let readable = slot.fill(user, len);
            (size, slot.address_if(readable))
        }
        Plan::Read(offset) => match user::read::<u32>(user.wrapping_byte_add(offset)) {
            Ok(size) => {
                let (len, is_accepted) = argument::field_length(call, size, CAPACITY);
                accepted = is_accepted;
                let readable = slot.fill(user, len) || !accepted;
                if readable {
                    // Another thread may have changed the field since it was read. The call must
                    // find the size by which the slot was filled.
                    slot.put_u32(offset, size);
                }
                (u64::from(size), slot.address_if(readable))
            }
            Err(_) => {
                slot.clear();
                (0, slot.address_if(false))
            }
        },
    };
    note(&mut state.cached, call, regs, compat);
    state.cached.address = address;
    let copy = copy_in(slot, size);
    state.cached.may_write_back = argument::may_write_back(call, accepted, copy.extent as usize);
    Ok(copy)
}

/// Notes that `call`, whose registers are `regs`, is to find its argument at the address that is
/// stored next.
#[inline(always)]
fn note(cached: &mut Cached, call: &'static ExtensibleCall, regs: Regs, compat: bool) {
    cached.nr = regs.nr();
    cached.compat = compat;
    cached.may_write_back = false;
    cached.call = Some(call);
}

/// The copy in the slot of an argument of `size` bytes.
#[inline(always)]
fn copy_in(slot: &Slot, size: u64) -> CachedArgument<'_> {
    CachedArgument {
        page: slot.page(),
        size,
        extent: argument::extent(size, slot.extent(), CAPACITY),
    }
}

/// The arguments of the calling task, with a slot in its present address space, which 32-bit calls
/// can reach if `low`.
#[inline(always)]
fn state_with_slot(syscall: &mut Syscall, low: bool) -> Result<&mut TaskArguments> {
    let mm = syscall.current().mm();
    let serves = |state: &TaskArguments| {
        let slot = state.slot.as_ref();
        slot.is_some_and(|slot| slot.serves(mm, low))
    };
    match tasks::get_if(syscall, serves) {
        Ok(state) => Ok(state),
        Err(syscall) => {
            new_slot(syscall, low)?;
            tasks::get(syscall).ok_or(ENOMEM)
        }
    }
}

/// Gives the calling task a slot, and [`TaskArguments`] if it has none.
#[cold]
fn new_slot(syscall: &mut Syscall, low: bool) -> Result {
    // Once the hook is in place, it stays for as long as there are filters.
    if !wrappers::is_installed() {
        return Err(EOPNOTSUPP);
    }
    if tasks::get(syscall).is_none() {
        tasks::add(syscall)?;
    }
    let mm = syscall.current().mm();
    let state = tasks::get(syscall).ok_or(ENOMEM)?;
    state.forget();
    // The old slot, if any, is in an address space that the task has left, or beyond the reach of
    // 32-bit calls.
    state.slot = None;
    state.slot = Some(Slot::claim(mm, low)?);
    Ok(())
}

/// Drops the argument that was fetched: the filters do not allow its call.
pub(super) fn forget(syscall: &mut Syscall) {
    if let Some(state) = tasks::get(syscall) {
        state.forget();
    }
}

/// Frees the slot and all that is kept for a task that exits.
pub(super) fn release(task: &mut Exiting<'_>) {
    tasks::remove(task);
}
