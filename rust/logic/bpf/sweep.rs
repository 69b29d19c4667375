// SPDX-License-Identifier: GPL-2.0

//! Follows all system call numbers at once, in one pass over the program.
//!
//! Each instruction has a short list of [nodes](Node): states that reach it, each with the set of
//! numbers for which it does. A comparison of the number splits the set; one of an argument sends
//! the whole set both ways. As jumps only lead forward, the pass has met all that leads to an
//! instruction when it comes to it.

use super::{
    append::ArchView,
    domain::{
        self,
        Compared,
        Folded,
        Val, //
    },
    insn::{
        target,
        Alu,
        Cond,
        Insn,
        Op,
        Src,
        BPF_K,
        BPF_RET,
        DATA_WORDS, //
    },
    live::may_matter,
    meter::Meter,
    outcomes::Results,
    price,
    set::Set, //
};
use crate::logic::buf::{
    Buf,
    NoMemory, //
};

/// A way to reach an instruction.
#[derive(Clone, Copy)]
pub(super) struct Node {
    /// The numbers for which the instruction may be reached like this, at least one.
    nrs: Set,
    a: Val,
    x: Val,
    /// None of the numbers comes here in another way, and no loaded value was unknown so far.
    plain: bool,
    /// The next node for the same instruction, or the next free node.
    next: u16,
}

impl Node {
    /// Notes that an unknown value is loaded. True for the first such load, if the numbers can
    /// [start](super::outcomes::Start) there.
    #[inline]
    fn is_start(&mut self) -> bool {
        core::mem::replace(&mut self.plain, false) && self.x == Val::Known(0)
    }
}

/// Returns of a constant.
const RET_K: u16 = BPF_RET | BPF_K;

/// The end of a list.
const NONE: u16 = u16::MAX;

/// Nodes per instruction. Beyond these, one more is joined with the last of them.
const MAX_STATES: u32 = 8;

/// Nodes in all, of about 100 bytes each. A filter that compares nothing but the number has a few
/// at any time.
const MAX_NODES: usize = 1024;

/// The pass for all numbers.
pub(super) struct Sweep<'a> {
    prog: &'a [Insn],
    view: ArchView,
    /// The numbers of calls whose extensible argument the program sees.
    extensible: Set,
    /// For each instruction, the first of the nodes that reach it.
    heads: Buf<u16>,
    /// All nodes.
    nodes: Buf<Node>,
    /// The first of the nodes that are on no instruction's list.
    free: u16,
    /// Nodes that were made since they were last charged.
    spawned: u32,
    results: Results,
}

impl<'a> Sweep<'a> {
    pub(super) fn new(prog: &'a [Insn], view: ArchView) -> Result<Self, NoMemory> {
        let mut extensible = Set::EMPTY;
        view.for_each_argument_seen(|nr| extensible.add(nr));
        Ok(Self {
            prog,
            view,
            extensible,
            heads: Buf::filled(prog.len(), NONE)?,
            nodes: Buf::with_capacity(4)?,
            free: NONE,
            spawned: 0,
            results: Results::new(),
        })
    }

    /// Follows all numbers, for as long as `meter` lasts.
    pub(super) fn run(mut self, meter: &mut Meter) -> Result<Results, NoMemory> {
        self.spawn(0, Set::ALL, Val::Known(0), Val::Known(0), true)?;
        for (pc, insn) in self.prog.iter().enumerate() {
            // Each node is taken off the list before anything is put on another, so that its
            // place can be used again.
            let mut rest = match self.heads.get_mut(pc) {
                Some(head) => core::mem::replace(head, NONE),
                None => NONE,
            };
            if rest == NONE {
                continue;
            }
            let op = insn.decode();
            while let Some(node) = self.nodes.get(usize::from(rest)) {
                let at = rest;
                rest = node.next;
                let cost = core::mem::take(&mut self.spawned)
                    .saturating_mul(price::SPAWN)
                    .saturating_add(core::mem::take(&mut self.results.cost))
                    .saturating_add(price::STEP);
                match op {
                    Some(op) if meter.spend(cost) => self.step(pc, op, at)?,
                    Some(_) => self.give_up(at),
                    None => self.lose(at),
                }
            }
        }
        Ok(self.results)
    }

    /// What the instruction at `pc` makes of a node, which is on no list.
    #[inline(always)]
    fn step(&mut self, pc: usize, op: Op, at: u16) -> Result<(), NoMemory> {
        let Some(node) = self.nodes.get_mut(usize::from(at)) else {
            return Ok(());
        };
        let (next, a) = (target(pc, 0), node.a);
        match op {
            Op::LdWord(word @ DATA_WORDS..) => return self.load_more(pc, word, at, next),
            Op::LdWord(word) => match domain::load(word, self.view, false) {
                Folded::Is(Val::Word(_)) => {
                    if node.is_start() {
                        self.results.start(pc, &node.nrs)?;
                    }
                    node.a = Val::Unknown;
                }
                Folded::Is(val) => node.a = val,
                // No word of `struct seccomp_data` is like this.
                _ => node.a = Val::PerNr,
            },
            Op::LdImm(k) => node.a = Val::Known(k),
            Op::LdxImm(k) => node.x = Val::Known(k),
            // Cells are not followed.
            Op::LdMem(_) => node.a = Val::PerNr,
            Op::LdxMem(_) => node.x = Val::PerNr,
            Op::St(_) | Op::Stx(_) => node.plain = false,
            Op::Tax => node.x = node.a,
            Op::Txa => node.a = node.x,
            Op::Neg => node.a = domain::neg(node.a),
            Op::Alu(op, src) => return self.alu(op, src, at, next),
            Op::Ja(k) => {
                self.insert(at, target(pc, k));
                return Ok(());
            }
            Op::Jcc(cond, src, jt, jf) => {
                let (jt, jf) = (target(pc, jt.into()), target(pc, jf.into()));
                if jt == jf {
                    self.insert(at, jt);
                    return Ok(());
                }
                let b = match src {
                    Src::K(k) => Val::Known(k),
                    Src::X => node.x,
                };
                return self.branch(cond, a, b, at, jt, jf);
            }
            Op::RetK(k) => return self.end(at, Val::Known(k)),
            Op::RetA => return self.end(at, a),
        }
        self.insert(at, next);
        Ok(())
    }

    /// A load of a word that only appended filters see.
    fn load_more(&mut self, pc: usize, word: usize, at: u16, next: usize) -> Result<(), NoMemory> {
        let Some(node) = self.nodes.get(usize::from(at)).copied() else {
            return Ok(());
        };
        let inside = node.nrs.and(&self.extensible);
        let outside = node.nrs.without(&self.extensible);
        if inside.is_empty() || outside.is_empty() {
            let node = self.load_alike(pc, word, node, node.nrs)?;
            self.replace(at, node);
            self.insert(at, next);
            return Ok(());
        }
        let inside = self.load_alike(pc, word, node, inside)?;
        let outside = self.load_alike(pc, word, node, outside)?;
        self.replace(at, outside);
        self.insert(at, next);
        self.spawn(next, inside.nrs, inside.a, inside.x, inside.plain)
    }

    /// The same for those of its numbers that are in `nrs`, which all have an extensible argument,
    /// or none of which has.
    fn load_alike(
        &mut self,
        pc: usize,
        word: usize,
        node: Node,
        nrs: Set,
    ) -> Result<Node, NoMemory> {
        let mut node = Node { nrs, ..node };
        let extensible = !nrs.and(&self.extensible).is_empty();
        let val = match domain::load(word, self.view, extensible) {
            Folded::Is(val) => val,
            Folded::MayEnd(val, ret) => {
                self.results.add(&nrs, Val::Known(ret))?;
                val
            }
            // Loads are not like this.
            Folded::Same | Folded::Ends => Val::PerNr,
        };
        node.a = match val {
            Val::Word(_) => {
                if node.is_start() {
                    self.results.start(pc, &nrs)?;
                }
                Val::Unknown
            }
            val => val,
        };
        Ok(node)
    }

    fn replace(&mut self, at: u16, node: Node) {
        if let Some(place) = self.nodes.get_mut(usize::from(at)) {
            *place = node;
        }
    }

    /// Arithmetic with two operands.
    fn alu(&mut self, op: Alu, src: Src, at: u16, next: usize) -> Result<(), NoMemory> {
        let Some(node) = self.nodes.get_mut(usize::from(at)) else {
            return Ok(());
        };
        let b = match src {
            Src::K(k) => Val::Known(k),
            Src::X => node.x,
        };
        match domain::alu(op, node.a, b) {
            Folded::Same => {}
            Folded::Is(val) => node.a = val,
            Folded::Ends => return self.end(at, Val::Known(0)),
            Folded::MayEnd(val, ret) => {
                node.a = val;
                node.plain = false;
                let nrs = node.nrs;
                self.results.add(&nrs, Val::Known(ret))?;
                if b.depends_on_nr() {
                    self.results.unsure.unite(&nrs);
                }
            }
        }
        self.insert(at, next);
        Ok(())
    }

    /// The program ends with `val`.
    #[inline(always)]
    fn end(&mut self, at: u16, val: Val) -> Result<(), NoMemory> {
        if let Some(node) = self.nodes.get(usize::from(at)) {
            self.results.add(&node.nrs, val)?;
        }
        self.release(at);
        Ok(())
    }

    /// A conditional jump to two different places.
    #[inline(always)]
    fn branch(
        &mut self,
        cond: Cond,
        a: Val,
        b: Val,
        at: u16,
        jt: usize,
        jf: usize,
    ) -> Result<(), NoMemory> {
        match domain::compare(cond, a, b) {
            Compared::Always(true) => self.insert(at, jt),
            Compared::Always(false) => self.insert(at, jf),
            Compared::ByNumber(test) => match test.only() {
                Some(nr) => return self.split_one(nr, at, jt, jf),
                None => return self.split(&test.numbers(), at, jt, jf),
            },
            Compared::Depends => {
                let Some(node) = self.nodes.get_mut(usize::from(at)) else {
                    return Ok(());
                };
                node.plain = false;
                let (nrs, a, x) = (node.nrs, node.a, node.x);
                // Two unknown values may be the same word of the data, which the sweep does not
                // follow.
                let alike = a == Val::Unknown && b == Val::Unknown;
                if alike || a.depends_on_nr() || b.depends_on_nr() {
                    self.results.unsure.unite(&nrs);
                }
                self.insert(at, jf);
                self.spawn(jt, nrs, a, x, false)?;
            }
        }
        Ok(())
    }

    /// Sends `nr` one way and the others the other way.
    #[inline(always)]
    fn split_one(
        &mut self,
        nr: u32,
        at: u16,
        if_equal: usize,
        if_not: usize,
    ) -> Result<(), NoMemory> {
        let Some(node) = self.nodes.get_mut(usize::from(at)) else {
            return Ok(());
        };
        if !node.nrs.contains(nr) {
            self.insert(at, if_not);
            return Ok(());
        }
        node.nrs.remove(nr);
        if node.nrs.is_empty() {
            node.nrs.add(nr);
            self.insert(at, if_equal);
            return Ok(());
        }
        let (a, x, plain) = (node.a, node.x, node.plain);
        self.insert(at, if_not);
        // Most often, the number returns at once.
        if let Some(Insn { code: RET_K, k, .. }) = self.prog.get(if_equal) {
            return self.results.add_one(nr, *k);
        }
        self.spawn(if_equal, Set::of(nr), a, x, plain)
    }

    /// Sends the numbers in `mask` one way and the others the other way.
    fn split(&mut self, mask: &Set, at: u16, if_in: usize, if_not: usize) -> Result<(), NoMemory> {
        let Some(node) = self.nodes.get_mut(usize::from(at)) else {
            return Ok(());
        };
        let inside = node.nrs.and(mask);
        let outside = node.nrs.without(mask);
        if inside.is_empty() {
            self.insert(at, if_not);
        } else if outside.is_empty() {
            self.insert(at, if_in);
        } else {
            node.nrs = outside;
            let (a, x, plain) = (node.a, node.x, node.plain);
            self.insert(at, if_not);
            self.spawn(if_in, inside, a, x, plain)?;
        }
        Ok(())
    }

    /// A node on the list of `pc` with which a node of these values can be united: one of the same
    /// live values, or if there are [`MAX_STATES`], the last of these.
    fn find(&mut self, pc: usize, a: Val, x: Val, plain: bool) -> Option<&mut Node> {
        if *self.heads.get(pc)? == NONE {
            return None;
        }
        let (live_a, live_x) = may_matter(self.prog.get(pc));
        let mut at = self.heads.get(pc).copied().unwrap_or(NONE);
        let mut count = 0u32;
        while let Some(node) = self.nodes.get(usize::from(at)) {
            let same_a = !live_a || node.a == a;
            let same_x = !live_x || node.x == x;
            count = count.saturating_add(1);
            if (same_a && same_x) || count >= MAX_STATES {
                break;
            }
            at = node.next;
        }
        let node = self.nodes.get_mut(usize::from(at))?;
        if live_a {
            node.a = node.a.join(a);
        }
        if live_x {
            node.x = node.x.join(x);
        }
        node.plain &= plain;
        Some(node)
    }

    /// Puts a node on the list of `pc`, or unites it with one that is there.
    #[inline(always)]
    fn insert(&mut self, at: u16, pc: usize) {
        match self.heads.get_mut(pc) {
            Some(head) if *head == NONE => {
                *head = at;
                if let Some(node) = self.nodes.get_mut(usize::from(at)) {
                    node.next = NONE;
                }
            }
            Some(_) => self.insert_among(at, pc),
            None => self.lose(at),
        }
    }

    fn insert_among(&mut self, at: u16, pc: usize) {
        let Some(node) = self.nodes.get(usize::from(at)) else {
            return;
        };
        let (nrs, a, x, plain) = (node.nrs, node.a, node.x, node.plain);
        if let Some(there) = self.find(pc, a, x, plain) {
            there.nrs.unite(&nrs);
            self.release(at);
        } else {
            self.link(at, pc);
        }
    }

    /// Puts a node at the front of the list of `pc`, which is an instruction.
    fn link(&mut self, at: u16, pc: usize) {
        if let (Some(head), Some(node)) =
            (self.heads.get_mut(pc), self.nodes.get_mut(usize::from(at)))
        {
            node.next = core::mem::replace(head, at);
        }
    }

    /// Has `nrs` reach `pc` with these values.
    fn spawn(&mut self, pc: usize, nrs: Set, a: Val, x: Val, plain: bool) -> Result<(), NoMemory> {
        if pc >= self.heads.len() {
            self.results.lose(&nrs);
            return Ok(());
        }
        self.spawned = self.spawned.saturating_add(1);
        if let Some(there) = self.find(pc, a, x, plain) {
            there.nrs.unite(&nrs);
            return Ok(());
        }
        let new = Node {
            nrs,
            a,
            x,
            plain,
            next: NONE,
        };
        let at = self.free;
        if let Some(place) = self.nodes.get_mut(usize::from(at)) {
            self.free = place.next;
            *place = new;
            self.link(at, pc);
        } else if self.nodes.len() < MAX_NODES {
            // CAST: Below `MAX_NODES`.
            let at = self.nodes.len() as u16;
            self.nodes.push(new)?;
            self.link(at, pc);
        } else {
            self.results.lose(&nrs);
        }
        Ok(())
    }

    /// Frees a node, which is on no list.
    #[inline(always)]
    fn release(&mut self, at: u16) {
        if let Some(node) = self.nodes.get_mut(usize::from(at)) {
            node.next = self.free;
            self.free = at;
        }
    }

    /// Frees a node that is not followed, as the meter is spent.
    fn give_up(&mut self, at: u16) {
        if let Some(node) = self.nodes.get(usize::from(at)) {
            self.results.vary(&node.nrs);
        }
        self.release(at);
    }

    /// Frees a node of which the sweep has lost track.
    fn lose(&mut self, at: u16) {
        if let Some(node) = self.nodes.get(usize::from(at)) {
            self.results.lose(&node.nrs);
        }
        self.release(at);
    }
}
