// SPDX-License-Identifier: MIT OR Apache-2.0

//! Registers filters with io_uring.

#![allow(unsafe_code)]

use std::{
    ffi::c_void,
    io,
    mem,
    ptr, //
};

use super::Filters;
use crate::{
    bpf::{
        self,
        Insn, //
    },
    compile::rings::REFUSED, //
};

/// io_uring_register() has this number on all architectures.
const IO_URING_REGISTER: libc::c_long = 427;
const REGISTER_QUERY: u32 = 35;
const REGISTER_BPF_FILTER: u32 = 37;

/// `IO_URING_BPF_CMD_FILTER`
const CMD_FILTER: u16 = 1;
/// A request has its opcode in a byte.
const MOST_OPERATIONS: u32 = 256;

/// `struct io_uring_query_hdr`, with `IO_URING_QUERY_OPCODES` for its operation, which is 0.
#[repr(C)]
#[derive(Default)]
struct Query {
    next_entry: u64,
    query_data: u64,
    query_op: u32,
    size: u32,
    result: i32,
    resv: [u32; 3],
}

/// `struct io_uring_query_opcode`
#[repr(C)]
#[derive(Default)]
struct Opcodes {
    nr_request_opcodes: u32,
    nr_register_opcodes: u32,
    flags: [u64; 5],
    nr_query_opcodes: u32,
    pad: u32,
}

/// `struct io_uring_bpf`
#[repr(C)]
#[derive(Default)]
struct Registration {
    cmd_type: u16,
    cmd_flags: u16,
    resv: u32,
    opcode: u32,
    flags: u32,
    filter_len: u32,
    pdu_size: u8,
    pad: [u8; 3],
    filter_ptr: u64,
    resv2: [u64; 5],
}

/// Registers the filters for all rings that the calling thread, what it executes, and the threads
/// and processes that it makes will set up. It cannot be undone. Rings that are there already go
/// on as before.
///
/// Of operations of this kernel that the policy's does not have all are refused. `EINVAL` if the
/// kernel has no such filters; `EMSGSIZE` if they see something else than those that the policy
/// is compiled for; `EACCES` without
/// [`set_no_new_privs`](crate::kernel::set_no_new_privs) and `CAP_SYS_ADMIN`. Then some filters
/// may be registered, and others not.
pub fn register(filters: &Filters) -> io::Result<()> {
    let count = operations()?;
    if count > MOST_OPERATIONS {
        return Err(io::Error::from_raw_os_error(libc::EOVERFLOW));
    }
    for (filter, flags) in filters.registrations() {
        if u32::from(filter.number) < count {
            let seen = (filter.pdu_size, flags);
            register_one(filter.number.into(), seen, &filter.insns)?;
        }
    }
    // IO_URING_BPF_FILTER_DENY_REST spares those to which another has given filters before.
    let refuse = [Insn::new(bpf::RET, REFUSED)];
    for number in filters.filters.len() as u32..count {
        register_one(number, (0, 0), &refuse)?;
    }
    Ok(())
}

/// Has this kernel filters for io_uring? `None` if it does not tell, as it does not without
/// [`set_no_new_privs`](crate::kernel::set_no_new_privs) and `CAP_SYS_ADMIN`.
pub fn is_available() -> Option<bool> {
    // SAFETY: There is nothing at NULL, which the kernel finds out.
    let error = unsafe { io_uring_register(REGISTER_BPF_FILTER, ptr::null_mut(), 1) }.err()?;
    match error.raw_os_error() {
        Some(libc::EFAULT) => Some(true),
        Some(libc::EACCES) => None,
        _ => Some(false),
    }
}

/// How many operations this kernel has.
fn operations() -> io::Result<u32> {
    let mut opcodes = Opcodes::default();
    let mut query = Query {
        query_data: (&raw mut opcodes) as u64,
        size: mem::size_of::<Opcodes>() as u32,
        ..Query::default()
    };
    // SAFETY: The kernel reads and writes both structs, at most `size` bytes of the second, and
    // both are there until it returns. The first names no other entry.
    unsafe { io_uring_register(REGISTER_QUERY, (&raw mut query).cast(), 0) }?;
    match query.result {
        0 => Ok(opcodes.nr_request_opcodes),
        error => Err(io::Error::from_raw_os_error(-error)),
    }
}

fn register_one(opcode: u32, (pdu_size, flags): (u8, u32), insns: &[Insn]) -> io::Result<()> {
    let mut registration = Registration {
        cmd_type: CMD_FILTER,
        opcode,
        flags,
        // CAST: There are at most MAX_INSNS; the kernel takes no more.
        filter_len: insns.len() as u32,
        pdu_size,
        filter_ptr: insns.as_ptr() as u64,
        ..Registration::default()
    };
    // SAFETY: The kernel reads and writes the struct, and reads the instructions, of which there
    // are `filter_len`. Both are there until it returns.
    unsafe { io_uring_register(REGISTER_BPF_FILTER, (&raw mut registration).cast(), 1) }
}

/// io_uring_register(), for no ring.
///
/// # Safety
///
/// `argument` points to what the operation reads and writes.
unsafe fn io_uring_register(what: u32, argument: *mut c_void, count: u32) -> io::Result<()> {
    // SAFETY: By the caller.
    match unsafe { libc::syscall(IO_URING_REGISTER, -1, what, argument, count) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structs_are_as_large_as_the_kernels() {
        assert_eq!(mem::size_of::<Query>(), 40);
        assert_eq!(mem::size_of::<Opcodes>(), 56);
        assert_eq!(mem::size_of::<Registration>(), 72);
        assert_eq!(mem::offset_of!(Registration, pdu_size), 20);
        assert_eq!(mem::offset_of!(Registration, filter_ptr), 24);
    }
}
