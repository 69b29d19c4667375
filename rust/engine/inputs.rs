// SPDX-License-Identifier: GPL-2.0

//! The inputs of appended filters: what they see of a system call beyond its registers, gathered
//! for those that look.

use super::platform::{
    Chosen,
    Platform, //
};
use crate::{
    logic::{
        abi::SECCOMP_DATA_FEATURE_EA,
        bpf::append::NeededInputs,
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

/// The call, if it has an extensible argument.
#[inline(always)]
fn extensible(current: Current, regs: Regs) -> Option<&'static ExtensibleCall> {
    // CAST: A negative number becomes one that no call has.
    let nr = regs.nr() as u32;
    // Each with an architecture that the compiler knows.
    if current.is_compat() {
        find_call(Native::AUDIT_ARCH_COMPAT, nr)
    } else {
        find_call(Native::AUDIT_ARCH, nr)
    }
}

/// [`syscalls::find`] for any number that user space comes up with: the processor does not
/// speculate that it is below the limit.
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
/// If that includes an extensible argument, it is copied, and the call reads the copy unless
/// [`Platform::forget_argument`] is called. May sleep; an error is to deny the call.
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
            // CAST: It is a low bit.
            inputs.features = SECCOMP_DATA_FEATURE_EA as u32;
        }
    }
    Ok(inputs)
}

/// The same, for where it does not matter how long it takes.
#[cold]
#[inline(never)]
pub(crate) fn gather_rarely(call: &mut Syscall, needs: NeededInputs) -> Result<Inputs<'_>> {
    gather(call, needs)
}
