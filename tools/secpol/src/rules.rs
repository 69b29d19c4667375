// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a policy means: for each number of a system call, which tests decide.
//!
//! Names have become numbers here. What [`resolve`](crate::resolve) makes, [`compile`] and
//! [`Rules::decide`] read, and nobody else knows how a policy was written.
//!
//! [`compile`]: crate::compile

use std::{
    collections::BTreeMap,
    rc::Rc, //
};

use crate::{
    abi::Abi,
    action::Action,
    call::Call,
    syntax::ast::Span, //
};

/// What a policy means.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The architectures that the policy is for, each once.
    pub sections: Vec<Section>,
    /// What becomes of calls of all others.
    pub other: Decision,
    /// What rings may do; `None` if the policy does not say.
    pub rings: Option<Rings>,
}

/// What rings of io_uring may do, as far as the calls are allowed that do the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rings {
    /// The operations that the policy names, by their numbers, with where it does.
    pub named: BTreeMap<u8, Span>,
    /// Where the policy says that all operations are meant that do what calls do.
    pub like_calls: Option<Span>,
    /// Where the policy says that it refuses nothing, if it does.
    pub lenient: Option<Span>,
}

/// What a policy means for one architecture.
#[derive(Clone, Debug)]
pub struct Section {
    /// The architecture.
    pub abi: Abi,
    /// What decides, by the call's number.
    pub calls: BTreeMap<u32, Rc<Rule>>,
    /// What becomes of the other numbers of which the policy's kernel has a call.
    pub default: Decision,
    /// The numbers of which it has one.
    pub known: Vec<u32>,
    /// What becomes of all other numbers.
    pub unknown: Decision,
}

/// An action, and where the policy demands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    /// What becomes of the call.
    pub action: Action,
    /// Where that is written; nowhere, if it is what the language prescribes.
    pub origin: Option<Span>,
}

/// What decides about a call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// The first that decides does.
    pub alternatives: Vec<Alternative>,
    /// What becomes of the call if none does.
    pub default: Decision,
    /// A struct with a byte that is not zero at this offset or beyond is refused, before anything
    /// else is looked at: neither the policy nor the kernel that it was written for knows what
    /// the byte means.
    pub extent: Option<(u32, Decision)>,
    /// Bytes of the call's struct or buffer that the tests may look at; 0 if they look at none.
    pub sees: u32,
}

/// One of the alternatives of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Alternative {
    /// Decides always.
    Always(Decision),
    /// Decides by a condition.
    If {
        /// What is tested.
        condition: Condition,
        /// If it holds.
        then: Decision,
        /// If it does not; without it the next alternative is tried.
        otherwise: Option<Decision>,
    },
}

/// What is tested.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// One of these holds.
    Any(Vec<Condition>),
    /// All of these hold.
    All(Vec<Condition>),
    /// This does not hold.
    Not(Box<Condition>),
    /// A comparison.
    Test(Test),
}

/// A comparison: `field & mask OPERATOR value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Test {
    /// What is looked at.
    pub field: Field,
    /// What of it counts, at its width.
    pub mask: u64,
    /// How it is compared.
    pub order: Order,
    /// With what, at the field's width.
    pub value: u64,
}

/// How a [`Test`] compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// They are equal.
    Equal,
    /// The field is greater.
    Greater,
    /// The field is greater, or they are equal.
    GreaterOrEqual,
}

/// A number that filters see: where it is in `struct seccomp_data_append`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The offset of its first byte.
    pub offset: u32,
    /// Its size: 1, 2, 4 or 8 bytes, that do not cross a multiple of 4; those of 8 start at one.
    pub bytes: u32,
    /// Is it compared as a signed number?
    pub signed: bool,
    /// Is it in network byte order? Those are unsigned, and have 2 or 4 bytes.
    pub big_endian: bool,
}

/// The offset of the lower half of `features` in `struct seccomp_data_append`.
pub const FEATURES: u32 = 72;
/// The offset of `nr_high` in `struct seccomp_data_append`.
pub const NUMBER_HIGH: u32 = 80;
/// The offset of the protection-key register.
pub const PKEY: u32 = 84;
/// The offset of `extensible_arg_extent`.
pub const EXTENT: u32 = 104;
/// The offset of `extensible_arg_size`.
pub const EA_SIZE: u32 = 1128;
/// The offset of `extensible_arg`.
pub const EA: u32 = 1136;
/// `sizeof(struct seccomp_data)`: the fields beyond are for appended filters.
pub const DATA: u32 = 64;

impl Field {
    /// All its bits.
    pub fn all(&self) -> u64 {
        u64::MAX >> (64 - 8 * self.bytes)
    }

    /// Its value in a call.
    pub fn of(&self, call: &Call) -> u64 {
        let bytes = (0..self.bytes).map(|place| u64::from(call.byte(self.offset + place)));
        if self.big_endian {
            bytes.fold(0, |value, byte| (value << 8) | byte)
        } else {
            bytes.rev().fold(0, |value, byte| (value << 8) | byte)
        }
    }

    /// Of a value, what orders as the field's values do if taken for unsigned.
    pub(crate) fn ordered(&self, value: u64) -> u64 {
        if self.signed {
            value ^ (self.all() - (self.all() >> 1))
        } else {
            value
        }
    }
}

impl Test {
    /// Does it hold?
    pub fn holds(&self, call: &Call) -> bool {
        self.holds_for(self.field.of(call))
    }

    /// Does it hold if the field has this value?
    pub(crate) fn holds_for(&self, value: u64) -> bool {
        let field = value & self.mask;
        let (left, right) = (self.field.ordered(field), self.field.ordered(self.value));
        match self.order {
            Order::Equal => field == self.value,
            Order::Greater => left > right,
            Order::GreaterOrEqual => left >= right,
        }
    }
}

impl Condition {
    /// Holds never.
    pub(crate) const NEVER: Self = Self::Any(Vec::new());
    /// Holds always.
    pub(crate) const ALWAYS: Self = Self::All(Vec::new());

    /// Does it hold?
    pub fn holds(&self, call: &Call) -> bool {
        match self {
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(call)),
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(call)),
            Self::Not(condition) => !condition.holds(call),
            Self::Test(test) => test.holds(call),
        }
    }

    /// All its comparisons.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::Any(conditions) | Self::All(conditions) => {
                conditions.iter().flat_map(Condition::tests).collect()
            }
            Self::Not(condition) => condition.tests(),
            Self::Test(test) => vec![test],
        }
    }
}

impl Rule {
    /// A rule that decides by the number alone.
    pub fn always(decision: Decision) -> Self {
        Self {
            alternatives: vec![Alternative::Always(decision)],
            default: decision,
            extent: None,
            sees: 0,
        }
    }

    /// Do both decide the same about every call, wherever that is written?
    pub fn same_as(&self, other: &Self) -> bool {
        self.nameless() == other.nameless()
    }

    /// The rule, as if it were written nowhere.
    fn nameless(&self) -> Self {
        let nameless = |decision: Decision| Decision {
            origin: None,
            ..decision
        };
        let alternatives = self
            .alternatives
            .iter()
            .map(|alternative| match alternative {
                Alternative::Always(decision) => Alternative::Always(nameless(*decision)),
                Alternative::If {
                    condition,
                    then,
                    otherwise,
                } => Alternative::If {
                    condition: condition.clone(),
                    then: nameless(*then),
                    otherwise: otherwise.map(nameless),
                },
            });
        Self {
            alternatives: alternatives.collect(),
            default: nameless(self.default),
            extent: self
                .extent
                .map(|(known, refused)| (known, nameless(refused))),
            sees: self.sees,
        }
    }

    /// What becomes of a call.
    pub fn decide(&self, call: &Call) -> Decision {
        if let Some((known, refused)) = self.extent {
            if call.extent() > known {
                return refused;
            }
        }
        for alternative in &self.alternatives {
            match alternative {
                Alternative::Always(decision) => return *decision,
                Alternative::If {
                    condition,
                    then,
                    otherwise,
                } => {
                    if condition.holds(call) {
                        return *then;
                    }
                    if let Some(otherwise) = otherwise {
                        return *otherwise;
                    }
                }
            }
        }
        self.default
    }

    /// All its comparisons.
    pub fn tests(&self) -> impl Iterator<Item = &Test> {
        self.alternatives
            .iter()
            .flat_map(|alternative| match alternative {
                Alternative::Always(_) => Vec::new(),
                Alternative::If { condition, .. } => condition.tests(),
            })
    }
}

impl Section {
    /// What decides about a number.
    pub fn rule(&self, number: u32) -> Rc<Rule> {
        match self.calls.get(&number) {
            Some(rule) => rule.clone(),
            None if self.known.binary_search(&number).is_ok() => {
                Rc::new(Rule::always(self.default))
            }
            None => Rc::new(Rule::always(self.unknown)),
        }
    }
}

impl Rules {
    /// What becomes of a call.
    pub fn decide(&self, call: &Call) -> Decision {
        let section = self
            .sections
            .iter()
            .find(|section| section.abi.audit_arch() == call.arch);
        match section {
            Some(section) if !section.is_foreign(call.number) => {
                section.rule(call.number).decide(call)
            }
            _ => self.other,
        }
    }
}

impl Section {
    /// Is it the number of a call of another architecture, which has the same `AUDIT_ARCH_*`? That
    /// is what x32 calls are on x86_64.
    pub fn is_foreign(&self, number: u32) -> bool {
        self.abi == Abi::X86_64 && number >= X32_SYSCALL_BIT
    }
}

/// Numbers of x32 calls have this bit. Those above are no calls.
pub const X32_SYSCALL_BIT: u32 = 0x4000_0000;
