// SPDX-License-Identifier: GPL-2.0

//! Composes tables: puts the findings of a filter on top of the tables of the filters below.

use super::{
    entry::{
        Entry,
        Top,
        Varying, //
    },
    Table,
    Tables,
    ALLOWED,
    FIRST,
    LIMIT,
    MAX_ENTRIES,
    WHOLE_PATH, //
};
use crate::{
    logic::{
        bpf::study::{
            Finding,
            Findings,
            Study, //
        },
        buf::{
            Buf,
            NoMemory, //
        }, //
    },
    sys::{
        arch::Abi,
        bpf::Residual, //
    }, //
};

impl<'path> Tables<'path> {
    /// Makes the tables of `top` on top of those of `below`, from a study of `top`. Returns how
    /// many bytes their entries take.
    ///
    /// Fails if there is no memory or the entries take more than `room` bytes. The tables are then
    /// without entries.
    pub(crate) fn compose(
        &mut self,
        study: &Study,
        top: &Top<'path>,
        below: Option<&'path Tables<'path>>,
        room: usize,
    ) -> Result<usize, NoMemory> {
        let composed = self.compose_all(study, top, below);
        match composed {
            Ok(bytes) if bytes <= room => return Ok(bytes),
            _ => self.clear(),
        }
        Err(NoMemory)
    }

    fn compose_all(
        &mut self,
        study: &Study,
        top: &Top<'path>,
        below: Option<&'path Tables<'path>>,
    ) -> Result<usize, NoMemory> {
        let mut bytes = 0;
        let sides = Abi::ALL.into_iter().zip(&study.findings);
        for ((abi, findings), table) in sides.zip(&mut self.0) {
            let older = below.map(|below| below.table(abi));
            let mut sketch = Sketch::new(top, study, older)?;
            sketch.draw(findings, &mut table.index)?;
            table.entries = sketch.entries()?;
            bytes += core::mem::size_of_val(&table.entries[..]);
            for nr in abi.exempt() {
                table.index[*nr as usize % LIMIT] = ALLOWED;
            }
        }
        Ok(bytes)
    }
}

/// A table that is being made.
struct Sketch<'a, 'path> {
    top: &'a Top<'path>,
    study: &'a Study,
    /// The table of the filter below.
    older: Option<&'path Table<'path>>,
    entries: Buf<Entry<'path>>,
    /// The places of the entries, by [`Entry::hash`] with open addressing; else [`Sketch::VACANT`].
    places: [u8; 512],
}

/// The place that was made of a finding on top of a place of the older table, remembered as both
/// often come again.
#[derive(Clone, Copy)]
struct Made {
    finding: u8,
    under: u8,
    place: u8,
}

impl<'a, 'path> Sketch<'a, 'path> {
    /// No entry has this place, so that it can stand for none.
    const VACANT: u8 = ALLOWED;

    fn new(
        top: &'a Top<'path>,
        study: &'a Study,
        older: Option<&'path Table<'path>>,
    ) -> Result<Self, NoMemory> {
        let mut entries = Buf::with_capacity(8)?;
        entries.extend_from_slice(&FIRST)?;
        Ok(Self {
            top,
            study,
            older,
            entries,
            places: [Self::VACANT; 512],
        })
    }

    /// Fills in the index.
    fn draw(&mut self, findings: &Findings, index: &mut [u8; LIMIT]) -> Result<(), NoMemory> {
        const MEMORY: usize = 64;
        let mut memory = [Made {
            finding: 0,
            under: 0,
            place: 0,
        }; MEMORY];
        let mut is_known = [false; MEMORY];
        let older = self.older.map_or(&[ALLOWED; LIMIT], |older| &older.index);
        let numbers = findings.index().iter().zip(older);
        let mut last = (0, 0, None);
        for (place, (finding, under)) in index.iter_mut().zip(numbers) {
            if let (last_finding, last_under, Some(last_place)) = last {
                if last_finding == *finding && last_under == *under {
                    *place = last_place;
                    continue;
                }
            }
            let slot = usize::from(finding.wrapping_mul(7) ^ *under) % MEMORY;
            let made = memory[slot];
            if is_known[slot] && made.finding == *finding && made.under == *under {
                *place = made.place;
                last = (*finding, *under, Some(made.place));
                continue;
            }
            let all = findings.all();
            let found = all.get(usize::from(*finding)).copied();
            *place = self.place_of(found.unwrap_or(Finding::Whole), *under)?;
            last = (*finding, *under, Some(*place));
            is_known[slot] = true;
            memory[slot] = Made {
                finding: *finding,
                under: *under,
                place: *place,
            };
        }
        Ok(())
    }

    /// The place of the entry that the finding makes on top of the older table's place `under`.
    fn place_of(&mut self, finding: Finding, under: u8) -> Result<u8, NoMemory> {
        let below = match (self.older, under) {
            (None, _) | (_, ALLOWED) => None,
            // What the filters below have no entry for, there is none for on top of them.
            (_, WHOLE_PATH) => return Ok(WHOLE_PATH),
            (Some(older), under) => match older.entry(usize::from(under)) {
                Some(below) => Some(below),
                None => return Ok(WHOLE_PATH),
            },
        };
        let entry = match self.varying(finding) {
            Ok(varying) => Entry::with_varying(below, &varying, self.top),
            Err(ret) => {
                let base = below.copied().unwrap_or(Entry::ALLOW);
                Some(base.with_constant(ret, self.top))
            }
        };
        match entry.or(below.copied()) {
            Some(entry) => self.place_of_entry(entry),
            None => Ok(ALLOWED),
        }
    }

    /// What the entry needs of a finding; `Err` with the `SECCOMP_RET_*` if that is a constant.
    fn varying(&self, finding: Finding) -> Result<Varying<'path>, u32> {
        let filter = self.top.filter;
        let whole = Varying {
            residual: Residual::NONE,
            strongest: None,
            needs: filter.program().needs(),
        };
        match finding {
            Finding::Constant(ret) => Err(ret),
            Finding::Residual(which) => {
                let known = self.study.residuals.get(usize::from(which));
                let program = self.study.program.as_ref();
                Ok(match (known, program, filter.residuals()) {
                    (Some(known), Some(program), Some(compiled)) => Varying {
                        residual: compiled.choose(which.into()),
                        strongest: known.strongest,
                        needs: program.needs(which.into()),
                    },
                    _ => whole,
                })
            }
            Finding::Whole => Ok(whole),
        }
    }

    /// The place of an entry, which is added if it is new; [`WHOLE_PATH`] if there are too many.
    fn place_of_entry(&mut self, entry: Entry<'path>) -> Result<u8, NoMemory> {
        if entry.allows() {
            return Ok(ALLOWED);
        }
        let mut slot = entry.hash();
        // There are twice as many slots as entries, so this comes to a vacant one.
        loop {
            slot %= self.places.len();
            let place = self.places[slot];
            if place == Self::VACANT {
                break;
            }
            let known = self.entries.get(usize::from(place));
            if known.is_some_and(|known| known.is_same(&entry)) {
                return Ok(place);
            }
            slot += 1;
        }
        if self.entries.len() >= MAX_ENTRIES {
            return Ok(WHOLE_PATH);
        }
        // CAST: Below 256.
        let place = self.entries.len() as u8;
        self.entries.push(entry)?;
        self.places[slot] = place;
        Ok(place)
    }

    /// A copy of the entries that takes no more memory than they need.
    fn entries(&self) -> Result<Buf<Entry<'path>>, NoMemory> {
        let mut entries = Buf::new();
        if self.entries.len() > FIRST.len() {
            entries.extend_from_slice(&self.entries)?;
        }
        Ok(entries)
    }
}
