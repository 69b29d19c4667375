// SPDX-License-Identifier: MIT OR Apache-2.0

//! Filters of io_uring as filters of calls, so that what explains these explains them as well.

use super::{
    sight::{
        FAMILY,
        PORT,
        UNION, //
    },
    Filter, //
};
use crate::{
    action::Action,
    bpf::{
        self,
        Insn, //
    },
    compile::rings::REFUSED,
    rules::EA, //
};

/// What becomes of a request that a filter refuses.
pub const REFUSAL: Action = Action::Errno(13);

/// The offset of an argument in `struct seccomp_data`.
fn argument(index: u32) -> u32 {
    16 + 8 * index
}

impl Filter {
    /// The filter as one of the call that has the operation's name: it allows the call, or refuses
    /// it with EACCES. What it looks at is where that call has it, but for connect(): the family
    /// is argument 0, the port is argument 1, and arguments 2 and 3 are the address, up to 16
    /// bytes.
    ///
    /// `None` if it looks at something else, or would be too long.
    pub fn as_call(&self) -> Option<Vec<Insn>> {
        let is_port = |insn: &Insn| {
            (insn.code, insn.k) == (bpf::LD, PORT) && self.operation.name == "connect"
        };
        let mut places = Vec::with_capacity(self.insns.len());
        let mut count = 0usize;
        for insn in &self.insns {
            places.push(count);
            count += 1 + usize::from(is_port(insn));
        }
        let mut insns = Vec::with_capacity(count);
        for (place, insn) in self.insns.iter().enumerate() {
            let skip = |skipped: usize| {
                let target = places.get((place + 1).checked_add(skipped)?)?;
                target.checked_sub(places[place] + 1)
            };
            insns.push(match insn.code {
                bpf::LD => Insn::new(bpf::LD, self.offset_in_call(insn.k)?),
                bpf::RET if insn.k == REFUSED => Insn::new(bpf::RET, REFUSAL.ret()),
                bpf::RET => Insn::new(bpf::RET, Action::Allow.ret()),
                bpf::JA => Insn::new(bpf::JA, u32::try_from(skip(insn.k as usize)?).ok()?),
                code if code & 7 == 5 => Insn {
                    jt: u8::try_from(skip(insn.jt.into())?).ok()?,
                    jf: u8::try_from(skip(insn.jf.into())?).ok()?,
                    ..*insn
                },
                _ => *insn,
            });
            if is_port(insn) {
                // The kernel fills the word with zeros.
                insns.push(Insn::new(bpf::AND, 0xffff));
            }
        }
        (insns.len() <= bpf::MAX_INSNS).then_some(insns)
    }

    /// Where the call has the word at an offset of `struct io_uring_bpf_ctx`.
    fn offset_in_call(&self, offset: u32) -> Option<u32> {
        Some(match (self.operation.name, offset) {
            ("openat", UNION) => argument(2),
            ("openat", 24) => argument(3),
            ("openat2", UNION..40) => EA + (offset - UNION),
            ("socket", 16 | 20 | 24) => argument((offset - UNION) / 4),
            ("connect", FAMILY) => argument(0),
            ("connect", PORT) => argument(1),
            ("connect", 24..40) => argument(2) + (offset - 24),
            _ => return None,
        })
    }
}
