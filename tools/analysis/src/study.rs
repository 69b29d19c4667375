// SPDX-License-Identifier: GPL-2.0-only

//! What a filter does for each call of an architecture.

use std::{
    collections::{
        BTreeSet,
        HashMap, //
    },
    rc::Rc, //
};

use crate::{
    execute::{
        execute,
        Known, //
    },
    filter::Filter,
    logic::{
        bpf::{
            analyse::analyse,
            insn::{
                Cond,
                Insn, //
            },
            listing::Listing,
            meter::Meter,
            outcomes::Outcome as Found,
            residual::specialise, //
        },
        syscalls::{
            self,
            ExtensibleCall,
            AUDIT_ARCH_X86_64,
            LIMIT,
            X32_SYSCALL_BIT, //
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
        compare,
        constant,
        Vector, //
    }, //
};

/// What a filter does for some calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This, as a function of the bits of the call.
    Decided(Node),
    /// That is not found out: the program that decides.
    Undecided(Rc<str>),
}

impl Outcome {
    /// The function; none if it was not found out.
    pub fn node(&self) -> Option<Node> {
        match self {
            Self::Decided(node) => Some(*node),
            Self::Undecided(_) => None,
        }
    }
}

/// For which architecture a filter is studied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arch {
    /// This one (`AUDIT_ARCH_*`).
    One(u32),
    /// All but these.
    AllBut(BTreeSet<u32>),
}

/// What a filter does for the calls of an architecture.
pub struct Study {
    arch: Arch,
    /// By number, for those that were looked at one by one.
    numbers: HashMap<u32, Outcome>,
    /// Of all other numbers, as a function of the number as well.
    rest: Outcome,
}

/// Those that are looked at one by one: all that calls of today have, and those that the module
/// takes for an x32 call with an argument that filters see.
fn one_by_one(arch: u32) -> Vec<u32> {
    // CAST: It is small.
    let limit = LIMIT as u32;
    let mut numbers: Vec<u32> = (0..limit).collect();
    if arch == AUDIT_ARCH_X86_64 {
        let x32 = (0..limit).map(|number| number | X32_SYSCALL_BIT);
        numbers.extend(x32.filter(|number| syscalls::find(arch, *number).is_some()));
    }
    numbers
}

/// The condition that the call is one of those that [`Study::rest`] is about.
pub(crate) fn is_of_rest(space: &mut Space, arch: &Arch) -> Result<Node, TooHard> {
    match arch {
        Arch::One(arch) => {
            let number = vector(space, Place::Number)?;
            let limit = constant(LIMIT as u32);
            let mut is = compare(space, Cond::Ge, &number, &limit)?;
            for one in one_by_one(*arch).into_iter().skip(LIMIT) {
                let same = compare(space, Cond::Eq, &number, &constant(one))?;
                is = space.choose(same, Node::NO, is)?;
            }
            Ok(is)
        }
        Arch::AllBut(named) => {
            let arch = vector(space, Place::Arch)?;
            let mut is = Node::YES;
            for one in named {
                let same = compare(space, Cond::Eq, &arch, &constant(*one))?;
                is = space.choose(same, Node::NO, is)?;
            }
            Ok(is)
        }
    }
}

/// The lower 32 bits of a place.
pub(crate) fn vector(space: &mut Space, place: Place) -> Result<Vector, TooHard> {
    let mut bits = constant(0);
    for (bit, value) in bits.iter_mut().zip(0..) {
        *bit = space.is_set(place.bit(value))?;
    }
    Ok(bits)
}

/// How many instructions of a filter are specialised for an architecture: about a second. One of
/// 500 instructions is, for each number.
const SPECIALISED: usize = 300_000;

/// Studies a filter for the calls of an architecture.
pub(crate) fn study(space: &mut Space, filter: &Filter, arch: Arch) -> Study {
    let mut student = Student {
        space,
        filter,
        known: HashMap::new(),
        listing: None,
        left: SPECIALISED,
    };
    let (numbers, rest) = match &arch {
        Arch::One(arch) => {
            let rest = student.all(Some(*arch));
            (student.numbers(*arch, &rest), rest)
        }
        Arch::AllBut(_) => (HashMap::new(), student.all(None)),
    };
    Study {
        arch,
        numbers,
        rest,
    }
}

/// What a filter does for a call alone.
pub(crate) fn call(space: &mut Space, filter: &Filter, arch: u32, number: u32) -> Outcome {
    let extensible = filter
        .visible
        .argument
        .map(|_| syscalls::find(arch, number));
    let known = Known {
        arch: Some(arch),
        number: Some(number),
        visible: filter.visible,
        extensible: extensible.flatten(),
    };
    space.begin();
    match execute(space, &filter.insns, known) {
        Ok(node) => Outcome::Decided(node),
        Err(TooHard) => Outcome::Undecided(listing(&filter.insns)),
    }
}

impl Filter {
    /// What is left of the filter for a call, as the module prints it, with a label before each
    /// instruction. `None` if it would be too long.
    pub fn residual(&self, arch: u32, number: u32) -> Option<String> {
        let code = specialise(&self.insns, self.view(arch), number).ok()?;
        code.map(|code| Listing(&code).to_string())
    }

    /// All of the filter, as the module prints programs.
    pub fn listing(&self) -> String {
        Listing(&self.insns).to_string()
    }
}

impl Study {
    /// The architecture.
    pub fn arch(&self) -> &Arch {
        &self.arch
    }

    /// The outcome for the calls that were not looked at one by one. It may depend on the number,
    /// and on the architecture if that is not known.
    pub(crate) fn rest(&self) -> &Outcome {
        &self.rest
    }

    /// The numbers that were looked at one by one.
    pub fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.numbers.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    /// The outcome for a number. It may depend on the architecture if that is not known.
    pub fn outcome(&self, space: &mut Space, number: u32) -> Outcome {
        if let Some(outcome) = self.numbers.get(&number) {
            return outcome.clone();
        }
        match &self.rest {
            Outcome::Decided(node) => {
                space.begin();
                match space.with_number(*node, number) {
                    Ok(node) => Outcome::Decided(node),
                    Err(TooHard) => Outcome::Undecided("".into()),
                }
            }
            undecided => undecided.clone(),
        }
    }
}

/// A residual program, with the call whose argument it sees.
type Program = (Vec<(u16, u8, u8, u32)>, Option<&'static str>);

struct Student<'a> {
    space: &'a mut Space,
    filter: &'a Filter,
    known: HashMap<Program, Outcome>,
    listing: Option<Rc<str>>,
    /// How many instructions may be specialised yet.
    left: usize,
}

impl Student<'_> {
    /// The outcomes of the numbers that are looked at one by one.
    ///
    /// Those of a long filter would take too long. What they come to then is what is left of `rest`
    /// for the number, unless the filter sees their arguments, which `rest` is not about.
    fn numbers(&mut self, arch: u32, rest: &Outcome) -> HashMap<u32, Outcome> {
        self.known.clear();
        let view = self.filter.view(arch);
        let constants = analyse(&self.filter.insns, view, &mut Meter::unlimited()).ok();
        let mut numbers = HashMap::new();
        for number in one_by_one(arch) {
            let found = constants.as_ref().map(|constants| constants.get(number));
            let outcome = match found {
                Some(Found::Constant(ret)) => self.constant(ret),
                _ if self.extensible(arch, number).is_some() => self.residual(arch, number),
                _ => match self.left.checked_sub(self.filter.insns.len()) {
                    Some(left) => {
                        self.left = left;
                        self.residual(arch, number)
                    }
                    None => self.of_rest(rest, number),
                },
            };
            numbers.insert(number, outcome);
        }
        numbers
    }

    fn constant(&mut self, ret: u32) -> Outcome {
        Outcome::Decided(self.space.leaf(Leaf::Ret(reduced(ret))))
    }

    /// The outcome of a number, by what is left of the program.
    fn residual(&mut self, arch: u32, number: u32) -> Outcome {
        let view = self.filter.view(arch);
        let Ok(Some(code)) = specialise(&self.filter.insns, view, number) else {
            return self.whole();
        };
        let extensible = self.extensible(arch, number);
        let insns = code
            .iter()
            .map(|insn| (insn.code, insn.jt, insn.jf, insn.k));
        let key = (insns.collect(), extensible.map(|call| call.name));
        if let Some(outcome) = self.known.get(&key) {
            return outcome.clone();
        }
        self.space.begin();
        let known = Known {
            arch: Some(arch),
            number: Some(number),
            visible: self.filter.visible,
            extensible,
        };
        let outcome = match execute(self.space, &code, known) {
            Ok(node) => Outcome::Decided(node),
            Err(TooHard) => Outcome::Undecided(listing(&code)),
        };
        self.known.insert(key, outcome.clone());
        outcome
    }

    /// The outcome of a number, by that of the whole program.
    fn of_rest(&mut self, rest: &Outcome, number: u32) -> Outcome {
        self.space.begin();
        let node = rest.node().map(|node| self.space.with_number(node, number));
        match node {
            Some(Ok(node)) => Outcome::Decided(node),
            _ => self.whole(),
        }
    }

    fn extensible(&self, arch: u32, number: u32) -> Option<&'static ExtensibleCall> {
        self.filter.visible.argument?;
        syscalls::find(arch, number)
    }

    /// The outcome of calls whose number is not known, and that have no argument that filters see.
    fn all(&mut self, arch: Option<u32>) -> Outcome {
        self.space.begin();
        let known = Known {
            arch,
            number: None,
            visible: self.filter.visible,
            extensible: None,
        };
        match execute(self.space, &self.filter.insns, known) {
            Ok(node) => Outcome::Decided(node),
            Err(TooHard) => self.whole(),
        }
    }

    fn whole(&mut self) -> Outcome {
        let filter = self.filter;
        let listing = self.listing.get_or_insert_with(|| listing(&filter.insns));
        Outcome::Undecided(listing.clone())
    }
}

fn listing(insns: &[Insn]) -> Rc<str> {
    Listing(insns).to_string().into()
}

impl Space {
    /// What is left of a function for calls of a number.
    fn with_number(&mut self, node: Node, number: u32) -> Result<Node, TooHard> {
        let place = self.branch(node).map(|branch| Place::of(branch.bit));
        let Some((place, value)) = place else {
            return Ok(node);
        };
        let Some(branch) = self.branch(node) else {
            return Ok(node);
        };
        match place {
            Place::Number => {
                let is_set = value < 32 && (number >> value) & 1 == 1;
                let next = if is_set { branch.high } else { branch.low };
                self.with_number(next, number)
            }
            // Only the architecture is looked at before the number.
            Place::Arch => {
                self.step()?;
                let low = self.with_number(branch.low, number)?;
                let high = self.with_number(branch.high, number)?;
                self.make(branch.bit, low, high)
            }
            _ => Ok(node),
        }
    }
}
