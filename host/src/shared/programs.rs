// SPDX-License-Identifier: GPL-2.0

//! Generates programs: random ones, some in the shape that libraries give them, and those that a
//! fuzzer encodes as bytes.

use crate::logic::bpf::insn::{Insn, BPF_MAXINSNS};
use crate::logic::buf::Buf;
use crate::shared::buf::Text;
use crate::shared::reference::admits;
use crate::shared::rng::Rng;
use core::fmt::Write;

/// `AUDIT_ARCH_X86_64`.
pub const X86_64: u32 = 0xc000_003e;
/// `AUDIT_ARCH_I386`.
pub const I386: u32 = 0x4000_0003;
/// `AUDIT_ARCH_AARCH64`.
pub const AARCH64: u32 = 0xc000_00b7;

/// `SECCOMP_RET_ALLOW`.
pub const ALLOW: u32 = 0x7fff_0000;

const RETURNS: [u32; 9] = [
    ALLOW,
    0x0005_0001,
    0x0005_0026,
    0,
    0x8000_0000,
    0x0003_0000,
    0x7ff0_0001,
    0x7ffc_0000,
    0x7fc0_0000,
];

const ALU: [u16; 9] = [0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0xa4];
const JUMPS: [u16; 4] = [0x15, 0x25, 0x35, 0x45];

fn stmt(code: u16, k: u32) -> Insn {
    Insn::stmt(code, k)
}

/// A constant, often one that is a system call number, an architecture or a return value.
fn constant(rng: &mut Rng) -> u32 {
    match rng.below(12) {
        0..=4 => rng.below(520) as u32,
        5 => rng.pick(&[X86_64, I386, AARCH64]),
        6 => rng.pick(&[0, 1, 2, 31, 32, 63, 64, 511, 512, 513]),
        7 => rng.pick(&[
            0x4000_0000,
            0x4000_01ff,
            0x8000_0000,
            u32::MAX,
            u32::MAX - 1,
        ]),
        8 => 1 << rng.below(32),
        9 => u32::MAX << rng.below(32),
        10 => rng.pick(&RETURNS),
        _ => rng.word(),
    }
}

fn alu(rng: &mut Rng, by_x: bool) -> Insn {
    let code = rng.pick(&ALU);
    if by_x {
        return stmt(code | 8, 0);
    }
    let k = match code {
        0x34 => constant(rng).max(1),
        0x64 | 0x74 => rng.below(32) as u32,
        _ => constant(rng),
    };
    stmt(code, k)
}

fn ret(rng: &mut Rng) -> Insn {
    match rng.below(10) {
        0 => stmt(0x16, 0),
        1 => stmt(0x06, constant(rng)),
        _ => stmt(0x06, rng.pick(&RETURNS[..4])),
    }
}

/// Random instructions, each of which the kernel admits.
fn soup(rng: &mut Rng, len: usize) -> Buf<Insn> {
    let words: &[u32] = rng.pick(&[
        &[0, 0, 4, 16, 20][..],
        &[0, 16],
        &[0],
        &[0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60],
    ]);
    let cells = rng.pick(&[1, 2, 3, 16]);
    let span = rng.pick(&[2, 4, 8, 300]);
    let exotic = rng.pick(&[0, 0, 2, 8]);
    let mut prog = Buf::new();
    for pc in 0..len - 1 {
        let room = len - pc - 1;
        let distance = |rng: &mut Rng| rng.below(room.min(span)) as u32;
        let kind = rng.below(12 + exotic);
        prog.extend([match kind {
            0..=3 => stmt(0x20, rng.pick(words)),
            4..=8 => {
                let code = rng.pick(&JUMPS) | if rng.one_in(6) { 8 } else { 0 };
                let jt = distance(rng).min(255) as u8;
                let jf = if rng.one_in(2) {
                    0
                } else {
                    distance(rng).min(255) as u8
                };
                Insn::jump(code, constant(rng), jt, jf)
            }
            9 => ret(rng),
            10 => {
                let by_x = rng.one_in(3);
                alu(rng, by_x)
            }
            11 => stmt(0x05, distance(rng)),
            12 => stmt(rng.pick(&[0x02, 0x03]), rng.below(cells) as u32),
            13 => stmt(rng.pick(&[0x60, 0x61]), rng.below(cells) as u32),
            14 => stmt(rng.pick(&[0x07, 0x87]), 0),
            15 => stmt(rng.pick(&[0x00, 0x01]), constant(rng)),
            16 => stmt(rng.pick(&[0x80, 0x81, 0x84]), 0),
            17 => alu(rng, true),
            18 => stmt(0x02, rng.below(cells) as u32),
            _ => stmt(0x60, rng.below(cells) as u32),
        }]);
    }
    prog.extend([ret(rng)]);
    prog
}

/// Makes sure that each cell is stored before it is loaded: replaces loads, or puts stores first.
fn declare(rng: &mut Rng, mut prog: Buf<Insn>) -> Buf<Insn> {
    if admits(&prog) {
        return prog;
    }
    if rng.one_in(2) {
        for insn in prog.iter_mut() {
            match insn.code {
                0x60 if rng.one_in(2) => *insn = stmt(0x20, 16),
                0x61 if rng.one_in(2) => *insn = stmt(0x07, 0),
                _ => {}
            }
        }
        if admits(&prog) {
            return prog;
        }
    }
    let mut new = Buf::new();
    if rng.one_in(3) {
        new.extend([stmt(0x20, rng.pick(&[0, 16]))]);
    }
    let is_loaded = |cell: &u32| {
        prog.iter()
            .any(|insn| matches!(insn.code, 0x60 | 0x61) && insn.k == *cell)
    };
    new.extend((0..16).filter(is_loaded).map(|cell| stmt(0x02, cell)));
    new.extend(prog.iter().copied());
    new
}

/// A check of the architecture, as most filters begin.
fn prologue(rng: &mut Rng, prog: &mut Buf<Insn>) {
    if rng.one_in(4) {
        return;
    }
    prog.extend([stmt(0x20, 4)]);
    prog.extend([Insn::jump(0x15, rng.pick(&[X86_64, X86_64, AARCH64]), 1, 0)]);
    prog.extend([stmt(0x06, rng.pick(&RETURNS))]);
}

/// A rule on arguments. If they do not match, the program goes on behind it.
fn arguments(rng: &mut Rng, action: u32) -> Buf<Insn> {
    let arg = 16 + 8 * rng.below(6) as u32;
    let mut tests: Buf<Buf<Insn>> = Buf::new();
    for _ in 0..1 + rng.below(2) {
        let value = u64::from(constant(rng)) | if rng.one_in(5) { rng.bits() << 32 } else { 0 };
        for (offset, half) in [(4, (value >> 32) as u32), (0, value as u32)] {
            let mut test = Buf::from([stmt(0x20, arg + offset)]);
            if rng.one_in(4) {
                test.extend([stmt(0x54, constant(rng))]);
            }
            test.extend([Insn::jump(rng.pick(&[0x15, 0x15, 0x25, 0x35]), half, 0, 0)]);
            tests.extend([test]);
        }
    }
    let len: usize = tests.iter().map(|test| test.len()).sum::<usize>() + 1;
    let mut rule = Buf::new();
    for test in tests.iter() {
        rule.extend(test.iter().copied());
        // A test that fails jumps behind the return.
        let at = rule.len() - 1;
        rule[at].jf = (len - at - 1) as u8;
    }
    rule.extend([stmt(0x06, action)]);
    rule
}

/// A list of rules, one after the other.
fn linear(rng: &mut Rng, rules: usize) -> Buf<Insn> {
    let mut prog = Buf::new();
    prologue(rng, &mut prog);
    prog.extend([stmt(0x20, 0)]);
    if rng.one_in(2) {
        prog.extend([Insn::jump(0x35, 0x4000_0000, 0, 1)]);
        prog.extend([stmt(0x06, 0x0005_0026)]);
    }
    let action = rng.pick(&RETURNS);
    for _ in 0..rules {
        let nr = rng.below(480) as u32;
        if rng.one_in(5) {
            let mut rule = arguments(rng, action);
            if rng.one_in(3) {
                rule.extend(arguments(rng, action).iter().copied());
            }
            prog.extend([Insn::jump(0x15, nr, 0, rule.len() as u8)]);
            prog.extend(rule.iter().copied());
            prog.extend([stmt(0x20, 0)]);
        } else {
            prog.extend([Insn::jump(0x15, nr, 0, 1)]);
            prog.extend([stmt(0x06, action)]);
        }
    }
    prog.extend([stmt(0x06, rng.pick(&RETURNS))]);
    prog
}

/// A list of comparisons that all jump to one of two returns at the end.
fn shared(rng: &mut Rng, rules: usize) -> Buf<Insn> {
    let mut prog = Buf::from([stmt(0x20, 0)]);
    let rules = rules.min(250);
    for rule in 0..rules {
        let left = (rules - rule) as u8;
        let nr = rng.below(480) as u32;
        prog.extend([Insn::jump(rng.pick(&[0x15, 0x15, 0x15, 0x25]), nr, left, 0)]);
    }
    prog.extend([stmt(0x06, rng.pick(&RETURNS))]);
    prog.extend([stmt(0x06, rng.pick(&RETURNS))]);
    prog
}

/// A binary search for the number.
fn tree(rng: &mut Rng, low: u32, high: u32, depth: u32) -> Buf<Insn> {
    if depth == 0 || high - low < 2 {
        let action = rng.pick(&RETURNS[..5]);
        if rng.one_in(4) {
            let mut leaf = arguments(rng, action);
            leaf.extend([stmt(0x06, rng.pick(&RETURNS))]);
            return leaf;
        }
        return Buf::from([stmt(0x06, action)]);
    }
    let middle = low + 1 + rng.below((high - low - 1) as usize) as u32;
    let below = tree(rng, low, middle, depth - 1);
    let above = tree(rng, middle, high, depth - 1);
    let mut prog = Buf::new();
    if below.len() < 256 {
        let (code, k) = rng.pick(&[(0x35, middle), (0x25, middle - 1)]);
        prog.extend([Insn::jump(code, k, below.len() as u8, 0)]);
    } else {
        prog.extend([Insn::jump(0x35, middle, 0, 1)]);
        prog.extend([stmt(0x05, below.len() as u32)]);
    }
    prog.extend(below.iter().copied());
    prog.extend(above.iter().copied());
    prog
}

/// A program in which a load of a cell comes right behind a return once unreachable code is gone.
fn behind_return(rng: &mut Rng) -> Buf<Insn> {
    let cell = rng.below(16) as u32;
    let mut test = |jt, jf| Insn::jump(rng.pick(&JUMPS), constant(rng), jt, jf);
    let (early, middle, late) = (test(4, 0), test(0, 2), test(0, 1));
    Buf::from([
        stmt(0x20, rng.pick(&[0, 16, 20])),
        early,
        stmt(0x20, rng.pick(&[0, 16, 20])),
        alu(rng, false),
        stmt(0x02, cell),
        middle,
        stmt(0x06, rng.pick(&RETURNS)),
        stmt(0x05, 3),
        stmt(0x60, cell),
        late,
        stmt(0x06, rng.pick(&RETURNS)),
        stmt(0x06, rng.pick(&RETURNS)),
    ])
}

/// A program that the kernel admits.
pub fn random(rng: &mut Rng) -> Buf<Insn> {
    let large = rng.one_in(200);
    let prog = match rng.below(8) {
        0 => {
            let rules = rng.below(if large { 400 } else { 12 });
            linear(rng, rules)
        }
        1 => {
            let depth = rng.below(if large { 8 } else { 4 }) as u32;
            let mut prog = Buf::new();
            prologue(rng, &mut prog);
            prog.extend([stmt(0x20, 0)]);
            prog.extend(tree(rng, 0, 500, depth).iter().copied());
            prog
        }
        4 if rng.one_in(8) => behind_return(rng),
        2 if rng.one_in(2) => {
            let rules = 1 + rng.below(if large { 250 } else { 12 });
            shared(rng, rules)
        }
        3 => {
            // Random instructions before a list of rules.
            let len = 2 + rng.below(10);
            let mut prog = soup(rng, len);
            prog.pop();
            let rules = rng.below(6);
            let tail = linear(rng, rules);
            prog.extend(tail.iter().copied());
            prog
        }
        _ => {
            let len = 2 + rng.below(if large { 600 } else { 24 });
            soup(rng, len)
        }
    };
    let prog = declare(rng, prog);
    assert!(admits(&prog), "generator");
    prog
}

/// The program that bytes encode, if the kernel admits it: eight bytes per instruction, as in
/// memory, but with codes and constants mapped to valid ones.
pub fn from_bytes(bytes: &[u8]) -> Option<Buf<Insn>> {
    const CODES: [u16; 41] = [
        0x20, 0x80, 0x81, 0x00, 0x01, 0x60, 0x61, 0x02, 0x03, 0x07, 0x87, 0x04, 0x0c, 0x14, 0x1c,
        0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0xa4, 0xac,
        0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x06, 0x16,
    ];
    let mut prog: Buf<Insn> = bytes
        .chunks_exact(8)
        .take(BPF_MAXINSNS)
        .map(|b| Insn {
            code: CODES[usize::from(u16::from_le_bytes([b[0], b[1]])) % CODES.len()],
            jt: b[2],
            jf: b[3],
            k: u32::from_le_bytes([b[4], b[5], b[6], b[7]]),
        })
        .collect();
    let len = prog.len();
    for (pc, insn) in prog.iter_mut().enumerate() {
        let room = (len - pc - 1).max(1);
        match insn.code {
            0x20 => insn.k = insn.k % 16 * 4,
            0x60 | 0x61 | 0x02 | 0x03 => insn.k %= 16,
            0x34 => insn.k = insn.k.max(1),
            0x64 | 0x74 => insn.k %= 32,
            0x05 => insn.k %= room as u32,
            code if code & 7 == 5 => {
                insn.jt = (usize::from(insn.jt) % room) as u8;
                insn.jf = (usize::from(insn.jf) % room) as u8;
            }
            _ => {}
        }
    }
    prog.extend([stmt(0x06, ALLOW)]);
    Some(prog).filter(|prog| admits(prog))
}

/// A program as text: an instruction per line, as `code jt jf k` in hexadecimal.
pub fn to_text(prog: &[Insn]) -> Text {
    let mut text = Text::from("");
    for i in prog {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:04x} {:02x} {:02x} {:08x}", i.code, i.jt, i.jf, i.k);
    }
    text
}

/// Reads a program in the form of [`to_text`]. `#` begins a comment.
pub fn from_text(text: &str) -> Option<Buf<Insn>> {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or("").trim())
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut fields = line.split_whitespace();
            let mut field = || u32::from_str_radix(fields.next()?, 16).ok();
            Some(Insn {
                code: field()?.try_into().ok()?,
                jt: field()?.try_into().ok()?,
                jf: field()?.try_into().ok()?,
                k: field()?,
            })
        })
        .collect()
}
