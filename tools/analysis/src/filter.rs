// SPDX-License-Identifier: GPL-2.0-only

//! A filter, as the kernel takes it.

use std::fmt;

use crate::logic::{
    abi::{
        SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE,
        SECCOMP_APPEND_FLAG_USE_EA_SIZE,
        SECCOMP_APPEND_FLAG_WANT_ARCH,
        SECCOMP_APPEND_FLAG_WANT_NR_HIGH,
        SECCOMP_EXTENSIBLE_ARG_MAX, //
    },
    bpf::{
        append::{
            canonical,
            ArchView,
            VisibleFields, //
        },
        check::{
            check,
            check_classic,
            check_scratch, //
        },
        insn::{
            Insn,
            BPF_MAXINSNS, //
        }, //
    }, //
};

/// What a filter sees of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// `struct seccomp_data`, as filters of `SECCOMP_SET_MODE_FILTER`.
    Classic,
    /// `struct seccomp_data_append`, as those of `SECCOMP_APPEND_FILTER`.
    Appended {
        /// `SECCOMP_APPEND_FLAG_*`; other flags do not matter.
        flags: u64,
        /// Bytes of extensible arguments that the filter understands, if the flags have
        /// `SECCOMP_APPEND_FLAG_USE_EA_SIZE`.
        extensible_arg_size: u32,
    },
}

impl Sight {
    fn visible(self) -> Result<Option<VisibleFields>, Refused> {
        let Self::Appended {
            flags,
            extensible_arg_size: size,
        } = self
        else {
            return Ok(None);
        };
        if size > SECCOMP_EXTENSIBLE_ARG_MAX || size % 4 != 0 {
            return Err(Refused::Size(size));
        }
        Ok(Some(VisibleFields {
            nr_high: flags & SECCOMP_APPEND_FLAG_WANT_NR_HIGH != 0,
            pkey: flags & SECCOMP_APPEND_FLAG_WANT_ARCH != 0,
            argument: (flags & SECCOMP_APPEND_FLAG_USE_EA_SIZE != 0).then_some(size),
            tail: flags & SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE != 0,
        }))
    }
}

/// Why something is no filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It has so many bytes, which is no multiple of those of an instruction, or none.
    Length(usize),
    /// It has so many instructions, and the kernel takes fewer.
    TooLong(usize),
    /// The kernel knows no such instruction, or not with such an operand.
    Instruction(usize),
    /// It loads scratch memory that it may not have stored before.
    Scratch,
    /// It jumps beyond its end, or does not end with a return.
    End,
    /// Of so many bytes of extensible arguments the kernel cannot tell.
    Size(u32),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(bytes) => write!(
                f,
                "{bytes} bytes are no filter: each instruction has 8 bytes, and there is at \
                 least one"
            ),
            Self::TooLong(insns) => write!(
                f,
                "there are {insns} instructions, and the kernel takes {BPF_MAXINSNS}"
            ),
            Self::Instruction(place) => {
                write!(f, "instruction {place} is none that the kernel takes")
            }
            Self::Scratch => {
                f.write_str("the filter loads scratch memory before anything is stored there")
            }
            Self::End => f.write_str("a jump leads nowhere, or the last instruction is no return"),
            Self::Size(size) => write!(
                f,
                "filters see a multiple of 4 bytes of an argument, {SECCOMP_EXTENSIBLE_ARG_MAX} \
                 at most, not {size}"
            ),
        }
    }
}

impl std::error::Error for Refused {}

/// A filter that the kernel takes, in the logic's canonical form.
pub struct Filter {
    pub(crate) insns: Vec<Insn>,
    pub(crate) visible: VisibleFields,
    /// It is one of `SECCOMP_SET_MODE_FILTER`.
    classic: bool,
}

impl Filter {
    /// The filter in these bytes: an array of `struct sock_filter`, little endian. It is checked
    /// as the kernel does when it is installed.
    pub fn new(bytes: &[u8], sight: Sight) -> Result<Self, Refused> {
        let insns = insns(bytes)?;
        let visible = sight.visible()?;
        let insns = match visible {
            None => {
                classic(&insns)?;
                insns
            }
            Some(visible) => appended(&insns, visible)?,
        };
        Ok(Self {
            insns,
            visible: visible.unwrap_or(VisibleFields::NONE),
            classic: visible.is_none(),
        })
    }

    /// How many instructions it has.
    pub fn len(&self) -> usize {
        self.insns.len()
    }

    /// Never: a filter has at least one instruction.
    pub fn is_empty(&self) -> bool {
        self.insns.is_empty()
    }

    /// Does it see no more than `struct seccomp_data`?
    pub fn is_classic(&self) -> bool {
        self.classic
    }

    pub(crate) fn view(&self, arch: u32) -> ArchView {
        ArchView {
            arch,
            visible: self.visible,
        }
    }
}

fn insns(bytes: &[u8]) -> Result<Vec<Insn>, Refused> {
    let chunks = bytes.chunks_exact(8);
    if !chunks.remainder().is_empty() || bytes.is_empty() {
        return Err(Refused::Length(bytes.len()));
    }
    if chunks.len() > BPF_MAXINSNS {
        return Err(Refused::TooLong(chunks.len()));
    }
    Ok(chunks
        .map(|insn| Insn {
            code: u16::from_le_bytes([insn[0], insn[1]]),
            jt: insn[2],
            jf: insn[3],
            k: u32::from_le_bytes([insn[4], insn[5], insn[6], insn[7]]),
        })
        .collect())
}

/// As `bpf_check_classic()` and `seccomp_check_filter()`.
fn classic(insns: &[Insn]) -> Result<(), Refused> {
    if let Some(place) = insns.iter().position(|insn| check(&[*insn]).is_err()) {
        return Err(Refused::Instruction(place));
    }
    if check_classic(insns).is_err() {
        return Err(why(insns));
    }
    match check_scratch(insns) {
        Ok(0) => Ok(()),
        _ => Err(Refused::Scratch),
    }
}

/// The canonical form.
fn appended(insns: &[Insn], visible: VisibleFields) -> Result<Vec<Insn>, Refused> {
    if let Ok(Some(code)) = canonical(insns, visible) {
        return Ok(code.to_vec());
    }
    let ret = Insn::stmt(0x06, 0);
    let alone = |insn: &Insn| match insn.code & 7 {
        // What follows a jump is another question.
        5 => Insn {
            jt: 0,
            jf: 0,
            ..*insn
        },
        _ => *insn,
    };
    for (place, insn) in insns.iter().enumerate() {
        let is_load = insn.code == 0x60 || insn.code == 0x61;
        let is_known = |insn| matches!(canonical(&[insn, ret], visible), Ok(Some(_)));
        if !is_load && insn.code != 0x05 && !is_known(alone(insn)) {
            return Err(Refused::Instruction(place));
        }
    }
    match why(insns) {
        Refused::End => Err(Refused::End),
        _ => Err(Refused::Scratch),
    }
}

/// Why `check_classic()` refuses instructions that are each known.
fn why(insns: &[Insn]) -> Refused {
    let ret = Insn::stmt(0x06, 0);
    let wrong = |insn: &Insn| insn.code & 7 != 5 && check_classic(&[*insn, ret]).is_err();
    match insns.iter().position(wrong) {
        Some(place) => Refused::Instruction(place),
        None if check_classic(insns).is_err() => Refused::End,
        None => Refused::Scratch,
    }
}
