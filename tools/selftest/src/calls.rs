// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random calls, most of them close to where a policy decides.

use secpol::{
    abi::Abi,
    call::Call,
    rules::{
        Field,
        Rules,
        Section,
        Test,
        EA,
        EA_SIZE,
        X32_SYSCALL_BIT, //
    },
    tables::{
        self,
        Extensible,
        Kind, //
    },
};

use crate::random::Random;

/// The most bytes of a socket address.
const ADDRESS_MAX: usize = 128;
/// The most bytes of an extensible argument that a filter can see.
const PAGE: usize = 4096;

/// Makes calls for a policy.
pub(crate) struct Calls<'a> {
    section: &'a Section,
    machine: Abi,
    numbers: Vec<u32>,
}

impl<'a> Calls<'a> {
    /// `rules` have a section for the machine: a policy that is not for it was refused.
    pub(crate) fn new(rules: &'a Rules, machine: Abi) -> Self {
        let section = rules
            .sections
            .iter()
            .find(|section| section.abi == machine)
            .expect("the policy is for this machine");
        Self {
            section,
            machine,
            numbers: section.calls.keys().copied().collect(),
        }
    }

    /// A call. Its extensible argument is at the address that is passed for it.
    pub(crate) fn one(&self, random: &mut Random) -> Call {
        let mut call = Call {
            arch: self.machine.audit_arch(),
            number: self.number(random),
            ..Call::default()
        };
        let name = tables::call_by_number(self.machine, call.number).map(|call| call.name);
        let rule = self.section.calls.get(&call.number);
        let tests: Vec<Test> = rule
            .map(|rule| rule.tests().copied().collect())
            .unwrap_or_default();
        // Several tests that have to hold rarely do by chance.
        let wanted = Wanted {
            tests,
            exactly: random.below(3) == 0,
        };
        for place in 0..call.arguments.len() {
            // CAST: Below 6.
            call.arguments[place] = wanted.value(16 + 8 * place as u32, random);
        }
        if let Some(extensible) = name.and_then(tables::extensible) {
            self.fill(&mut call, extensible, &wanted, random);
        }
        call
    }

    fn number(&self, random: &mut Random) -> u32 {
        loop {
            let near = random.one(&self.numbers).unwrap_or(0);
            let number = match random.below(16) {
                // CAST: Below the number of calls.
                0 => random.below(600) as u32,
                1 => near.wrapping_add(1),
                2 => near.wrapping_sub(1) & !X32_SYSCALL_BIT,
                3 if self.machine == Abi::X86_64 => near | X32_SYSCALL_BIT,
                _ => near,
            };
            // -1 is no call, and may be a tracer's way to skip one.
            if number <= i32::MAX as u32 && !self.is_made(number) {
                return number;
            }
        }
    }

    /// Is the call made, whatever the filter returns? The process has to end, and the kernel asks
    /// no filter about the calls that its own breakpoints make.
    fn is_made(&self, number: u32) -> bool {
        ["exit_group", "uprobe", "uretprobe"]
            .iter()
            .filter_map(|name| tables::call(self.machine, name))
            .any(|call| call.number == number)
    }

    /// Fills in the extensible argument, its address and its size.
    fn fill(
        &self,
        call: &mut Call,
        extensible: &Extensible,
        wanted: &Wanted,
        random: &mut Random,
    ) -> Option<()> {
        let signature = tables::call_by_number(self.machine, call.number)?;
        let (pointer, _) = signature.argument(extensible.argument)?;
        let known = extensible.known as usize;
        let size_argument = signature
            .arguments
            .as_ref()
            .and_then(|arguments| arguments.get(pointer + 1))
            .filter(|argument| argument.name.contains("size") || argument.name.contains("len"));
        let size = match extensible.kind {
            Kind::Buffer => random.below(ADDRESS_MAX + 1),
            // A caller that knows more than the kernel.
            Kind::Struct if size_argument.is_some() && random.below(4) == 0 => {
                known + random.below(PAGE - known + 1)
            }
            Kind::Struct | Kind::Fixed => known,
        };
        let mut bytes = vec![0; size];
        let has_tail = random.below(2) == 0;
        for place in (0..size).step_by(4) {
            // CAST: Less than a page.
            let word = wanted.value(EA + place as u32, random).to_le_bytes();
            let is_filled = place < known || has_tail && random.below(64) == 0;
            for (byte, value) in bytes[place..].iter_mut().zip(word).take(4) {
                *byte = if is_filled { value } else { 0 };
            }
        }
        match size_argument {
            Some(_) => call.arguments[pointer + 1] = size as u64,
            None => {
                if let Some(member) = tables::member(extensible.structure, "size", self.machine) {
                    let place = member.offset as usize;
                    // CAST: It is that of a struct.
                    bytes[place..place + 4].copy_from_slice(&(size as u32).to_le_bytes());
                }
            }
        }
        call.size = size as u64;
        call.extensible = bytes;
        call.arguments[pointer] = call.extensible.as_ptr() as u64;
        Some(())
    }
}

/// What a policy compares, and how close to that a call is.
struct Wanted {
    tests: Vec<Test>,
    /// Most values are those that the policy has.
    exactly: bool,
}

impl Wanted {
    /// A value for what is at an offset.
    fn value(&self, offset: u32, random: &mut Random) -> u64 {
        let here: Vec<Test> = self
            .tests
            .iter()
            .filter(|test| is_at(&test.field, offset) || test.field.offset == EA_SIZE)
            .copied()
            .collect();
        value(offset, &here, self.exactly, random)
    }
}

/// Is the field there, or a half of it?
fn is_at(field: &Field, offset: u32) -> bool {
    field.offset & !3 == offset || field.bytes == 8 && field.offset + 4 == offset
}

fn value(offset: u32, here: &[Test], exactly: bool, random: &mut Random) -> u64 {
    let Some(test) = random.one(here) else {
        return match random.below(3) {
            0 => random.next(),
            _ => 0,
        };
    };
    let field = test.field;
    let exactly = exactly && random.below(16) != 0;
    let near = match random.below(6) {
        _ if exactly => test.value,
        0 => test.value.wrapping_add(1),
        1 => test.value.wrapping_sub(1),
        2 => random.next(),
        3 => 0,
        _ => test.value,
    };
    let mut bits = if !exactly && random.below(3) == 0 {
        near & test.mask | random.next() & !test.mask
    } else {
        near & field.all()
    };
    if field.big_endian {
        bits = bits.swap_bytes() >> (64 - 8 * field.bytes);
    }
    if field.offset < offset {
        // The upper half.
        return bits >> 32;
    }
    bits <<= 8 * (field.offset - offset).min(3);
    // What the kernel does not look at.
    if field.offset < EA && field.bytes < 8 && random.below(4) == 0 {
        bits |= random.next() << (8 * field.bytes);
    }
    // The other member of a word.
    if field.offset >= EA && field.bytes < 4 {
        let others: Vec<Test> = here
            .iter()
            .filter(|other| other.field.offset != field.offset && other.field.offset >= offset)
            .copied()
            .collect();
        if let Some(other) = random.one(&others) {
            let mut value = other.value & other.field.all();
            if other.field.big_endian {
                value = value.swap_bytes() >> (64 - 8 * other.field.bytes);
            }
            bits |= value << (8 * (other.field.offset - offset).min(3));
        }
    }
    bits
}
