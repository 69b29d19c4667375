// SPDX-License-Identifier: GPL-2.0

//! Where a run of a filter ends: which instruction decides about a call.
//!
//! The engine runs compiled programs, most of them residual ones, that tell the verdict alone. For
//! an observer who wants to know more, this runs the program as its author wrote it once more.

use super::{
    append::{
        Inputs,
        VisibleFields,
        RET_E2BIG,
        TAIL, //
    },
    insn::{
        target,
        Insn,
        Op,
        Src,
        CELLS,
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

/// The upper half of `seccomp_data_append.extensible_arg_size`.
const WORD_EA_SIZE_HIGH: usize = WORD_EA_SIZE + 1;
const _: () = assert!(WORD_EA_SIZE_HIGH + 1 == WORD_EA);

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The instruction that ends it: mostly a return, else a division by 0, or a load from an
    /// argument with a tail.
    pub at: usize,
    /// What the program returns.
    pub value: u32,
}

/// What a load finds.
enum Loaded {
    Word(u32),
    /// The load ends the program, which returns this.
    Ends(u32),
    /// The argument was not copied.
    Unknown,
}

/// A system call as filters see it.
pub struct SeenCall<'a, P> {
    /// `struct seccomp_data`, as words.
    pub data: [u32; DATA_WORDS],
    /// The high half of the register with the number.
    pub nr_high: u32,
    /// The protection-key register.
    pub pkey: u32,
    /// Has the call an extensible argument?
    pub extensible: bool,
    /// The argument's size, extent and features. The features are 0 if it was not copied.
    pub inputs: &'a Inputs<P>,
    /// The copy.
    pub argument: &'a [u8],
}

impl<P> SeenCall<'_, P> {
    /// Runs a program in [canonical form](super::append::canonical), for which
    /// [`check_classic`](super::check::check_classic) finds nothing wrong.
    ///
    /// `None` if the program looks at an argument that was not copied: the verdict does not depend
    /// on that, but which instruction returns it may.
    pub fn ending(&self, prog: &[Insn], visible: VisibleFields) -> Option<Ending> {
        let (mut a, mut x, mut cells) = (0u32, 0u32, [0u32; CELLS]);
        let mut pc = 0;
        loop {
            let at = pc;
            let ends = |value| Some(Ending { at, value });
            pc = target(at, 0);
            let operand = |src, x| match src {
                Src::K(k) => k,
                Src::X => x,
            };
            match prog.get(at)?.decode()? {
                Op::LdWord(word) => match self.load(word, visible) {
                    Loaded::Word(value) => a = value,
                    Loaded::Ends(value) => return ends(value),
                    Loaded::Unknown => return None,
                },
                Op::LdImm(k) => a = k,
                Op::LdxImm(k) => x = k,
                Op::LdMem(cell) => a = *cells.get(cell as usize)?,
                Op::LdxMem(cell) => x = *cells.get(cell as usize)?,
                Op::St(cell) => *cells.get_mut(cell as usize)? = a,
                Op::Stx(cell) => *cells.get_mut(cell as usize)? = x,
                Op::Tax => x = a,
                Op::Txa => a = x,
                Op::Alu(op, src) => match op.eval(a, operand(src, x)) {
                    Some(result) => a = result,
                    None => return ends(0),
                },
                Op::Neg => a = a.wrapping_neg(),
                Op::Ja(distance) => pc = target(at, distance),
                Op::Jcc(cond, src, jt, jf) => {
                    let holds = cond.eval(a, operand(src, x));
                    pc = target(at, u32::from(if holds { jt } else { jf }));
                }
                Op::RetK(k) => return ends(k),
                Op::RetA => return ends(a),
            }
        }
    }

    fn load(&self, word: usize, visible: VisibleFields) -> Loaded {
        if let Some(value) = self.data.get(word) {
            return Loaded::Word(*value);
        }
        let inputs = self.inputs;
        match word {
            WORD_NR_HIGH => Loaded::Word(self.nr_high),
            WORD_PKEY => Loaded::Word(self.pkey),
            WORD_FEATURES if !self.extensible => Loaded::Word(visible.features()),
            _ if !self.extensible => Loaded::Word(0),
            _ if inputs.features == 0 => Loaded::Unknown,
            WORD_FEATURES => {
                let tail = if inputs.extent > visible.limit() {
                    TAIL
                } else {
                    0
                };
                Loaded::Word(visible.features() | inputs.features | tail)
            }
            WORD_EXTENT => Loaded::Word(inputs.extent),
            // CAST: The halves are what programs load.
            WORD_EA_SIZE => Loaded::Word(inputs.size as u32),
            WORD_EA_SIZE_HIGH => Loaded::Word((inputs.size >> 32) as u32),
            WORD_EA..WORD_EA_CHECKED => self.load_argument(word.saturating_sub(WORD_EA)),
            _ if inputs.extent > visible.argument.unwrap_or(0) => Loaded::Ends(RET_E2BIG),
            _ => self.load_argument(word.saturating_sub(WORD_EA_CHECKED)),
        }
    }

    fn load_argument(&self, word: usize) -> Loaded {
        let rest = self.argument.get(word.saturating_mul(4)..);
        match rest.and_then(|rest| rest.first_chunk()) {
            Some(bytes) => Loaded::Word(u32::from_le_bytes(*bytes)),
            None => Loaded::Unknown,
        }
    }
}
