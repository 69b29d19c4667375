// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests of rings, to try filters with.

use super::{
    Filter,
    Operation, //
};
use crate::{
    abi::Abi,
    call::Call,
    rules::EA,
    simulate::{
        self,
        End,
        Malformed, //
    },
    tables, //
};

/// What a filter sees of a request: the union in `struct io_uring_bpf_ctx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request([u8; 24]);

/// A kernel that is asked for this refuses it before it asks a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid;

/// Flags of openat() that the kernel does not pass over beside O_PATH (`O_PATH_FLAGS`).
const PATH_FLAGS: &[&str] = &[
    "O_DIRECTORY",
    "O_NOFOLLOW",
    "O_PATH",
    "O_CLOEXEC",
    "O_EMPTYPATH",
];
/// Flags of socket() beside the type (`SOCK_TYPE_MASK`).
const TYPE: u64 = 0xf;
/// Permissions of a file (`S_IALLUGO`).
const MODE: u64 = 0o7777;

impl Request {
    /// The request for an operation that does what a call does, as a program of an architecture of
    /// 64 bits makes it. Of operations of which filters see nothing it is empty.
    pub fn new(operation: &Operation, abi: Abi, call: &Call) -> Result<Self, Invalid> {
        let mut request = Self([0; 24]);
        let argument = |index: usize| call.arguments[index] & 0xffff_ffff;
        match operation.name {
            "openat" => {
                let (flags, mode) = open_how(abi, argument(2), argument(3));
                request.put(0, &with_largefile(abi, flags).to_le_bytes());
                request.put(8, &mode.to_le_bytes());
            }
            "openat2" => {
                let member = |place: u32| {
                    let half = |offset| u64::from(call.word(EA + 8 * place + offset));
                    half(0) | (half(4) << 32)
                };
                request.put(0, &with_largefile(abi, member(0)).to_le_bytes());
                request.put(8, &member(1).to_le_bytes());
                request.put(16, &member(2).to_le_bytes());
            }
            "socket" => {
                let flags = tables::flags(abi, &["SOCK_CLOEXEC", "SOCK_NONBLOCK"]);
                if argument(1) & !(flags | TYPE) != 0 {
                    return Err(Invalid);
                }
                for (place, value) in [argument(0), argument(1) & TYPE, argument(2)]
                    .into_iter()
                    .enumerate()
                {
                    request.put(4 * place, &value.to_le_bytes()[..4]);
                }
            }
            "connect" => request.connect(call)?,
            _ => {}
        }
        Ok(request)
    }

    /// As much of an address as the kernel copies.
    fn connect(&mut self, call: &Call) -> Result<(), Invalid> {
        // CAST: The kernel takes an int.
        let length = usize::try_from(call.size as u32 as i32).map_err(|_| Invalid)?;
        if length > 128 {
            return Err(Invalid);
        }
        let mut address = call.extensible.clone();
        address.truncate(length);
        address.resize(128, 0);
        if length < 2 {
            return Ok(());
        }
        self.put(0, &address[..2]);
        let bytes = match u16::from_le_bytes([address[0], address[1]]) {
            2 if length >= 16 => &address[4..8],
            10 if length >= 24 => &address[8..24],
            _ => return Ok(()),
        };
        self.put(4, &address[2..4]);
        self.put(8, bytes);
        Ok(())
    }

    fn put(&mut self, offset: usize, bytes: &[u8]) {
        self.0[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    /// The bytes that the filter sees, from offset 16 of its context on.
    pub fn bytes(&self) -> &[u8; 24] {
        &self.0
    }
}

/// `build_open_how()`
fn open_how(abi: Abi, asked: u64, mode: u64) -> (u64, u64) {
    let mut flags = asked & tables::open_flags(abi);
    if flags & tables::flags(abi, &["O_PATH"]) != 0 {
        flags &= tables::flags(abi, PATH_FLAGS);
    }
    let creates =
        tables::flags(abi, &["O_CREAT", "O_TMPFILE"]) & !tables::flags(abi, &["O_DIRECTORY"]);
    (flags, if flags & creates != 0 { mode & MODE } else { 0 })
}

/// What 64-bit kernels add to the flags, unless the file is not opened.
fn with_largefile(abi: Abi, flags: u64) -> u64 {
    match flags & tables::flags(abi, &["O_PATH"]) {
        0 => flags | tables::flags(abi, &["O_LARGEFILE"]),
        _ => flags,
    }
}

impl Filter {
    /// Runs the filter on a request. It returns 1 if that is allowed.
    pub fn run(&self, request: &Request) -> Result<End, Malformed> {
        // The same words are arguments of a call.
        let mut call = Call::default();
        for (argument, bytes) in call.arguments.iter_mut().zip(request.0.chunks_exact(8)) {
            *argument = bytes
                .iter()
                .rev()
                .fold(0, |value, byte| (value << 8) | u64::from(*byte));
        }
        simulate::run(&self.insns, &call, 0)
    }
}
