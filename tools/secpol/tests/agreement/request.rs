// SPDX-License-Identifier: MIT OR Apache-2.0

//! Requests of io_uring, and what the kernel makes of them before it asks a filter.
//!
//! Written after io_uring/openclose.c, io_uring/net.c and fs/open.c, and not after what it tests.

use secpol::{
    abi::Abi,
    call::Call,
    tables, //
};

use crate::choices::Choices;

/// The union in `struct io_uring_bpf_ctx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context([u8; 24]);

/// A request, as the call that does the same.
#[derive(Clone, Debug)]
pub struct Request {
    name: &'static str,
    abi: Abi,
    /// As it was asked for.
    asked: Call,
    /// With what the kernel takes of it.
    pub call: Call,
    /// What filters see.
    pub context: Context,
}

fn constant(abi: Abi, name: &str) -> u64 {
    tables::constant(abi, name).expect(name) as u64
}

/// All flags of openat(), or those that matter beside O_PATH.
fn flags(abi: Abi, names: &[&str]) -> u64 {
    names.iter().fold(0, |all, name| all | constant(abi, name))
}

impl Context {
    /// The context as a call, of which filters see the same words.
    pub fn as_call(&self, choices: &mut Choices) -> Call {
        let mut call = Call {
            arch: choices.number() as u32,
            number: choices.number() as u32,
            instruction_pointer: choices.number(),
            ..Call::default()
        };
        for (place, bytes) in self.0.chunks_exact(8).enumerate() {
            call.arguments[place] = u64::from_le_bytes(bytes.try_into().expect("8 bytes"));
        }
        call
    }

    /// The bytes, from offset 16 of the context on.
    pub fn bytes(&self) -> &[u8; 24] {
        &self.0
    }

    /// The call that [`as_call`](secpol::uring::Filter::as_call) is about.
    pub fn of_operation(&self, name: &str) -> Call {
        let word = |place: usize| {
            let bytes = self.0[4 * place..4 * place + 4]
                .try_into()
                .expect("4 bytes");
            u64::from(u32::from_le_bytes(bytes))
        };
        let words = |place: usize| word(place) | (word(place + 1) << 32);
        let mut call = Call::default();
        match name {
            "openat" => call.arguments = [0, 0, words(0), words(2), 0, 0],
            "openat2" => call.extensible = self.0.to_vec(),
            "socket" => call.arguments = [word(0), word(1), word(2), 0, 0, 0],
            _ => call.arguments = [word(0), word(1), words(2), words(4), 0, 0],
        }
        call
    }

    fn put(mut self, offset: usize, bytes: &[u8]) -> Self {
        self.0[offset..offset + bytes.len()].copy_from_slice(bytes);
        self
    }
}

impl Request {
    /// The request that does what a call does; `None` if the kernel refuses it before it asks.
    pub fn of(name: &'static str, abi: Abi, asked: Call) -> Option<Self> {
        let mut call = asked.clone();
        let empty = Context([0; 24]);
        let context = match name {
            "openat" => {
                let (flags, mode) = open_how(abi, call.arguments[2], call.arguments[3]);
                let [forced, taken] = largefile(abi, flags);
                call.arguments[2] = call.arguments[2] & !0xffff_ffff | taken;
                call.arguments[3] = call.arguments[3] & !0xffff | mode;
                empty
                    .put(0, &forced.to_le_bytes())
                    .put(8, &mode.to_le_bytes())
            }
            "openat2" => {
                call.extensible.resize(24, 0);
                let flags = call.extensible[..8].try_into().expect("8 bytes");
                let [forced, taken] = largefile(abi, u64::from_le_bytes(flags));
                call.extensible[..8].copy_from_slice(&taken.to_le_bytes());
                empty.put(0, &call.extensible).put(0, &forced.to_le_bytes())
            }
            "socket" => {
                let kind = call.arguments[1] as u32;
                let known = constant(abi, "SOCK_CLOEXEC") | constant(abi, "SOCK_NONBLOCK") | 0xf;
                if u64::from(kind) & !known != 0 {
                    return None;
                }
                empty
                    .put(0, &(call.arguments[0] as u32).to_le_bytes())
                    .put(4, &(kind & 0xf).to_le_bytes())
                    .put(8, &(call.arguments[2] as u32).to_le_bytes())
            }
            _ => {
                let length = call.extensible.len();
                if length > 128 {
                    return None;
                }
                call.size = length as u64;
                let argument = &mut call.arguments[2];
                *argument = *argument & !0xffff_ffff | length as u64;
                let mut address = call.extensible.clone();
                address.resize(128, 0);
                address_seen(&address, length)
            }
        };
        Some(Self {
            name,
            abi,
            asked,
            call,
            context,
        })
    }

    /// A request of which filters see the same, made of another call; `None` if that fails.
    pub fn variant(&self, choices: &mut Choices, mut other: Call) -> Option<Self> {
        let asked = &self.asked;
        match self.name {
            "openat" => {
                other.arguments[2] =
                    other.arguments[2] & !0xffff_ffff | asked.arguments[2] & 0xffff_ffff;
                other.arguments[3] = other.arguments[3] & !0xffff | asked.arguments[3] & 0xffff;
            }
            "openat2" => other.extensible.clone_from(&asked.extensible),
            "socket" => {
                let flags = [
                    0,
                    constant(self.abi, "SOCK_CLOEXEC"),
                    constant(self.abi, "SOCK_NONBLOCK"),
                ];
                let flags = flags[choices.below(3)] | flags[choices.below(3)];
                for (place, argument) in asked.arguments[..3].iter().enumerate() {
                    other.arguments[place] =
                        other.arguments[place] & !0xffff_ffff | argument & 0xffff_ffff;
                }
                other.arguments[1] = other.arguments[1] & !0xffff_fff0 | flags;
            }
            _ => {
                let same = [0, 1, 2, 8, 24][choices.below(5)].min(asked.extensible.len());
                if other.extensible.len() < same {
                    other.extensible.resize(same, 0);
                }
                other.extensible[..same].copy_from_slice(&asked.extensible[..same]);
                let shorter = choices.below(other.extensible.len() + 1);
                if choices.one_in(2) {
                    other.extensible.truncate(shorter);
                }
            }
        }
        if !self.abi.is_64_bit() {
            other.arguments = other.arguments.map(|argument| argument & 0xffff_ffff);
        }
        Self::of(self.name, self.abi, other).filter(|variant| variant.context == self.context)
    }
}

/// `build_open_how()`
fn open_how(abi: Abi, asked: u64, mode: u64) -> (u64, u64) {
    let valid = flags(
        abi,
        &[
            "O_WRONLY",
            "O_RDWR",
            "O_CREAT",
            "O_EXCL",
            "O_NOCTTY",
            "O_TRUNC",
            "O_APPEND",
            "O_NONBLOCK",
            "O_SYNC",
            "FASYNC",
            "O_DIRECT",
            "O_LARGEFILE",
            "O_DIRECTORY",
            "O_NOFOLLOW",
            "O_NOATIME",
            "O_CLOEXEC",
            "O_PATH",
            "O_TMPFILE",
            "O_EMPTYPATH",
        ],
    );
    let beside_path = flags(
        abi,
        &[
            "O_DIRECTORY",
            "O_NOFOLLOW",
            "O_PATH",
            "O_CLOEXEC",
            "O_EMPTYPATH",
        ],
    );
    let mut taken = asked & valid & 0xffff_ffff;
    if taken & constant(abi, "O_PATH") != 0 {
        taken &= beside_path;
    }
    let tmpfile = constant(abi, "O_TMPFILE") & !constant(abi, "O_DIRECTORY");
    let creates = taken & (constant(abi, "O_CREAT") | tmpfile) != 0;
    (taken, if creates { mode & 0o7777 } else { 0 })
}

/// The flags with what 64-bit kernels add, and those of the call that does the same.
fn largefile(abi: Abi, flags: u64) -> [u64; 2] {
    let largefile = constant(abi, "O_LARGEFILE");
    let forced = match flags & constant(abi, "O_PATH") {
        0 => flags | largefile,
        _ => flags,
    };
    match abi.is_64_bit() {
        true => [forced, flags & !largefile],
        false => [forced, forced],
    }
}

/// `io_connect_bpf_populate()`, of an address that is followed by zeros.
fn address_seen(address: &[u8], length: usize) -> Context {
    let mut context = Context([0; 24]);
    if length < 2 {
        return context;
    }
    context = context.put(0, &address[..2]);
    match u16::from_le_bytes([address[0], address[1]]) {
        2 if length >= 16 => context.put(4, &address[2..4]).put(8, &address[4..8]),
        10 if length >= 24 => context.put(4, &address[2..4]).put(8, &address[8..24]),
        _ => context,
    }
}
