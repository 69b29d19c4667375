// SPDX-License-Identifier: GPL-2.0

//! The operations of seccomp(2) that tell what the engine can do, and change nothing. `size` is the
//! caller's size of the structure at `buf`, in bytes.

use crate::{
    engine::{
        inputs,
        platform::{
            Chosen,
            Platform, //
        }, //
    },
    logic::{
        abi::*,
        syscalls::{
            self,
            ExtensibleCall,
            Size, //
        }, //
    },
    sys::{
        task,
        uapi::{
            seccomp_notif_resp,
            seccomp_notif_sizes,
            SECCOMP_FILTER_FLAG_MASK,
            SECCOMP_GET_ACTION_AVAIL,
            SECCOMP_GET_NOTIF_SIZES,
            SECCOMP_SET_MODE_FILTER,
            SECCOMP_SET_MODE_STRICT, //
        },
        user, //
    }, //
};
use core::mem::size_of;
use kernel::{
    prelude::*,
    uaccess::UserPtr, //
};

/// All flags of `SECCOMP_APPEND_FILTER`.
pub(crate) const APPEND_FLAGS: u64 = SECCOMP_FILTER_FLAG_MASK as u64
    | SECCOMP_APPEND_FLAG_WANT_NR_HIGH
    | SECCOMP_APPEND_FLAG_WANT_ARCH
    | EA_FLAGS;

/// The flags that need extensible arguments to be cached.
const EA_FLAGS: u64 = SECCOMP_APPEND_FLAG_USE_EA_SIZE | SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE;

/// What filters can see of extensible arguments.
const EA_FEATURES: u64 =
    SECCOMP_DATA_FEATURE_EA | SECCOMP_DATA_FEATURE_EA_TAIL | SECCOMP_DATA_FEATURE_EA_EXTENT;

/// `SECCOMP_GET_SYSCALL_EA_SIZE`: describes the extensible argument of a system call.
///
/// Fails with `EOPNOTSUPP` if the call has none, if this kernel does not run its architecture, or
/// if extensible arguments are not cached; with `EINVAL` or `E2BIG` for a size that is too small or
/// too large; and with `EFAULT`.
pub(crate) fn syscall_ea(size: u32, buf: UserPtr) -> Result {
    const SMALLEST: usize = size_of::<seccomp_syscall_ea>();
    let asked: seccomp_syscall_ea = user::read_sized(buf, size, SMALLEST)?;
    if !Chosen::caches_arguments() || !task::runs_arch(asked.arch) {
        return Err(EOPNOTSUPP);
    }
    let answer = match inputs::find_call(asked.arch, asked.nr) {
        Some(call) => describe(asked, call),
        None if syscalls::hides_argument(asked.arch, asked.nr) => seccomp_syscall_ea {
            arch: asked.arch,
            nr: asked.nr,
            kind: SECCOMP_EA_KIND_HIDDEN,
            ..Default::default()
        },
        None => return Err(EOPNOTSUPP),
    };
    user::write_sized(buf, size, SMALLEST, &answer)
}

fn describe(asked: seccomp_syscall_ea, call: &ExtensibleCall) -> seccomp_syscall_ea {
    // CAST: Numbers of arguments, offsets and sizes are at most a page.
    let (kind, size_arg, size_offset) = match call.size {
        Size::Argument(index) => (SECCOMP_EA_KIND_STRUCT, index as u32, 0),
        Size::Field { offset, .. } => (
            SECCOMP_EA_KIND_STRUCT,
            SECCOMP_EA_SIZE_IN_STRUCT,
            offset as u32,
        ),
        Size::Buffer(index) => (SECCOMP_EA_KIND_BUFFER, index as u32, 0),
        Size::Fixed(_) => (SECCOMP_EA_KIND_FIXED, SECCOMP_EA_SIZE_FIXED, 0),
    };
    let (size_min, size_known) = match call.size {
        Size::Fixed(size) if task::is_compat_arch(asked.arch) => (size, size),
        _ => (call.smallest, call.known),
    };
    seccomp_syscall_ea {
        arch: asked.arch,
        nr: asked.nr,
        pointer_arg: call.pointer as u32,
        size_arg,
        size_offset,
        size_min: size_min as u32,
        size_known: size_known as u32,
        kind,
    }
}

/// `SECCOMP_GET_FEATURES`: lists the operations, actions and flags that user space can use here.
///
/// Fails with `EINVAL` or `E2BIG` for a size that is too small or too large, and with `EFAULT`.
pub(crate) fn features(size: u32, buf: UserPtr) -> Result {
    let operations = [
        SECCOMP_SET_MODE_STRICT,
        SECCOMP_SET_MODE_FILTER,
        SECCOMP_GET_ACTION_AVAIL,
        SECCOMP_GET_NOTIF_SIZES,
        SECCOMP_APPEND_FILTER,
        SECCOMP_GET_SYSCALL_EA_SIZE,
        SECCOMP_GET_FEATURES,
    ];
    let pkey = match task::pkey_register() {
        Some(_) => SECCOMP_DATA_FEATURE_PKEY,
        None => 0,
    };
    let if_ea = |value: u64| if Chosen::caches_arguments() { value } else { 0 };
    let answer = seccomp_features {
        operations: operations.iter().fold(0, |bits, op| bits | 1 << op),
        actions: crate::logic::verdict::Action::COUNT,
        extensible_arg_max: if_ea(SECCOMP_EXTENSIBLE_ARG_MAX.into()) as u32,
        filter_flags: SECCOMP_FILTER_FLAG_MASK.into(),
        append_flags: APPEND_FLAGS & !EA_FLAGS | if_ea(EA_FLAGS),
        data_features: SECCOMP_DATA_FEATURE_NR_HIGH | if_ea(EA_FEATURES) | pkey,
    };
    user::write_sized(buf, size, size_of::<seccomp_features>(), &answer)
}

/// `SECCOMP_GET_NOTIF_SIZES` with `SECCOMP_GET_NOTIF_SIZES_APPEND`: tells the sizes of the
/// structures of user notification. `EFAULT`.
pub(crate) fn notif_sizes(buf: UserPtr) -> Result {
    // CAST: The structures are smaller than a page.
    let sizes = seccomp_notif_sizes {
        seccomp_notif: size_of::<seccomp_notif_append>() as u16,
        seccomp_notif_resp: size_of::<seccomp_notif_resp>() as u16,
        seccomp_data: size_of::<seccomp_data_append>() as u16,
    };
    user::write(buf, &sizes)
}
