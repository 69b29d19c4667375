// SPDX-License-Identifier: GPL-2.0-only

//! Finds out what a program returns, as a function of the bits of a call.
//!
//! Jumps lead forward. So the first pass, from the first instruction on, finds the states in which
//! the program can come to each instruction, and the second, from the last one back, what it
//! returns from there. States that differ in what is never read are one.

use std::collections::HashMap;

use crate::{
    logic::{
        abi::{
            SECCOMP_DATA_FEATURE_EA_TAIL, //
        },
        bpf::{
            append::{
                VisibleFields,
                EA_FEATURES,
                RET_E2BIG, //
            },
            insn::{
                Alu,
                Cond,
                Insn,
                Op,
                Src,
                CELLS,
                WORD_EA,
                WORD_EA_CHECKED,
                WORD_EA_SIZE,
                WORD_EXTENT,
                WORD_FEATURES, //
            },
            live::{
                liveness,
                Slots, //
            },
        },
        buf::Buf,
        syscalls::{
            ExtensibleCall,
            Size, //
        }, //
    },
    place::Place,
    ret::reduced,
    space::{
        Leaf,
        Node,
        Space,
        TooHard, //
    },
    vector::{
        alu,
        compare,
        constant,
        neg,
        value,
        Vector, //
    }, //
};

/// What is known of the calls.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    /// `AUDIT_ARCH_*`, if it is known.
    pub(crate) arch: Option<u32>,
    /// The number, if it is known.
    pub(crate) number: Option<u32>,
    /// What the filter sees beyond `struct seccomp_data`.
    pub(crate) visible: VisibleFields,
    /// The call, if it has an extensible argument that the filter sees.
    pub(crate) extensible: Option<&'static ExtensibleCall>,
}

/// `__AUDIT_ARCH_64BIT`
pub(crate) const ARCH_64BIT: u32 = 0x8000_0000;

impl Known {
    /// Are registers 32 bits wide? Then arguments have no upper half.
    fn is_32_bit(&self) -> bool {
        self.arch.is_some_and(|arch| arch & ARCH_64BIT == 0)
    }
}

/// The most states of a program, of about 100 bytes each.
const MAX_STATES: usize = 200_000;
/// The most parts of a call that a program may look at. It bounds how deep diagrams are.
const MAX_WORDS: usize = 64;
/// `A`, `X` and the cells.
const SLOTS: usize = 2 + CELLS;
const A: usize = CELLS;
const X: usize = CELLS + 1;

/// Where a [`Vector`] is in the list of them.
type Number = u32;
type State = [Number; SLOTS];

/// How it goes on from a state.
enum Next {
    /// With another state.
    Go(usize),
    /// With the first of two if a condition holds.
    Branch(Node, usize, usize),
    /// The program returns this.
    Return(Node),
}

struct Machine<'a> {
    space: &'a mut Space,
    insns: &'a [Insn],
    known: Known,
    live: Buf<Slots>,
    numbers: Vec<Vector>,
    places: HashMap<Vector, Number>,
    /// By instruction, the states in which the program comes there.
    at: Vec<Vec<(State, usize)>>,
    states: HashMap<(usize, State), usize>,
    next: Vec<Next>,
    words: std::collections::BTreeSet<Place>,
}

/// What a program returns. It has passed `check_classic()`.
pub(crate) fn execute(space: &mut Space, insns: &[Insn], known: Known) -> Result<Node, TooHard> {
    let mut machine = Machine {
        live: liveness(insns).map_err(|_| TooHard)?,
        at: vec![Vec::new(); insns.len()],
        space,
        insns,
        known,
        numbers: Vec::new(),
        places: HashMap::new(),
        states: HashMap::new(),
        next: Vec::new(),
        words: std::collections::BTreeSet::new(),
    };
    let zero = machine.number(constant(0));
    let first = machine.reach(0, [zero; SLOTS])?;
    for pc in 0..insns.len() {
        for (state, id) in std::mem::take(&mut machine.at[pc]) {
            machine.space.step()?;
            let next = machine.step(pc, state)?;
            machine.next[id] = next;
        }
    }
    machine.result(first)
}

impl Machine<'_> {
    fn number(&mut self, number: Vector) -> Number {
        // CAST: There are at most some more than states.
        let new = self.numbers.len() as u32;
        let place = *self.places.entry(number).or_insert(new);
        if place == new {
            self.numbers.push(number);
        }
        place
    }

    fn vector(&self, number: Number) -> Vector {
        self.numbers[number as usize]
    }

    /// Has the program come to an instruction in a state.
    fn reach(&mut self, pc: usize, mut state: State) -> Result<usize, TooHard> {
        let live = *self.live.get(pc).ok_or(TooHard)?;
        let zero = 0;
        for (slot, number) in state.iter_mut().enumerate() {
            if (live >> slot) & 1 == 0 {
                *number = zero;
            }
        }
        if let Some(id) = self.states.get(&(pc, state)) {
            return Ok(*id);
        }
        let id = self.next.len();
        if id >= MAX_STATES {
            return Err(TooHard);
        }
        self.next.push(Next::Return(Node::NO));
        self.states.insert((pc, state), id);
        self.at[pc].push((state, id));
        Ok(id)
    }

    /// What an instruction does in a state.
    fn step(&mut self, pc: usize, state: State) -> Result<Next, TooHard> {
        let op = self.insns[pc].decode().ok_or(TooHard)?;
        let mut after = state;
        match op {
            Op::LdWord(word) => return self.load(pc, state, word),
            Op::LdImm(k) => after[A] = self.number(constant(k)),
            Op::LdxImm(k) => after[X] = self.number(constant(k)),
            Op::LdMem(k) => after[A] = state[cell(k)?],
            Op::LdxMem(k) => after[X] = state[cell(k)?],
            Op::St(k) => after[cell(k)?] = state[A],
            Op::Stx(k) => after[cell(k)?] = state[X],
            Op::Tax => after[X] = state[A],
            Op::Txa => after[A] = state[X],
            Op::Neg => {
                let result = neg(self.space, &self.vector(state[A]))?;
                after[A] = self.number(result);
            }
            Op::Alu(op, src) => return self.alu(pc, state, op, src),
            Op::Ja(k) => return Ok(Next::Go(self.reach(pc + 1 + k as usize, state)?)),
            Op::Jcc(cond, src, jt, jf) => {
                let (a, b) = (self.vector(state[A]), self.operand(&state, src));
                let holds = compare(self.space, cond, &a, &b)?;
                return self.branch(
                    holds,
                    (pc + 1 + usize::from(jt), state),
                    (pc + 1 + usize::from(jf), state),
                );
            }
            Op::RetK(k) => return Ok(Next::Return(self.ret(k))),
            Op::RetA => {
                let a = self.vector(state[A]);
                return Ok(Next::Return(self.returned(&a, 32, 0)?));
            }
        }
        Ok(Next::Go(self.reach(pc + 1, after)?))
    }

    fn branch(
        &mut self,
        holds: Node,
        yes: (usize, State),
        no: (usize, State),
    ) -> Result<Next, TooHard> {
        Ok(match holds {
            Node::YES => Next::Go(self.reach(yes.0, yes.1)?),
            Node::NO => Next::Go(self.reach(no.0, no.1)?),
            _ => Next::Branch(
                holds,
                self.reach(yes.0, yes.1)?,
                self.reach(no.0, no.1)?, //
            ),
        })
    }

    /// The program ends with `ret` if a condition holds, else goes on.
    fn may_end(&mut self, when: Node, ret: u32, next: (usize, State)) -> Result<Next, TooHard> {
        let end = self.ret(ret);
        if when == Node::YES {
            return Ok(Next::Return(end));
        }
        let next = self.reach(next.0, next.1)?;
        if when == Node::NO {
            return Ok(Next::Go(next));
        }
        let ends = self.next.len();
        self.next.push(Next::Return(end));
        Ok(Next::Branch(when, ends, next))
    }

    fn ret(&mut self, ret: u32) -> Node {
        self.space.leaf(Leaf::Ret(reduced(ret)))
    }

    fn operand(&self, state: &State, src: Src) -> Vector {
        match src {
            Src::K(k) => constant(k),
            Src::X => self.vector(state[X]),
        }
    }

    fn alu(&mut self, pc: usize, state: State, op: Alu, src: Src) -> Result<Next, TooHard> {
        let (a, b) = (self.vector(state[A]), self.operand(&state, src));
        let mut after = state;
        let ends = match op {
            Alu::Div => compare(self.space, Cond::Eq, &b, &constant(0))?,
            _ => Node::NO,
        };
        if ends != Node::YES {
            let result = alu(self.space, op, &a, &b)?;
            after[A] = self.number(result);
        }
        self.may_end(ends, 0, (pc + 1, after))
    }

    fn load(&mut self, pc: usize, state: State, word: usize) -> Result<Next, TooHard> {
        let mut after = state;
        let number = self.word(word)?;
        after[A] = self.number(number);
        let mut ends = Node::NO;
        if word >= WORD_EA_CHECKED {
            ends = self.longer_than(self.known.visible.argument.unwrap_or(0))?;
        }
        self.may_end(ends, RET_E2BIG, (pc + 1, after))
    }

    /// The condition that the extensible argument has bytes that are not zero behind so many.
    fn longer_than(&mut self, bytes: u32) -> Result<Node, TooHard> {
        let extent = self.word(WORD_EXTENT)?;
        compare(self.space, Cond::Gt, &extent, &constant(bytes))
    }

    /// What a load finds.
    fn word(&mut self, word: usize) -> Result<Vector, TooHard> {
        let Known {
            visible,
            extensible,
            ..
        } = self.known;
        match word {
            // The register of an argument, which is what the kernel takes for the size.
            WORD_EA_SIZE..WORD_EA => {
                let half = word - WORD_EA_SIZE;
                let Some(call) = extensible else {
                    return Ok(constant(0));
                };
                let fixed = |size: usize| match half {
                    0 => constant(size as u32),
                    _ => constant(0),
                };
                match call.size {
                    Size::Argument(place) => self.word(4 + 2 * place as usize + half),
                    Size::Buffer(place) if half == 0 => self.word(4 + 2 * place as usize),
                    Size::Buffer(_) | Size::Field { .. } => Ok(constant(0)),
                    Size::Fixed(size) if self.known.is_32_bit() => Ok(fixed(size)),
                    Size::Fixed(_) => Ok(fixed(call.known)),
                }
            }
            WORD_FEATURES.. if extensible.is_none() => Ok(constant(match word {
                WORD_FEATURES => visible.features(),
                _ => 0,
            })),
            WORD_FEATURES => {
                let mut features = constant(visible.features() | EA_FEATURES);
                if visible.tail {
                    // CAST: It is a bit below 32.
                    let bit = (SECCOMP_DATA_FEATURE_EA_TAIL as u32).trailing_zeros();
                    features[bit as usize] = self.longer_than(visible.limit())?;
                }
                Ok(features)
            }
            word => self.bits(word),
        }
    }

    /// A word of which nothing is known.
    fn bits(&mut self, word: usize) -> Result<Vector, TooHard> {
        let (place, lowest) = Place::of_word(word).ok_or(TooHard)?;
        match (place, self.known) {
            (
                Place::Arch,
                Known {
                    arch: Some(arch), ..
                },
            ) => return Ok(constant(arch)),
            (
                Place::Number,
                Known {
                    number: Some(number),
                    ..
                },
            ) => return Ok(constant(number)),
            (Place::Argument(_) | Place::Pointer, known) if lowest > 0 && known.is_32_bit() => {
                return Ok(constant(0));
            }
            _ => {}
        }
        let is_address = self.known.extensible.is_some_and(is_address);
        self.words.insert(place);
        if self.words.len() > MAX_WORDS {
            return Err(TooHard);
        }
        let mut bits = constant(0);
        for (bit, value) in bits.iter_mut().zip(lowest..) {
            *bit = self.space.is_set(place.bit_of(value, is_address))?;
        }
        Ok(bits)
    }

    /// The function that returns a number, of which the lowest `unknown` bits are looked at yet and
    /// those above are in `above`.
    fn returned(&mut self, number: &Vector, unknown: u32, above: u32) -> Result<Node, TooHard> {
        if let Some(value) = value(number) {
            return Ok(self.ret(value));
        }
        self.space.step()?;
        let Some(place) = unknown.checked_sub(1) else {
            return Ok(self.ret(above));
        };
        let bit = number[place as usize];
        let mut is_1 = || self.returned(number, place, above | (1 << place));
        if bit == Node::YES {
            return is_1();
        }
        if bit == Node::NO {
            return self.returned(number, place, above);
        }
        let yes = is_1()?;
        let no = self.returned(number, place, above)?;
        self.space.choose(bit, yes, no)
    }

    /// What the program returns from a state on. All that follow a state have greater numbers than
    /// it, or are further down.
    fn result(mut self, first: usize) -> Result<Node, TooHard> {
        let mut order: Vec<(usize, usize)> =
            self.states.iter().map(|((pc, _), id)| (*pc, *id)).collect();
        order.sort_unstable();
        let mut found = vec![Node::NO; self.next.len()];
        let ends = self.next.iter().enumerate();
        for (id, next) in ends {
            if let Next::Return(node) = next {
                found[id] = *node;
            }
        }
        for (_, id) in order.into_iter().rev() {
            found[id] = match self.next[id] {
                Next::Go(next) => found[next],
                Next::Branch(when, yes, no) => self.space.choose(when, found[yes], found[no])?,
                Next::Return(node) => node,
            };
        }
        self.next.clear();
        Ok(found[first])
    }
}

/// Is the call's extensible argument a socket address?
pub(crate) fn is_address(call: &ExtensibleCall) -> bool {
    matches!(call.size, Size::Buffer(_))
}

fn cell(k: u32) -> Result<usize, TooHard> {
    let cell = k as usize;
    (cell < CELLS).then_some(cell).ok_or(TooHard)
}
