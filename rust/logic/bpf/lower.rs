// SPDX-License-Identifier: GPL-2.0

//! From classic BPF over `struct seccomp_data` to eBPF over the saved registers.
//!
//! Translates as `bpf_convert_filter()` of `net/core/filter.c` does, but loads read the registers
//! where they were saved, so that the engine need not fill in a `struct seccomp_data`. Without a
//! prologue, and with 32-bit comparisons throughout, the test of a 64-bit argument takes four
//! instructions, as in the filter.
//!
//! `A` is r0, `X` is r3, r1 points to the context, r2 to [`Inputs`](super::append::Inputs), and the
//! cells are on the stack. No function is called, so r1 to r3 keep their values. A program is a
//! function of two arguments, as the kernel's programs are: where the type of a function is checked
//! before a call by its address, that must match. The upper halves of r0 and r3 are zero at all
//! times.

use super::{
    append::{
        NeededInputs,
        RawInputs,
        VisibleFields,
        RET_E2BIG,
        TAIL, //
    },
    check::{
        check_classic,
        check_scratch, //
    },
    ebpf::*,
    insn::{
        target,
        Alu,
        Cond,
        Insn,
        Op,
        Src,
        BPF_LD,
        BPF_LDX,
        BPF_MEM,
        BPF_ST,
        BPF_STX,
        CELLS,
        DATA_WORDS,
        WORD_EA,
        WORD_EA_CHECKED,
        WORD_EA_SIZE,
        WORD_EXTENT,
        WORD_FEATURES,
        WORD_NR_HIGH,
        WORD_PKEY, //
    },
    live::{
        self,
        liveness,
        remove_dead, //
    }, //
};
use crate::logic::buf::{
    Buf,
    NoMemory, //
};
use core::mem::offset_of;

/// The bytes of stack of a program that uses cells.
pub const STACK: i16 = 4 * CELLS as i16;

/// Where a word of `struct seccomp_data` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Nowhere: it always has this value.
    Const(u32),
    /// In the 32 bits at this offset from the context.
    At(i16),
}

/// Where the words of the data are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Those of `struct seccomp_data`, in its order.
    pub words: [Word; DATA_WORDS],
    /// The high half of the number's register.
    pub nr_high: Word,
    /// What the filter sees of [`Inputs`](super::append::Inputs), where the other words are.
    pub visible: VisibleFields,
}

impl Layout {
    /// Where in the context the last word ends.
    fn end(&self) -> usize {
        let words = self.words.iter().chain([&self.nr_high]);
        let ends = words.map(|word| match word {
            Word::Const(_) => 0,
            Word::At(offset) => match usize::try_from(*offset) {
                Ok(offset) => offset.saturating_add(4),
                // Before the context. No context is as long as this says.
                Err(_) => usize::MAX,
            },
        });
        ends.max().unwrap_or(0)
    }
}

impl From<[Word; DATA_WORDS]> for Layout {
    fn from(words: [Word; DATA_WORDS]) -> Self {
        Self {
            words,
            nr_high: Word::Const(0),
            visible: VisibleFields::NONE,
        }
    }
}

impl Word {
    fn load(self) -> EbpfInsn {
        match self {
            Word::At(off) => EbpfInsn::load(R0, R1, off),
            Word::Const(k) => EbpfInsn::mov(R0, k),
        }
    }
}

/// eBPF that needs no verifier: what [`lower`] and [`study`](super::study::study) make.
///
/// # Invariants
///
/// `insns` is one program or several, of which [`Inputs::which`](super::append::Inputs::which)
/// chooses one. Called with pointers in r1 and r2, it
///
/// - reads, by r1, not more than the first `context` bytes;
/// - reads, by r2, fields of [`Inputs`](super::append::Inputs), and by the pointer in it the
///   argument's 4096 bytes: `which`, and what in `needs` is noted of the chosen program;
/// - reads and writes the [`STACK`] bytes below r10, and reads none that it has not written;
/// - writes r0, r3 and r4, and calls nothing;
/// - jumps forward only, to its own instructions, and ends with `exit`.
///
/// Bit n of `pkey` or `argument` is set if program n needs that, or if there is no program n.
pub struct Lowered {
    insns: Buf<EbpfInsn>,
    pkey: u128,
    argument: u128,
    context: usize,
}

impl Lowered {
    /// `insns` of which each choice is a result of [`lower_live`] for a program that needs no more
    /// than what is in `needs`, and for one of `layouts`.
    pub(super) fn new<'a>(
        insns: Buf<EbpfInsn>,
        needs: impl IntoIterator<Item = NeededInputs>,
        layouts: impl IntoIterator<Item = &'a Layout>,
    ) -> Self {
        let (mut pkey, mut argument) = (u128::MAX, u128::MAX);
        for (which, needs) in (0..u128::BITS).zip(needs) {
            let bit = 1u128.wrapping_shl(which);
            pkey &= if needs.pkey { u128::MAX } else { !bit };
            argument &= if needs.argument { u128::MAX } else { !bit };
        }
        let ends = layouts.into_iter().map(Layout::end);
        // INVARIANT: By what `translate()` makes of a program that `check_classic()` and
        // `check_scratch()` admit.
        Self {
            insns,
            pkey,
            argument,
            context: ends.max().unwrap_or(0),
        }
    }

    /// The instructions.
    pub fn insns(&self) -> &[EbpfInsn] {
        &self.insns
    }

    /// What program `which` needs; everything if there is none.
    pub fn needs(&self, which: u32) -> NeededInputs {
        let has = |bits: u128| bits.checked_shr(which).is_none_or(|bits| bits & 1 != 0);
        NeededInputs {
            pkey: has(self.pkey),
            argument: has(self.argument),
        }
    }

    /// The programs that need nothing: bit n is set if program n is one.
    pub fn bare(&self) -> u128 {
        !(self.pkey | self.argument)
    }

    /// How many bytes it may read by r1.
    pub fn context_len(&self) -> usize {
        self.context
    }

    /// Does it use its stack, [`STACK`] bytes?
    pub fn uses_stack(&self) -> bool {
        self.insns
            .iter()
            .any(|insn| insn.regs & 0xf == R10 || insn.regs >> 4 == R10)
    }
}

/// Translates a program, such as a result of [`specialise`](super::residual::specialise).
///
/// The result has at most six instructions for each of `prog`, and two more; it returns a 32-bit
/// value, uses r0 to r4 and, if there are cells, [`STACK`] bytes of stack. `None` if `prog` does
/// not pass [`check_classic`], or loads cells before it stores them ([`check_scratch`]). Linear; at
/// most 26 bytes per instruction besides the result. Fails with [`NoMemory`] if there is none.
pub fn lower(prog: &[Insn], layout: &Layout) -> Result<Option<Lowered>, NoMemory> {
    let Some(insns) = lower_checked(prog, layout)? else {
        return Ok(None);
    };
    let needs = [NeededInputs::of(prog)];
    Ok(Some(Lowered::new(insns, needs, [layout])))
}

/// [`lower`] for a result of `specialise()`, in which no instruction is dead, unless it uses cells:
/// some stores may be there only so that it passes [`check_scratch`].
pub(super) fn lower_live(
    prog: &[Insn],
    layout: &Layout,
) -> Result<Option<Buf<EbpfInsn>>, NoMemory> {
    if prog.iter().any(uses_cell) {
        return lower_checked(prog, layout);
    }
    if check_classic(prog).is_err() {
        return Ok(None);
    }
    translate(prog, layout)
}

fn lower_checked(prog: &[Insn], layout: &Layout) -> Result<Option<Buf<EbpfInsn>>, NoMemory> {
    if check_classic(prog).is_err() {
        return Ok(None);
    }
    if prog.iter().any(uses_cell) && check_scratch(prog)? != 0 {
        return Ok(None);
    }
    // A dead load could read an input that is not there.
    let mut code = Buf::new();
    code.extend_from_slice(prog)?;
    remove_dead(&mut code)?;
    translate(&code, layout)
}

/// Does the instruction load or store a cell?
fn uses_cell(insn: &Insn) -> bool {
    const LD_MEM: u16 = BPF_LD | BPF_MEM;
    const LDX_MEM: u16 = BPF_LDX | BPF_MEM;
    matches!(insn.code, BPF_ST | BPF_STX | LD_MEM | LDX_MEM)
}

fn translate(code: &[Insn], layout: &Layout) -> Result<Option<Buf<EbpfInsn>>, NoMemory> {
    let read_at_start = liveness(code)?.first().copied().unwrap_or(0);
    let mut out = Code {
        places: Buf::with_capacity(code.len())?,
        insns: Buf::with_capacity(code.len().saturating_mul(2))?,
    };
    for (slot, reg) in [(live::A, R0), (live::X, X)] {
        if read_at_start & slot != 0 {
            out.put(EbpfInsn::mov(reg, 0))?;
        }
    }
    for (pc, insn) in code.iter().enumerate() {
        // CAST: At most `6 * BPF_MAXINSNS + 2`.
        out.places.push(out.insns.len() as u16)?;
        let Some(op) = insn.decode() else {
            return Ok(None);
        };
        out.translate(pc, op, layout)?;
    }
    out.link();
    Ok(Some(out.insns))
}

/// The result while it is made. Until `link()`, the distance of a jump is the index of its target
/// in `prog`.
struct Code {
    /// By instruction of `prog`, where its translation starts.
    places: Buf<u16>,
    insns: Buf<EbpfInsn>,
}

impl Code {
    fn put(&mut self, insn: EbpfInsn) -> Result<(), NoMemory> {
        self.insns.push(insn)
    }

    /// A jump to an instruction of `prog`.
    fn put_jump(&mut self, insn: EbpfInsn, to: usize) -> Result<(), NoMemory> {
        // CAST: Below `BPF_MAXINSNS`. The offset is replaced in `link()`.
        self.put(EbpfInsn {
            off: to as i16,
            ..insn
        })
    }

    fn translate(&mut self, pc: usize, op: Op, layout: &Layout) -> Result<(), NoMemory> {
        // CAST: Cells are below `CELLS`, as the program is checked.
        let cell = |k: u32| ((k & 15) as i16).wrapping_mul(4).wrapping_sub(STACK);
        match op {
            Op::LdWord(word) => self.load(word, layout),
            Op::LdImm(k) => self.put(EbpfInsn::mov(R0, k)),
            Op::LdxImm(k) => self.put(EbpfInsn::mov(X, k)),
            Op::LdMem(k) => self.put(EbpfInsn::load(R0, R10, cell(k))),
            Op::LdxMem(k) => self.put(EbpfInsn::load(X, R10, cell(k))),
            Op::St(k) => self.put(EbpfInsn::store(R0, cell(k))),
            Op::Stx(k) => self.put(EbpfInsn::store(X, cell(k))),
            Op::Tax => self.put(EbpfInsn::mov_reg(X, R0)),
            Op::Txa => self.put(EbpfInsn::mov_reg(R0, X)),
            Op::Neg => self.put(EbpfInsn::new(ALU | NEG, R0, 0, 0, 0)),
            Op::Alu(op, src) => {
                if (op, src) == (Alu::Div, Src::X) {
                    // If `X` is 0 the program returns 0.
                    self.put(EbpfInsn::new(JMP32 | JNE, X, 0, 2, 0))?;
                    self.put(EbpfInsn::mov(R0, 0))?;
                    self.put(EbpfInsn::exit())?;
                }
                // CAST: The numbers of the operations are the same, and fit.
                self.put(operands(ALU | op.code() as u8, src))
            }
            Op::Ja(0) => Ok(()),
            Op::Ja(k) => self.put_jump(JUMP, target(pc, k)),
            Op::Jcc(cond, src, jt, jf) => {
                let inverse = match cond {
                    Cond::Eq => Some(JNE),
                    Cond::Gt => Some(JLE),
                    Cond::Ge => Some(JLT),
                    Cond::Set => None,
                };
                let (to, or) = (target(pc, jt.into()), target(pc, jf.into()));
                match (jt, inverse) {
                    (0, Some(code)) => self.put_jump(operands(JMP32 | code, src), or),
                    _ => {
                        // CAST: As above.
                        self.put_jump(operands(JMP32 | cond.code() as u8, src), to)?;
                        if jf != 0 {
                            self.put_jump(JUMP, or)?;
                        }
                        Ok(())
                    }
                }
            }
            Op::RetK(k) => {
                self.put(EbpfInsn::mov(R0, k))?;
                self.put(EbpfInsn::exit())
            }
            Op::RetA => self.put(EbpfInsn::exit()),
        }
    }

    fn load(&mut self, word: usize, layout: &Layout) -> Result<(), NoMemory> {
        // CAST: The structures that words are in are small.
        const fn at(offset: usize) -> i16 {
            offset as i16
        }
        let inputs = |offset| EbpfInsn::load(R0, R2, at(offset));
        match (layout.words.get(word), word) {
            (Some(place), _) => self.put(place.load()),
            (_, WORD_NR_HIGH) => self.put(layout.nr_high.load()),
            (_, WORD_PKEY) => self.put(inputs(offset_of!(RawInputs, pkey))),
            (_, WORD_EXTENT) => self.put(inputs(offset_of!(RawInputs, extent))),
            (_, WORD_FEATURES) => {
                let (features, limit) = (layout.visible.features(), layout.visible.limit());
                // CAST: The bits are what counts.
                let or = |k: u32| EbpfInsn::new(ALU | OR, R0, 0, 0, k as i32);
                self.put(inputs(offset_of!(RawInputs, extent)))?;
                self.put(EbpfInsn::mov_reg(R4, R0))?;
                self.put(inputs(offset_of!(RawInputs, features)))?;
                self.put(EbpfInsn::new(JMP32 | JLE, R4, 0, 1, limit as i32))?;
                self.put(or(TAIL))?;
                self.put(or(features))
            }
            (_, WORD_EA_SIZE..WORD_EA) => {
                let half = word.saturating_sub(WORD_EA_SIZE).saturating_mul(4);
                self.put(inputs(offset_of!(RawInputs, size).saturating_add(half)))
            }
            (_, WORD_EA_CHECKED..) => {
                // CAST: The bits are what counts.
                let size = layout.visible.argument.unwrap_or(0) as i32;
                self.put(EbpfInsn::load(R4, R2, at(offset_of!(RawInputs, extent))))?;
                self.put(EbpfInsn::new(JMP32 | JLE, R4, 0, 2, size))?;
                self.put(EbpfInsn::mov(R0, RET_E2BIG))?;
                self.put(EbpfInsn::exit())?;
                self.load_argument(word.saturating_sub(WORD_EA_CHECKED))
            }
            _ => self.load_argument(word.saturating_sub(WORD_EA)),
        }
    }

    /// Loads a word of the extensible argument.
    fn load_argument(&mut self, word: usize) -> Result<(), NoMemory> {
        // CAST: `Inputs` is small, and so is the argument.
        let pointer = offset_of!(RawInputs, argument) as i16;
        let offset = word.saturating_mul(4) as i16;
        self.put(EbpfInsn::new(LDX | MEM_DW, R4, R2, pointer, 0))?;
        self.put(EbpfInsn::load(R0, R4, offset))
    }

    /// Replaces the targets of jumps by distances.
    fn link(&mut self) {
        let Self { places, insns } = self;
        for (at, insn) in insns.iter_mut().enumerate() {
            if !is_linked(*insn) {
                continue;
            }
            // CAST: `put_jump()` put an index there. Distances are below the length, which is less
            // than `i16::MAX`.
            let place = places.get(insn.off as usize).copied().unwrap_or(0);
            insn.off = usize::from(place).saturating_sub(at.saturating_add(1)) as i16;
        }
    }
}

/// An instruction on `A`.
const fn operands(code: u8, src: Src) -> EbpfInsn {
    match src {
        // CAST: The bits are what counts.
        Src::K(k) => EbpfInsn::new(code, R0, 0, 0, k as i32),
        Src::X => EbpfInsn::new(code | REG, R0, X, 0, 0),
    }
}

const JUMP: EbpfInsn = EbpfInsn::new(JMP | JA, 0, 0, 0, 0);

/// Of the code that chooses a program: loads the choice.
pub(super) fn load_choice() -> EbpfInsn {
    // CAST: It is the first field.
    EbpfInsn::load(R4, R2, offset_of!(RawInputs, which) as i16)
}

/// Of the code that chooses a program: jumps over `distance` instructions if the choice is `k` or
/// more.
pub(super) fn jump_if_chosen(k: i32, distance: i16) -> EbpfInsn {
    EbpfInsn::new(JMP32 | JGE, R4, 0, distance, k)
}

/// Did `put_jump()` put this jump? It did not if the left operand is `X` or r4.
fn is_linked(insn: EbpfInsn) -> bool {
    match insn.code & 0x07 {
        JMP => insn.code != JMP | EXIT,
        JMP32 => insn.regs & 0x0f == R0,
        _ => false,
    }
}
