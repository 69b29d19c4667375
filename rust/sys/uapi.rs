// SPDX-License-Identifier: GPL-2.0

//! The constants and structures of `<linux/seccomp.h>` and its like, by the kernel's names.

use crate::logic::{
    abi,
    verdict, //
};
use core::mem::size_of;
use kernel::bindings;

pub(crate) use kernel::bindings::{
    seccomp_data,
    seccomp_notif_addfd,
    seccomp_notif_resp,
    seccomp_notif_sizes,
    BPF_MAXINSNS,
    O_CLOEXEC,
    SECCOMP_ADDFD_FLAG_SEND,
    SECCOMP_ADDFD_FLAG_SETFD,
    SECCOMP_FILTER_FLAG_LOG,
    SECCOMP_FILTER_FLAG_MASK,
    SECCOMP_FILTER_FLAG_NEW_LISTENER,
    SECCOMP_FILTER_FLAG_SPEC_ALLOW,
    SECCOMP_FILTER_FLAG_TSYNC,
    SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
    SECCOMP_GET_ACTION_AVAIL,
    SECCOMP_GET_NOTIF_SIZES,
    SECCOMP_IOC_MAGIC,
    SECCOMP_NOTIFY_ADDFD_SIZE_VER0,
    SECCOMP_SET_MODE_FILTER,
    SECCOMP_SET_MODE_STRICT,
    SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP,
    SECCOMP_USER_NOTIF_FLAG_CONTINUE,
    SIGKILL,
    SIGSYS, //
};

/// Asserts that [`verdict`] defines a constant as the kernel does. It has its own, as it builds
/// without the kernel, too.
macro_rules! same_as_in_the_kernel {
    ($($name:ident)*) => {
        $(const _: () = assert!(verdict::$name == bindings::$name);)*
    };
}

same_as_in_the_kernel! {
    SECCOMP_RET_KILL_THREAD
    SECCOMP_RET_TRAP
    SECCOMP_RET_ERRNO
    SECCOMP_RET_USER_NOTIF
    SECCOMP_RET_TRACE
    SECCOMP_RET_LOG
    SECCOMP_RET_ALLOW
    SECCOMP_RET_ACTION_FULL
    SECCOMP_RET_DATA
    MAX_ERRNO
    E2BIG
}

// `abi` declares these once more, as user programs include it.
const _: () = assert!(
    size_of::<abi::seccomp_data>() == size_of::<seccomp_data>()
        && size_of::<abi::seccomp_notif>() == size_of::<kernel::bindings::seccomp_notif>()
);

impl From<seccomp_data> for abi::seccomp_data {
    #[inline(always)]
    fn from(data: seccomp_data) -> Self {
        Self {
            nr: data.nr,
            arch: data.arch,
            instruction_pointer: data.instruction_pointer,
            args: data.args,
        }
    }
}

/// `sizeof(struct seccomp_metadata)`.
pub(crate) const METADATA_SIZE: usize = core::mem::size_of::<kernel::bindings::seccomp_metadata>();
