// SPDX-License-Identifier: GPL-2.0-only

//! A call, and what a filter returns for it if it is run.

use std::collections::BTreeMap;

use crate::{
    execute::{
        is_address,
        ARCH_64BIT, //
    },
    filter::Filter,
    logic::{
        abi::SECCOMP_DATA_FEATURE_EA_TAIL,
        bpf::{
            append::{
                EA_FEATURES,
                RET_E2BIG, //
            },
            insn::{
                Alu,
                Op,
                Src,
                CELLS,
                WORD_EA,
                WORD_EA_CHECKED,
                WORD_EA_SIZE,
                WORD_EXTENT,
                WORD_FEATURES, //
            },
        },
        syscalls::{
            self,
            Arg,
            ExtensibleCall,
            Size, //
        }, //
    },
    place::{
        Bit,
        Place,
        FAMILY_BITS, //
    },
    ret::reduced,
    space::{
        Leaf,
        Node,
        Space, //
    }, //
};

/// A call. What is not set is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample(BTreeMap<Place, u64>);

impl Sample {
    /// Sets a part.
    pub fn set(&mut self, place: Place, value: u64) {
        self.0.insert(place, value);
    }

    /// A part.
    pub fn get(&self, place: Place) -> u64 {
        self.0.get(&place).copied().unwrap_or(0)
    }

    /// All parts that were set.
    pub fn parts(&self) -> impl Iterator<Item = (Place, u64)> + '_ {
        self.0.iter().map(|(place, value)| (*place, *value))
    }

    /// The size of the extensible argument, as the call takes it; 0 if it has none.
    pub fn size(&self) -> u64 {
        let is_compat = self.low(Place::Arch) & ARCH_64BIT == 0;
        let call = syscalls::find(self.low(Place::Arch), self.low(Place::Number));
        call.map_or(0, |call| {
            call.size_passed(is_compat, |arg| self.argument(arg as u32, is_compat))
        })
    }

    /// The argument that is the size of the extensible one, if there is one.
    pub fn size_place(&self) -> Option<Place> {
        let call = syscalls::find(self.low(Place::Arch), self.low(Place::Number))?;
        match call.size {
            Size::Argument(index) | Size::Buffer(index) => Some(Place::Argument(index as u32)),
            Size::Fixed(_) | Size::Field { .. } => None,
        }
    }

    /// Has the call an argument that filters can see?
    pub fn is_extensible(&self) -> bool {
        syscalls::find(self.low(Place::Arch), self.low(Place::Number)).is_some()
    }

    pub(crate) fn bit(&self, bit: Bit) -> bool {
        let (place, value) = Place::of(bit);
        (self.get(place) >> value) & 1 == 1
    }

    // CAST: These have 32 bits.
    fn low(&self, place: Place) -> u32 {
        self.get(place) as u32
    }

    /// The call, if it has an extensible argument that the filter sees.
    fn extensible(&self, filter: &Filter) -> Option<&'static ExtensibleCall> {
        filter.visible.argument?;
        syscalls::find(self.low(Place::Arch), self.low(Place::Number))
    }

    /// What a load finds. `None` if it ends the filter with `E2BIG`.
    fn word(&self, filter: &Filter, word: usize) -> Option<u32> {
        let extensible = self.extensible(filter);
        let extent = self.low(Place::Extent);
        let (visible, is_compat) = (filter.visible, self.low(Place::Arch) & ARCH_64BIT == 0);
        Some(match (word, extensible) {
            (WORD_EA_CHECKED.., Some(_)) if extent > visible.argument.unwrap_or(0) => return None,
            (WORD_FEATURES, None) => visible.features(),
            (WORD_EXTENT.., None) => 0,
            (WORD_FEATURES, Some(_)) => {
                let tail = match extent > visible.limit() {
                    true => SECCOMP_DATA_FEATURE_EA_TAIL as u32,
                    false => 0,
                };
                visible.features() | EA_FEATURES | tail
            }
            (WORD_EA_SIZE..WORD_EA, Some(call)) => {
                let argument = |arg: Arg| self.argument(arg as u32, is_compat);
                let size = call.size_passed(is_compat, argument);
                (size >> (32 * (word - WORD_EA_SIZE))) as u32
            }
            (_, call) => {
                let (place, lowest) = Place::of_word(word)?;
                let value = match place {
                    Place::Struct(0) if call.is_some_and(is_address) => {
                        let family = (1 << FAMILY_BITS) - 1;
                        self.get(place) & !family | self.get(Place::Family) & family
                    }
                    Place::Argument(index) => self.argument(index, is_compat),
                    Place::Pointer if is_compat => u64::from(self.low(place)),
                    _ => self.get(place),
                };
                (value >> lowest) as u32
            }
        })
    }

    /// An argument: those of 32-bit calls have no upper half.
    fn argument(&self, index: u32, is_compat: bool) -> u64 {
        let value = self.get(Place::Argument(index));
        if is_compat {
            value & u64::from(u32::MAX)
        } else {
            value
        }
    }

    /// What a filter returns, reduced to what the kernel makes of it; `None` if the filter is none.
    pub fn run(&self, filter: &Filter) -> Option<u32> {
        let (mut a, mut x, mut cells) = (0u32, 0u32, [0u32; CELLS]);
        let mut pc = 0;
        loop {
            let op = filter.insns.get(pc)?.decode()?;
            pc += 1;
            match op {
                Op::LdWord(word) => match self.word(filter, word) {
                    Some(value) => a = value,
                    None => return Some(reduced(RET_E2BIG)),
                },
                Op::LdImm(k) => a = k,
                Op::LdxImm(k) => x = k,
                Op::LdMem(k) => a = *cells.get(k as usize)?,
                Op::LdxMem(k) => x = *cells.get(k as usize)?,
                Op::St(k) => *cells.get_mut(k as usize)? = a,
                Op::Stx(k) => *cells.get_mut(k as usize)? = x,
                Op::Tax => x = a,
                Op::Txa => a = x,
                Op::Neg => a = a.wrapping_neg(),
                Op::Alu(op, src) => {
                    let b = operand(src, x);
                    if op == Alu::Div && b == 0 {
                        return Some(reduced(0));
                    }
                    a = op.eval(a, b)?;
                }
                Op::Ja(k) => pc += k as usize,
                Op::Jcc(cond, src, jt, jf) => {
                    let holds = cond.eval(a, operand(src, x));
                    pc += usize::from(if holds { jt } else { jf });
                }
                Op::RetK(k) => return Some(reduced(k)),
                Op::RetA => return Some(reduced(a)),
            }
        }
    }
}

fn operand(src: Src, x: u32) -> u32 {
    match src {
        Src::K(k) => k,
        Src::X => x,
    }
}

impl Space {
    /// What a function is for a call.
    pub fn value(&self, node: Node, call: &Sample) -> Option<Leaf> {
        let mut node = node;
        while let Some(branch) = self.branch(node) {
            node = if call.bit(branch.bit) {
                branch.high
            } else {
                branch.low
            };
        }
        self.constant(node)
    }

    /// A call for which a condition holds; of several, one with small numbers. `None` if there is
    /// none.
    pub(crate) fn sample(&self, condition: Node) -> Option<Sample> {
        if condition == Node::NO {
            return None;
        }
        let mut sample = Sample::default();
        let mut node = condition;
        while let Some(branch) = self.branch(node) {
            let (place, value) = Place::of(branch.bit);
            let is_set = branch.low == Node::NO;
            let before = sample.get(place);
            sample.set(place, before | (u64::from(is_set) << value));
            node = if is_set { branch.high } else { branch.low };
        }
        Some(sample)
    }
}
