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
//! per ABI), 48 for each list element; and for the residual programs of a filter, at most
//! [`MAX_RESIDUALS`], one `bpf_prog`. What does not fit is evaluated by running the filter's own
//! program, or all of them; so is all of it if there is no memory for tables.

use crate::{
    action::Verdict,
    arch::{
        self,
        Arch,
        Native, //
    },
    bpf::{
        analyse::{
            analyse,
            Outcome, //
        },
        append::{
            Extra,
            Needs,
            Sight,
            View, //
        },
        insn::{
            Insn,
            Op, //
        },
        lower::{
            lower,
            EbpfInsn, //
        },
        residual::{
            hash,
            same,
            strongest,
            Specialiser, //
        }, //
    },
    filter::Filter,
    mem::{
        Buf,
        NoMemory, //
    },
    sys::{
        bpf::{
            Choice,
            Residuals, //
        },
        regs::Regs, //
    }, //
};
use core::ptr::NonNull;

/// Numbers below this have an entry.
pub(crate) const LIMIT: usize = 512;

/// A filter has at most so many residual programs, for both architectures together.
const MAX_RESIDUALS: usize = 128;

/// eBPF instructions of a filter's residual programs.
const MAX_RESIDUAL_INSNS: usize = 8192;

/// Instructions looked at for the sake of residual programs, so that a long filter that varies for
/// every call does not hold up its installer.
const MAX_EFFORT: usize = 1 << 18;

/// Different entries of a table: the index has a byte for each number.
const MAX_ENTRIES: usize = 256;

/// `BPF_JMP32 | BPF_JGE | BPF_K`, here on the second argument.
const JMP32_JGE_K: u8 = 0x36;

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

    fn view(self, sight: Sight) -> View {
        View {
            arch: self.audit_arch(),
            sight,
        }
    }
}

/// What one filter does for a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finding {
    /// It returns this.
    Constant(u32),
    /// It is what this residual program returns.
    Residual(u16),
    /// Its whole program is to be run.
    Whole,
}

/// What one filter does for every call, whatever is below it.
pub(crate) struct Study {
    findings: [Buf<Finding>; 2],
    /// What each residual program needs.
    needs: Buf<Needs>,
    /// The strongest action that each residual program can return; `None` if it computes it.
    strongest: Buf<Option<u32>>,
    residuals: Option<Residuals>,
}

/// A residual program on its way.
struct Residual {
    abi: Abi,
    hash: u32,
    code: Buf<Insn>,
}

/// Finds out what a filter does, whose program (in canonical form) is `prog`.
pub(crate) fn study(prog: &[Insn], sight: Sight) -> Result<Study, NoMemory> {
    let mut findings = [Buf::new(), Buf::new()];
    let mut residuals: Buf<Residual> = Buf::new();
    let mut outcomes = Buf::filled(LIMIT, Outcome::Varies)?;
    let mut effort = 0usize;

    let mut specialiser = Specialiser::new(prog);
    for abi in Abi::ALL {
        let view = abi.view(sight);
        analyse(prog, view, LIMIT, &mut outcomes)?;
        let list = &mut findings[abi as usize];
        *list = Buf::filled(LIMIT, Finding::Whole)?;
        for (nr, (finding, outcome)) in list.iter_mut().zip(outcomes.iter()).enumerate() {
            *finding = match *outcome {
                Outcome::Constant(ret) => Finding::Constant(ret),
                Outcome::Varies if effort > MAX_EFFORT => Finding::Whole,
                Outcome::Varies => {
                    effort += prog.len();
                    find_residual(&mut specialiser, abi, view, nr as u32, &mut residuals)?
                }
            };
        }
    }

    let mut study = Study {
        findings,
        needs: Buf::with_capacity(residuals.len())?,
        strongest: Buf::with_capacity(residuals.len())?,
        residuals: None,
    };
    for residual in residuals.iter() {
        study.strongest.push(strongest(&residual.code))?;
        study.needs.push(Needs::of(&residual.code))?;
    }
    match assemble(&residuals, sight)? {
        Some(program) => study.residuals = Some(program),
        // Not compiled, too long: the filters themselves are as good.
        None => study.forget_residuals(),
    }
    Ok(study)
}

/// The finding for a call whose outcome varies.
fn find_residual(
    specialiser: &mut Specialiser<'_>,
    abi: Abi,
    view: View,
    nr: u32,
    residuals: &mut Buf<Residual>,
) -> Result<Finding, NoMemory> {
    let Some(code) = specialiser.specialise(view, nr)? else {
        return Ok(Finding::Whole);
    };
    // It may find out more than the analysis does.
    if let [only] = &code[..] {
        if let Some(Op::RetK(ret)) = only.decode() {
            return Ok(Finding::Constant(ret));
        }
    }
    let hash = hash(&code);
    let known = residuals
        .iter()
        .position(|r| r.abi == abi && r.hash == hash && same(&r.code, &code));
    Ok(match known {
        Some(index) => Finding::Residual(index as u16),
        None if residuals.len() < MAX_RESIDUALS => {
            residuals.push(Residual { abi, hash, code })?;
            Finding::Residual((residuals.len() - 1) as u16)
        }
        None => Finding::Whole,
    })
}

/// One program of all residual programs of a filter, which chooses by its second argument.
fn assemble(residuals: &[Residual], sight: Sight) -> Result<Option<Residuals>, NoMemory> {
    if residuals.is_empty() {
        return Ok(None);
    }
    let mut bodies: Buf<Buf<EbpfInsn>> = Buf::with_capacity(residuals.len())?;
    let mut total = residuals.len();
    for residual in residuals {
        let layout = arch::layout(residual.abi == Abi::Compat, sight);
        let Some(body) = lower(&residual.code, &layout)? else {
            return Ok(None);
        };
        total += body.len();
        bodies.push(body)?;
    }
    if total > MAX_RESIDUAL_INSNS {
        return Ok(None);
    }
    // A binary tree in preorder: at each node, what chooses the right half jumps over the left.
    let size = |bodies: &[Buf<EbpfInsn>]| -> usize {
        bodies.iter().map(|b| b.len()).sum::<usize>() + bodies.len() - 1
    };
    let mut insns = Buf::with_capacity(total)?;
    let mut pending: Buf<(usize, usize)> = Buf::with_capacity(16)?;
    pending.push((0, bodies.len()))?;
    while let Some((first, mut end)) = pending.pop() {
        while end - first > 1 {
            let middle = first + (end - first) / 2;
            // CAST: Both are below MAX_RESIDUAL_INSNS.
            insns.push(EbpfInsn {
                code: JMP32_JGE_K,
                regs: 2,
                off: size(&bodies[first..middle]) as i16,
                imm: middle as i32,
            })?;
            pending.push((middle, end))?;
            end = middle;
        }
        for insn in bodies[first].iter() {
            insns.push(*insn)?;
        }
    }
    // SAFETY: Bodies read the words of `layout()`, what `lower()` has in `Extra`, and their stack, jump within themselves, and end
    // by exit, as do the programs that they were lowered from; what is before them leads to them.
    Ok(unsafe { Residuals::new(&insns) }.ok())
}

impl Study {
    /// Makes do without residual programs.
    fn forget_residuals(&mut self) {
        for finding in self.findings.iter_mut().flat_map(|list| list.iter_mut()) {
            if matches!(finding, Finding::Residual(_)) {
                *finding = Finding::Whole;
            }
        }
    }

    /// The residual programs, which the filter is to keep for as long as there are tables.
    pub(crate) fn take_residuals(&mut self) -> Option<Residuals> {
        self.residuals.take()
    }
}

/// A filter whose verdict depends on the call's arguments.
pub(crate) struct Node {
    /// The filter, and how many are on its path.
    filter: NonNull<Filter>,
    depth: u32,
    /// Its residual program; if there is none, all of its program.
    residual: Option<Choice>,
    /// The strongest action that it can return.
    strongest: Option<u32>,
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
    needs: Needs,
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
        needs: Needs::NONE,
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
    pub(crate) fn needs(&self) -> Needs {
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
    /// `extra` has what [`Entry::needs`] says. `run_whole` runs all of a filter.
    #[inline(always)]
    pub(crate) fn judge(
        &self,
        regs: Regs,
        extra: *const Extra,
        mut run_whole: impl FnMut(&Filter) -> u32,
    ) -> (Verdict, Option<NonNull<Filter>>) {
        let (mut verdict, mut decider, mut depth) = (self.verdict, self.decider, self.depth);
        let mut next = self.nodes;
        while let Some(node) = next {
            // SAFETY: The node belongs to the path whose table this is.
            let node = unsafe { node.as_ref() };
            let says = Verdict::new(match &node.residual {
                // SAFETY: The filter is on the path, and keeps its residual programs. They need
                // what the entry needs, which includes the argument.
                Some(choice) => unsafe { choice.run(regs, extra) },
                // SAFETY: As above.
                None => run_whole(unsafe { node.filter.as_ref() }),
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
    fn with_constant(mut self, ret: u32, filter: &Filter, depth: u32) -> Self {
        let verdict = Verdict::new(ret);
        let allows = verdict.ties(Verdict::ALLOW);
        if verdict.overrules(self.verdict) || (verdict.ties(self.verdict) && !allows) {
            self.verdict = verdict;
            self.decider = Some(filter.into());
            self.depth = depth;
            self.alone = None;
            if !self.any_node_overrules() {
                self.nodes = None;
                self.needs = Needs::NONE;
            }
            self.errno = match verdict.errno() {
                Some(errno) if self.nodes.is_none() && !filter.log() => -errno,
                _ => NO_ERRNO,
            };
        }
        self
    }

    /// With a newer filter whose verdict varies.
    fn with_node(
        mut self,
        nodes: &mut Buf<Node>,
        filter: &Filter,
        depth: u32,
        residual: Option<Choice>,
        strongest: Option<u32>,
        needs: Needs,
    ) -> Result<Self, NoMemory> {
        if strongest.is_some_and(|action| self.verdict.overrules(Verdict::new(action))) {
            return Ok(self);
        }
        self.alone = residual.filter(|_| needs.is_empty() && self == Self::ALLOW);
        let next = self.nodes;
        let known = nodes
            .iter()
            .position(|n| n.residual == residual && n.next == next);
        let place = match known {
            Some(place) => place,
            None => {
                nodes.push(Node {
                    filter: filter.into(),
                    depth,
                    residual,
                    strongest,
                    next,
                })?;
                nodes.len() - 1
            }
        };
        self.nodes = nodes.get(place).map(NonNull::from);
        self.errno = NO_ERRNO;
        self.needs = self.needs.and(needs);
        Ok(self)
    }

    /// Could any of the filters of the list have the better of the constant, which is newer?
    fn any_node_overrules(&self) -> bool {
        let mut next = self.nodes;
        while let Some(node) = next {
            // SAFETY: As in `judge()`.
            let node = unsafe { node.as_ref() };
            match node.strongest {
                Some(action) if !Verdict::new(action).overrules(self.verdict) => {}
                _ => return true,
            }
            next = node.next;
        }
        false
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
    pub(crate) fn find(&self, nr: u32) -> Found<'_> {
        let nr = nr as usize;
        let place = if nr < LIMIT {
            self.index[arch::index_nospec::<LIMIT>(nr) % LIMIT]
        } else {
            WHOLE_PATH
        };
        // INVARIANT: By that of the table, also where the processor only speculates that the number
        // is below the limit.
        Found { table: self, place }
    }
}

/// The entry of a number.
///
/// # Invariants
///
/// The table has more entries than `place`.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    table: &'a Table,
    place: u8,
}

impl<'a> Found<'a> {
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

    /// Makes the tables of `filter` on top of `below`. On failure there are none.
    ///
    /// `study` is of `filter`, which stays where it is, keeps its residual programs, and will have
    /// `below` on its path.
    pub(crate) fn compose(
        &mut self,
        study: &Study,
        filter: &Filter,
        below: Option<&Filter>,
    ) -> Result<(), NoMemory> {
        // What was made before is of another path, and says nothing about this one.
        self.clear();
        for (abi, table) in Abi::ALL.into_iter().zip(&mut self.0) {
            let findings = &study.findings[abi as usize];
            let older = below.map(|below| below.tables().table(abi));
            if let Err(e) = compose_table(table, study, findings, filter, below, older, abi) {
                self.clear();
                return Err(e);
            }
        }
        Ok(())
    }

    /// Has all programs run for every call.
    fn clear(&mut self) {
        for table in &mut self.0 {
            *table = Table::EMPTY;
        }
    }
}

fn compose_table(
    table: &mut Table,
    study: &Study,
    findings: &[Finding],
    filter: &Filter,
    below: Option<&Filter>,
    older: Option<&Table>,
    abi: Abi,
) -> Result<(), NoMemory> {
    let depth = below.map_or(0, Filter::depth) + 1;
    let varying = findings
        .iter()
        .filter(|finding| !matches!(finding, Finding::Constant(_)))
        .count();
    let mut entries: Buf<Entry> = Buf::with_capacity(4)?;
    // Elements must not move, so there is room for all before the first comes.
    let mut nodes: Buf<Node> = Buf::with_capacity(varying)?;

    for entry in FIRST.0 {
        entries.push(entry)?;
    }
    // Neighbours are often alike.
    let mut last = None;
    for (nr, finding) in findings.iter().enumerate() {
        let exempt = abi == Abi::Native && Native::EXEMPT.contains(&(nr as u32));
        let under = match older {
            Some(table) if !exempt => table.index[nr % LIMIT],
            _ => ALLOWED,
        };
        if let Some((_, _, place)) =
            last.filter(|last: &(Finding, u8, u8)| !exempt && last.0 == *finding && last.1 == under)
        {
            table.index[nr % LIMIT] = place;
            continue;
        }
        let base = match older {
            // CAST: There are LIMIT findings.
            Some(table) if !exempt => table.find(nr as u32).entry(),
            _ => &Entry::ALLOW,
        };
        // What the filters below have no entry for, there is none for on top of them.
        let place = match base.is_none() {
            false => {
                let entry = match *finding {
                    _ if exempt => *base,
                    Finding::Constant(ret) => base.with_constant(ret, filter, depth),
                    Finding::Residual(which) => {
                        let strongest = study.strongest.get(usize::from(which));
                        let strongest = strongest.copied().flatten();
                        let choice = filter.residuals().map(|all| all.choose(which));
                        let needs = study.needs.get(usize::from(which));
                        let needs = needs.copied().unwrap_or(filter.program().needs());
                        base.with_node(&mut nodes, filter, depth, choice, strongest, needs)?
                    }
                    Finding::Whole => {
                        let needs = filter.program().needs();
                        base.with_node(&mut nodes, filter, depth, None, None, needs)?
                    }
                };
                match entries.iter().rposition(|known| *known == entry) {
                    Some(place) => place,
                    None if entries.len() < MAX_ENTRIES => {
                        entries.push(entry)?;
                        entries.len() - 1
                    }
                    None => WHOLE_PATH.into(),
                }
            }
            true => WHOLE_PATH.into(),
        };
        // CAST: Below MAX_ENTRIES.
        let place = place as u8;
        table.index[nr % LIMIT] = place;
        last = (!exempt).then_some((*finding, under, place));
    }
    // INVARIANT: What the index says was the place of an entry, and they stay where they are.
    table.entries = NonNull::from(&entries[..]).cast();
    table._own = entries;
    table._nodes = nodes;
    Ok(())
}
