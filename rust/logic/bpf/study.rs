// SPDX-License-Identifier: GPL-2.0

//! Finds out what a filter does for every system call, at a cost that its length bounds.
//!
//! Each number gets a [`Finding`]: the constant that the filter returns, or which of its residual
//! programs decides, or that its whole program must run. Equal residual programs are kept once, and
//! all of them are compiled into one eBPF program, as each compiled program takes a page.
//!
//! Numbers that the filter cannot tell apart are looked at together. Once the [`Meter`] is spent,
//! or the tables are full, the remaining numbers are left to the whole program. So whoever installs
//! a filter waits about as long as for the kernel to check, translate and compile it.

use super::{
    analyse::analyse,
    append::{
        ArchView,
        NeededInputs, //
    },
    ebpf::EbpfInsn,
    flow::Given,
    insn::{
        Insn,
        Op, //
    },
    lower::{
        jump_if_chosen,
        load_choice,
        lower_live,
        Layout,
        Lowered, //
    },
    meter::Meter,
    outcomes::MAX_CONSTANTS,
    price,
    residual::{
        strongest,
        Specialiser, //
    },
    set::Set, //
};
use crate::logic::buf::{
    Buf,
    NoMemory, //
};

/// What one filter does for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Its whole program must run.
    Whole,
    /// It returns this.
    Constant(u32),
    /// It returns what this residual program returns.
    Residual(u8),
}

/// What one filter does for the calls of an architecture.
pub struct Findings {
    /// By number, which of the findings.
    index: Buf<u8>,
    /// The first is [`Finding::Whole`].
    findings: Buf<Finding>,
}

impl Findings {
    /// By number, below [`LIMIT`](crate::logic::syscalls::LIMIT), which of [`Findings::all`].
    pub fn index(&self) -> &[u8] {
        &self.index
    }

    /// The findings, at most 256.
    pub fn all(&self) -> &[Finding] {
        &self.findings
    }

    /// The finding for a number.
    pub fn get(&self, nr: u32) -> Finding {
        let place = self.index.get(nr as usize).copied().unwrap_or(0);
        let finding = self.findings.get(usize::from(place));
        finding.copied().unwrap_or(Finding::Whole)
    }
}

/// What is known of a residual program, besides its [needs](Lowered::needs).
#[derive(Clone, Copy, Debug)]
pub struct Residual {
    /// The strongest action that it can return; `None` if it returns a computed value.
    pub strongest: Option<u32>,
}

/// What one filter does for every call, by itself.
pub struct Study {
    /// By architecture.
    pub findings: [Findings; 2],
    /// The residual programs of both.
    pub residuals: Buf<Residual>,
    /// All of them in one program, in the same order. `None` if there are none.
    pub program: Option<Lowered>,
}

/// An architecture for which a filter is studied.
pub struct Side {
    /// What the filter sees there.
    pub view: ArchView,
    /// Where its residual programs load that from.
    pub layout: Layout,
}

/// The most residual programs of a filter, for both architectures together.
const MAX_RESIDUALS: usize = 128;

/// The most eBPF instructions of a filter's residual programs, together.
const MAX_INSNS: usize = 8192;

/// Studies a filter whose program, in canonical form, is `prog`.
///
/// If `meter` is spent before the end, more is left to the whole program; see
/// [`Meter::units`](super::meter::units).
pub fn study(prog: &[Insn], sides: &[Side; 2], mut meter: Meter) -> Result<Study, NoMemory> {
    let [first, second] = sides;
    let mut outcomes = [
        analyse(prog, first.view, &mut meter)?,
        analyse(prog, second.view, &mut meter)?,
    ];

    let mut programs = Programs {
        bodies: Buf::new(),
        residuals: Buf::new(),
        insns: 0,
    };
    let mut specialiser = Specialiser::new(prog);
    let mut findings = [Findings::NONE, Findings::NONE];
    for (place, (outcomes, side)) in outcomes.iter_mut().zip(sides).enumerate() {
        let mut found = Findings::of(outcomes.take_index(), outcomes.constants())?;
        let mut rest = outcomes.varying();
        while let Some((nr, start)) = outcomes.start_of(&rest) {
            let mut given = Given::new(nr, start.nrs, side.view);
            // CAST: Both are at most 256.
            let looked_at = outcomes.starts().saturating_add(found.findings.len()) as u32;
            if !meter.spend(
                looked_at
                    .saturating_mul(price::LOOK)
                    .saturating_add(price::BEGIN),
            ) {
                break;
            }
            let room = programs.room(&meter);
            let Some(code) = specialiser.specialise(&mut given, start.pc, room, &mut meter)? else {
                if !meter.spend(1) {
                    break;
                }
                rest = rest.without(&given.alike());
                continue;
            };
            let finding = match code[..] {
                // The specialiser may find a constant that the analysis did not.
                [only] => match only.decode() {
                    Some(Op::RetK(ret)) => Finding::Constant(ret),
                    _ => Finding::Whole,
                },
                _ => programs.finding(place, &code, &side.layout, &mut meter)?,
            };
            found.set(&given.alike(), finding)?;
            rest = rest.without(&given.alike());
        }
        if let Some(findings) = findings.get_mut(place) {
            *findings = found;
        }
    }
    Ok(Study {
        findings,
        program: assemble(&programs.bodies, sides)?,
        residuals: programs.residuals,
    })
}

impl Findings {
    const NONE: Self = Self {
        index: Buf::new(),
        findings: Buf::new(),
    };

    /// Nothing but constants, of which `index` has one more than the place in `constants`.
    fn of(index: Buf<u8>, constants: &[u32]) -> Result<Self, NoMemory> {
        let mut findings = Buf::with_capacity(constants.len().saturating_add(4))?;
        findings.push(Finding::Whole)?;
        for constant in constants {
            findings.push(Finding::Constant(*constant))?;
        }
        Ok(Self { index, findings })
    }

    /// Notes a finding for numbers that have none. If the table is full they keep having none.
    fn set(&mut self, numbers: &Set, finding: Finding) -> Result<(), NoMemory> {
        let known = self.findings.iter().position(|known| *known == finding);
        let place = match known {
            Some(place) => place,
            None if self.findings.len() <= MAX_CONSTANTS => {
                self.findings.push(finding)?;
                self.findings.len().saturating_sub(1)
            }
            None => 0,
        };
        // CAST: Places are at most `MAX_CONSTANTS`.
        numbers.put_in(&mut self.index, place as u8);
        Ok(())
    }
}

impl Study {
    /// Leaves the calls that a residual program decides to the whole program.
    pub fn forget_residuals(&mut self) {
        for finding in self
            .findings
            .iter_mut()
            .flat_map(|side| side.findings.iter_mut())
        {
            if matches!(finding, Finding::Residual(_)) {
                *finding = Finding::Whole;
            }
        }
        self.program = None;
    }
}

/// The residual programs that were found so far.
struct Programs {
    bodies: Buf<Body>,
    residuals: Buf<Residual>,
    /// Their eBPF instructions, with those that choose one.
    insns: usize,
}

/// A residual program, lowered.
struct Body {
    side: usize,
    insns: Buf<EbpfInsn>,
    needs: NeededInputs,
}

impl Programs {
    /// How many more instructions can be compiled for what is left of the meter, at the most.
    fn room(&self, meter: &Meter) -> usize {
        let left = meter.left().saturating_add(price::compilation(self.insns));
        let fits = |insns: &usize| price::compilation(*insns) <= left;
        let mut step = MAX_INSNS.next_power_of_two();
        let mut most = 0usize;
        while step > 0 {
            most = Some(most.saturating_add(step)).filter(fits).unwrap_or(most);
            step /= 2;
        }
        most.saturating_sub(self.insns)
    }

    /// The finding for calls for which `code` is the residual program.
    fn finding(
        &mut self,
        side: usize,
        code: &[Insn],
        layout: &Layout,
        meter: &mut Meter,
    ) -> Result<Finding, NoMemory> {
        // CAST: Programs are short, and of residual ones there are few.
        let cost = (code.len() as u32)
            .saturating_mul(price::LOWER)
            .saturating_add((self.bodies.len() as u32).saturating_mul(price::COMPARE));
        if !meter.spend(cost) {
            return Ok(Finding::Whole);
        }
        let Some(insns) = lower_live(code, layout)? else {
            return Ok(Finding::Whole);
        };
        let known = self
            .bodies
            .iter()
            .position(|body| body.side == side && *body.insns == *insns);
        if let Some(known) = known {
            // CAST: There are at most `MAX_RESIDUALS`.
            return Ok(Finding::Residual(known as u8));
        }
        if self.bodies.len() >= MAX_RESIDUALS {
            return Ok(Finding::Whole);
        }
        // One more instruction chooses it.
        let all = self.insns.saturating_add(insns.len()).saturating_add(1);
        if all > MAX_INSNS
            || !meter.spend_if_left(price::compilation(all) - price::compilation(self.insns))
        {
            return Ok(Finding::Whole);
        }
        self.insns = all;
        self.residuals.push(Residual {
            strongest: strongest(code),
        })?;
        self.bodies.push(Body {
            side,
            insns,
            needs: NeededInputs::of(code),
        })?;
        // CAST: As above.
        Ok(Finding::Residual(self.bodies.len().saturating_sub(1) as u8))
    }
}

/// One program of all residual programs of a filter, which chooses by
/// [`Inputs::which`](super::append::Inputs::which).
///
/// The choice is a binary search, laid out in preorder: at each node, a jump to the right half
/// leads over the left.
fn assemble(bodies: &[Body], sides: &[Side; 2]) -> Result<Option<Lowered>, NoMemory> {
    if bodies.is_empty() {
        return Ok(None);
    }
    // The instructions of some of them, with those that choose one.
    let size = |from: usize, to: usize| -> usize {
        let some = bodies.get(from..to).unwrap_or(&[]);
        some.iter()
            .fold(some.len(), |sum, body| sum.saturating_add(body.insns.len()))
    };
    let mut insns = Buf::with_capacity(size(0, bodies.len()))?;
    if bodies.len() > 1 {
        insns.push(load_choice())?;
    }
    let mut pending: Buf<(usize, usize)> = Buf::with_capacity(16)?;
    pending.push((0, bodies.len()))?;
    while let Some((first, mut end)) = pending.pop() {
        while end.saturating_sub(first) > 1 {
            let middle = first.saturating_add(end) / 2;
            // CAST: Both are at most `MAX_INSNS`.
            let left = size(first, middle).saturating_sub(1);
            insns.push(jump_if_chosen(middle as i32, left as i16))?;
            pending.push((middle, end))?;
            end = middle;
        }
        let body = bodies.get(first).map_or(&[][..], |body| &body.insns);
        insns.extend_from_slice(body)?;
    }
    let needs = bodies.iter().map(|body| body.needs);
    let layouts = sides.iter().map(|side| &side.layout);
    Ok(Some(Lowered::new(insns, needs, layouts)))
}
