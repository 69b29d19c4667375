// SPDX-License-Identifier: GPL-2.0

//! The reference: what programs do, and which the kernel admits, in the plainest way.
//!
//! Written from the kernel's definitions, not from `rust/logic/bpf/`: it shares nothing with that
//! but the layout of instructions. Panics where the kernel would do something undefined.

use crate::logic::bpf::ebpf::EbpfInsn;
use crate::logic::bpf::insn::Insn;
use crate::logic::bpf::lower::Lowered;
use crate::logic::buf::Buf;

/// `struct seccomp_data` as words.
pub type Data = [u32; 16];

/// Runs a classic program.
pub fn run(prog: &[Insn], data: &Data) -> u32 {
    run_over(prog, data)
}

/// Runs a classic program over any words, whose length is what `BPF_LEN` yields.
pub fn run_over(prog: &[Insn], data: &[u32]) -> u32 {
    run_with_len(prog, data, 4 * data.len() as u32)
}

/// Runs a classic program over any words, with any `BPF_LEN`.
pub fn run_with_len(prog: &[Insn], data: &[u32], len: u32) -> u32 {
    run_with(prog, len, |k| Ok(data[k as usize / 4]))
}

/// Runs a classic program, with any `BPF_LEN`. `load` returns the word at an offset, or what ends
/// the program.
pub fn run_with(prog: &[Insn], len: u32, load: impl Fn(u32) -> Result<u32, u32>) -> u32 {
    let (mut a, mut x, mut cells) = (0u32, 0u32, [None; 16]);
    let mut pc = 0;
    loop {
        let Insn { code, jt, jf, k } = prog[pc];
        pc += 1;
        let operand = if code & 8 != 0 { x } else { k };
        match code {
            0x20 => {
                assert_eq!(k % 4, 0);
                a = match load(k) {
                    Ok(word) => word,
                    Err(ret) => return ret,
                };
            }
            0x80 => a = len,
            0x81 => x = len,
            0x00 => a = k,
            0x01 => x = k,
            0x60 => a = cells[k as usize].expect("cell is stored"),
            0x61 => x = cells[k as usize].expect("cell is stored"),
            0x02 => cells[k as usize] = Some(a),
            0x03 => cells[k as usize] = Some(x),
            0x07 => x = a,
            0x87 => a = x,
            0x04 | 0x0c => a = a.wrapping_add(operand),
            0x14 | 0x1c => a = a.wrapping_sub(operand),
            0x24 | 0x2c => a = a.wrapping_mul(operand),
            0x34 => a /= k,
            0x3c => {
                if x == 0 {
                    return 0;
                }
                a /= x;
            }
            0x44 | 0x4c => a |= operand,
            0x54 | 0x5c => a &= operand,
            0x64 | 0x6c => a <<= operand & 31,
            0x74 | 0x7c => a >>= operand & 31,
            0xa4 | 0xac => a ^= operand,
            0x84 => a = 0u32.wrapping_sub(a),
            0x05 => pc += k as usize,
            0x15 | 0x1d => pc += usize::from(if a == operand { jt } else { jf }),
            0x25 | 0x2d => pc += usize::from(if a > operand { jt } else { jf }),
            0x35 | 0x3d => pc += usize::from(if a >= operand { jt } else { jf }),
            0x45 | 0x4d => pc += usize::from(if a & operand != 0 { jt } else { jf }),
            0x06 => return k,
            0x16 => return a,
            _ => panic!("instruction {code:#x}"),
        }
    }
}

/// Does `seccomp_check_filter()` admit the instruction?
pub fn seccomp_admits(insn: &Insn) -> bool {
    match insn.code {
        0x20 => insn.k < 64 && insn.k % 4 == 0,
        0x80 | 0x81 | 0x00 | 0x01 | 0x60 | 0x61 | 0x02 | 0x03 | 0x07 | 0x87 => true,
        0x04 | 0x0c | 0x14 | 0x1c | 0x24 | 0x2c | 0x34 | 0x3c | 0x44 | 0x4c => true,
        0x54 | 0x5c | 0x64 | 0x6c | 0x74 | 0x7c | 0x84 | 0xa4 | 0xac => true,
        0x05 | 0x15 | 0x1d | 0x25 | 0x2d | 0x35 | 0x3d | 0x45 | 0x4d | 0x06 | 0x16 => true,
        _ => false,
    }
}

/// Does the kernel admit the program: `bpf_check_classic()`, then `seccomp_check_filter()`?
pub fn admits(prog: &[Insn]) -> bool {
    admits_with(prog, seccomp_admits)
}

/// Does the kernel admit the program, if `admits` decides about single instructions?
pub fn admits_with(prog: &[Insn], admits: impl Fn(&Insn) -> bool) -> bool {
    let len = prog.len();
    if len == 0 || len > 4096 || !prog.iter().all(admits) {
        return false;
    }
    for (pc, i) in prog.iter().enumerate() {
        let room = (len - pc - 1) as u64;
        let fine = match i.code {
            0x34 => i.k != 0,
            0x64 | 0x74 => i.k < 32,
            0x60 | 0x61 | 0x02 | 0x03 => i.k < 16,
            0x05 => u64::from(i.k) < room,
            0x15 | 0x1d | 0x25 | 0x2d | 0x35 | 0x3d | 0x45 | 0x4d => {
                u64::from(i.jt) < room && u64::from(i.jf) < room
            }
            _ => true,
        };
        if !fine {
            return false;
        }
    }
    if !matches!(prog[len - 1].code, 0x06 | 0x16) {
        return false;
    }
    // The cells that are stored; as in the kernel, a return falls through.
    let mut stored_at = Buf::filled(len, [true; 16]).unwrap();
    let mut stored = [false; 16];
    let meet = |place: &mut [bool; 16], with: &[bool; 16]| {
        for cell in 0..16 {
            place[cell] = place[cell] && with[cell];
        }
    };
    for (pc, i) in prog.iter().enumerate() {
        meet(&mut stored, &stored_at[pc]);
        match i.code {
            0x02 | 0x03 => stored[i.k as usize] = true,
            0x60 | 0x61 if !stored[i.k as usize] => return false,
            0x05 => {
                meet(&mut stored_at[pc + 1 + i.k as usize], &stored);
                stored = [true; 16];
            }
            code if code & 7 == 5 => {
                meet(&mut stored_at[pc + 1 + usize::from(i.jt)], &stored);
                meet(&mut stored_at[pc + 1 + usize::from(i.jf)], &stored);
                stored = [true; 16];
            }
            _ => {}
        }
    }
    true
}

/// The constant that the program returns for this number, if one joined state per instruction is
/// enough to find it.
pub fn constant(prog: &[Insn], arch: u32, nr: u32) -> Option<u32> {
    // `A`, `X`, the cells.
    type State = [Option<u32>; 18];
    let mut states: Buf<Option<State>> = Buf::filled(prog.len(), None).unwrap();
    let mut start = [None; 18];
    start[0] = Some(0);
    start[1] = Some(0);
    states[0] = Some(start);
    let mut returned: Buf<Option<u32>> = Buf::new();
    for pc in 0..prog.len() {
        let Some(mut s) = states[pc] else { continue };
        let Insn { code, jt, jf, k } = prog[pc];
        let operand = if code & 8 != 0 { s[1] } else { Some(k) };
        let mut to = [Some(pc + 1), None];
        match code {
            0x20 => {
                s[0] = match k {
                    0 => Some(nr),
                    4 => Some(arch),
                    _ => None,
                }
            }
            0x80 => s[0] = Some(64),
            0x81 => s[1] = Some(64),
            0x00 => s[0] = Some(k),
            0x01 => s[1] = Some(k),
            0x60 => s[0] = s[2 + k as usize],
            0x61 => s[1] = s[2 + k as usize],
            0x02 => s[2 + k as usize] = s[0],
            0x03 => s[2 + k as usize] = s[1],
            0x07 => s[1] = s[0],
            0x87 => s[0] = s[1],
            0x84 => s[0] = s[0].map(|a| 0u32.wrapping_sub(a)),
            0x05 => to = [Some(pc + 1 + k as usize), None],
            0x06 => {
                returned.extend([Some(k)]);
                to = [None; 2];
            }
            0x16 => {
                returned.extend([s[0]]);
                to = [None; 2];
            }
            _ if code & 7 == 4 => {
                if code == 0x3c && s[1].is_none_or(|x| x == 0) {
                    returned.extend([Some(0)]);
                    if s[1].is_some() {
                        to = [None; 2];
                    }
                }
                s[0] = match (s[0], operand) {
                    (Some(_), Some(0)) if code == 0x3c => None,
                    (Some(a), Some(b)) => Some(match code & 0xf0 {
                        0x00 => a.wrapping_add(b),
                        0x10 => a.wrapping_sub(b),
                        0x20 => a.wrapping_mul(b),
                        0x30 => a / b,
                        0x40 => a | b,
                        0x50 => a & b,
                        0x60 => a << (b & 31),
                        0x70 => a >> (b & 31),
                        0xa0 => a ^ b,
                        _ => unreachable!(),
                    }),
                    _ => None,
                };
            }
            _ => {
                let (jt, jf) = (pc + 1 + usize::from(jt), pc + 1 + usize::from(jf));
                to = match (s[0], operand) {
                    (Some(a), Some(b)) => [
                        Some(
                            if match code & 0xf0 {
                                0x10 => a == b,
                                0x20 => a > b,
                                0x30 => a >= b,
                                0x40 => a & b != 0,
                                _ => unreachable!(),
                            } {
                                jt
                            } else {
                                jf
                            },
                        ),
                        None,
                    ],
                    _ => [Some(jt), Some(jf)],
                };
            }
        }
        for to in to.into_iter().flatten() {
            match &mut states[to] {
                Some(there) => {
                    for (there, here) in there.iter_mut().zip(&s) {
                        if there != here {
                            *there = None;
                        }
                    }
                }
                none => *none = Some(s),
            }
        }
    }
    let first = *returned.first()?;
    first.filter(|_| returned.iter().all(|ret| *ret == first))
}

/// Runs an eBPF program of the kind that `lower()` makes, over a context in r1.
pub fn run_ebpf(prog: &Lowered, context: &[u8]) -> u64 {
    run_ebpf_with(prog, context, &[], &[])
}

/// As [`run_ebpf`], with `struct Inputs` in r2. The pointer in it, at 8, is taken to point to
/// `argument`.
pub fn run_ebpf_with(prog: &Lowered, context: &[u8], inputs: &[u8], argument: &[u8]) -> u64 {
    let prog = prog.insns();
    const CONTEXT: u64 = 0x1000_0000;
    const STACK: u64 = 0x2000_0000;
    const EXTRA: u64 = 0x3000_0000;
    const ARGUMENT: u64 = 0x4000_0000;
    let load = |address: u64, len: usize| {
        let (memory, base) = match address >> 28 {
            1 => (context, CONTEXT),
            3 => (inputs, EXTRA),
            4 => (argument, ARGUMENT),
            _ => panic!("address {address:#x}"),
        };
        let at = (address - base) as usize;
        memory[at..at + len]
            .iter()
            .rev()
            .fold(0u64, |value, byte| value << 8 | u64::from(*byte))
    };
    let mut regs: [Option<u64>; 11] = [None; 11];
    regs[1] = Some(CONTEXT);
    regs[2] = Some(EXTRA).filter(|_| !inputs.is_empty());
    regs[10] = Some(STACK + 64);
    let mut stack: [Option<u32>; 16] = [None; 16];
    let mut pc = 0usize;
    loop {
        let EbpfInsn {
            code,
            regs: names,
            off,
            imm,
        } = prog[pc];
        pc += 1;
        let (dst, src) = (usize::from(names & 15), usize::from(names >> 4));
        let read = |reg: usize, regs: &[Option<u64>; 11]| regs[reg].expect("register is written");
        let operand = |regs: &[Option<u64>; 11]| {
            if code & 8 != 0 {
                read(src, regs) as u32
            } else {
                imm as u32
            }
        };
        let jump = |pc: usize| pc.checked_add_signed(isize::from(off)).unwrap();
        match code {
            // LDX W.
            0x61 => {
                let address = read(src, &regs).wrapping_add_signed(i64::from(off));
                regs[dst] = Some(if src == 10 {
                    let at = address.checked_sub(STACK).expect("stack") as usize;
                    assert_eq!(at % 4, 0);
                    u64::from(stack[at / 4].expect("stack is written"))
                } else {
                    load(address, 4)
                });
            }
            // LDX DW: only the pointer in `struct Inputs` is loaded so.
            0x79 => {
                let address = read(src, &regs).wrapping_add_signed(i64::from(off));
                assert_eq!(address, EXTRA + 8);
                regs[dst] = Some(ARGUMENT);
            }
            // STX W.
            0x63 => {
                assert_eq!(dst, 10);
                let at = read(dst, &regs).wrapping_add_signed(i64::from(off)) - STACK;
                assert_eq!(at % 4, 0);
                stack[at as usize / 4] = Some(read(src, &regs) as u32);
            }
            // ALU, 32 bits.
            0xb4 | 0xbc => regs[dst] = Some(u64::from(operand(&regs))),
            0x84 => regs[dst] = Some(u64::from((read(dst, &regs) as u32).wrapping_neg())),
            _ if code & 7 == 4 => {
                let (a, b) = (read(dst, &regs) as u32, operand(&regs));
                regs[dst] = Some(u64::from(match code & 0xf0 {
                    0x00 => a.wrapping_add(b),
                    0x10 => a.wrapping_sub(b),
                    0x20 => a.wrapping_mul(b),
                    // Panics for a divisor of 0.
                    0x30 => a / b,
                    0x40 => a | b,
                    0x50 => a & b,
                    0x60 => {
                        assert!(code & 8 != 0 || b < 32);
                        a << (b & 31)
                    }
                    0x70 => {
                        assert!(code & 8 != 0 || b < 32);
                        a >> (b & 31)
                    }
                    0xa0 => a ^ b,
                    _ => panic!("instruction {code:#x}"),
                }));
            }
            0x95 => return read(0, &regs),
            0x05 => pc = jump(pc),
            _ if code & 7 == 6 => {
                let (a, b) = (read(dst, &regs) as u32, operand(&regs));
                if match code & 0xf0 {
                    0x10 => a == b,
                    0x20 => a > b,
                    0x30 => a >= b,
                    0x40 => a & b != 0,
                    0x50 => a != b,
                    0xa0 => a < b,
                    0xb0 => a <= b,
                    _ => panic!("instruction {code:#x}"),
                } {
                    pc = jump(pc);
                }
            }
            _ => panic!("instruction {code:#x}"),
        }
    }
}
