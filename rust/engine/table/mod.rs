// SPDX-License-Identifier: GPL-2.0

//! What a stack of filters does for each system call, found out when a filter is attached.
//!
//! Mainline's `seccomp_cache_prepare()` remembers which calls are always allowed. Here every call
//! has an entry: the verdict of all filters that return a constant for it, and a list of those that
//! do not, each with what is left of its program when the call is known ([`Residuals`]). A call
//! then costs what is left, however many filters there are and however long they are.
//!
//! [`study`] looks at one filter, [`Tables::compose`] puts what it found on top of the tables of
//! the filters below. Tables refer to filters and lists further down the path, which live as long
//! as the filter that owns the tables.
//!
//! Memory: an index byte per number and ABI (1 KiB), 48 bytes for each different entry (at most 256
//! per ABI), as many for each different list that begins with the filter; and for the residual programs
//! of a filter one `bpf_prog`. What does not fit is evaluated by running the filter's own program,
//! or all of them; so is all of it if there is no memory for tables, or no more than the path may
//! take ([`Memory`](crate::engine::filter::Memory)).

use crate::{
    engine::filter::Filter,
    logic::{
        bpf::{
            append::{
                ArchView,
                Inputs,
                NeededInputs,
                VisibleFields, //
            },
            insn::Insn,
            meter::{
                self,
                Meter, //
            },
            study::{
                self,
                Finding,
                Findings,
                Side,
                Study, //
            }, //
        },
        buf::{
            Buf,
            NoMemory, //
        },
        verdict::Verdict, //
    },
    sys::{
        arch::{
            self,
            Arch,
            Native, //
        },
        bpf::{
            Choice,
            Residuals, //
        },
        regs::Regs,
        task, //
    }, //
};
use core::ptr::NonNull;
use kernel::page::PAGE_SIZE;

/// Numbers below this have an entry.
pub(crate) const LIMIT: usize = crate::logic::syscalls::LIMIT;

/// Different entries of a table: the index has a byte for each number.
const MAX_ENTRIES: usize = 256;

/// In [`Table::index`]: all filters allow the call, whatever its arguments.
const ALLOWED: u8 = 0;

/// In [`Table::index`]: all programs are to be run.
const WHOLE_PATH: u8 = 1;

/// Which of the two tables, by architecture.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Abi {
    Native = 0,
    Compat = 1,
}

impl Abi {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Native, Self::Compat];

    /// The ABI of a task's current system call.
    #[inline(always)]
    pub(crate) fn of(compat: bool) -> Self {
        if compat {
            Self::Compat
        } else {
            Self::Native
        }
    }

    /// Its `AUDIT_ARCH_*`.
    pub(crate) fn audit_arch(self) -> u32 {
        match self {
            Self::Native => Native::AUDIT_ARCH,
            Self::Compat => Native::AUDIT_ARCH_COMPAT,
        }
    }

    fn view(self, visible: VisibleFields) -> ArchView {
        ArchView {
            arch: self.audit_arch(),
            visible,
        }
    }
}

/// Finds out what a filter does, whose program (in canonical form) is `prog`.
///
/// Reschedules in between. If a fatal signal is pending there is less in the result.
pub(crate) fn study(prog: &[Insn], visible: VisibleFields) -> Result<Study, NoMemory> {
    let side = |abi: Abi| Side {
        view: abi.view(visible),
        layout: arch::layout(abi == Abi::Compat, visible),
    };
    let units = meter::units(prog).saturating_mul(match visible {
        VisibleFields::NONE => 1,
        // There is no such filter with the built-in engine. Two programs are compiled for it in any
        // case, and what it says of an argument takes more instructions.
        _ => 3,
    });
    let meter = Meter::new(units, task::may_go_on);
    study::study(prog, &Abi::ALL.map(side), meter)
}

/// About how many bytes the residual programs of a study will take: whole pages, and their code.
pub(crate) fn memory_of_residuals(study: &Study) -> usize {
    study.program.as_ref().map_or(0, |insns| {
        let bytes = core::mem::size_of_val(insns.insns());
        bytes.next_multiple_of(PAGE_SIZE) + bytes
    })
}

/// Has the kernel compile the residual programs of a study. Without them the study makes do.
pub(crate) fn compile(study: &mut Study) -> Option<Residuals> {
    let program = study.program.as_ref();
    let compiled = program.and_then(|program| Residuals::new(program).ok());
    if compiled.is_none() {
        // Not compiled: the filters themselves are as good.
        study.forget_residuals();
    }
    compiled
}

/// A filter as it is put on top of others.
pub(crate) struct Top<'a> {
    /// Where it is, and stays.
    pub(crate) filter: NonNull<Filter>,
    /// How many filters there are on its path.
    pub(crate) depth: u32,
    /// All its actions but ALLOW are to be logged.
    pub(crate) log: bool,
    /// What its program needs.
    pub(crate) needs: NeededInputs,
    /// Its residual programs, which it keeps.
    pub(crate) residuals: Option<&'a Residuals>,
}

/// A filter whose verdict depends on the call's arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    /// The filter, and how many are on its path.
    filter: NonNull<Filter>,
    depth: u32,
    /// Its residual program; if there is none, all of its program.
    residual: Option<Choice>,
    /// The strongest action that it or one of those after it can return; `None` if one of them
    /// computes it.
    strongest: Option<Verdict>,
    /// The next one, which is older.
    next: Option<NonNull<Node>>,
}

impl Node {
    /// The filter.
    pub(crate) fn filter(&self) -> &Filter {
        // SAFETY: The filter is on the path to which the node belongs.
        unsafe { self.filter.as_ref() }
    }

    /// Is all of its program to be run?
    pub(crate) fn is_whole(&self) -> bool {
        self.residual.is_none()
    }
}

/// What the filters do for a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The verdict of those that return a constant.
    verdict: Verdict,
    /// Which of them said it, and how many are on its path.
    decider: Option<NonNull<Filter>>,
    depth: u32,
    /// Those that do not, newest first.
    nodes: Option<NonNull<Node>>,
    /// The residual program of the only one of them, if the constants allow.
    alone: Option<Choice>,
    /// The result of a call that is refused with an errno and without a word in the log, at most 0;
    /// else one of the two below.
    errno: i32,
    /// What the elements of the list need.
    needs: NeededInputs,
}

/// In [`Entry::errno`]: there is more to it.
const NO_ERRNO: i32 = 1;

/// In [`Entry::errno`]: the entry says nothing, all programs of the path are to be run.
const NO_ENTRY: i32 = 2;

impl Entry {
    /// What there is without any filter.
    const ALLOW: Self = Self {
        verdict: Verdict::ALLOW,
        decider: None,
        depth: u32::MAX,
        nodes: None,
        alone: None,
        errno: NO_ERRNO,
        needs: NeededInputs::NONE,
    };

    /// What numbers have that are in no table.
    const NONE: Self = Self {
        errno: NO_ENTRY,
        ..Self::ALLOW
    };

    /// Does the entry say nothing, so that all programs of the path are to be run?
    #[inline(always)]
    pub(crate) fn is_none(&self) -> bool {
        self.errno == NO_ENTRY
    }

    /// The result of the call, a negative errno or 0, if that is all there is to it.
    #[inline(always)]
    pub(crate) fn errno(&self) -> Option<i32> {
        (self.errno <= 0).then_some(self.errno)
    }

    /// What [`Entry::judge`] needs.
    #[inline(always)]
    pub(crate) fn needs(&self) -> NeededInputs {
        self.needs
    }

    /// The only program that there is to ask, which is that of [`Entry::first`], when what it says
    /// is all that counts; it needs nothing. `None` if there is more to it: then [`Entry::judge`].
    #[inline(always)]
    pub(crate) fn alone(&self) -> Option<&Choice> {
        self.alone.as_ref()
    }

    /// The newest of the filters that do not return a constant.
    #[inline(always)]
    pub(crate) fn first(&self) -> Option<NonNull<Filter>> {
        // SAFETY: The node belongs to the path whose table this is.
        self.nodes.map(|node| unsafe { node.as_ref() }.filter)
    }

    /// What all filters say, and the one that decides; `None` for those that allow.
    ///
    /// `inputs` has what [`Entry::needs`] says, and may be left out if that is nothing. `run_whole`
    /// runs all of a filter.
    #[inline(always)]
    pub(crate) fn judge(
        &self,
        regs: Regs,
        mut inputs: Option<&mut Inputs>,
        mut run_whole: impl FnMut(&Filter, Option<&Inputs>) -> u32,
    ) -> (Verdict, Option<NonNull<Filter>>) {
        let (mut verdict, mut decider, mut depth) = (self.verdict, self.decider, self.depth);
        let mut next = self.nodes;
        while let Some(node) = next {
            // SAFETY: The node belongs to the path whose table this is.
            let node = unsafe { node.as_ref() };
            let says = Verdict::new(match (&node.residual, &mut inputs) {
                // SAFETY: The filter is on the path, and keeps its residual programs. They need
                // what the entry needs, which includes the argument.
                (Some(choice), Some(inputs)) => unsafe { choice.run_with(regs, inputs) },
                // SAFETY: As above, and they need nothing.
                (Some(choice), None) => unsafe { choice.run(regs) },
                // SAFETY: As above.
                (None, inputs) => run_whole(unsafe { node.filter.as_ref() }, inputs.as_deref()),
            });
            // A newer filter wins a tie over a constant of an older one, too.
            if says.overrules(verdict) || (says.ties(verdict) && node.depth > depth) {
                (verdict, decider, depth) = (says, Some(node.filter), node.depth);
            }
            next = node.next;
        }
        (verdict, decider)
    }

    /// The verdict of the filters that return a constant, and the number on its path of the one
    /// that said it, the oldest being 1; `None` if they allow.
    pub(crate) fn constant(&self) -> (Verdict, Option<u32>) {
        (self.verdict, self.decider.map(|_| self.depth))
    }

    /// The filters that do not, newest first.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node> {
        // SAFETY: As in `first()`.
        let at = |node: Option<NonNull<Node>>| node.map(|node| unsafe { node.as_ref() });
        core::iter::successors(at(self.nodes), move |node| at(node.next))
    }

    /// With a constant of a newer filter.
    fn with_constant(mut self, ret: u32, top: &Top<'_>) -> Self {
        let verdict = Verdict::new(ret);
        let allows = verdict.ties(Verdict::ALLOW);
        if verdict.overrules(self.verdict) || (verdict.ties(self.verdict) && !allows) {
            self.verdict = verdict;
            self.decider = Some(top.filter);
            self.depth = top.depth;
            self.alone = None;
            if !self.any_node_overrules() {
                self.nodes = None;
                self.needs = NeededInputs::NONE;
            }
            self.errno = match verdict.errno() {
                Some(errno) if self.nodes.is_none() && !top.log => -errno,
                _ => NO_ERRNO,
            };
        }
        self
    }

    /// With a newer filter whose verdict varies: the entry but for its list, and how that begins.
    /// `None` if the filter can change nothing.
    fn with_varying(
        mut self,
        top: &Top<'_>,
        residual: Option<Choice>,
        strongest: Option<u32>,
        needs: NeededInputs,
    ) -> Option<(Self, Node)> {
        let strongest = strongest.map(Verdict::new);
        if strongest.is_some_and(|strongest| self.verdict.overrules(strongest)) {
            return None;
        }
        self.alone = residual.filter(|_| needs.is_empty() && self == Self::ALLOW);
        self.errno = NO_ERRNO;
        self.needs = self.needs.and(needs);
        // SAFETY: As in `judge()`.
        let older = self.nodes.map(|node| unsafe { node.as_ref() }.strongest);
        let node = Node {
            filter: top.filter,
            depth: top.depth,
            residual,
            strongest: match (strongest, older) {
                (Some(own), Some(Some(older))) if older.overrules(own) => Some(older),
                (_, Some(None)) => None,
                (own, _) => own,
            },
            next: self.nodes,
        };
        Some((self, node))
    }

    /// Could any of the filters of the list have the better of the constant, which is newer?
    fn any_node_overrules(&self) -> bool {
        // SAFETY: As in `judge()`.
        match self.nodes.map(|node| unsafe { node.as_ref() }.strongest) {
            Some(Some(strongest)) => strongest.overrules(self.verdict),
            Some(None) => true,
            None => false,
        }
    }

    /// A number that is the same for entries that are equal. Spreads well enough.
    fn hash(&self, own: Option<u8>) -> usize {
        let address = |pointer: Option<usize>| pointer.unwrap_or(0) >> 4;
        let mut hash = self.verdict.bits() as usize;
        for part in [
            address(self.decider.map(|filter| filter.as_ptr().addr())),
            address(self.nodes.map(|node| node.as_ptr().addr())),
            own.map_or(0, usize::from),
        ] {
            hash = (hash ^ part).wrapping_mul(0x9e37_79b1);
            hash ^= hash >> 15;
        }
        hash
    }
}

/// The first entries of every table, and the only ones of one for which there was no memory.
struct First([Entry; 2]);

// SAFETY: It is immutable, and its pointers are `None`.
unsafe impl Sync for First {}

static FIRST: First = {
    let mut entries = [Entry::NONE; 2];
    entries[ALLOWED as usize] = Entry::ALLOW;
    First(entries)
};

/// The entries of one ABI.
///
/// # Invariants
///
/// `entries` points to more of them than any byte of `index` says, and more than [`WHOLE_PATH`].
/// They stay there for as long as the table does.
pub(crate) struct Table {
    /// By number, which of the entries.
    index: [u8; LIMIT],
    /// The entries: those of `_own`, or of [`FIRST`] if there are no others.
    entries: NonNull<Entry>,
    _own: Buf<Entry>,
    /// Elements of lists that begin here. It is filled once and never moves.
    _nodes: Buf<Node>,
}

impl Table {
    // INVARIANT: There are two entries.
    const EMPTY: Self = Self {
        index: [WHOLE_PATH; LIMIT],
        // SAFETY: A static has an address.
        entries: unsafe { NonNull::new_unchecked((&raw const FIRST.0).cast_mut().cast()) },
        _own: Buf::new(),
        _nodes: Buf::new(),
    };

    /// Finds the entry of a number.
    #[inline(always)]
    pub(crate) fn find(&self, nr: u32) -> FoundEntry<'_> {
        let nr = nr as usize;
        let place = if nr < LIMIT {
            self.index[arch::index_nospec::<LIMIT>(nr) % LIMIT]
        } else {
            WHOLE_PATH
        };
        // INVARIANT: By that of the table, also where the processor only speculates that the number
        // is below the limit.
        FoundEntry { table: self, place }
    }

    /// The entry that a byte of the index stands for.
    fn at(&self, place: u8) -> FoundEntry<'_> {
        // INVARIANT: By that of the table.
        FoundEntry { table: self, place }
    }
}

/// The entry of a number.
///
/// # Invariants
///
/// The table has more entries than `place`.
#[derive(Clone, Copy)]
pub(crate) struct FoundEntry<'a> {
    table: &'a Table,
    place: u8,
}

impl<'a> FoundEntry<'a> {
    /// Do all filters allow the call, whatever its arguments?
    #[inline(always)]
    pub(crate) fn is_allowed(self) -> bool {
        self.place == ALLOWED
    }

    /// Is it the same entry, of the same table?
    pub(crate) fn is_same(self, other: Self) -> bool {
        core::ptr::eq(self.table, other.table) && self.place == other.place
    }

    /// The entry.
    #[inline(always)]
    pub(crate) fn entry(self) -> &'a Entry {
        // SAFETY: By the invariants, there is one. Without a comparison, behind which the processor
        // could speculate that there are more.
        unsafe { self.table.entries.add(usize::from(self.place)).as_ref() }
    }
}

/// The tables of a stack of filters.
pub(crate) struct Tables([Table; 2]);

impl Tables {
    /// Bytes that they take without any entry.
    pub(crate) const SIZE: usize = core::mem::size_of::<Self>();

    /// No tables: all programs are run for every call.
    pub(crate) const EMPTY: Self = Self([Table::EMPTY, Table::EMPTY]);

    /// The table of an ABI.
    #[inline(always)]
    pub(crate) fn table(&self, abi: Abi) -> &Table {
        match abi {
            Abi::Native => &self.0[0],
            Abi::Compat => &self.0[1],
        }
    }

    /// Makes the tables of `top` on top of `below`, in at most `room` bytes. On failure there are none.
    ///
    /// `study` is of the filter, which will have `below` on its path. Returns how many bytes they take
    /// besides themselves.
    pub(crate) fn compose(
        &mut self,
        study: &Study,
        top: &Top<'_>,
        below: Option<&Filter>,
        room: usize,
    ) -> Result<usize, NoMemory> {
        // What was made before is of another path, and says nothing about this one.
        self.clear();
        let mut taken = 0;
        for (abi, table) in Abi::ALL.into_iter().zip(&mut self.0) {
            let [native, compat] = &study.findings;
            let findings = match abi {
                Abi::Native => native,
                Abi::Compat => compat,
            };
            let mut sketch = Sketch::new(top, study, below.map(|below| below.tables().table(abi)))?;
            let made = sketch
                .draw(findings, table)
                .and_then(|()| sketch.finish(table));
            match made {
                Ok(bytes) => taken += bytes,
                Err(e) => {
                    self.clear();
                    return Err(e);
                }
            }
            for nr in Native::EXEMPT.iter().filter(|_| abi == Abi::Native) {
                table.index[*nr as usize % LIMIT] = ALLOWED;
            }
        }
        if taken > room {
            self.clear();
            return Err(NoMemory);
        }
        Ok(taken)
    }

    /// Has all programs run for every call.
    fn clear(&mut self) {
        for table in &mut self.0 {
            *table = Table::EMPTY;
        }
    }
}

/// A table while it is made.
struct Sketch<'a> {
    top: &'a Top<'a>,
    study: &'a Study,
    /// The table of the filter below.
    older: Option<&'a Table>,
    /// Entries, but for their list if that begins with the filter itself; then, which of `nodes` it
    /// is that it begins with.
    entries: Buf<(Entry, Option<u8>)>,
    nodes: Buf<Node>,
    /// Where entries are, by their hash, open addressing; [`Sketch::VACANT`] where there is none.
    places: [u8; 2 * MAX_ENTRIES],
}

/// So many of the nodes are looked at for one that is the same.
const RECENT: usize = 16;

/// What is made of a finding on top of an entry, remembered for when both come again.
#[derive(Clone, Copy)]
struct Made {
    finding: u8,
    under: u8,
    place: u8,
}

impl<'a> Sketch<'a> {
    /// The first entry is never looked for.
    const VACANT: u8 = ALLOWED;

    fn new(top: &'a Top<'a>, study: &'a Study, older: Option<&'a Table>) -> Result<Self, NoMemory> {
        let mut entries = Buf::with_capacity(8)?;
        for entry in FIRST.0 {
            entries.push((entry, None))?;
        }
        Ok(Self {
            top,
            study,
            older,
            entries,
            nodes: Buf::new(),
            places: [Self::VACANT; 2 * MAX_ENTRIES],
        })
    }

    /// Fills in the index.
    fn draw(&mut self, findings: &Findings, table: &mut Table) -> Result<(), NoMemory> {
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
        for (place, (finding, under)) in table.index.iter_mut().zip(numbers) {
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

    /// Which entry the finding makes on top of the one that is `under` it in the older table.
    fn place_of(&mut self, finding: Finding, under: u8) -> Result<u8, NoMemory> {
        let base = match self.older {
            Some(table) => *table.at(under).entry(),
            None => Entry::ALLOW,
        };
        // What the filters below have no entry for, there is none for on top of them.
        if base.is_none() {
            return Ok(WHOLE_PATH);
        }
        let whole = self.top.needs;
        let varying = match finding {
            Finding::Constant(ret) => {
                let entry = base.with_constant(ret, self.top);
                return self.place_of_entry(entry, None);
            }
            Finding::Residual(which) => {
                let residual = self.study.residuals.get(usize::from(which));
                let needs = self.study.program.as_ref();
                let needs = needs.map_or(NeededInputs::ALL, |all| all.needs(which.into()));
                let choice = self.top.residuals.map(|all| all.choose(which.into()));
                match (residual, choice) {
                    (Some(known), Some(choice)) => {
                        base.with_varying(self.top, Some(choice), known.strongest, needs)
                    }
                    _ => base.with_varying(self.top, None, None, whole),
                }
            }
            Finding::Whole => base.with_varying(self.top, None, None, whole),
        };
        let Some((entry, node)) = varying else {
            return self.place_of_entry(base, None);
        };
        // Those that are alike mostly come one after the other; one more does no harm.
        let recent = self.nodes.len().saturating_sub(RECENT);
        let known = self.nodes[recent..].iter().position(|known| *known == node);
        let own = match known.map(|place| recent + place) {
            Some(own) => own,
            None if self.nodes.len() < MAX_ENTRIES => {
                self.nodes.push(node)?;
                self.nodes.len() - 1
            }
            None => return Ok(WHOLE_PATH),
        };
        // CAST: Below MAX_ENTRIES.
        self.place_of_entry(entry, Some(own as u8))
    }

    /// Which of the entries it is; all programs are to be run if there are too many.
    fn place_of_entry(&mut self, entry: Entry, own: Option<u8>) -> Result<u8, NoMemory> {
        if entry == Entry::ALLOW && own.is_none() {
            return Ok(ALLOWED);
        }
        let mut slot = entry.hash(own);
        // There are twice as many slots as entries.
        loop {
            slot %= self.places.len();
            let place = self.places[slot];
            if place == Self::VACANT {
                break;
            }
            if self.entries.get(usize::from(place)) == Some(&(entry, own)) {
                return Ok(place);
            }
            slot += 1;
        }
        if self.entries.len() >= MAX_ENTRIES {
            return Ok(WHOLE_PATH);
        }
        // CAST: Below MAX_ENTRIES.
        let place = self.entries.len() as u8;
        self.entries.push((entry, own))?;
        self.places[slot] = place;
        Ok(place)
    }

    /// Moves the entries and lists to where they stay, in as much memory as they take. Returns that.
    fn finish(&self, table: &mut Table) -> Result<usize, NoMemory> {
        let mut nodes = Buf::new();
        if !self.nodes.is_empty() {
            // Elements must not move, so there is room for all before the first comes.
            nodes = Buf::with_capacity(self.nodes.len())?;
            for node in self.nodes.iter() {
                nodes.push(*node)?;
            }
        }
        let mut entries = Buf::with_capacity(self.entries.len())?;
        for (entry, own) in self.entries.iter() {
            let mut entry = *entry;
            if let Some(own) = own {
                entry.nodes = nodes.get(usize::from(*own)).map(NonNull::from);
            }
            entries.push(entry)?;
        }
        let bytes = core::mem::size_of_val(&entries[..]) + core::mem::size_of_val(&nodes[..]);
        // INVARIANT: What the index says was the place of an entry, and they stay where they are.
        table.entries = NonNull::from(&entries[..]).cast();
        table._own = entries;
        table._nodes = nodes;
        Ok(bytes)
    }
}
