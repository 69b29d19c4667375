// SPDX-License-Identifier: GPL-2.0

//! Inspection by a tracer: `PTRACE_SECCOMP_GET_FILTER` and `PTRACE_SECCOMP_GET_METADATA`, which
//! checkpoint and restore needs.
//!
//! Follows `seccomp_get_filter()` and `seccomp_get_metadata()` of `kernel/seccomp.c`. The tracee is
//! stopped, but not the other threads of its process, which may put a filter on it by TSYNC at any
//! time. So the owner of its filter is read under the siglock. A tracee without a filter is refused
//! here: the built-in engine might find one of ours when it looks again.

use crate::{
    engine::filter::{
        FilterLayer,
        FilterRef, //
    },
    logic::abi::{
        seccomp_metadata_append,
        SECCOMP_METADATA_APPENDED, //
    },
    sys::{
        filter_pointer::Owner,
        signal::SigLock,
        task::{
            self,
            Current,
            Mode,
            Tracee, //
        },
        uapi::{
            METADATA_SIZE,
            SECCOMP_FILTER_FLAG_LOG, //
        },
        user, //
    }, //
};
use core::mem::size_of;
use kernel::{
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// `seccomp_get_filter()`: copies the instructions of the tracee's filter number `offset`, of which
/// the oldest is 0, to `data`, unless that is NULL. Returns the number of instructions, or a
/// negative errno; `None` if the tracee belongs to the built-in engine.
pub(crate) fn get_filter(tracee: &Tracee<'_>, offset: usize, data: UserPtr) -> Option<isize> {
    answer(try_get_filter(tracee, offset, data))
}

/// `seccomp_get_metadata()`: copies at most `size` bytes of the metadata of the tracee's filter
/// whose number is the first field at `data`. Returns the number of bytes, or a negative errno;
/// `None` if the tracee belongs to the built-in engine.
pub(crate) fn get_metadata(tracee: &Tracee<'_>, size: usize, data: UserPtr) -> Option<isize> {
    answer(try_get_metadata(tracee, size, data))
}

fn answer(result: Result<Option<usize>>) -> Option<isize> {
    match result {
        Ok(value) => value.map(|value| value as isize),
        Err(error) => Some(error.to_errno() as isize),
    }
}

/// `EACCES` unless the caller is privileged and unconfined. A confined task could learn how to get
/// around the filters of another.
fn may_inspect() -> Result {
    if task::is_sysadmin() && Current::get().mode() == Mode::Disabled {
        Ok(())
    } else {
        Err(EACCES)
    }
}

/// `get_nth_filter()`: the tracee's filter number `offset`, of which the oldest is 0. `None` if the
/// tracee belongs to the built-in engine; `EINVAL` if it is not in filter mode, `ENOENT` if it has
/// fewer filters.
fn nth(tracee: &Tracee<'_>, offset: usize) -> Result<Option<FilterRef>> {
    let newest = {
        let mut lock = SigLock::of_tracee(tracee);
        let thread = lock.thread();
        if thread.mode() != Mode::Filter {
            return Err(EINVAL);
        }
        match thread.owner::<FilterLayer>() {
            Owner::Us(filter) => filter.get(),
            Owner::Kernel => return Ok(None),
            Owner::Nobody => return Err(EINVAL),
        }
    };
    let steps = newest
        .path()
        .count()
        .checked_sub(offset)
        .and_then(|rest| rest.checked_sub(1))
        .ok_or(ENOENT)?;
    newest.below(steps).map(Some).ok_or(ENOENT)
}

fn try_get_filter(tracee: &Tracee<'_>, offset: usize, data: UserPtr) -> Result<Option<usize>> {
    may_inspect()?;
    let Some(filter) = nth(tracee, offset)? else {
        return Ok(None);
    };
    let insns = filter.parts().program().original();
    if !data.as_const_ptr().is_null() {
        user::write_slice(data, insns)?;
    }
    Ok(Some(insns.len()))
}

fn try_get_metadata(tracee: &Tracee<'_>, size: usize, data: UserPtr) -> Result<Option<usize>> {
    may_inspect()?;
    let mut offset = [0u8; 8];
    if size < offset.len() {
        return Err(EINVAL);
    }
    UserSlice::new(data, offset.len())
        .reader()
        .read_slice(&mut offset)?;
    let Some(filter) = nth(tracee, u64::from_ne_bytes(offset) as usize)? else {
        return Ok(None);
    };
    let filter = filter.parts();
    let log = if filter.log() {
        u64::from(SECCOMP_FILTER_FLAG_LOG)
    } else {
        0
    };
    // The metadata of a classic filter are those of the built-in engine.
    let (known, flags, argument) = match filter.program().appended() {
        Some((flags, argument)) => {
            let append = flags & !u64::from(u32::MAX);
            let flags = log | append | SECCOMP_METADATA_APPENDED;
            (size_of::<seccomp_metadata_append>(), flags, argument)
        }
        None => (METADATA_SIZE, log, 0),
    };
    let mut metadata = [0u8; size_of::<seccomp_metadata_append>()];
    let fields = [u64::from_ne_bytes(offset), flags, argument.into()];
    for (place, field) in metadata.chunks_exact_mut(8).zip(fields) {
        place.copy_from_slice(&field.to_ne_bytes());
    }
    let size = size.min(known);
    let known = metadata.get(..size).ok_or(EINVAL)?;
    UserSlice::new(data, size).writer().write_slice(known)?;
    Ok(Some(size))
}
