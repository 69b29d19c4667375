// SPDX-License-Identifier: GPL-2.0

//! Random appended filters, and random system calls for them.

use crate::logic::bpf::append::VisibleFields;
use crate::logic::bpf::insn::Insn;
use crate::logic::bpf::lower::{Layout, Word};
use crate::logic::buf::Buf;
use crate::logic::syscalls::{self, CALLS};
use crate::shared::programs::random;
use crate::shared::reference::run_with;
use crate::shared::rng::Rng;

/// `SECCOMP_RET_ERRNO | E2BIG`.
pub const E2BIG: u32 = 0x0005_0007;

/// `SECCOMP_DATA_FEATURE_EA | SECCOMP_DATA_FEATURE_EA_EXTENT`.
pub const EA_FEATURES: u32 = 1 << 2 | 1 << 4;

/// A system call, with all that an appended filter can see of it.
pub struct Made {
    /// The number.
    pub nr: u32,
    /// `AUDIT_ARCH_*`.
    pub arch: u32,
    /// The high half of its register.
    pub nr_high: u32,
    /// The protection-key register.
    pub pkey: u32,
    /// The instruction pointer and the arguments, as words.
    pub ip_and_args: [u32; 14],
    /// The size of the argument, as the caller passed it.
    pub size: u64,
    /// The argument: 4096 bytes.
    pub argument: Buf<u8>,
    /// Where it ends if the caller has passed more than that; else 0.
    pub end: u32,
}

impl Made {
    /// The extent: the offset just behind the last byte of the argument that is not zero.
    pub fn extent(&self) -> u32 {
        let last = self.argument.iter().rposition(|b| *b != 0);
        self.end.max(last.map_or(0, |at| at as u32 + 1))
    }

    /// `struct seccomp_data` as words.
    pub fn data(&self) -> [u32; 16] {
        let mut words = [0; 16];
        words[..2].copy_from_slice(&[self.nr, self.arch]);
        words[2..].copy_from_slice(&self.ip_and_args);
        words
    }

    /// Does the filter see an argument?
    fn sees(&self, visible: VisibleFields) -> bool {
        visible.argument.is_some() && syscalls::find(self.arch, self.nr).is_some()
    }

    /// `struct seccomp_data_append` as words, field by field.
    fn structure(&self, visible: VisibleFields) -> Buf<u32> {
        let understood = visible.argument.unwrap_or(0);
        let sees = self.sees(visible);
        let mut words = Buf::from([self.nr, self.arch]);
        words.extend(self.ip_and_args);
        words.extend([1136 + understood, 0]);
        let mut features = 0;
        features |= u32::from(visible.nr_high);
        features |= u32::from(visible.pkey) << 1;
        features |= u32::from(sees) * EA_FEATURES;
        features |= u32::from(sees && visible.tail && self.extent() > understood) << 3;
        words.extend([features, 0]);
        words.extend([if visible.nr_high { self.nr_high } else { 0 }]);
        words.extend([if visible.pkey { self.pkey } else { 0 }]);
        words.extend([0; 4]);
        words.extend([if sees { self.extent() } else { 0 }]);
        words.extend([0; 255]);
        let size = if sees { self.size } else { 0 };
        words.extend([size as u32, (size >> 32) as u32]);
        for word in 0..understood as usize / 4 {
            let bytes = &self.argument[4 * word..4 * word + 4];
            let value = u32::from_le_bytes(bytes.try_into().unwrap());
            words.extend([if sees { value } else { 0 }]);
        }
        words
    }

    /// What the filter returns, by the reference interpreter.
    pub fn answer(&self, prog: &[Insn], visible: VisibleFields) -> u32 {
        let understood = visible.argument.unwrap_or(0);
        let refuses = self.sees(visible) && !visible.tail && self.extent() > understood;
        let structure = self.structure(visible);
        run_with(prog, 1136 + understood, |k| match k {
            1136.. if refuses => Err(E2BIG),
            _ => Ok(structure[k as usize / 4]),
        })
    }

    /// The context for programs that were lowered for [`layout`].
    pub fn context(&self) -> Buf<u8> {
        let mut words = Buf::from([self.nr]);
        words.extend(self.ip_and_args);
        words.extend([self.nr_high]);
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// `struct Inputs`, with a pointer that the interpreter does not use.
    pub fn inputs(&self) -> Buf<u8> {
        let has = syscalls::find(self.arch, self.nr).is_some();
        let mut bytes = Buf::filled(4, 0).unwrap();
        bytes.extend(self.pkey.to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend(if has { self.size } else { 0 }.to_le_bytes());
        bytes.extend(if has { self.extent() } else { 0 }.to_le_bytes());
        bytes.extend((u32::from(has) * EA_FEATURES).to_le_bytes());
        bytes
    }

    /// The memory that this pointer stands for.
    pub fn memory(&self) -> Buf<u8> {
        match syscalls::find(self.arch, self.nr) {
            Some(_) => self.argument.clone(),
            None => Buf::filled(4096, 0).unwrap(),
        }
    }
}

/// The layout of [`Made::context`].
pub fn layout(arch: u32, visible: VisibleFields) -> Layout {
    let mut words = [Word::Const(arch); 16];
    words[0] = Word::At(0);
    for (word, place) in words.iter_mut().enumerate().skip(2) {
        *place = Word::At(4 * (word as i16 - 1));
    }
    Layout {
        words,
        nr_high: Word::At(60),
        visible,
    }
}

/// The fields that a random filter asks for.
pub fn visible(rng: &mut Rng) -> VisibleFields {
    let argument = match rng.below(4) {
        0 => None,
        _ => Some(rng.pick(&[0, 4, 24, 64, 88, 90, 144, 4096])),
    };
    VisibleFields {
        nr_high: rng.one_in(2),
        pkey: rng.one_in(2),
        argument,
        tail: argument.is_some() && rng.one_in(2),
    }
}

/// A random program that loads words of the whole structure.
pub fn program(rng: &mut Rng, visible: VisibleFields) -> Buf<Insn> {
    let mut prog = random(rng);
    let end = 1136 + visible.argument.unwrap_or(0);
    for insn in prog.iter_mut() {
        if insn.code == 0x20 && rng.one_in(2) {
            let offset = match rng.below(6) {
                0 | 1 => rng.pick(&[64, 68, 72, 72, 76, 80, 80, 84, 84, 88, 104, 1128, 1132]),
                2 | 3 => 1136 + 4 * rng.below(24) as u32,
                4 => 1136,
                _ => 4 * rng.below(1136 / 4) as u32,
            };
            insn.k = if offset + 4 <= end { offset } else { 72 };
        }
    }
    prog
}

/// A random system call, mostly of values that the filter compares with.
pub fn make(rng: &mut Rng, prog: &[Insn], arch: u32) -> Made {
    let value = |rng: &mut Rng| match rng.below(4) {
        0 => 0,
        1 => rng.word(),
        _ => rng
            .pick(prog)
            .k
            .wrapping_add(rng.below(3) as u32)
            .wrapping_sub(1),
    };
    let nr = match rng.below(3) {
        0 => rng.pick(CALLS).number(arch).unwrap_or(3),
        1 => rng.pick(prog).k % 512,
        _ => rng.below(512) as u32,
    };
    let mut argument = Buf::filled(4096, 0).unwrap();
    for _ in 0..rng.below(8) {
        let words = rng.pick(&[24, 24, 1024]);
        let at = 4 * rng.below(words);
        argument[at..at + 4].copy_from_slice(&value(rng).to_le_bytes());
    }
    let end = match rng.below(8) {
        0 => rng.pick(&[4097, 5000, u32::MAX]),
        _ => 0,
    };
    let mut ip_and_args = [0; 14];
    ip_and_args.iter_mut().for_each(|word| *word = value(rng));
    Made {
        nr,
        arch,
        nr_high: value(rng),
        pkey: value(rng),
        ip_and_args,
        size: u64::from(value(rng)) << rng.pick(&[0, 32]),
        argument,
        end,
    }
}
