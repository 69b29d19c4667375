// SPDX-License-Identifier: GPL-2.0

//! What the filters of a path do for one system call.
//!
//! An entry has the strongest constant, and a list of the filters whose verdict depends on the
//! call's arguments, newest first. Its first element is in the entry; the others are those of an
//! entry of an older filter's table, so lists that end alike share their ends.

use crate::{
    engine::parts::Parts,
    logic::{
        bpf::append::NeededInputs,
        verdict::Verdict, //
    },
    sys::{
        bpf::{
            Bare,
            Inputs,
            Residual, //
        },
        regs::Regs, //
    }, //
};

/// A filter whose verdict depends on the call's arguments.
#[derive(Clone, Copy)]
pub(crate) struct Node<'path> {
    filter: &'path Parts,
    /// How many filters are on the path that begins with the filter.
    depth: u32,
    /// The strongest action that the filter or one further down the list can return.
    strongest: Verdict,
    /// The inputs that the programs of the list read.
    needs: NeededInputs,
    /// The filter's residual program for the call; if there is none, its whole program is run.
    residual: Residual<'path>,
    /// The next older one.
    next: Option<&'path Node<'path>>,
}

impl<'path> Node<'path> {
    /// The filter.
    pub(crate) fn filter(&self) -> &'path Parts {
        self.filter
    }

    /// How many filters are on its path.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// Is all of its program to be run?
    pub(crate) fn is_whole(&self) -> bool {
        self.residual.program().is_none()
    }

    fn is_same(&self, other: &Self) -> bool {
        core::ptr::eq(self.filter, other.filter)
            && self.residual == other.residual
            && same(self.next, other.next)
            && self.strongest == other.strongest
            && self.needs == other.needs
    }
}

fn same<T>(one: Option<&T>, other: Option<&T>) -> bool {
    one.map(core::ptr::from_ref) == other.map(core::ptr::from_ref)
}

/// How a call is dealt with.
#[derive(Clone, Copy)]
pub(crate) enum Answer<'entry, 'path> {
    /// It is not run, and has this result (a negative errno or 0), without a word in the log.
    Errno(i32),
    /// If this program allows it, it is run. If not, what it says decides, and it is that of
    /// [`Entry::first`].
    Alone(&'entry Bare<'path>),
    /// [`Entry::judge_registers`] tells.
    Registers,
    /// [`Entry::judge`] tells.
    Inputs,
}

/// What the filters of a path do for a call.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'path> {
    /// As in [`Answer::Errno`]; or else [`REGISTERS`] or [`INPUTS`].
    errno: i32,
    /// As in [`Answer::Alone`].
    alone: Option<Bare<'path>>,
    /// The verdict of those that return a constant.
    verdict: Verdict,
    /// How many filters are on the path of the one that said it.
    depth: u32,
    /// The filter that said it; none if they allow.
    decider: Option<&'path Parts>,
    /// Those that do not return a constant, newest first.
    first: Option<Node<'path>>,
}

/// In [`Entry::errno`]: if there is no answer, registers tell.
const REGISTERS: i32 = 1;

/// In [`Entry::errno`]: if there is no answer, [`Entry::needs`] says what tells.
const INPUTS: i32 = 2;

/// A filter as it is put on top of others.
pub(crate) struct Top<'path> {
    /// The filter.
    pub(crate) filter: &'path Parts,
    /// How many filters are on its path.
    pub(crate) depth: u32,
}

/// What is left of a filter for a call.
pub(crate) struct Varying<'path> {
    /// The residual program; all of the filter's program if there is none.
    pub(crate) residual: Residual<'path>,
    /// The strongest action that it can return; `None` if it computes it.
    pub(crate) strongest: Option<u32>,
    /// The inputs that it reads.
    pub(crate) needs: NeededInputs,
}

impl<'path> Entry<'path> {
    /// What is done without any filter.
    pub(super) const ALLOW: Self = Self {
        errno: REGISTERS,
        alone: None,
        verdict: Verdict::ALLOW,
        depth: u32::MAX,
        decider: None,
        first: None,
    };

    /// How the call is dealt with.
    #[inline(always)]
    pub(crate) fn answer(&self) -> Answer<'_, 'path> {
        match (self.errno, &self.alone) {
            (errno @ ..=0, _) => Answer::Errno(errno),
            (_, Some(program)) => Answer::Alone(program),
            (REGISTERS, None) => Answer::Registers,
            (_, None) => Answer::Inputs,
        }
    }

    /// The inputs that [`Entry::judge`] needs.
    #[inline(always)]
    pub(crate) fn needs(&self) -> NeededInputs {
        self.first
            .as_ref()
            .map_or(NeededInputs::NONE, |node| node.needs)
    }

    /// The newest of the filters that do not return a constant.
    #[inline(always)]
    pub(crate) fn first(&self) -> Option<&'path Parts> {
        self.first.as_ref().map(|node| node.filter)
    }

    /// What all filters say, and the one that decides; `None` for those that allow.
    ///
    /// `inputs` has what [`Entry::needs`] says. `run_whole` runs all of a filter.
    #[inline(always)]
    pub(crate) fn judge(
        &self,
        regs: Regs,
        inputs: &mut Inputs<'_>,
        run_whole: impl Fn(&Parts, &Inputs<'_>) -> u32,
    ) -> (Verdict, Option<&'path Parts>) {
        self.hear(|node| match node.residual.program() {
            Some(program) => program.run(regs, inputs),
            None => run_whole(node.filter, inputs),
        })
    }

    /// The same, if [`Entry::needs`] is nothing.
    #[inline(always)]
    pub(crate) fn judge_registers(
        &self,
        regs: Regs,
        run_whole: impl Fn(&Parts) -> u32,
    ) -> (Verdict, Option<&'path Parts>) {
        self.hear(|node| match node.residual.bare() {
            Some(bare) => bare.run(regs),
            None => run_whole(node.filter),
        })
    }

    /// The strongest verdict, if the filters of the list say what `run` tells.
    #[inline(always)]
    fn hear(&self, mut run: impl FnMut(&Node<'path>) -> u32) -> (Verdict, Option<&'path Parts>) {
        let (mut verdict, mut decider, mut depth) = (self.verdict, self.decider, self.depth);
        let mut next = self.first.as_ref();
        while let Some(node) = next {
            let says = Verdict::new(run(node));
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
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node<'path>> {
        core::iter::successors(self.first.as_ref(), |node| node.next)
    }

    /// Does it allow the call, whatever the arguments?
    pub(super) fn allows(&self) -> bool {
        self.verdict == Verdict::ALLOW && self.decider.is_none() && self.first.is_none()
    }

    /// With a constant of a newer filter.
    pub(super) fn with_constant(mut self, ret: u32, top: &Top<'path>) -> Self {
        let verdict = Verdict::new(ret);
        let allows = verdict.ties(Verdict::ALLOW);
        if verdict.overrules(self.verdict) || (verdict.ties(self.verdict) && !allows) {
            self.verdict = verdict;
            self.decider = Some(top.filter);
            self.depth = top.depth;
            // What cannot have the better of the constant, which is newer, is not asked.
            self.first = self.first.filter(|node| node.strongest.overrules(verdict));
            self.alone = None;
            self.errno = match verdict.errno() {
                Some(errno) if self.first.is_none() && !top.filter.log() => -errno,
                _ => self.how(),
            };
        }
        self
    }

    /// With a newer filter whose verdict varies, on top of the entry `below` of an older table (or
    /// on none). `None` if the filter can change nothing.
    pub(super) fn with_varying(
        below: Option<&'path Self>,
        varying: &Varying<'path>,
        top: &Top<'path>,
    ) -> Option<Self> {
        let base = below.copied().unwrap_or(Self::ALLOW);
        let strongest = varying.strongest.map_or(Verdict::STRONGEST, Verdict::new);
        if base.verdict.overrules(strongest) {
            return None;
        }
        let next = below.and_then(|below| below.first.as_ref());
        let mut this = Self {
            alone: varying.residual.bare().copied().filter(|_| base.allows()),
            first: Some(Node {
                filter: top.filter,
                depth: top.depth,
                strongest: match next {
                    Some(older) if older.strongest.overrules(strongest) => older.strongest,
                    _ => strongest,
                },
                needs: varying.needs.and(base.needs()),
                residual: varying.residual,
                next,
            }),
            ..base
        };
        this.errno = this.how();
        Some(this)
    }

    /// What tells what the filters say, for [`Entry::errno`].
    fn how(&self) -> i32 {
        if self.needs().is_empty() {
            REGISTERS
        } else {
            INPUTS
        }
    }

    /// Is it the same for all calls?
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.verdict == other.verdict
            && same(self.decider, other.decider)
            && match (&self.first, &other.first) {
                (None, None) => true,
                (Some(one), Some(other)) => one.is_same(other),
                _ => false,
            }
    }

    /// A number that is the same for entries that are the same. Spreads well enough.
    pub(super) fn hash(&self) -> usize {
        fn address<T>(pointer: Option<&T>) -> usize {
            pointer.map_or(0, |pointer| core::ptr::from_ref(pointer).addr()) >> 4
        }
        let first = self.first.as_ref();
        let mut hash = self.verdict.bits() as usize;
        for part in [
            address(self.decider),
            address(first.and_then(|node| node.next)),
            first.map_or(0, |node| node.residual.which()) as usize,
        ] {
            hash = (hash ^ part).wrapping_mul(0x9e37_79b1);
            hash ^= hash >> 15;
        }
        hash
    }
}
