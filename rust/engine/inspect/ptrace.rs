// SPDX-License-Identifier: GPL-2.0

//! Inspection by a tracer: `PTRACE_SECCOMP_GET_FILTER` and `PTRACE_SECCOMP_GET_METADATA`, which
//! checkpoint and restore needs.
//!
//! Follows `seccomp_get_filter()` and `seccomp_get_metadata()` of `kernel/seccomp.c`. The tracee
//! is stopped, but its threads are not: one of them may put a filter on it at any time, so whose
//! filter it is must be decided under the siglock, and a tracee without one is ours to refuse.

use crate::{
    engine::filter::{
        Filter,
        FilterRef,
        Owner, //
    },
    logic::abi::{
        seccomp_metadata_append,
        SECCOMP_METADATA_APPENDED, //
    },
    sys::{
        module::ModuleRef,
        signal::SigLock,
        task::{
            self,
            Mode,
            Task, //
        },
        uapi::SECCOMP_FILTER_FLAG_LOG, //
    },
    takeover::hooks::Handled, //
};
use core::{
    mem::size_of,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    ffi::{
        c_ulong,
        c_void, //
    },
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// Stands before `seccomp_get_filter()`.
///
/// # Safety
///
/// For the entry code only: `tracee` is traced by the caller, and stopped.
#[no_mangle]
unsafe extern "C" fn rsc_seccomp_get_filter(
    tracee: NonNull<bindings::task_struct>,
    offset: c_ulong,
    data: *mut c_void,
) -> Handled {
    let Some(_module) = ModuleRef::try_get() else {
        return Handled::NO;
    };
    // SAFETY: By the contract of this function.
    let tracee = unsafe { Task::from_raw(tracee) };
    answer(get_filter(tracee, offset, UserPtr::from_ptr(data)))
}

/// Stands before `seccomp_get_metadata()`.
///
/// # Safety
///
/// For the entry code only: `tracee` is traced by the caller, and stopped.
#[no_mangle]
unsafe extern "C" fn rsc_seccomp_get_metadata(
    tracee: NonNull<bindings::task_struct>,
    size: c_ulong,
    data: *mut c_void,
) -> Handled {
    let Some(_module) = ModuleRef::try_get() else {
        return Handled::NO;
    };
    // SAFETY: By the contract of this function.
    let tracee = unsafe { Task::from_raw(tracee) };
    answer(get_metadata(tracee, size, UserPtr::from_ptr(data)))
}

/// `Ok(None)` means that the tracee is the built-in engine's.
fn answer(result: Result<Option<usize>>) -> Handled {
    match result {
        Ok(Some(value)) => Handled::yes(value as isize),
        Ok(None) => Handled::NO,
        Err(error) => Handled::yes(error.to_errno() as isize),
    }
}

/// A confined inspector could learn how to get around the filters of another.
fn may_inspect() -> Result {
    if task::is_sysadmin() && Task::current().mode() == Mode::Disabled {
        Ok(())
    } else {
        Err(EACCES)
    }
}

/// `get_nth_filter()`: the tracee's filter number `offset`, the oldest being number 0.
fn nth(tracee: Task, offset: usize) -> Result<Option<FilterRef>> {
    let newest = {
        // SAFETY: The tracee is stopped for the caller, so it does not exit.
        let lock = unsafe { SigLock::of(tracee) };
        if tracee.mode() != Mode::Filter {
            return Err(EINVAL);
        }
        match lock.owner(tracee) {
            Owner::Us(filter) => filter.get(),
            Owner::Kernel => return Ok(None),
            Owner::Nobody => return Err(EINVAL),
        }
    };
    let count = newest.path().count();
    let steps = count
        .checked_sub(offset)
        .and_then(|rest| rest.checked_sub(1))
        .ok_or(ENOENT)?;
    let filter = newest.path().nth(steps).map(Filter::get);
    filter.map(Some).ok_or(ENOENT)
}

fn get_filter(tracee: Task, offset: usize, data: UserPtr) -> Result<Option<usize>> {
    may_inspect()?;
    let Some(filter) = nth(tracee, offset)? else {
        return Ok(None);
    };
    let insns = filter.program().original();
    if !data.as_const_ptr().is_null() {
        // SAFETY: Instructions are plain numbers without padding.
        let bytes = unsafe {
            core::slice::from_raw_parts(insns.as_ptr().cast::<u8>(), core::mem::size_of_val(insns))
        };
        UserSlice::new(data, bytes.len())
            .writer()
            .write_slice(bytes)?;
    }
    Ok(Some(insns.len()))
}

fn get_metadata(tracee: Task, size: usize, data: UserPtr) -> Result<Option<usize>> {
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
    let log = if filter.log() {
        u64::from(SECCOMP_FILTER_FLAG_LOG)
    } else {
        0
    };
    // What there is to know of other filters is no more than it was.
    let (known, flags, argument) = match filter.program().appended() {
        Some((flags, argument)) => {
            let append = flags & !u64::from(u32::MAX);
            let flags = log | append | SECCOMP_METADATA_APPENDED;
            (size_of::<seccomp_metadata_append>(), flags, argument)
        }
        None => (size_of::<bindings::seccomp_metadata>(), log, 0),
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
