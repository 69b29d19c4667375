// SPDX-License-Identifier: GPL-2.0

//! What appended filters see of a system call beyond its registers, gathered for those that look.

use crate::{
    bpf::append::{
        Extra,
        Needs, //
    },
    calls,
    ea,
    sys::{
        regs::Regs,
        task::{
            self,
            Task, //
        }, //
    },
    uapi::SECCOMP_DATA_FEATURE_EA, //
};
use kernel::prelude::*;

/// An argument that there is not.
static ZEROS: [u8; 4096] = [0; 4096];

/// Nothing, for programs that need nothing.
pub(crate) const NONE: Extra = Extra {
    argument: ZEROS.as_ptr(),
    size: 0,
    extent: 0,
    features: 0,
    pkey: 0,
};

/// Gathers what `needs` says for the system call that the calling task makes.
///
/// If that is an extensible argument, it is copied, and the call reads the copy if
/// [`ea::arm`] is called. May sleep; an error is to deny the call.
pub(crate) fn gather(task: Task, regs: Regs, needs: Needs) -> Result<Extra> {
    let mut extra = NONE;
    if needs.pkey {
        extra.pkey = task::pkey_register().unwrap_or(0);
    }
    if needs.argument {
        // CAST: A negative number becomes one that no call has.
        if let Some(call) = calls::find(task.audit_arch(), regs.nr() as u32) {
            let view = ea::fetch(task, regs, call)?;
            extra.argument = view.data;
            extra.size = view.size;
            extra.extent = view.extent;
            extra.features = SECCOMP_DATA_FEATURE_EA as u32;
        }
    }
    Ok(extra)
}
