// SPDX-License-Identifier: GPL-2.0

//! Appended filters, which see `struct seccomp_data_append`.
//!
//! For a given filter most of the structure is constant: its size, the hole, and all fields that
//! the filter did not ask for. [`canonical`] replaces loads of these by constants, and loads of the
//! others by loads of words ([`WORD_NR_HIGH`] and those after it). So the engine never fills in the
//! structure, and the rest of this directory works on programs of one kind. Some words are constant
//! for a given system call: see [`VisibleFields::known`].
//!
//! A filter that sees no tail refuses arguments that have one when it loads from them. So its loads
//! become loads of words of their own ([`WORD_EA_CHECKED`]), which may end the program, as a
//! division may.

use super::{
    check::{
        check_classic,
        check_scratch, //
    },
    insn::{
        Insn,
        Op,
        BPF_ABS,
        BPF_LD,
        BPF_LDX,
        BPF_LEN,
        BPF_MAXINSNS,
        BPF_W,
        DATA_SIZE,
        DATA_WORDS,
        WORD_EA,
        WORD_EA_CHECKED,
        WORD_EA_SIZE,
        WORD_EXTENT,
        WORD_FEATURES,
        WORD_NR_HIGH,
        WORD_PKEY, //
    }, //
};
use crate::logic::{
    abi::{
        seccomp_data_append,
        SECCOMP_DATA_APPEND_SIZE,
        SECCOMP_DATA_FEATURE_EA,
        SECCOMP_DATA_FEATURE_EA_EXTENT,
        SECCOMP_DATA_FEATURE_EA_TAIL,
        SECCOMP_DATA_FEATURE_NR_HIGH,
        SECCOMP_DATA_FEATURE_PKEY, //
    },
    buf::{
        Buf,
        NoMemory, //
    },
    syscalls::{
        self,
        CALLS, //
    },
    verdict::{
        E2BIG,
        SECCOMP_RET_ERRNO, //
    }, //
};
use core::mem::{
    offset_of,
    size_of, //
};

/// What a filter that sees no tail returns when it loads from an argument that has one.
pub const RET_E2BIG: u32 = SECCOMP_RET_ERRNO | E2BIG;

/// The features of a call whose extensible argument the filter sees, besides those of the filter.
// CAST: They are bits below 32.
pub const EA_FEATURES: u32 = (SECCOMP_DATA_FEATURE_EA | SECCOMP_DATA_FEATURE_EA_EXTENT) as u32;

/// What a filter sees beyond `struct seccomp_data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisibleFields {
    /// The high half of the register with the number.
    pub nr_high: bool,
    /// The protection-key register.
    pub pkey: bool,
    /// How many bytes of extensible arguments; `None` for none at all.
    pub argument: Option<u32>,
    /// Whether the argument has a tail, non-zero bytes beyond these. A filter that does not see
    /// that ends when it loads from an argument with a tail.
    pub tail: bool,
}

impl VisibleFields {
    /// Nothing, as for filters of `SECCOMP_SET_MODE_FILTER`.
    pub const NONE: Self = Self {
        nr_high: false,
        pkey: false,
        argument: None,
        tail: false,
    };

    /// The features that do not depend on the call.
    pub fn features(self) -> u32 {
        let bit = |on, bit| if on { bit } else { 0 };
        // CAST: Features have low numbers.
        (bit(self.nr_high, SECCOMP_DATA_FEATURE_NR_HIGH)
            | bit(self.pkey, SECCOMP_DATA_FEATURE_PKEY)) as u32
    }

    /// The filter sees a tail if the argument's extent is beyond this.
    pub fn limit(self) -> u32 {
        self.argument.filter(|_| self.tail).unwrap_or(u32::MAX)
    }

    /// The value of a word for all calls that have an extensible argument, or (not `extensible`)
    /// for all that have none. `None` if that differs between calls, as for all words of `struct
    /// seccomp_data`.
    pub(super) fn known(self, word: usize, extensible: bool) -> Option<u32> {
        match word {
            WORD_FEATURES if extensible && self.tail => None,
            WORD_FEATURES if extensible => Some(self.features() | EA_FEATURES),
            WORD_FEATURES => Some(self.features()),
            WORD_EXTENT.. if !extensible => Some(0),
            _ => None,
        }
    }
}

/// How a filter sees the system calls of an architecture.
#[derive(Clone, Copy, Debug)]
pub struct ArchView {
    /// `AUDIT_ARCH_*`.
    pub arch: u32,
    /// What it sees beyond `struct seccomp_data`.
    pub visible: VisibleFields,
}

impl From<u32> for ArchView {
    fn from(arch: u32) -> Self {
        Self {
            arch,
            visible: VisibleFields::NONE,
        }
    }
}

impl ArchView {
    /// Does the call have an extensible argument that the filter sees?
    pub fn sees_argument_of(self, nr: u32) -> bool {
        self.visible.argument.is_some() && syscalls::find(self.arch, nr).is_some()
    }

    /// Calls `f` with each number, below `LIMIT`, for which [`ArchView::sees_argument_of`] holds.
    pub(super) fn for_each_argument_seen(self, f: impl FnMut(u32)) {
        if self.visible.argument.is_some() {
            CALLS
                .iter()
                .filter_map(|call| call.number(self.arch))
                .for_each(f);
        }
    }
}

/// The canonical form of an appended filter as its author wrote it; `None` if the filter is
/// invalid.
///
/// `bpf_check_classic()` and `seccomp_check_filter()` decide what is valid, except that a filter
/// may load any aligned word of `struct seccomp_data_append` within the length that it says it
/// understands. `BPF_LEN` yields that length. Linear.
///
/// The result passes [`check_classic`], and [`check_scratch`] finds nothing in it.
pub fn canonical(prog: &[Insn], visible: VisibleFields) -> Result<Option<Buf<Insn>>, NoMemory> {
    if prog.len() > BPF_MAXINSNS {
        return Ok(None);
    }
    let mut code = Buf::with_capacity(prog.len())?;
    for insn in prog {
        let Some(insn) = translate(*insn, visible) else {
            return Ok(None);
        };
        code.push(insn)?;
    }
    if check_classic(&code).is_err() || check_scratch(&code)? != 0 {
        return Ok(None);
    }
    Ok(Some(code))
}

fn translate(insn: Insn, visible: VisibleFields) -> Option<Insn> {
    const LD_ABS: u16 = BPF_LD | BPF_W | BPF_ABS;
    const LD_LEN: u16 = BPF_LD | BPF_W | BPF_LEN;
    const LDX_LEN: u16 = BPF_LDX | BPF_W | BPF_LEN;
    let end = SECCOMP_DATA_APPEND_SIZE.saturating_add(visible.argument.unwrap_or(0));
    Some(match insn.code {
        LD_ABS if insn.k & 3 == 0 && insn.k.saturating_add(4) <= end => {
            load(insn.k, end, visible).into()
        }
        LD_ABS => return None,
        LD_LEN => Op::LdImm(end).into(),
        LDX_LEN => Op::LdxImm(end).into(),
        _ => insn,
    })
}

/// A load of the word at an offset of the structure, which ends at `end`.
fn load(offset: u32, end: u32, visible: VisibleFields) -> Op {
    const fn at(offset: usize) -> u32 {
        // CAST: The structure is small.
        offset as u32
    }
    const SIZE: u32 = at(offset_of!(seccomp_data_append, size));
    const FEATURES: u32 = at(offset_of!(seccomp_data_append, features));
    const NR_HIGH: u32 = at(offset_of!(seccomp_data_append, nr_high));
    const PKEY: u32 = at(offset_of!(seccomp_data_append, arch_reserved));
    const EXTENT: u32 = at(offset_of!(seccomp_data_append, extensible_arg_extent));
    const EA_SIZE: u32 = at(offset_of!(seccomp_data_append, extensible_arg_size));
    const EA_SIZE_HIGH: u32 = EA_SIZE + 4;

    let sees = visible.argument.is_some();
    // CAST: Offsets are small.
    let word = |first: usize, from: u32| {
        Op::LdWord(first.saturating_add((offset.saturating_sub(from) >> 2) as usize))
    };
    match offset {
        0..DATA_SIZE => word(0, 0),
        SIZE => Op::LdImm(end),
        FEATURES if sees => Op::LdWord(WORD_FEATURES),
        FEATURES => Op::LdImm(visible.features()),
        NR_HIGH if visible.nr_high => Op::LdWord(WORD_NR_HIGH),
        PKEY if visible.pkey => Op::LdWord(WORD_PKEY),
        EXTENT if sees => Op::LdWord(WORD_EXTENT),
        EA_SIZE | EA_SIZE_HIGH if sees => word(WORD_EA_SIZE, EA_SIZE),
        SECCOMP_DATA_APPEND_SIZE.. if visible.tail => word(WORD_EA, SECCOMP_DATA_APPEND_SIZE),
        SECCOMP_DATA_APPEND_SIZE.. => word(WORD_EA_CHECKED, SECCOMP_DATA_APPEND_SIZE),
        // The upper halves, the hole, and the fields that the filter did not ask for.
        _ => Op::LdImm(0),
    }
}

/// What compiled programs read besides the registers: r2 points here.
///
/// A program that needs nothing (see [`NeededInputs`]) reads at most the first field. `nr_high` is
/// not here, as programs read it from the register that has the number.
///
/// `P` is the type of the pointer to the 4096 bytes of the argument. Whoever runs programs chooses
/// it, and guarantees that the bytes are there.
#[repr(C)]
#[derive(Debug)]
pub struct Inputs<P = *const u8> {
    /// Which of the programs that were compiled into one is run.
    pub which: u32,
    /// The protection-key register.
    pub pkey: u32,
    /// The extensible argument: 4096 bytes.
    pub argument: P,
    /// Its size as the caller passed it.
    pub size: u64,
    /// Its extent: the offset just behind the last byte that is not zero.
    pub extent: u32,
    /// [`EA_FEATURES`] if the call has one, else 0.
    pub features: u32,
}

/// [`Inputs`] as programs see it: with any pointer in it, it has this layout.
pub(super) type RawInputs = Inputs<*const u8>;

const _: () = assert!(
    offset_of!(RawInputs, which) == 0
        && offset_of!(RawInputs, pkey) == 4
        && offset_of!(RawInputs, argument) == 8
        && offset_of!(RawInputs, size) == 16
        && offset_of!(RawInputs, extent) == 24
        && offset_of!(RawInputs, features) == 28
        && size_of::<RawInputs>() == 32
);

/// The feature that a filter sees if [`Inputs::extent`] is beyond [`VisibleFields::limit`].
pub(super) const TAIL: u32 = SECCOMP_DATA_FEATURE_EA_TAIL as u32;

/// Which of [`Inputs`] a program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeededInputs {
    /// [`Inputs::pkey`].
    pub pkey: bool,
    /// All others.
    pub argument: bool,
}

impl NeededInputs {
    /// Nothing.
    pub const NONE: Self = Self {
        pkey: false,
        argument: false,
    };

    /// What a program in canonical form reads.
    pub fn of(prog: &[Insn]) -> Self {
        let mut needs = Self::NONE;
        for insn in prog {
            match insn.word() {
                Some(WORD_PKEY) => needs.pkey = true,
                Some(WORD_FEATURES..) => needs.argument = true,
                _ => {}
            }
        }
        needs
    }

    /// What one of both needs.
    pub fn and(self, other: Self) -> Self {
        Self {
            pkey: self.pkey || other.pkey,
            argument: self.argument || other.argument,
        }
    }

    /// Does it need none?
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        !self.pkey && !self.argument
    }
}

const _: () = assert!(WORD_NR_HIGH == DATA_WORDS && 4 * DATA_WORDS == DATA_SIZE as usize);
