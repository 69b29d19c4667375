// SPDX-License-Identifier: GPL-2.0

//! What a filter does for each system call: [`Results`] collects it, [`Outcomes`] has it.

use super::{
    domain::Val,
    price,
    set::Set, //
};
use crate::logic::{
    buf::{
        Buf,
        NoMemory, //
    },
    syscalls::LIMIT, //
};

/// What a filter does for a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returns this, whatever the arguments and the instruction pointer are.
    Constant(u32),
    /// It may return different values, or the analysis did not find out.
    Varies,
}

/// The most constants that can be noted for one filter.
pub const MAX_CONSTANTS: usize = u8::MAX as usize;

/// The most [starts](Start), of about 70 bytes each.
const MAX_STARTS: usize = 256;

/// What a filter does for each system call below [`LIMIT`].
pub struct Outcomes {
    /// By number, 0 if it varies, else one more than the index of its outcome in `constants`.
    index: Buf<u8>,
    constants: Buf<u32>,
    varying: Set,
    starts: Buf<Start>,
}

impl Outcomes {
    /// What the filter does for a number.
    pub fn get(&self, nr: u32) -> Outcome {
        let constant = usize::from(self.index.get(nr as usize).copied().unwrap_or(0))
            .checked_sub(1)
            .and_then(|place| self.constants.get(place));
        match constant {
            Some(ret) => Outcome::Constant(*ret),
            None => Outcome::Varies,
        }
    }

    /// Did the analysis meet as many constants as can be noted?
    pub fn is_full(&self) -> bool {
        self.constants.len() >= MAX_CONSTANTS
    }

    /// Takes the index: by number, 0 if it varies, else one more than the index of its outcome in
    /// [`Outcomes::constants`].
    pub(super) fn take_index(&mut self) -> Buf<u8> {
        core::mem::replace(&mut self.index, Buf::new())
    }

    /// All constants, each once.
    pub(super) fn constants(&self) -> &[u32] {
        &self.constants
    }

    /// The numbers for which it varies.
    pub(super) fn varying(&self) -> Set {
        self.varying
    }

    /// The number of [starts](Start).
    pub(super) fn starts(&self) -> usize {
        self.starts.len()
    }

    /// Of these numbers, the first, with those that can start at the same instruction.
    pub(super) fn start_of(&self, numbers: &Set) -> Option<(u32, Start)> {
        let nr = numbers.first()?;
        let mut rest = *numbers;
        for start in self.starts.iter() {
            if start.nrs.contains(nr) {
                let nrs = start.nrs.and(numbers);
                return Some((nr, Start { nrs, ..*start }));
            }
            rest = rest.without(&start.nrs);
        }
        Some((nr, Start { nrs: rest, pc: 0 }))
    }
}

/// An instruction from which on a program can be specialised for these numbers: until it comes
/// there, it does nothing that depends on more than the number. `A` is not read any more, `X` is 0,
/// and no cell was stored.
#[derive(Clone, Copy)]
pub(super) struct Start {
    /// The numbers.
    pub(super) nrs: Set,
    /// The instruction.
    pub(super) pc: usize,
}

/// What the analysis has found so far.
pub(super) struct Results {
    /// Numbers that reached a return.
    seen: Set,
    /// Numbers that vary, whatever `constants` says.
    pub(super) vary: Set,
    /// Numbers for which more may be found by looking at each alone.
    pub(super) unsure: Set,
    /// What is returned, and by which numbers.
    constants: Buf<(u32, Set)>,
    starts: Buf<Start>,
    /// The cost of all this that was not charged yet.
    pub(super) cost: u32,
}

impl Results {
    pub(super) fn new() -> Self {
        Self {
            seen: Set::EMPTY,
            vary: Set::EMPTY,
            unsure: Set::EMPTY,
            constants: Buf::new(),
            starts: Buf::new(),
            cost: 0,
        }
    }

    pub(super) fn finish(self) -> Result<Outcomes, NoMemory> {
        let varying = self.vary.union(&Set::ALL.without(&self.seen));
        let mut index = Buf::filled(LIMIT, 0)?;
        let mut constants = Buf::with_capacity(self.constants.len())?;
        for (ret, nrs) in self.constants.iter() {
            constants.push(*ret)?;
            // CAST: At most `MAX_CONSTANTS`.
            nrs.without(&varying)
                .put_in(&mut index, constants.len() as u8);
        }
        Ok(Outcomes {
            index,
            constants,
            varying,
            starts: self.starts,
        })
    }

    /// The numbers that return `ret`; `None` if there are too many constants.
    #[inline]
    fn returning(&mut self, ret: u32) -> Result<Option<&mut Set>, NoMemory> {
        let known = self.constants.iter().rposition(|(known, _)| *known == ret);
        // CAST: At most `MAX_CONSTANTS`.
        let tried = self.constants.len().saturating_sub(known.unwrap_or(0)) as u32;
        self.cost = self.cost.saturating_add(tried.saturating_mul(price::TRY));
        let place = match known {
            Some(place) => place,
            None if self.constants.len() < MAX_CONSTANTS => {
                self.cost = self.cost.saturating_add(price::CONSTANT);
                self.constants.push((ret, Set::EMPTY))?;
                self.constants.len().saturating_sub(1)
            }
            None => return Ok(None),
        };
        Ok(self.constants.get_mut(place).map(|(_, nrs)| nrs))
    }

    /// `nrs` return `val`.
    pub(super) fn add(&mut self, nrs: &Set, val: Val) -> Result<(), NoMemory> {
        let Val::Known(ret) = val else {
            self.vary(nrs);
            if val.depends_on_nr() {
                self.unsure.unite(nrs);
            }
            return Ok(());
        };
        // A number that varies does so for good.
        if nrs.without(&self.vary).is_empty() {
            return Ok(());
        }
        let again = nrs.and(&self.seen);
        self.seen.unite(nrs);
        let Some(returning) = self.returning(ret)? else {
            self.vary.unite(nrs);
            return Ok(());
        };
        let others = again.without(returning);
        returning.unite(nrs);
        self.vary.unite(&others);
        Ok(())
    }

    /// `nr` returns `ret`.
    #[inline(always)]
    pub(super) fn add_one(&mut self, nr: u32, ret: u32) -> Result<(), NoMemory> {
        if self.vary.contains(nr) {
            return Ok(());
        }
        let again = self.seen.contains(nr);
        self.seen.add(nr);
        let same = match self.returning(ret)? {
            Some(returning) => {
                let same = returning.contains(nr);
                returning.add(nr);
                same || !again
            }
            None => false,
        };
        if !same {
            self.vary.add(nr);
        }
        Ok(())
    }

    /// `nrs` return `ret`, which is all that they return.
    pub(super) fn settle(&mut self, nrs: &Set, ret: u32) -> Result<(), NoMemory> {
        // CAST: At most `MAX_CONSTANTS`.
        let all = self.constants.len() as u32;
        self.cost = self.cost.saturating_add(all.saturating_mul(price::SETTLE));
        for (_, returning) in self.constants.iter_mut() {
            *returning = returning.without(nrs);
        }
        if let Some(returning) = self.returning(ret)? {
            returning.unite(nrs);
            self.vary = self.vary.without(nrs);
        }
        Ok(())
    }

    /// `nrs` may return different values.
    pub(super) fn vary(&mut self, nrs: &Set) {
        self.seen.unite(nrs);
        self.vary.unite(nrs);
    }

    /// The sweep has lost track of what `nrs` do.
    pub(super) fn lose(&mut self, nrs: &Set) {
        self.vary(nrs);
        self.unsure.unite(nrs);
    }

    /// `nrs` load something at `pc` that is unknown, and until then did nothing that was.
    #[inline]
    pub(super) fn start(&mut self, pc: usize, nrs: &Set) -> Result<(), NoMemory> {
        if self.starts.len() < MAX_STARTS {
            self.starts.push(Start { nrs: *nrs, pc })?;
        }
        Ok(())
    }
}
