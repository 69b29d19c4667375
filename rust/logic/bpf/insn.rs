// SPDX-License-Identifier: GPL-2.0

//! Instructions of classic BPF, in seccomp's dialect.
//!
//! C headers: [`include/uapi/linux/filter.h`](srctree/include/uapi/linux/filter.h),
//! [`include/uapi/linux/bpf_common.h`](srctree/include/uapi/linux/bpf_common.h)
//!
//! Only [`Insn::decode`] and the conversion back know the encoding; all else works on [`Op`].

/// `sizeof(struct seccomp_data)`, which is also what the LEN loads yield.
pub const DATA_SIZE: u32 = 64;
/// 32-bit words in `struct seccomp_data`.
pub const DATA_WORDS: usize = 16;
/// 32-bit words that a program can load. [`canonical`](super::append::canonical) replaces loads of
/// an appended filter by loads of the words from [`DATA_WORDS`] on.
pub const WORDS: usize = WORD_EA_CHECKED + EA_WORDS;
/// The word of `seccomp_data.nr`.
pub const WORD_NR: usize = 0;
/// The word of `seccomp_data.arch`.
pub const WORD_ARCH: usize = 1;
/// The word of `seccomp_data_append.nr_high`.
pub const WORD_NR_HIGH: usize = 16;
/// The word of the protection-key register.
pub const WORD_PKEY: usize = 17;
/// The word of the lower half of `seccomp_data_append.features`.
pub const WORD_FEATURES: usize = 18;
/// The word of `seccomp_data_append.extensible_arg_extent`.
pub const WORD_EXTENT: usize = 19;
/// The first of the two words of `seccomp_data_append.extensible_arg_size`.
pub const WORD_EA_SIZE: usize = 20;
/// The first word of `seccomp_data_append.extensible_arg`.
pub const WORD_EA: usize = 22;
/// The same words for a filter that sees no tail: a load of one ends the program with
/// [`RET_E2BIG`](super::append::RET_E2BIG) if the argument has one.
pub const WORD_EA_CHECKED: usize = WORD_EA + EA_WORDS;
/// Words of an extensible argument.
pub const EA_WORDS: usize = 1024;
/// Cells of scratch memory (`BPF_MEMWORDS`).
pub const CELLS: usize = 16;
/// The most instructions of a program.
pub const BPF_MAXINSNS: usize = 4096;

/// Instruction classes.
pub const BPF_LD: u16 = 0x00;
/// Loads of `X`.
pub const BPF_LDX: u16 = 0x01;
/// Stores of `A`.
pub const BPF_ST: u16 = 0x02;
/// Stores of `X`.
pub const BPF_STX: u16 = 0x03;
/// Arithmetic.
pub const BPF_ALU: u16 = 0x04;
/// Jumps.
pub const BPF_JMP: u16 = 0x05;
/// Returns.
pub const BPF_RET: u16 = 0x06;
/// Moves between `A` and `X`.
pub const BPF_MISC: u16 = 0x07;

/// Loads of 32 bits.
pub const BPF_W: u16 = 0x00;
/// Loads of a constant.
pub const BPF_IMM: u16 = 0x00;
/// Loads of data at a constant offset.
pub const BPF_ABS: u16 = 0x20;
/// Loads of scratch memory.
pub const BPF_MEM: u16 = 0x60;
/// Loads of the length of the data.
pub const BPF_LEN: u16 = 0x80;

/// `A += operand`.
pub const BPF_ADD: u16 = 0x00;
/// `A -= operand`.
pub const BPF_SUB: u16 = 0x10;
/// `A *= operand`.
pub const BPF_MUL: u16 = 0x20;
/// `A /= operand`.
pub const BPF_DIV: u16 = 0x30;
/// `A |= operand`.
pub const BPF_OR: u16 = 0x40;
/// `A &= operand`.
pub const BPF_AND: u16 = 0x50;
/// `A <<= operand`.
pub const BPF_LSH: u16 = 0x60;
/// `A >>= operand`.
pub const BPF_RSH: u16 = 0x70;
/// `A = -A`.
pub const BPF_NEG: u16 = 0x80;
/// `A ^= operand`.
pub const BPF_XOR: u16 = 0xa0;

/// Jumps always.
pub const BPF_JA: u16 = 0x00;
/// Jumps if `A == operand`.
pub const BPF_JEQ: u16 = 0x10;
/// Jumps if `A > operand`.
pub const BPF_JGT: u16 = 0x20;
/// Jumps if `A >= operand`.
pub const BPF_JGE: u16 = 0x30;
/// Jumps if `A & operand`.
pub const BPF_JSET: u16 = 0x40;

/// The operand is the constant of the instruction.
pub const BPF_K: u16 = 0x00;
/// The operand is `X`.
pub const BPF_X: u16 = 0x08;
/// What is returned is `A`.
pub const BPF_A: u16 = 0x10;

/// `X = A`.
pub const BPF_TAX: u16 = 0x00;
/// `A = X`.
pub const BPF_TXA: u16 = 0x80;

/// `struct sock_filter`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Insn {
    /// What to do.
    pub code: u16,
    /// Instructions to skip if the condition holds.
    pub jt: u8,
    /// Instructions to skip if it does not.
    pub jf: u8,
    /// The constant, by the instruction: operand, offset, cell, distance or return value.
    pub k: u32,
}

/// Arithmetic with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alu {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient.
    Div,
    /// Bitwise or.
    Or,
    /// Bitwise and.
    And,
    /// Shift to the left.
    Lsh,
    /// Logical shift to the right.
    Rsh,
    /// Bitwise exclusive or.
    Xor,
}

/// What a conditional jump tests, `A` being the left operand. All unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cond {
    /// Equal.
    Eq,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// A bit in common.
    Set,
}

/// A right operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Src {
    /// A constant.
    K(u32),
    /// `X`.
    X,
}

/// An instruction as what it means. Distances count from the next instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `A` = a word of the data, below [`WORDS`]. One from [`WORD_EA_CHECKED`] on may end the
    /// program instead.
    LdWord(usize),
    /// `A` = a constant.
    LdImm(u32),
    /// `X` = a constant.
    LdxImm(u32),
    /// `A` = a cell.
    LdMem(u32),
    /// `X` = a cell.
    LdxMem(u32),
    /// A cell = `A`.
    St(u32),
    /// A cell = `X`.
    Stx(u32),
    /// `X = A`.
    Tax,
    /// `A = X`.
    Txa,
    /// `A = A op operand`.
    Alu(Alu, Src),
    /// `A = -A`.
    Neg,
    /// Skips a number of instructions.
    Ja(u32),
    /// Skips the first number of instructions if the condition holds, else the second.
    Jcc(Cond, Src, u8, u8),
    /// Returns a constant.
    RetK(u32),
    /// Returns `A`.
    RetA,
}

impl Alu {
    /// The result; `None` for a division by 0.
    #[inline]
    pub fn eval(self, a: u32, b: u32) -> Option<u32> {
        Some(match self {
            Alu::Add => a.wrapping_add(b),
            Alu::Sub => a.wrapping_sub(b),
            Alu::Mul => a.wrapping_mul(b),
            Alu::Div => return a.checked_div(b),
            Alu::Or => a | b,
            Alu::And => a & b,
            Alu::Lsh => a.wrapping_shl(b),
            Alu::Rsh => a.wrapping_shr(b),
            Alu::Xor => a ^ b,
        })
    }

    /// The bits of the operation.
    pub const fn code(self) -> u16 {
        match self {
            Alu::Add => BPF_ADD,
            Alu::Sub => BPF_SUB,
            Alu::Mul => BPF_MUL,
            Alu::Div => BPF_DIV,
            Alu::Or => BPF_OR,
            Alu::And => BPF_AND,
            Alu::Lsh => BPF_LSH,
            Alu::Rsh => BPF_RSH,
            Alu::Xor => BPF_XOR,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Alu::Add => "add",
            Alu::Sub => "sub",
            Alu::Mul => "mul",
            Alu::Div => "div",
            Alu::Or => "or",
            Alu::And => "and",
            Alu::Lsh => "lsh",
            Alu::Rsh => "rsh",
            Alu::Xor => "xor",
        }
    }
}

impl Cond {
    /// Does it hold?
    #[inline]
    pub fn eval(self, a: u32, b: u32) -> bool {
        match self {
            Cond::Eq => a == b,
            Cond::Gt => a > b,
            Cond::Ge => a >= b,
            Cond::Set => a & b != 0,
        }
    }

    /// The bits of the operation.
    pub const fn code(self) -> u16 {
        match self {
            Cond::Eq => BPF_JEQ,
            Cond::Gt => BPF_JGT,
            Cond::Ge => BPF_JGE,
            Cond::Set => BPF_JSET,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Cond::Eq => "jeq",
            Cond::Gt => "jgt",
            Cond::Ge => "jge",
            Cond::Set => "jset",
        }
    }
}

impl Src {
    /// The bit that tells which operand, and the constant.
    const fn parts(self) -> (u16, u32) {
        match self {
            Src::K(k) => (BPF_K, k),
            Src::X => (BPF_X, 0),
        }
    }
}

impl Insn {
    /// Does nothing.
    pub const NOP: Self = Self::stmt(BPF_JMP | BPF_JA, 0);

    /// `BPF_STMT()`.
    pub const fn stmt(code: u16, k: u32) -> Self {
        Self::jump(code, k, 0, 0)
    }

    /// `BPF_JUMP()`.
    pub const fn jump(code: u16, k: u32, jt: u8, jf: u8) -> Self {
        Self { code, jt, jf, k }
    }

    /// The word of the data that the instruction loads; `None` if it does something else.
    #[inline]
    pub fn word(self) -> Option<usize> {
        const LD_ABS: u16 = BPF_LD | BPF_W | BPF_ABS;
        let loads = self.code == LD_ABS && self.k < 4 * WORDS as u32 && self.k & 3 == 0;
        loads.then_some((self.k >> 2) as usize)
    }

    /// What the instruction means; `None` if `seccomp_check_filter()` refuses it. Unlike there,
    /// loads may be of any of the [`WORDS`].
    ///
    /// As there, cells and distances may be out of range, and fields that the instruction does not
    /// use may have any value.
    #[inline]
    pub fn decode(self) -> Option<Op> {
        const LD_ABS: u16 = BPF_LD | BPF_W | BPF_ABS;
        const LD_LEN: u16 = BPF_LD | BPF_W | BPF_LEN;
        const LDX_LEN: u16 = BPF_LDX | BPF_W | BPF_LEN;
        const LD_IMM: u16 = BPF_LD | BPF_IMM;
        const LDX_IMM: u16 = BPF_LDX | BPF_IMM;
        const LD_MEM: u16 = BPF_LD | BPF_MEM;
        const LDX_MEM: u16 = BPF_LDX | BPF_MEM;
        const TAX: u16 = BPF_MISC | BPF_TAX;
        const TXA: u16 = BPF_MISC | BPF_TXA;
        const NEG: u16 = BPF_ALU | BPF_NEG;
        const JA: u16 = BPF_JMP | BPF_JA;
        const RET_K: u16 = BPF_RET | BPF_K;
        const RET_A: u16 = BPF_RET | BPF_A;

        let k = self.k;
        Some(match self.code {
            LD_ABS if k < 4 * WORDS as u32 && k & 3 == 0 => Op::LdWord((k >> 2) as usize),
            LD_LEN => Op::LdImm(DATA_SIZE),
            LDX_LEN => Op::LdxImm(DATA_SIZE),
            LD_IMM => Op::LdImm(k),
            LDX_IMM => Op::LdxImm(k),
            LD_MEM => Op::LdMem(k),
            LDX_MEM => Op::LdxMem(k),
            BPF_ST => Op::St(k),
            BPF_STX => Op::Stx(k),
            TAX => Op::Tax,
            TXA => Op::Txa,
            NEG => Op::Neg,
            JA => Op::Ja(k),
            RET_K => Op::RetK(k),
            RET_A => Op::RetA,
            code => {
                let src = if code & BPF_X == 0 { Src::K(k) } else { Src::X };
                let op = code & !(0x07 | BPF_X);
                match code & 0x07 {
                    BPF_ALU => Op::Alu(Self::decode_alu(op)?, src),
                    BPF_JMP => Op::Jcc(Self::decode_cond(op)?, src, self.jt, self.jf),
                    _ => return None,
                }
            }
        })
    }

    fn decode_alu(op: u16) -> Option<Alu> {
        Some(match op {
            BPF_ADD => Alu::Add,
            BPF_SUB => Alu::Sub,
            BPF_MUL => Alu::Mul,
            BPF_DIV => Alu::Div,
            BPF_OR => Alu::Or,
            BPF_AND => Alu::And,
            BPF_LSH => Alu::Lsh,
            BPF_RSH => Alu::Rsh,
            BPF_XOR => Alu::Xor,
            _ => return None,
        })
    }

    fn decode_cond(op: u16) -> Option<Cond> {
        Some(match op {
            BPF_JEQ => Cond::Eq,
            BPF_JGT => Cond::Gt,
            BPF_JGE => Cond::Ge,
            BPF_JSET => Cond::Set,
            _ => return None,
        })
    }
}

impl From<Op> for Insn {
    fn from(op: Op) -> Self {
        match op {
            // CAST: Words are below `WORDS`.
            Op::LdWord(word) => Self::stmt(BPF_LD | BPF_W | BPF_ABS, (word as u32) << 2),
            Op::LdImm(k) => Self::stmt(BPF_LD | BPF_IMM, k),
            Op::LdxImm(k) => Self::stmt(BPF_LDX | BPF_IMM, k),
            Op::LdMem(k) => Self::stmt(BPF_LD | BPF_MEM, k),
            Op::LdxMem(k) => Self::stmt(BPF_LDX | BPF_MEM, k),
            Op::St(k) => Self::stmt(BPF_ST, k),
            Op::Stx(k) => Self::stmt(BPF_STX, k),
            Op::Tax => Self::stmt(BPF_MISC | BPF_TAX, 0),
            Op::Txa => Self::stmt(BPF_MISC | BPF_TXA, 0),
            Op::Alu(op, src) => {
                let (bit, k) = src.parts();
                Self::stmt(BPF_ALU | op.code() | bit, k)
            }
            Op::Neg => Self::stmt(BPF_ALU | BPF_NEG, 0),
            Op::Ja(k) => Self::stmt(BPF_JMP | BPF_JA, k),
            Op::Jcc(cond, src, jt, jf) => {
                let (bit, k) = src.parts();
                Self::jump(BPF_JMP | cond.code() | bit, k, jt, jf)
            }
            Op::RetK(k) => Self::stmt(BPF_RET | BPF_K, k),
            Op::RetA => Self::stmt(BPF_RET | BPF_A, 0),
        }
    }
}

/// Where a jump at `pc` over `distance` instructions leads.
#[inline(always)]
pub(super) fn target(pc: usize, distance: u32) -> usize {
    // CAST: `usize` has 64 bits on the supported architectures. The sum never saturates.
    pc.saturating_add(1).saturating_add(distance as usize)
}
