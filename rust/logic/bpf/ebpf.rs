// SPDX-License-Identifier: GPL-2.0

//! Instructions of eBPF, as far as [`lower`](super::lower) makes them.

/// `struct bpf_insn`, little endian.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EbpfInsn {
    /// The operation.
    pub code: u8,
    /// The destination in the lower half, the source in the upper.
    pub regs: u8,
    /// An offset in memory or a distance.
    pub off: i16,
    /// A constant.
    pub imm: i32,
}

pub(super) const R0: u8 = 0;
pub(super) const R1: u8 = 1;
pub(super) const R2: u8 = 2;
/// The register of `X`.
pub(super) const X: u8 = 3;
pub(super) const R4: u8 = 4;
pub(super) const R10: u8 = 10;

pub(super) const LDX: u8 = 0x01;
pub(super) const STX: u8 = 0x03;
pub(super) const ALU: u8 = 0x04;
pub(super) const JMP: u8 = 0x05;
pub(super) const JMP32: u8 = 0x06;

pub(super) const MEM_W: u8 = 0x60;
pub(super) const MEM_DW: u8 = 0x78;
pub(super) const REG: u8 = 0x08;
pub(super) const OR: u8 = 0x40;
pub(super) const NEG: u8 = 0x80;
pub(super) const MOV: u8 = 0xb0;

pub(super) const JA: u8 = 0x00;
pub(super) const JGE: u8 = 0x30;
pub(super) const JNE: u8 = 0x50;
pub(super) const EXIT: u8 = 0x90;
pub(super) const JLT: u8 = 0xa0;
pub(super) const JLE: u8 = 0xb0;

impl EbpfInsn {
    pub(super) const fn new(code: u8, dst: u8, src: u8, off: i16, imm: i32) -> Self {
        Self {
            code,
            regs: dst | (src << 4),
            off,
            imm,
        }
    }

    pub(super) const fn mov(dst: u8, k: u32) -> Self {
        // CAST: The bits are what counts.
        Self::new(ALU | MOV, dst, 0, 0, k as i32)
    }

    pub(super) const fn mov_reg(dst: u8, src: u8) -> Self {
        Self::new(ALU | MOV | REG, dst, src, 0, 0)
    }

    pub(super) const fn load(dst: u8, src: u8, off: i16) -> Self {
        Self::new(LDX | MEM_W, dst, src, off, 0)
    }

    pub(super) const fn store(src: u8, off: i16) -> Self {
        Self::new(STX | MEM_W, R10, src, off, 0)
    }

    pub(super) const fn exit() -> Self {
        Self::new(JMP | EXIT, 0, 0, 0, 0)
    }
}
