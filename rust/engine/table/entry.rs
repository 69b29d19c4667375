// SPDX-License-Identifier: GPL-2.0

//! Entries: what a path does for one system call.
//!
//! An entry has the strongest of the constant outcomes, and a list of the filters whose verdict
//! depends on the call's arguments, newest first. The first node of the list is in the entry. It
//! leads to the first node of an entry in the table of an older filter, so that lists share their
//! ends.

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
use core::mem::size_of;

/// A filter whose verdict depends on the call's arguments, in the list of an entry.
#[derive(Clone, Copy)]
pub(crate) struct Node<'path> {
    filter: &'path Parts,
    /// The number of filters on the filter's path.
    depth: u32,
    /// The strongest verdict that the filter or one further down the list can return.
    strongest: Verdict,
    /// The inputs that the programs of the filter and of those further down the list read.
    needs: NeededInputs,
    /// The filter's residual program for the call; if it has none, its whole program is run.
    residual: Residual<'path>,
    /// The next older filter of the list.
    next: Option<&'path Node<'path>>,
}

impl<'path> Node<'path> {
    /// The filter.
    pub(crate) fn filter(&self) -> &'path Parts {
        self.filter
    }

    /// The number of filters on its path.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// Is its whole program to be run?
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
    /// No filter can overrule a constant outcome of ERRNO. The call is not run, has this result (a
    /// negative errno or 0), and is not logged.
    Errno(i32),
    /// All constant outcomes are ALLOW, and this residual program alone can decide. It is that of
    /// [`Entry::first`].
    Alone(&'entry Bare<'path>),
    /// Ask [`Entry::judge_registers`]: no program needs inputs.
    Registers,
    /// Ask [`Entry::judge`].
    Inputs,
    /// All whole programs of the path are to be run.
    WholePath,
}

/// What the filters of a path do for a call. A copy of it borrows from the same path.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'path> {
    /// The result of [`Answer::Errno`], or else [`REGISTERS`], [`INPUTS`] or [`WHOLE_PATH`].
    errno: i32,
    /// The program of [`Answer::Alone`].
    alone: Option<Bare<'path>>,
    /// The strongest of the constant outcomes.
    verdict: Verdict,
    /// The number of filters on the path of `decider`; `u32::MAX` if that is `None`.
    depth: u32,
    /// The filter with that outcome; `None` if it is ALLOW.
    decider: Option<&'path Parts>,
    /// The newest of the filters without a constant outcome, which leads to the others.
    first: Option<Node<'path>>,
}

/// In [`Entry::errno`]: the answer is [`Answer::Alone`] or [`Answer::Registers`].
const REGISTERS: i32 = 1;

/// In [`Entry::errno`]: the answer is [`Answer::Inputs`].
const INPUTS: i32 = 2;

/// In [`Entry::errno`]: the answer is [`Answer::WholePath`].
const WHOLE_PATH: i32 = 3;

/// A filter that is to be put on top of others.
pub(crate) struct Top<'path> {
    /// The filter.
    pub(crate) filter: &'path Parts,
    /// The number of filters on its path.
    pub(crate) depth: u32,
}

/// A filter's finding for a call that is not a constant.
pub(crate) struct Varying<'path> {
    /// The residual program; if there is none, the whole program is run.
    pub(crate) residual: Residual<'path>,
    /// The strongest `SECCOMP_RET_*` that it can return; `None` if it may be any.
    pub(crate) strongest: Option<u32>,
    /// The inputs that it reads.
    pub(crate) needs: NeededInputs,
}

impl<'path> Entry<'path> {
    /// The entry of a path without filters.
    pub(super) const ALLOW: Self = Self {
        errno: REGISTERS,
        alone: None,
        verdict: Verdict::ALLOW,
        depth: u32::MAX,
        decider: None,
        first: None,
    };

    /// Nothing is known.
    pub(super) const WHOLE_PATH: Self = Self {
        errno: WHOLE_PATH,
        ..Self::ALLOW
    };

    /// How the call is dealt with.
    #[inline(always)]
    pub(crate) fn answer(&self) -> Answer<'_, 'path> {
        match (self.errno, &self.alone) {
            (errno @ ..=0, _) => Answer::Errno(errno),
            (_, Some(program)) => Answer::Alone(program),
            (REGISTERS, None) => Answer::Registers,
            (INPUTS, None) => Answer::Inputs,
            (_, None) => Answer::WholePath,
        }
    }

    /// The inputs that the programs of the list read.
    #[inline(always)]
    pub(crate) fn needs(&self) -> NeededInputs {
        self.first
            .as_ref()
            .map_or(NeededInputs::NONE, |node| node.needs)
    }

    /// The newest of the filters without a constant outcome.
    #[inline(always)]
    pub(crate) fn first(&self) -> Option<&'path Parts> {
        self.first.as_ref().map(|node| node.filter)
    }

    /// The verdict on the call, and the decider; `None` if the verdict is ALLOW.
    ///
    /// `inputs` has those of [`Entry::needs`]. `run_whole` runs a whole program.
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

    /// [`Entry::judge`], if [`Entry::needs`] is nothing.
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

    /// The verdict and the decider, if the filters of the list return what `run` does.
    #[inline(always)]
    fn hear(&self, mut run: impl FnMut(&Node<'path>) -> u32) -> (Verdict, Option<&'path Parts>) {
        let (mut verdict, mut decider, mut depth) = (self.verdict, self.decider, self.depth);
        let mut next = self.first.as_ref();
        while let Some(node) = next {
            let says = Verdict::new(run(node));
            // Of the same action, the newer filter's verdict counts. An ALLOW changes nothing.
            if !says.ties(Verdict::ALLOW)
                && (says.overrules(verdict) || (says.ties(verdict) && node.depth > depth))
            {
                (verdict, decider, depth) = (says, Some(node.filter), node.depth);
            }
            next = node.next;
        }
        (verdict, decider)
    }

    /// The strongest of the constant outcomes, and the number of its filter on the path, of which
    /// the oldest is 1; `None` if the outcome is ALLOW.
    pub(crate) fn constant(&self) -> (Verdict, Option<u32>) {
        (self.verdict, self.decider.map(|_| self.depth))
    }

    /// The filters without a constant outcome, newest first.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &Node<'path>> {
        core::iter::successors(self.first.as_ref(), |node| node.next)
    }

    /// Does the path allow the call, whatever the arguments?
    pub(super) fn allows(&self) -> bool {
        self.verdict == Verdict::ALLOW && self.decider.is_none() && self.first.is_none()
    }

    /// The entry with a newer filter on top, whose outcome is the constant `ret`.
    pub(super) fn with_constant(mut self, ret: u32, top: &Top<'path>) -> Self {
        let verdict = Verdict::new(ret);
        let allows = verdict.ties(Verdict::ALLOW);
        if verdict.overrules(self.verdict) || (verdict.ties(self.verdict) && !allows) {
            self.verdict = verdict;
            self.decider = Some(top.filter);
            self.depth = top.depth;
            // If no filter of the list can overrule the constant, which is newer, none is asked.
            self.first = self.first.filter(|node| node.strongest.overrules(verdict));
            self.alone = None;
            self.errno = match verdict.errno() {
                Some(errno) if self.first.is_none() && !top.filter.log() => -errno,
                _ => self.how(),
            };
        }
        self
    }

    /// The entry of a newer filter, whose verdict varies, on top of the entry `below` of an older
    /// table (`None` if that allows the call). `None` if the filter can change nothing.
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

    /// [`REGISTERS`] or [`INPUTS`], for [`Entry::errno`].
    fn how(&self) -> i32 {
        if self.needs().is_empty() {
            REGISTERS
        } else {
            INPUTS
        }
    }

    /// Do both entries do the same for every call?
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.verdict == other.verdict
            && same(self.decider, other.decider)
            && match (&self.first, &other.first) {
                (None, None) => true,
                (Some(one), Some(other)) => one.is_same(other),
                _ => false,
            }
    }

    /// A hash: equal for entries that [`Entry::is_same`] finds the same.
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

// As the documentation says.
const _: () = assert!(size_of::<Entry<'static>>() == 88);
