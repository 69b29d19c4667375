// SPDX-License-Identifier: GPL-2.0

//! Gathers the inputs of appended filters: what these see of a system call beyond its registers.

use super::platform::{
    Chosen,
    Platform, //
};
use crate::{
    logic::{
        bpf::append::{
            NeededInputs,
            EA_FEATURES, //
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
        bpf::{
            Inputs,
            NO_INPUTS, //
        },
        regs::Regs,
        syscall::Syscall,
        task::{
            self,
            Current, //
        }, //
    }, //
};
use kernel::prelude::*;

/// The entry of the call in the table of extensible calls, if it has one.
#[inline(always)]
pub(crate) fn extensible(current: Current, regs: Regs) -> Option<&'static ExtensibleCall> {
    // CAST: A negative number becomes one that no call has.
    let nr = regs.nr() as u32;
    // Two calls, so that the compiler knows the architecture in each.
    if current.is_compat() {
        find_call(Native::AUDIT_ARCH_COMPAT, nr)
    } else {
        find_call(Native::AUDIT_ARCH, nr)
    }
}

/// [`syscalls::find`] for a number from user space: the processor does not speculate that a number
/// beyond the limit is below it.
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

/// Gathers the inputs that `needs` asks for.
///
/// If these include the argument and the call has an extensible one, copies that: the call reads
/// the copy unless [`Platform::forget_argument`] is called. May sleep. On an error the call must
/// not run; see [`Platform::cache_argument`].
#[inline(always)]
pub(crate) fn gather(call: &mut Syscall, needs: NeededInputs) -> Result<Inputs<'_>> {
    let mut inputs = NO_INPUTS;
    if needs.pkey {
        inputs.pkey = task::pkey_register().unwrap_or(0);
    }
    if needs.argument {
        if let Some(extensible) = extensible(call.current(), call.regs()) {
            let cached = Chosen::cache_argument(call, extensible)?;
            inputs.argument = cached.page;
            inputs.size = cached.size;
            inputs.extent = cached.extent;
            inputs.features = EA_FEATURES;
        }
    }
    Ok(inputs)
}

/// [`gather`], not inlined, for slow paths.
#[cold]
#[inline(never)]
pub(crate) fn gather_rarely(call: &mut Syscall, needs: NeededInputs) -> Result<Inputs<'_>> {
    gather(call, needs)
}
