// SPDX-License-Identifier: GPL-2.0

//! What appended filters see of a system call beyond its registers, gathered for those that look.

use crate::{
    logic::{
        abi::SECCOMP_DATA_FEATURE_EA,
        bpf::append::{
            Inputs,
            NeededInputs, //
        },
        syscalls::{
            self,
            ExtensibleCall,
            AUDIT_ARCH_X86_64,
            X32_SYSCALL_BIT, //
        }, //
    },
    sys::{
        arch::{
            self,
            Arch,
            Native, //
        },
        regs::Regs,
        task::{
            self,
            Task, //
        }, //
    },
    takeover::args, //
};
use core::mem::MaybeUninit;
use kernel::prelude::*;

/// The call, if it has an extensible argument.
#[inline(always)]
fn call_of(task: Task, regs: Regs) -> Option<&'static ExtensibleCall> {
    // CAST: A negative number becomes one that no call has.
    let nr = regs.nr() as u32;
    // Each with an architecture that the compiler knows.
    if task.is_compat() {
        find_call(Native::AUDIT_ARCH_COMPAT, nr)
    } else {
        find_call(Native::AUDIT_ARCH, nr)
    }
}

/// [`syscalls::find`] for any number that user space comes up with: the processor does not speculate
/// that it is below the limit.
#[inline(always)]
pub(crate) fn find_call(audit_arch: u32, nr: u32) -> Option<&'static ExtensibleCall> {
    let nr = match audit_arch {
        AUDIT_ARCH_X86_64 => nr & !X32_SYSCALL_BIT,
        _ => nr,
    } as usize;
    if nr >= syscalls::LIMIT {
        return None;
    }
    // CAST: It is small.
    syscalls::find(
        audit_arch,
        arch::index_nospec::<{ syscalls::LIMIT }>(nr) as u32,
    )
}

/// An argument that there is not.
static ZEROS: [u8; args::CachedArgument::CAPACITY] = [0; args::CachedArgument::CAPACITY];

/// Nothing, for programs that need nothing.
pub(crate) const NONE: Inputs = Inputs {
    which: 0,
    argument: ZEROS.as_ptr(),
    size: 0,
    extent: 0,
    features: 0,
    pkey: 0,
};

/// Gathers in `place` what `needs` says for the system call that the calling task makes.
///
/// If that is an extensible argument, it is copied, and the call reads the copy unless
/// [`args::forget`] is called. May sleep; an error is to deny the call. Without one, the place is filled.
#[inline(always)]
pub(crate) fn gather(
    task: Task,
    regs: Regs,
    needs: NeededInputs,
    place: &mut MaybeUninit<Inputs>,
) -> Result {
    let mut inputs = NONE;
    if needs.pkey {
        inputs.pkey = task::pkey_register().unwrap_or(0);
    }
    if needs.argument {
        if let Some(call) = call_of(task, regs) {
            let view = args::fetch(task, regs, call)?;
            inputs.argument = view.data;
            inputs.size = view.size;
            inputs.extent = view.extent;
            inputs.features = SECCOMP_DATA_FEATURE_EA as u32;
        }
    }
    place.write(inputs);
    Ok(())
}

/// The same, for where it does not matter how long it takes.
#[cold]
#[inline(never)]
pub(crate) fn gather_rarely(
    task: Task,
    regs: Regs,
    needs: NeededInputs,
    place: &mut MaybeUninit<Inputs>,
) -> Result {
    gather(task, regs, needs, place)
}
