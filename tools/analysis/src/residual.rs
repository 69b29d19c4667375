// SPDX-License-Identifier: GPL-2.0-only

//! Residual programs that the module shows, without what the filter sees.

use std::fmt;

use crate::{
    analysis::Analysis,
    filter::{
        Filter,
        Refused,
        Sight, //
    },
    logic::{
        abi::{
            seccomp_data_append,
            SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE,
            SECCOMP_APPEND_FLAG_USE_EA_SIZE,
            SECCOMP_APPEND_FLAG_WANT_ARCH,
            SECCOMP_APPEND_FLAG_WANT_NR_HIGH,
            SECCOMP_DATA_APPEND_SIZE,
            SECCOMP_EXTENSIBLE_ARG_MAX, //
        },
        bpf::insn::{
            BPF_ABS,
            BPF_LD,
            BPF_W,
            DATA_SIZE, //
        },
    },
    study::Outcome,
};

/// What is left of a filter for a call.
pub struct Residual {
    /// The filter, for the most and for the least that it may see. None if it looks at what depends
    /// on something else.
    seen: Vec<Filter>,
    listing: String,
}

/// Why it is not known what a residual program returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// It looks at the features that the filter has asked for.
    Features,
    /// It depends on how much of an argument the filter sees. For an argument of which it sees all,
    /// it has this outcome; for others it may fail the call with `E2BIG` instead.
    Size(Outcome),
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Features => "it is not shown which features the filter asked for",
            Self::Size(_) => "it is not shown how much of the argument the filter sees",
        })
    }
}

impl std::error::Error for Unseen {}

const FLAGS: u64 = SECCOMP_APPEND_FLAG_WANT_NR_HIGH
    | SECCOMP_APPEND_FLAG_WANT_ARCH
    | SECCOMP_APPEND_FLAG_USE_EA_SIZE;

const MOST: Sight = Sight::Appended {
    flags: FLAGS | SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE,
    extensible_arg_size: SECCOMP_EXTENSIBLE_ARG_MAX,
};

impl Residual {
    /// The program in these bytes: an array of `struct sock_filter`, little endian. Its loads are
    /// from `struct seccomp_data_append`.
    pub fn new(bytes: &[u8]) -> Result<Self, Refused> {
        let listing = Filter::new(bytes, MOST)?.listing();
        let seen = sights(bytes).into_iter();
        let seen: Result<_, _> = seen.map(|sight| Filter::new(bytes, sight)).collect();
        Ok(Self {
            seen: seen?,
            listing,
        })
    }

    /// The program, as the module prints it.
    pub fn listing(&self) -> &str {
        &self.listing
    }
}

/// What the filter may see: the most and the least, or one of them if that is the same.
///
/// If an argument has more than the filter sees, a load from it ends the filter, unless that has
/// asked to be told. Neither is shown. But for each call the filter does what it does with the one
/// sight or with the other; and it sees at least what it loads.
fn sights(bytes: &[u8]) -> Vec<Sight> {
    const LD_ABS: u16 = BPF_LD | BPF_W | BPF_ABS;
    // CAST: The structure is small.
    const FEATURES: u32 = std::mem::offset_of!(seccomp_data_append, features) as u32;
    let loads = || {
        let insns = bytes.chunks_exact(8);
        let insns = insns.filter(|insn| u16::from_le_bytes([insn[0], insn[1]]) == LD_ABS);
        insns.map(|insn| u32::from_le_bytes([insn[4], insn[5], insn[6], insn[7]]))
    };
    if loads().any(|offset| offset == FEATURES) {
        return Vec::new();
    }
    if loads().all(|offset| offset < DATA_SIZE) {
        return vec![Sight::Classic];
    }
    match loads().max() {
        Some(last @ SECCOMP_DATA_APPEND_SIZE..) => vec![
            MOST,
            Sight::Appended {
                flags: FLAGS,
                extensible_arg_size: last - SECCOMP_DATA_APPEND_SIZE + 4,
            },
        ],
        _ => vec![MOST],
    }
}

impl Analysis {
    /// What a residual program comes to for the call that it is for.
    pub fn residual(
        &mut self,
        program: &Residual,
        arch: u32,
        number: u32,
    ) -> Result<Outcome, Unseen> {
        let mut outcomes = Vec::new();
        for filter in &program.seen {
            outcomes.push(self.call(filter, arch, number));
        }
        match outcomes.as_slice() {
            [] => Err(Unseen::Features),
            [first, rest @ ..] if rest.iter().all(|one| one == first) => Ok(first.clone()),
            [first, ..] => Err(Unseen::Size(first.clone())),
        }
    }
}
