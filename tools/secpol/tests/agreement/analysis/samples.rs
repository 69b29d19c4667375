// SPDX-License-Identifier: MIT OR Apache-2.0

//! Calls as the analysis has them, and what filters do with them by two other ways.

use secpol::{
    action::Action,
    bpf::Insn,
    call::Call,
    compile::Program,
    output,
    simulate, //
};
use secpol_analysis::{
    Analysis,
    Arch,
    Filter,
    Leaf,
    Place,
    Sample,
    Sight,
    Study, //
};

/// The filter of a policy.
pub fn filter(program: &Program) -> Filter {
    let sight = if program.appended {
        Sight::Appended {
            flags: program.append_flags(),
            extensible_arg_size: program.extensible_arg_size,
        }
    } else {
        Sight::Classic
    };
    Filter::new(&output::raw(program), sight).unwrap()
}

/// A filter with what is known of it, by architecture.
pub struct Studied {
    pub filter: Filter,
    pub insns: Vec<Insn>,
    pub seen: u32,
    studies: Vec<(Arch, Study)>,
}

impl Studied {
    pub fn new(analysis: &mut Analysis, program: &Program, arches: &[Arch]) -> Self {
        let filter = filter(program);
        let study = |arch: &Arch| (arch.clone(), analysis.study(&filter, arch));
        Self {
            studies: arches.iter().map(study).collect(),
            filter,
            insns: program.insns.clone(),
            seen: program.extensible_arg_size,
        }
    }

    pub fn study(&self, arch: u32) -> &Study {
        let is_it = |known: &&(Arch, Study)| match &known.0 {
            Arch::One(one) => *one == arch,
            Arch::AllBut(others) => !others.contains(&arch),
        };
        &self.studies.iter().find(is_it).unwrap().1
    }

    /// What the filter returns, as the tool's own simulation has it.
    pub fn simulated(&self, call: &Call) -> u32 {
        let end = simulate::run(&self.insns, call, self.seen).unwrap();
        Action::from_ret(end.ret).ret()
    }

    /// The same, as the analysis has it; none if it does not know.
    pub fn analysed(&self, analysis: &mut Analysis, call: &Call) -> Option<u32> {
        let study = self.study(call.arch);
        let node = study.outcome(&mut analysis.space, call.number).node()?;
        let sample = sample(call);
        assert_eq!(sample.run(&self.filter), Some(self.simulated(call)));
        match analysis.space.value(node, &sample) {
            Some(Leaf::Ret(ret)) => Some(ret),
            other => panic!("{other:?} is nothing that a filter returns"),
        }
    }
}

/// The architectures to study some filters for.
pub fn arches(programs: &[&Program], more: &[u32]) -> Vec<Arch> {
    let mut named: std::collections::BTreeSet<u32> = more.iter().copied().collect();
    for program in programs {
        named.extend(filter(program).arches());
    }
    let mut arches: Vec<Arch> = named.iter().copied().map(Arch::One).collect();
    arches.push(Arch::AllBut(named));
    arches
}

/// A call as it can be made: with registers of 32 bits on some architectures, and with the size of
/// an argument where the call has it.
pub fn possible(mut call: Call) -> Call {
    let is_compat = call.arch >> 31 == 0;
    let before = sample(&call);
    if before.size() != call.size {
        if let Some(Place::Argument(index)) = before.size_place() {
            call.arguments[index as usize] = call.size;
        }
    }
    if is_compat {
        call.arguments = call.arguments.map(|argument| argument & 0xffff_ffff);
        call.instruction_pointer &= 0xffff_ffff;
    }
    let sample = sample(&call);
    if !sample.is_extensible() {
        call.extensible.clear();
    }
    call.size = sample.size();
    call
}

pub fn sample(call: &Call) -> Sample {
    let mut sample = Sample::default();
    sample.set(Place::Arch, call.arch.into());
    sample.set(Place::Number, call.number.into());
    sample.set(Place::NumberHigh, call.number_high.into());
    sample.set(Place::Pkey, call.pkey.into());
    sample.set(Place::Pointer, call.instruction_pointer);
    for (index, argument) in (0..).zip(call.arguments) {
        sample.set(Place::Argument(index), argument);
    }
    sample.set(Place::Extent, call.extent().into());
    for (offset, bytes) in (0..).step_by(8).zip(call.extensible.chunks(8)) {
        let mut all = [0; 8];
        all[..bytes.len()].copy_from_slice(bytes);
        let value = u64::from_le_bytes(all);
        sample.set(Place::Struct(offset), value);
        if offset == 0 {
            sample.set(Place::Family, value & 0xffff);
        }
    }
    sample
}

/// The call that a sample is. It has what is said to be the last byte that is not zero.
pub fn call(sample: &Sample) -> Call {
    let mut call = Call {
        arch: sample.get(Place::Arch) as u32,
        number: sample.get(Place::Number) as u32,
        instruction_pointer: sample.get(Place::Pointer),
        number_high: sample.get(Place::NumberHigh) as u32,
        pkey: sample.get(Place::Pkey) as u32,
        size: sample.size(),
        ..Call::default()
    };
    let mut extent = None;
    for (place, value) in sample.parts() {
        match place {
            Place::Argument(index) => call.arguments[index as usize] = value,
            Place::Struct(offset) => put(&mut call, offset as usize, &value.to_le_bytes()),
            Place::Family => put(&mut call, 0, &value.to_le_bytes()[..2]),
            Place::Extent => extent = Some(value as usize),
            _ => {}
        }
    }
    if let Some(extent) = extent.filter(|extent| *extent > 0) {
        if call.extent() < extent as u32 {
            put(&mut call, extent - 1, &[1]);
        }
    }
    call
}

/// Sets bits of the extensible argument.
fn put(call: &mut Call, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if call.extensible.len() < end {
        call.extensible.resize(end, 0);
    }
    for (byte, more) in call.extensible[offset..end].iter_mut().zip(bytes) {
        *byte |= more;
    }
}
