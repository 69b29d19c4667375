// SPDX-License-Identifier: GPL-2.0

//! Extensible arguments as filters see them, for those who take a copy.

use crate::logic::{
    abi::SECCOMP_EXTENSIBLE_ARG_MAX,
    bpf::append::Inputs, //
};
use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    prelude::*, //
};

/// Copies the extensible argument that the filters were run on, up to where it is zero from.
pub(crate) fn copy(inputs: &Inputs) -> Result<KVec<u8>> {
    let len = inputs.extent.min(SECCOMP_EXTENSIBLE_ARG_MAX) as usize;
    // SAFETY: Only the engine makes `Inputs`, and what it puts in `argument` points to 4096 bytes:
    // a page of the caller's that is neither given back nor written before its system call is over,
    // or zeros that are always there. The inputs are on the stack of that call.
    let bytes = unsafe { core::slice::from_raw_parts(inputs.argument, len) };
    let mut copy = KVec::with_capacity(len, GFP_KERNEL_ACCOUNT)?;
    copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT)?;
    Ok(copy)
}
