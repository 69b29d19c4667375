// SPDX-License-Identifier: GPL-2.0

//! The cache of extensible arguments: what the filters have seen is what the call gets.
//!
//! A struct that a call takes by pointer is copied once, to a [`slot`] of the calling task in a
//! [`region`] of its process, which the process can read but not change. The filters look at the
//! copy, and the [`wrappers`] passes the call the address of the copy in place of the caller's.
//! `Documentation/internals/ea-internals.rst` has the whole story.
//!
//! In the course of a system call: [`fetch`], then the filters, then [`forget`] if they do
//! not allow the call.
//! [`fetch`], [`forget`] and [`release`] are for the calling task.
//!
//! If a struct cannot be read, the filters see zeros, and the call gets the address of the
//! region's guard page, which never can be: so it fails as it would have by itself, and what
//! another thread makes readable meanwhile is not looked at. There is one difference: a struct
//! that is readable in parts can make a call fail with `E2BIG` for what is behind the bytes that
//! the kernel knows, before the kernel comes to a byte that it cannot read. Here it fails with
//! `EFAULT`.
//!
//! Locks, outermost first: the hook's mutex; the mmap lock; `REGIONS` of [`region`]. `CHANGES` of
//! [`tasks`] is on its own. None is held while a user's memory is read or a call is run.

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
            Size, //
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

/// The mechanism; dropping it removes the hook.
pub(crate) struct Mechanism(());

impl Mechanism {
    /// Gets everything ready, and hooks the calls if `wanted`.
    ///
    /// If that is not possible, the module does without, and [`retry`] may help later. Fails with
    /// `ENOMEM`.
    ///
    /// # Safety
    ///
    /// Called once, while the module is loading.
    pub(crate) unsafe fn new(wanted: bool) -> Result<Self> {
        // SAFETY: By the contract of this function.
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
                "extensible arguments are not filtered: a BPF program or a live patch has one of the \
                 calls\n"
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

/// Can arguments be cached? Once they can, it stays so.
pub(crate) fn is_available() -> bool {
    wrappers::is_installed()
}

/// Hooks the calls, if they are not.
///
/// `EBUSY` if somebody else has taken over one of the calls, or tries the same; `EOPNOTSUPP` if one
/// cannot be hooked; `ENOMEM`.
pub(crate) fn retry() -> Result {
    wrappers::install()
}

/// Copies the argument of the call that the task has entered, for the filters to look at.
///
/// An error, `ENOMEM` as a rule, means that there is no place for the copy: the call must not run.
/// `EOPNOTSUPP` unless [`is_available`].
#[inline(always)]
pub(super) fn fetch<'call>(
    syscall: &'call mut Syscall,
    call: &'static ExtensibleCall,
) -> Result<CachedArgument<'call>> {
    let (current, regs) = (syscall.current(), syscall.regs());
    if current.is_compat() {
        return fetch_other(state_with_slot(syscall, true)?, regs, call, true);
    }
    // What was cached is overwritten. Calls of 64-bit tasks can reach all of the address space.
    let state = state_with_slot(syscall, false)?;
    let pointer = regs.argument(false, call.pointer);
    match call.size {
        Size::Argument(index) if pointer != 0 => {
            let size = regs.argument(false, index);
            let Some(slot) = &mut state.slot else {
                return Err(ENOMEM);
            };
            // CAST: At most the size of a slot.
            let len = size.min(CAPACITY as u64) as usize;
            let readable = slot.fill(UserPtr::from_addr(pointer as usize), len);
            let address = slot.address_if(readable);
            let cached = &mut state.cached;
            Ok(note(cached, slot, Some(call), regs, false, address, size))
        }
        _ => fetch_other(state, regs, call, false),
    }
}

/// For all other calls: those whose size is in the struct, those that have none, and 32-bit ones.
#[inline(never)]
fn fetch_other<'call>(
    state: &'call mut TaskArguments,
    regs: Regs,
    call: &'static ExtensibleCall,
    compat: bool,
) -> Result<CachedArgument<'call>> {
    let pointer = regs.argument(compat, call.pointer);
    let slot = state.slot.as_mut().ok_or(ENOMEM)?;
    let user = UserPtr::from_addr(pointer as usize);
    let size = call
        .size_argument()
        .map_or(0, |index| regs.argument(compat, index));
    // What the kernel would do with the size, once it has read it.
    let mut accepted = true;
    let (size, address) = match argument::plan(call, pointer, size, CAPACITY) {
        Plan::Pass => {
            slot.clear();
            (size, 0)
        }
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
                    // It may have changed meanwhile, and one value it must be.
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
    let shown = (address != 0).then_some(call);
    let view = note(&mut state.cached, slot, shown, regs, compat, address, size);
    state.cached.may_write_back = argument::may_write_back(call, accepted, view.extent as usize);
    Ok(view)
}

/// Notes what is in the slot, and that `call` is to find it at `address`; none if it is to see what
/// the caller has passed.
#[inline(always)]
fn note<'call>(
    cached: &mut Cached,
    slot: &'call Slot,
    call: Option<&'static ExtensibleCall>,
    regs: Regs,
    compat: bool,
    address: usize,
    size: u64,
) -> CachedArgument<'call> {
    cached.nr = regs.nr();
    cached.compat = compat;
    cached.address = address;
    cached.may_write_back = false;
    cached.call = call;
    CachedArgument {
        page: slot.page(),
        size,
        // CAST: At most the size of a slot.
        extent: slot.extent() as u32,
    }
}

/// The state of the task, with a slot in the address space that it has now, where 32-bit calls can
/// reach it if `low`.
#[inline(always)]
fn state_with_slot(syscall: &mut Syscall, low: bool) -> Result<&mut TaskArguments> {
    let mm = syscall.current().mm();
    let serves = |state: &mut TaskArguments| {
        let slot = state.slot.as_ref();
        slot.is_some_and(|slot| slot.serves(mm, low))
    };
    if !tasks::get(syscall).is_some_and(serves) {
        new_slot(syscall, low)?;
    }
    tasks::get(syscall).ok_or(ENOMEM)
}

#[cold]
fn new_slot(syscall: &mut Syscall, low: bool) -> Result {
    // Once it is, it stays for as long as there are filters.
    if !wrappers::is_installed() {
        return Err(EOPNOTSUPP);
    }
    if tasks::get(syscall).is_none() {
        tasks::add(syscall)?;
    }
    let mm = syscall.current().mm();
    let state = tasks::get(syscall).ok_or(ENOMEM)?;
    state.forget();
    // The old one, if any, is in an address space that the task has left, or out of reach.
    state.slot = None;
    state.slot = Some(Slot::claim(mm, low)?);
    Ok(())
}

/// The filters do not allow the call whose argument was fetched.
pub(super) fn forget(syscall: &mut Syscall) {
    if let Some(state) = tasks::get(syscall) {
        state.forget();
    }
}

/// The task exits.
pub(super) fn release(task: &mut Exiting<'_>) {
    tasks::remove(task);
}
