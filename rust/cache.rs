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
//! Memory: two index bytes per call number (1 KiB), 24 bytes for each different entry (at most 254
//! per architecture), 40 for each list element; and for the residual programs of a filter, at most
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
            specialise,
            strongest, //
        }, //
    },
    filter::Filter,
    mem::{
        Buf,
        NoMemory, //
    },
    sys::bpf::Residuals,
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

/// Different entries of a table.
const MAX_ENTRIES: usize = 255;

/// `BPF_JMP32 | BPF_JGE | BPF_K`, here on the second argument.
const JMP32_JGE_K: u8 = 0x36;

/// In [`Table::index`]: all programs are to be run.
const NO_ENTRY: u8 = 0xff;

/// Which of the two tables, by architecture.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Abi {
    Native = 0,
    Compat = 1,
}

impl Abi {
    const ALL: [Self; 2] = [Self::Native, Self::Compat];

    /// The ABI of a task's current system call.
    #[inline(always)]
    pub(crate) fn of(compat: bool) -> Self {
        if compat {
            Self::Compat
        } else {
            Self::Native
        }
    }

    fn audit_arch(self) -> u32 {
        match self {
            Self::Native => Native::AUDIT_ARCH,
            Self::Compat => Native::AUDIT_ARCH_COMPAT,
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

/// Finds out what a filter does.
pub(crate) fn study(prog: &[Insn]) -> Result<Study, NoMemory> {
    let mut findings = [Buf::new(), Buf::new()];
    let mut residuals: Buf<Residual> = Buf::new();
    let mut outcomes = Buf::filled(LIMIT, Outcome::Varies)?;
    let mut effort = 0usize;

    for abi in Abi::ALL {
        analyse(prog, abi.audit_arch(), LIMIT, &mut outcomes)?;
        let list = &mut findings[abi as usize];
        *list = Buf::with_capacity(LIMIT)?;
        for (nr, outcome) in outcomes.iter().enumerate() {
            list.push(match *outcome {
                Outcome::Constant(ret) => Finding::Constant(ret),
                Outcome::Varies if effort > MAX_EFFORT => Finding::Whole,
                Outcome::Varies => {
                    effort += prog.len();
                    find_residual(prog, abi, nr as u32, &mut residuals)?
                }
            })?;
        }
    }

    let mut study = Study {
        findings,
        strongest: Buf::with_capacity(residuals.len())?,
        residuals: None,
    };
    for residual in residuals.iter() {
        study.strongest.push(strongest(&residual.code))?;
    }
    match assemble(&residuals)? {
        Some(program) => study.residuals = Some(program),
        // Not compiled, too long: the filters themselves are as good.
        None => study.forget_residuals(),
    }
    Ok(study)
}

/// The finding for a call whose outcome varies.
fn find_residual(
    prog: &[Insn],
    abi: Abi,
    nr: u32,
    residuals: &mut Buf<Residual>,
) -> Result<Finding, NoMemory> {
    let Some(code) = specialise(prog, abi.audit_arch(), nr)? else {
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
fn assemble(residuals: &[Residual]) -> Result<Option<Residuals>, NoMemory> {
    if residuals.is_empty() {
        return Ok(None);
    }
    let mut bodies: Buf<Buf<EbpfInsn>> = Buf::with_capacity(residuals.len())?;
    let mut total = residuals.len();
    for residual in residuals {
        let layout = arch::layout(residual.abi == Abi::Compat);
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
    // SAFETY: Bodies read the words of `layout()` and their stack, jump within themselves, and end
    // by exit, as do the programs that they were lowered from; what is before them leads to them.
    Ok(unsafe { Residuals::new(&insns) })
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
    residual: Option<u16>,
    /// The strongest action that it can return.
    strongest: Option<u32>,
    /// The next one, which is older.
    next: Option<NonNull<Node>>,
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
}

impl Entry {
    /// What there is without any filter.
    const ALLOW: Self = Self {
        verdict: Verdict::ALLOW,
        decider: None,
        depth: u32::MAX,
        nodes: None,
    };

    fn is_allow(&self) -> bool {
        *self == Self::ALLOW
    }

    /// What all filters say, and the one that decides; `None` for those that allow.
    ///
    /// `run` runs a filter: the residual program of a number, or all of it.
    #[inline(always)]
    pub(crate) fn judge(
        &self,
        mut run: impl FnMut(&Filter, Option<u16>) -> u32,
    ) -> (Verdict, Option<NonNull<Filter>>) {
        let (mut verdict, mut decider, mut depth) = (self.verdict, self.decider, self.depth);
        let mut next = self.nodes;
        while let Some(node) = next {
            // SAFETY: The node and its filter belong to the path whose table this is.
            let (node, filter) = unsafe { (node.as_ref(), node.as_ref().filter.as_ref()) };
            let says = Verdict::new(run(filter, node.residual));
            // A newer filter wins a tie over a constant of an older one, too.
            if says.overrules(verdict) || (says.ties(verdict) && node.depth > depth) {
                (verdict, decider, depth) = (says, Some(node.filter), node.depth);
            }
            next = node.next;
        }
        (verdict, decider)
    }

    /// With a constant of a newer filter.
    fn with_constant(mut self, ret: u32, filter: NonNull<Filter>, depth: u32) -> Self {
        let verdict = Verdict::new(ret);
        let allows = verdict.ties(Verdict::ALLOW);
        if verdict.overrules(self.verdict) || (verdict.ties(self.verdict) && !allows) {
            self.verdict = verdict;
            self.decider = Some(filter);
            self.depth = depth;
            if !self.any_node_overrules() {
                self.nodes = None;
            }
        }
        self
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

/// The entries of one ABI.
pub(crate) struct Table {
    /// By number, which of the entries.
    index: Buf<u8>,
    entries: Buf<Entry>,
    /// Elements of lists that begin here. It is filled once and never moves.
    _nodes: Buf<Node>,
}

impl Table {
    const fn empty() -> Self {
        Self {
            index: Buf::new(),
            entries: Buf::new(),
            _nodes: Buf::new(),
        }
    }

    /// The entry of a number.
    #[inline(always)]
    pub(crate) fn entry(&self, nr: u32) -> Option<&Entry> {
        let nr = nr as usize;
        if nr >= self.index.len() {
            return None;
        }
        let nr = arch::index_nospec(nr, self.index.len());
        self.entries.get(usize::from(*self.index.get(nr)?))
    }
}

/// Bits for the calls that all filters allow, whatever the arguments.
type Allowed = [u64; LIMIT / 64];

/// The tables of a stack of filters.
pub(crate) struct Tables {
    allowed: [Allowed; 2],
    tables: [Table; 2],
}

impl Tables {
    /// No tables: all programs are run for every call.
    pub(crate) const EMPTY: Self = Self {
        allowed: [[0; LIMIT / 64]; 2],
        tables: [Table::empty(), Table::empty()],
    };

    /// Is the call always allowed? Costs a load and a test.
    #[inline(always)]
    pub(crate) fn allows(&self, abi: Abi, nr: u32) -> bool {
        let nr = nr as usize;
        if nr >= LIMIT {
            return false;
        }
        let nr = arch::index_nospec(nr, LIMIT);
        let word = match abi {
            Abi::Native => self.allowed[0][nr / 64 % (LIMIT / 64)],
            Abi::Compat => self.allowed[1][nr / 64 % (LIMIT / 64)],
        };
        word >> (nr % 64) & 1 != 0
    }

    /// The table of an ABI.
    #[inline(always)]
    pub(crate) fn table(&self, abi: Abi) -> &Table {
        match abi {
            Abi::Native => &self.tables[0],
            Abi::Compat => &self.tables[1],
        }
    }

    /// The tables of `filter` on top of `below`.
    ///
    /// `study` is of `filter`, which stays where it is, keeps its residual programs, and will have
    /// `below` on its path.
    pub(crate) fn compose(
        study: &Study,
        filter: NonNull<Filter>,
        below: Option<&Filter>,
    ) -> Result<Self, NoMemory> {
        let mut this = Self::EMPTY;
        for abi in Abi::ALL {
            let findings = &study.findings[abi as usize];
            let older = below.map(|below| below.tables().table(abi));
            let table = compose_table(study, findings, filter, below, older, abi)?;
            let allowed = &mut this.allowed[abi as usize];
            for (nr, index) in table.index.iter().enumerate() {
                let entry = table.entries.get(usize::from(*index));
                if entry.is_some_and(Entry::is_allow) {
                    allowed[nr / 64] |= 1 << (nr % 64);
                }
            }
            this.tables[abi as usize] = table;
        }
        Ok(this)
    }
}

fn compose_table(
    study: &Study,
    findings: &[Finding],
    filter: NonNull<Filter>,
    below: Option<&Filter>,
    older: Option<&Table>,
    abi: Abi,
) -> Result<Table, NoMemory> {
    let depth = below.map_or(0, Filter::depth) + 1;
    let varying = findings
        .iter()
        .filter(|finding| !matches!(finding, Finding::Constant(_)))
        .count();
    let mut index = Buf::with_capacity(findings.len())?;
    let mut entries: Buf<Entry> = Buf::new();
    // Elements must not move, so there is room for all before the first comes.
    let mut nodes: Buf<Node> = Buf::with_capacity(varying)?;

    for (nr, finding) in findings.iter().enumerate() {
        // CAST: Below LIMIT.
        let exempt = abi == Abi::Native && Native::EXEMPT.contains(&(nr as u32));
        let base = match older {
            _ if exempt => Some(&Entry::ALLOW),
            None => Some(&Entry::ALLOW),
            Some(table) => table.entry(nr as u32),
        };
        // What the filters below have no entry for, there is none for on top of them.
        let Some(base) = base else {
            index.push(NO_ENTRY)?;
            continue;
        };
        let entry = match *finding {
            _ if exempt => *base,
            Finding::Constant(ret) => base.with_constant(ret, filter, depth),
            Finding::Residual(_) | Finding::Whole => {
                let residual = match *finding {
                    Finding::Residual(residual) => Some(residual),
                    _ => None,
                };
                let strongest = residual.and_then(|i| *study.strongest.get(usize::from(i))?);
                let outdone = strongest.is_some_and(|action| {
                    base.verdict.overrules(Verdict::new(action))
                });
                if outdone {
                    *base
                } else {
                    let known = nodes
                        .iter()
                        .position(|n| n.residual == residual && n.next == base.nodes);
                    let place = match known {
                        Some(place) => place,
                        None => {
                            nodes.push(Node {
                                filter,
                                depth,
                                residual,
                                strongest,
                                next: base.nodes,
                            })?;
                            nodes.len() - 1
                        }
                    };
                    Entry {
                        nodes: nodes.get(place).map(NonNull::from),
                        ..*base
                    }
                }
            }
        };
        let place = entries.iter().rposition(|known| *known == entry);
        let place = match place {
            Some(place) => place,
            None if entries.len() < MAX_ENTRIES => {
                entries.push(entry)?;
                entries.len() - 1
            }
            None => usize::from(NO_ENTRY),
        };
        // CAST: At most NO_ENTRY.
        index.push(place as u8)?;
    }
    Ok(Table {
        index,
        entries,
        _nodes: nodes,
    })
}
