// SPDX-License-Identifier: GPL-2.0

//! The cache of extensible arguments: what the filters have seen is what the call gets.
//!
//! A struct that a call takes by pointer is copied once, to a [`slot`] of the calling task in a
//! [`region`] of its process, which the process can read but not change. The filters look at the
//! copy, and the [`hook`] passes the call the address of the copy in place of the caller's.
//! `Documentation/ea-internals.rst` has the whole story.
//!
//! In the course of a system call: [`fetch`], then the filters, then [`arm`] if they allow the call.
//! All functions here but [`prepare`] are for the calling task.
//!
//! If a struct cannot be read, the filters see zeros, and the call gets the address of the region's
//! guard page, which never can be: so it fails as it would have by itself, and what another thread
//! makes readable meanwhile is not looked at. There is one difference: a struct that is readable in
//! parts can make a call fail with `E2BIG` for what is behind the bytes that the kernel knows, before
//! the kernel comes to a byte that it cannot read. Here it fails with `EFAULT`.
//!
//! Locks, outermost first: the hook's mutex; the mmap lock; `REGIONS` of [`region`]. `CHANGES` of
//! [`tasks`] is on its own. None is held while a user's memory is read or a call is run.

mod argument;
mod hook;
mod region;
mod slot;
mod tasks;

use crate::{
    calls::Call,
    sys::{
        regs::Regs,
        task::Task,
        user, //
    },
};
use argument::Plan;
use kernel::{
    prelude::*,
    uaccess::UserPtr, //
};
use slot::Slot;
use tasks::State;

/// A cached argument, as the filters may see it.
///
/// What it refers to stays as it is until the task fetches the next one, or exits. Another task may
/// look at it as long as it keeps this one from going on.
#[derive(Clone, Copy)]
pub(crate) struct View {
    /// The copy: [`View::CAPACITY`] bytes, zero behind what the caller has passed.
    pub(crate) data: *const u8,
    /// The size that the caller has passed, as it is, even if no call accepts it.
    pub(crate) size: u64,
    /// The offset just behind the last byte of the copy that is not zero.
    pub(crate) extent: u32,
}

impl View {
    /// How much there is behind `data`; and the kernel refuses longer arguments.
    pub(crate) const CAPACITY: usize = slot::SIZE;
}

/// The mechanism; dropping it removes the hook.
pub(crate) struct Mechanism(());

impl Mechanism {
    /// Gets everything ready, without hooking anything yet.
    ///
    /// # Safety
    ///
    /// Called once, while the module is loading.
    pub(crate) unsafe fn new() -> Self {
        // SAFETY: By the contract of this function.
        unsafe {
            hook::init();
            region::init();
            tasks::init();
        }
        Self(())
    }
}

impl Drop for Mechanism {
    fn drop(&mut self) {
        hook::remove();
    }
}

/// Sees to it that arguments can be cached, before the first filter that looks at them is attached.
///
/// `EBUSY` if somebody else has taken over one of the calls, `EOPNOTSUPP` if one cannot be.
pub(crate) fn prepare() -> Result {
    hook::install()
}

/// Copies the argument of the call that the task has entered, for the filters to look at.
///
/// An error, `ENOMEM` as a rule, means that there is no place for the copy: the call must not run.
/// `EOPNOTSUPP` if nobody has called [`prepare`].
pub(crate) fn fetch(task: Task, regs: Regs, call: &'static Call) -> Result<View> {
    if !hook::is_installed() {
        return Err(EOPNOTSUPP);
    }
    let compat = task.is_compat();
    let state = state_with_slot(task, compat)?;
    state.forget();
    let slot = state.slot.as_mut().ok_or(ENOMEM)?;

    let pointer = regs.argument(compat, call.pointer);
    let size = call
        .size_argument()
        .map_or(0, |index| regs.argument(compat, index));
    let user = UserPtr::from_addr(pointer as usize);
    // What the kernel would do with the size, once it has read it.
    let mut accepted = true;
    let (size, address) = match argument::plan(call, pointer, size, View::CAPACITY) {
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
                let (len, is_accepted) = argument::field_length(call, size, View::CAPACITY);
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
    let extent = slot.extent();
    let cached = &mut state.cached;
    cached.nr = regs.nr();
    cached.compat = compat;
    cached.address = address;
    cached.write_back = argument::written_back(call, accepted, extent);
    cached.call = Some(call);
    Ok(View {
        data: slot.data(),
        size,
        // CAST: At most the size of a slot.
        extent: extent as u32,
    })
}

/// The state of the task, with a slot in the address space that it has now.
#[inline(always)]
fn state_with_slot<'a>(task: Task, compat: bool) -> Result<&'a mut State> {
    let mm = task.mm();
    // Calls of 64-bit tasks can reach all of the address space.
    let low = compat;
    // SAFETY: The task is the caller, and there are no other references.
    if let Some(state) = unsafe { tasks::get(task) } {
        if state.slot.as_ref().is_some_and(|slot| slot.serves(mm, low)) {
            return Ok(state);
        }
    }
    new_slot(task, compat)
}

#[cold]
fn new_slot<'a>(task: Task, low: bool) -> Result<&'a mut State> {
    // SAFETY: The task is the caller, and there are no other references, here and below.
    if unsafe { tasks::get(task) }.is_none() {
        tasks::add(task)?;
    }
    // SAFETY: As above.
    let state = unsafe { tasks::get(task) }.ok_or(ENOMEM)?;
    state.forget();
    // The old one, if any, is in an address space that the task has left, or out of reach.
    state.slot = None;
    state.slot = Some(Slot::claim(task.mm(), low)?);
    Ok(state)
}

/// The filters allow the call whose argument was fetched: it gets the copy.
pub(crate) fn arm(task: Task) {
    // SAFETY: The task is the caller, and there are no other references.
    if let Some(state) = unsafe { tasks::get(task) } {
        state.armed = state.cached.call.is_some();
    }
}

/// The argument that was fetched is not to be used.
pub(crate) fn disarm(task: Task) {
    // SAFETY: As in `arm()`.
    if let Some(state) = unsafe { tasks::get(task) } {
        state.forget();
    }
}

/// The task exits.
pub(crate) fn release(task: Task) {
    // SAFETY: As in `arm()`.
    unsafe { tasks::remove(task) };
}
