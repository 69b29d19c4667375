// SPDX-License-Identifier: GPL-2.0

//! The system calls with an extensible argument: bytes behind a pointer whose length is known when
//! the call is entered. Most are structs that grow from kernel to kernel, passed along with their
//! size; others are socket addresses, and the struct that sendmsg() finds one in.
//!
//! The engine copies and filters the arguments of these calls, the module hooks them,
//! `SECCOMP_GET_SYSCALL_EA_SIZE` describes them and the tests make them, all by [`CALLS`]. The
//! sizes are those of Linux 7.3, whose functions that check them are named beside each call.
//!
//! `bpf()` is not in the list, as it writes results to its struct.

/// `AUDIT_ARCH_X86_64`.
pub const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
/// `AUDIT_ARCH_I386`.
pub const AUDIT_ARCH_I386: u32 = 0x4000_0003;
/// `AUDIT_ARCH_AARCH64`.
pub const AUDIT_ARCH_AARCH64: u32 = 0xc000_00b7;
/// `AUDIT_ARCH_ARM`.
pub const AUDIT_ARCH_ARM: u32 = 0x4000_0028;

/// The architectures, in the order of the numbers of a call.
const ARCHES: [u32; 4] = [
    AUDIT_ARCH_X86_64,
    AUDIT_ARCH_I386,
    AUDIT_ARCH_AARCH64,
    AUDIT_ARCH_ARM,
];

/// Set in the numbers of x32 calls, which are otherwise those of x86_64.
pub const X32_SYSCALL_BIT: u32 = 0x4000_0000;

/// Numbers below this are looked up in tables and kept in sets: those of all system calls, without
/// [`X32_SYSCALL_BIT`].
pub const LIMIT: usize = 512;

/// One of the arguments of a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Arg {
    /// The first.
    A0,
    /// The second.
    A1,
    /// The third.
    A2,
    /// The fourth.
    A3,
    /// The fifth.
    A4,
    /// The last.
    A5,
}

impl Arg {
    /// The argument of this index, which is below 6.
    pub const fn new(index: usize) -> Self {
        match index {
            0 => Self::A0,
            1 => Self::A1,
            2 => Self::A2,
            3 => Self::A3,
            4 => Self::A4,
            5 => Self::A5,
            _ => panic!("a system call has six arguments"),
        }
    }
}

/// Where a call finds the size of its argument, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// In this argument, a `size_t`. The kernel takes bytes beyond the size that it knows if they
    /// are zero.
    Argument(Arg),
    /// In this argument, an `int`. The kernel refuses more than [`BUFFER_MAX`] bytes, without a
    /// look at any of them.
    Buffer(Arg),
    /// It is always the same; here for 32-bit calls. Others have [`ExtensibleCall::known`].
    Fixed(usize),
    /// In the 32 bits at this offset of the struct.
    Field {
        /// The offset.
        offset: usize,
        /// The size that the call takes for a size of 0; 0 if it does not replace that.
        zero: usize,
        /// A call that fails with `E2BIG` writes the size that the kernel knows to the field.
        write_back: bool,
    },
}

/// The most bytes of a [`Size::Buffer`]: `sizeof(struct sockaddr_storage)`.
pub const BUFFER_MAX: usize = 128;

/// What a NULL pointer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Null {
    /// The call reads from address 0, which fails with `EFAULT` where nothing is mapped there.
    Address,
    /// The caller passes nothing; a struct only if the size is 0 as well.
    None,
    /// The call fails with `EINVAL` and reads nothing.
    Invalid,
}

/// A system call with an extensible argument.
#[derive(Clone, Copy, Debug)]
pub struct ExtensibleCall {
    /// Its name, without `sys_`.
    pub name: &'static str,
    /// Its numbers: x86_64, i386, arm64, arm.
    pub numbers: [u32; 4],
    /// The argument that is the pointer.
    pub pointer: Arg,
    /// Where the size is.
    pub size: Size,
    /// The smallest size that the kernel takes.
    pub smallest: usize,
    /// The size that the kernel knows.
    pub known: usize,
    /// What a NULL pointer means.
    pub null: Null,
}

impl ExtensibleCall {
    /// A call that has the same number on all architectures, as recent ones have.
    const fn new(
        name: &'static str,
        nr: u32,
        (pointer, size): (usize, Size),
        (smallest, known): (usize, usize),
    ) -> Self {
        Self {
            name,
            numbers: [nr; 4],
            pointer: Arg::new(pointer),
            size,
            smallest,
            known,
            null: Null::Address,
        }
    }

    /// The size as the call takes it, which has these arguments, and is a 32-bit one if `compat`.
    /// 0 if it is a field of the struct.
    #[inline(always)]
    pub fn size_passed(&self, compat: bool, argument: impl Fn(Arg) -> u64) -> u64 {
        match self.size {
            Size::Argument(index) => argument(index),
            // CAST: The kernel looks at the lower half alone.
            Size::Buffer(index) => u64::from(argument(index) as u32),
            Size::Fixed(size) if compat => size as u64,
            Size::Fixed(_) => self.known as u64,
            Size::Field { .. } => 0,
        }
    }

    /// Does the kernel refuse an argument of this size, before it reads any of it, and though it
    /// takes shorter ones?
    #[inline(always)]
    pub fn refuses(&self, size: u64) -> bool {
        matches!(self.size, Size::Buffer(_)) && size > BUFFER_MAX as u64
    }

    /// Has the call a function of its own for 32-bit callers, as its argument has another layout
    /// there?
    pub fn has_compat_function(&self) -> bool {
        matches!(self.size, Size::Fixed(_))
    }

    const fn numbered(mut self, numbers: [u32; 4]) -> Self {
        self.numbers = numbers;
        self
    }

    /// Its number on this architecture (`AUDIT_ARCH_*`).
    pub fn number(&self, arch: u32) -> Option<u32> {
        let [x86_64, i386, arm64, arm] = self.numbers;
        match arch {
            AUDIT_ARCH_X86_64 => Some(x86_64),
            AUDIT_ARCH_I386 => Some(i386),
            AUDIT_ARCH_AARCH64 => Some(arm64),
            AUDIT_ARCH_ARM => Some(arm),
            _ => None,
        }
    }

    const fn null(mut self, null: Null) -> Self {
        self.null = null;
        self
    }
}

const fn argument(index: usize) -> Size {
    Size::Argument(Arg::new(index))
}

const fn buffer(index: usize) -> Size {
    Size::Buffer(Arg::new(index))
}

const fn field(offset: usize) -> Size {
    Size::Field {
        offset,
        zero: 0,
        write_back: false,
    }
}

const fn old_field(offset: usize, zero: usize) -> Size {
    Size::Field {
        offset,
        zero,
        write_back: true,
    }
}

/// All calls.
#[rustfmt::skip]
pub const CALLS: &[ExtensibleCall] = &[
    // copy_clone_args_from_user()
    ExtensibleCall::new("clone3", 435, (0, argument(1)), (64, 88)),
    // SYSCALL_DEFINE4(openat2)
    ExtensibleCall::new("openat2", 437, (2, argument(3)), (24, 24)),
    // wants_mount_setattr()
    ExtensibleCall::new("mount_setattr", 442, (3, argument(4)), (32, 32)),
    ExtensibleCall::new("open_tree_attr", 467, (3, argument(4)), (32, 32)).null(Null::None),
    // SYSCALL_DEFINE5(file_setattr)
    ExtensibleCall::new("file_setattr", 469, (2, argument(3)), (24, 24)),
    // SYSCALL_DEFINE6(setxattrat), SYSCALL_DEFINE6(getxattrat)
    ExtensibleCall::new("setxattrat", 463, (4, argument(5)), (16, 16)),
    ExtensibleCall::new("getxattrat", 464, (4, argument(5)), (16, 16)),
    // SYSCALL_DEFINE3(landlock_create_ruleset)
    ExtensibleCall::new("landlock_create_ruleset", 444, (0, argument(1)), (8, 48)).null(Null::None),
    // copy_mnt_id_req()
    ExtensibleCall::new("statmount", 457, (0, field(0)), (24, 32)),
    ExtensibleCall::new("listmount", 458, (0, field(0)), (24, 32)),
    // copy_ns_id_req()
    ExtensibleCall::new("listns", 470, (0, field(0)), (32, 32)),
    // sched_copy_attr()
    ExtensibleCall::new("sched_setattr", 0, (1, old_field(0, 48)), (48, 56))
        .numbered([314, 351, 274, 380])
        .null(Null::Invalid),
    // perf_copy_attr()
    ExtensibleCall::new("perf_event_open", 0, (0, old_field(4, 64)), (64, 144))
        .numbered([298, 336, 241, 364]),
    // move_addr_to_kernel()
    ExtensibleCall::new("connect", 0, (1, buffer(2)), (0, BUFFER_MAX)).numbered([42, 362, 203, 283]),
    ExtensibleCall::new("bind", 0, (1, buffer(2)), (0, BUFFER_MAX)).numbered([49, 361, 200, 282]),
    ExtensibleCall::new("sendto", 0, (4, buffer(5)), (0, BUFFER_MAX))
        .numbered([44, 369, 206, 290])
        .null(Null::None),
    // copy_msghdr_from_user(), get_compat_msghdr()
    ExtensibleCall::new("sendmsg", 0, (1, Size::Fixed(28)), (56, 56)).numbered([46, 370, 211, 296]),
];

/// Stands for the number of a call that an architecture does not have.
const NO_CALL: u32 = u32::MAX;

/// Calls that pass such arguments where filters do not see them: in a vector, or by a pointer to
/// the arguments. As [`ExtensibleCall::numbers`]; [`NO_CALL`] where there is no such call.
pub const HIDDEN_CALLS: &[(&str, [u32; 4])] = &[
    ("sendmmsg", [307, 345, 269, 374]),
    ("socketcall", [NO_CALL, 102, NO_CALL, NO_CALL]),
    // Of x32, where they have the layout of 32-bit calls.
    (
        "sendmsg",
        [X32_SYSCALL_BIT | 518, NO_CALL, NO_CALL, NO_CALL],
    ),
    (
        "sendmmsg",
        [X32_SYSCALL_BIT | 538, NO_CALL, NO_CALL, NO_CALL],
    ),
];

/// The call with this number, made on this architecture (`AUDIT_ARCH_*`).
///
/// If user space chose the number, the caller clamps it to [`LIMIT`] first, as
/// `array_index_nospec()` does: else the processor could look up, speculatively, what is beyond the
/// table.
#[inline(always)]
pub fn find(arch: u32, nr: u32) -> Option<&'static ExtensibleCall> {
    let (places, nr) = match arch {
        AUDIT_ARCH_X86_64 => (&PLACES[0], nr & !X32_SYSCALL_BIT),
        AUDIT_ARCH_I386 => (&PLACES[1], nr),
        AUDIT_ARCH_AARCH64 => (&PLACES[2], nr),
        AUDIT_ARCH_ARM => (&PLACES[3], nr),
        _ => return None,
    };
    CALLS.get(usize::from(*places.get(nr as usize)?))
}

/// Is it one of [`HIDDEN_CALLS`]?
pub fn hides_argument(arch: u32, nr: u32) -> bool {
    let Some(column) = ARCHES.iter().position(|known| *known == arch) else {
        return false;
    };
    nr != NO_CALL
        && HIDDEN_CALLS
            .iter()
            .any(|(_, numbers)| numbers.get(column) == Some(&nr))
}

/// By architecture and number, the index of the call in [`CALLS`]; `u8::MAX` if the call has no
/// extensible argument.
static PLACES: [[u8; LIMIT]; 4] = {
    let mut places = [[u8::MAX; LIMIT]; 4];
    let mut at = 0;
    while at < CALLS.len() {
        let mut column = 0;
        while column < 4 {
            // CAST: `CALLS` has less than `u8::MAX` entries.
            places[column][CALLS[at].numbers[column] as usize] = at as u8;
            column += 1;
        }
        at += 1;
    }
    places
};
