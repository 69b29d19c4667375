// SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note

//! The constants and structures of `include/uapi/linux/seccomp_append.h`, which describes them.
//! Uses `core` alone, so that programs of user space can take this file as it is.

#![allow(non_camel_case_types, reason = "the names are those of the header")]
#![allow(unreachable_pub, reason = "so that other crates can take it")]

use core::mem::{
    offset_of,
    size_of, //
};

/// Adds a filter that sees `struct seccomp_data_append`.
pub const SECCOMP_APPEND_FILTER: u32 = 4;
/// Reports how a system call passes its extensible argument.
pub const SECCOMP_GET_SYSCALL_EA_SIZE: u32 = 5;
/// Reports which operations, flags and fields the kernel supports.
pub const SECCOMP_GET_FEATURES: u32 = 6;
/// Makes `SECCOMP_GET_NOTIF_SIZES` report the size of [`seccomp_notif_append`].
pub const SECCOMP_GET_NOTIF_SIZES_APPEND: u32 = 1 << 0;

/// `nr_high` is populated.
pub const SECCOMP_APPEND_FLAG_WANT_NR_HIGH: u64 = 1 << 32;
/// `arch_reserved` is populated.
pub const SECCOMP_APPEND_FLAG_WANT_ARCH: u64 = 1 << 33;
/// The filter sees extensible arguments.
pub const SECCOMP_APPEND_FLAG_USE_EA_SIZE: u64 = 1 << 34;
/// The filter may load from an argument that has non-zero bytes beyond those that it sees.
pub const SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE: u64 = 1 << 35;

/// The largest `extensible_arg_size` of a filter, in bytes.
pub const SECCOMP_EXTENSIBLE_ARG_MAX: u32 = 4096;
/// Bytes of [`seccomp_data_append`] before the extensible argument.
pub const SECCOMP_DATA_APPEND_SIZE: u32 = 1136;
/// Bytes of [`seccomp_notif_append`] before the extensible argument.
pub const SECCOMP_NOTIF_APPEND_SIZE: u32 = 120;

/// `nr_high` is populated.
pub const SECCOMP_DATA_FEATURE_NR_HIGH: u64 = 1 << 0;
/// `arch_reserved[0]` is the protection-key register.
pub const SECCOMP_DATA_FEATURE_PKEY: u64 = 1 << 1;
/// The call has an extensible argument, and the filter sees it.
pub const SECCOMP_DATA_FEATURE_EA: u64 = 1 << 2;
/// The argument has non-zero bytes beyond those that the filter sees.
pub const SECCOMP_DATA_FEATURE_EA_TAIL: u64 = 1 << 3;
/// `extensible_arg_extent` is populated.
pub const SECCOMP_DATA_FEATURE_EA_EXTENT: u64 = 1 << 4;

/// The size is a field of the struct.
pub const SECCOMP_EA_SIZE_IN_STRUCT: u32 = u32::MAX;
/// The size is always the same.
pub const SECCOMP_EA_SIZE_FIXED: u32 = u32::MAX - 1;

/// A struct that grows: what is beyond the size that the kernel knows must be zero.
pub const SECCOMP_EA_KIND_STRUCT: u32 = 0;
/// A buffer: the kernel refuses one that is longer than it knows.
pub const SECCOMP_EA_KIND_BUFFER: u32 = 1;
/// A struct of one size.
pub const SECCOMP_EA_KIND_FIXED: u32 = 2;
/// The call takes such an argument where filters do not see it.
pub const SECCOMP_EA_KIND_HIDDEN: u32 = 3;

/// The filter was installed by `SECCOMP_APPEND_FILTER`.
pub const SECCOMP_METADATA_APPENDED: u64 = 1 << 63;

/// Argument of `SECCOMP_APPEND_FILTER`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct seccomp_append_filter {
    /// `SECCOMP_FILTER_FLAG_*` and `SECCOMP_APPEND_FLAG_*`.
    pub flags: u64,
    /// Pointer to a `struct sock_fprog`.
    pub filter: u64,
    /// Bytes of extensible arguments that the filter understands.
    pub extensible_arg_size: u64,
}

/// `struct seccomp_data`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct seccomp_data {
    /// The system call's number.
    pub nr: i32,
    /// `AUDIT_ARCH_*`.
    pub arch: u32,
    /// The address of the instruction that made the call.
    pub instruction_pointer: u64,
    /// Its arguments.
    pub args: [u64; 6],
}

/// What an appended filter loads from.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct seccomp_data_append {
    /// The part that filters of `SECCOMP_SET_MODE_FILTER` load from.
    pub data: seccomp_data,
    /// Bytes that the filter may load.
    pub size: u64,
    /// `SECCOMP_DATA_FEATURE_*`.
    pub features: u64,
    /// High half of the register with the number.
    pub nr_high: u32,
    /// The protection-key register, and zeros.
    pub arch_reserved: [u32; 5],
    /// The offset in the argument just behind the last byte that is not zero; 0 if all are.
    pub extensible_arg_extent: u32,
    /// Zero.
    pub hole: [u8; 1020],
    /// The size of the argument as the caller passed it.
    pub extensible_arg_size: u64,
    /// The argument.
    pub extensible_arg: [u8; 0],
}

/// Argument of `SECCOMP_GET_SYSCALL_EA_SIZE`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct seccomp_syscall_ea {
    /// `AUDIT_ARCH_*`, to be filled in.
    pub arch: u32,
    /// The call's number, to be filled in.
    pub nr: u32,
    /// Which argument is the pointer.
    pub pointer_arg: u32,
    /// Which argument is the size; or [`SECCOMP_EA_SIZE_IN_STRUCT`], or [`SECCOMP_EA_SIZE_FIXED`].
    pub size_arg: u32,
    /// Where the size is in the struct.
    pub size_offset: u32,
    /// The smallest size that the kernel takes.
    pub size_min: u32,
    /// The size that the kernel knows.
    pub size_known: u32,
    /// `SECCOMP_EA_KIND_*`. For [`SECCOMP_EA_KIND_HIDDEN`] all other fields that are not filled in
    /// are 0.
    pub kind: u32,
}

/// Result of `SECCOMP_GET_FEATURES`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct seccomp_features {
    /// A bit for each operation.
    pub operations: u64,
    /// Number of different actions.
    pub actions: u32,
    /// [`SECCOMP_EXTENSIBLE_ARG_MAX`].
    pub extensible_arg_max: u32,
    /// Flags of `SECCOMP_SET_MODE_FILTER`.
    pub filter_flags: u64,
    /// Flags of `SECCOMP_APPEND_FILTER`.
    pub append_flags: u64,
    /// `SECCOMP_DATA_FEATURE_*` of this machine.
    pub data_features: u64,
}

/// `struct seccomp_notif`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct seccomp_notif {
    /// Of the request.
    pub id: u64,
    /// The process that made the call, in the PID namespace of the listener.
    pub pid: u32,
    /// Zero.
    pub flags: u32,
    /// The call.
    pub data: seccomp_data,
}

/// What `SECCOMP_IOCTL_NOTIF_RECV` writes to a buffer of at least this size.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct seccomp_notif_append {
    /// What it writes to a smaller buffer.
    pub notif: seccomp_notif,
    /// `SECCOMP_DATA_FEATURE_*`.
    pub features: u64,
    /// High half of the register with the number.
    pub nr_high: u32,
    /// The protection-key register, and zeros.
    pub arch_reserved: [u32; 5],
    /// The size of the argument as the caller passed it.
    pub extensible_arg_size: u64,
    /// The argument.
    pub extensible_arg: [u8; 0],
}

/// Argument of `PTRACE_SECCOMP_GET_METADATA`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct seccomp_metadata_append {
    /// Which filter, as for `PTRACE_SECCOMP_GET_FILTER`.
    pub filter_off: u64,
    /// Its flags.
    pub flags: u64,
    /// Bytes of extensible arguments that it understands.
    pub extensible_arg_size: u64,
}

macro_rules! at {
    ($($type:ident: $size:literal { $($field:ident: $offset:literal),* })*) => {
        $(
            const _: () = assert!(size_of::<$type>() == $size);
            $(const _: () = assert!(offset_of!($type, $field) == $offset);)*
        )*
    };
}

at! {
    seccomp_append_filter: 24 { flags: 0, filter: 8, extensible_arg_size: 16 }
    seccomp_data: 64 { nr: 0, arch: 4, instruction_pointer: 8, args: 16 }
    seccomp_data_append: 1136 {
        data: 0, size: 64, features: 72, nr_high: 80, arch_reserved: 84,
        extensible_arg_extent: 104, hole: 108, extensible_arg_size: 1128, extensible_arg: 1136
    }
    seccomp_syscall_ea: 32 {
        arch: 0, nr: 4, pointer_arg: 8, size_arg: 12, size_offset: 16, size_min: 20,
        size_known: 24, kind: 28
    }
    seccomp_features: 40 {
        operations: 0, actions: 8, extensible_arg_max: 12, filter_flags: 16, append_flags: 24,
        data_features: 32
    }
    seccomp_notif: 80 { id: 0, pid: 8, flags: 12, data: 16 }
    seccomp_notif_append: 120 {
        notif: 0, features: 80, nr_high: 88, arch_reserved: 92, extensible_arg_size: 112,
        extensible_arg: 120
    }
    seccomp_metadata_append: 24 { filter_off: 0, flags: 8, extensible_arg_size: 16 }
}

const _: () = assert!(size_of::<seccomp_data_append>() == SECCOMP_DATA_APPEND_SIZE as usize);
const _: () = assert!(size_of::<seccomp_notif_append>() == SECCOMP_NOTIF_APPEND_SIZE as usize);
