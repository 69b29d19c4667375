// SPDX-License-Identifier: MIT OR Apache-2.0

//! Classic BPF, as seccomp takes it.

/// `struct sock_filter`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Insn {
    /// What to do.
    pub code: u16,
    /// Instructions to skip if a jump's condition holds.
    pub jt: u8,
    /// Instructions to skip if it does not.
    pub jf: u8,
    /// The operand.
    pub k: u32,
}

/// `A = ` the 32 bits at offset `k`.
pub const LD: u16 = 0x20;
/// `A &= k`
pub const AND: u16 = 0x54;
/// `A ^= k`
pub const XOR: u16 = 0xa4;
/// `A <<= k`
pub const LSH: u16 = 0x64;
/// `A >>= k`
pub const RSH: u16 = 0x74;
/// `A |= X`
pub const OR_X: u16 = 0x4c;
/// `X = A`
pub const TAX: u16 = 0x07;
/// Skips `k` instructions.
pub const JA: u16 = 0x05;
/// Jumps by `A == k`.
pub const JEQ: u16 = 0x15;
/// Jumps by `A > k`.
pub const JGT: u16 = 0x25;
/// Jumps by `A >= k`.
pub const JGE: u16 = 0x35;
/// Jumps by `A & k`.
pub const JSET: u16 = 0x45;
/// Returns `k`.
pub const RET: u16 = 0x06;

/// The most instructions that the kernel takes (`BPF_MAXINSNS`).
pub const MAX_INSNS: usize = 4096;

impl Insn {
    /// An instruction that does not jump.
    pub const fn new(code: u16, k: u32) -> Self {
        Self {
            code,
            jt: 0,
            jf: 0,
            k,
        }
    }
}
