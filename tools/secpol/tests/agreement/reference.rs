// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a policy's text says of a call, found out slowly.
//!
//! It knows nothing of how policies are compiled, and shares no code with that: it reads the tree
//! of the text for each call anew, and calculates with numbers that are wider than any field.

use std::net::IpAddr;

use secpol::{
    abi::Abi,
    action::Action,
    call::Call,
    policy::{
        Sight,
        Target, //
    },
    syntax::ast::{
        self,
        Alternative,
        Directive,
        Expression,
        Item,
        Operator,
        Rule,
        Test,
        Value,
        ValueKind, //
    },
    tables::{
        self,
        Kind, //
    }, //
};

use crate::place::Place;

/// A policy, and what it is read for.
pub struct Reference<'a> {
    /// The policy.
    pub items: &'a [Item],
    /// Machine, and what filters see there.
    pub target: &'a Target,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What.
    pub action: Action,
    /// Why.
    pub by: By,
}

/// Why something becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    /// Everything is allowed.
    Unrestricted,
    /// The policy is not for the call's architecture.
    Foreign,
    /// It is the execve() that starts the program.
    Start,
    /// There is no rule, and the call is known.
    NoRule,
    /// There is no rule, and the call is unknown.
    Unknown,
    /// The rule looks at what this kernel's filters do not see.
    Fallback,
    /// The struct has bytes that nobody knows.
    Extent,
    /// An alternative without a condition.
    Always,
    /// A condition that holds.
    Then,
    /// A condition that does not.
    Else,
    /// No alternative.
    Default,
}

impl Reference<'_> {
    /// What becomes of a call.
    pub fn decide(&self, call: &Call) -> Verdict {
        let verdict = |action, by| Verdict { action, by };
        if self.says(|directive| matches!(directive, Directive::Unrestricted(_))) {
            return verdict(Action::Allow, By::Unrestricted);
        }
        let abi = self
            .abis()
            .into_iter()
            .find(|abi| abi.audit_arch() == call.arch);
        let is_x32 = call.arch == 0xc000_003e && call.number >= 0x4000_0000;
        let found = match abi {
            Some(abi) if !is_x32 => self.decide_on(abi, call),
            _ => verdict(Action::Kill, By::Foreign),
        };
        let complains = self.says(|directive| matches!(directive, Directive::Complain(_)));
        let action = match found.action {
            Action::Allow | Action::Log | Action::Notify => found.action,
            _ if complains => Action::Log,
            _ => found.action,
        };
        Verdict { action, ..found }
    }

    fn directives(&self) -> impl Iterator<Item = &Directive> {
        self.items.iter().filter_map(|item| match item {
            Item::Directive(directive) => Some(directive),
            Item::Rule(_) => None,
        })
    }

    fn says(&self, what: impl Fn(&Directive) -> bool) -> bool {
        self.directives().any(what)
    }

    /// The architectures that the policy is for.
    pub fn abis(&self) -> Vec<Abi> {
        let machine = self.target.machine;
        if !self.says(|directive| matches!(directive, Directive::Arch(_))) {
            return vec![machine];
        }
        let mut abis = Vec::new();
        for directive in self.directives() {
            if let Directive::Arch(names) = directive {
                abis.extend(names.iter().filter_map(|name| Abi::from_name(&name.value)));
            }
        }
        abis.retain(|abi| *abi == machine || machine.compat() == Some(*abi));
        abis
    }

    fn decide_on(&self, abi: Abi, call: &Call) -> Verdict {
        let known = tables::call_by_number(abi, call.number);
        let name = known.map_or("", |known| known.name);
        if let Some(cookie) = self.target.exec_cookie {
            let starts = abi == self.target.machine && name == "execve";
            if starts && call.arguments[3..] == cookie {
                return Verdict {
                    action: Action::Allow,
                    by: By::Start,
                };
            }
        }
        let Some(known) = known else {
            return self.without_a_rule(abi, false);
        };
        match self.rule(abi, name) {
            Some(rule) => self.decide_by(rule, known, abi, call),
            None => self.without_a_rule(abi, true),
        }
    }

    fn default(&self, abi: Abi) -> Action {
        self.directives()
            .find_map(|directive| match directive {
                Directive::Default(action) => Some(self.action(&action.value, abi)),
                _ => None,
            })
            .unwrap_or(Action::Kill)
    }

    fn without_a_rule(&self, abi: Abi, is_known: bool) -> Verdict {
        let knows_kernel = self.says(|directive| matches!(directive, Directive::Kernel(_)));
        let unknown = self.directives().find_map(|directive| match directive {
            Directive::Unknown(action) => Some(self.action(&action.value, abi)),
            _ => None,
        });
        match unknown {
            Some(action) if knows_kernel && !is_known => Verdict {
                action,
                by: By::Unknown,
            },
            _ => Verdict {
                action: self.default(abi),
                by: By::NoRule,
            },
        }
    }

    /// The rule for a call: its own, or else its group's.
    pub fn rule(&self, abi: Abi, name: &str) -> Option<&Rule> {
        let rules = || {
            self.items.iter().filter_map(|item| match item {
                Item::Rule(rule) => Some(rule),
                Item::Directive(_) => None,
            })
        };
        let is_for = |rule: &&Rule| {
            let mut arches = rule.arches.iter();
            rule.arches.is_empty() || arches.any(|arch| Abi::from_name(&arch.value) == Some(abi))
        };
        let own = rules()
            .filter(is_for)
            .find(|rule| rule.target.value == name);
        own.or_else(|| {
            rules()
                .filter(is_for)
                .find(|rule| match rule.target.value.strip_prefix('@') {
                    Some(group) => self.is_member(group, name),
                    None => false,
                })
        })
    }

    fn is_member(&self, group: &str, call: &str) -> bool {
        self.directives().any(|directive| match directive {
            Directive::Group(name, members) if name.value == group => {
                members
                    .iter()
                    .any(|member| match member.value.strip_prefix('@') {
                        Some(inner) => self.is_member(inner, call),
                        None => member.value == call,
                    })
            }
            _ => false,
        })
    }

    fn action(&self, action: &ast::Action, abi: Abi) -> Action {
        let data = |value| self.value(value, abi) as u16;
        match action {
            ast::Action::Allow => Action::Allow,
            ast::Action::Log => Action::Log,
            ast::Action::Notify => Action::Notify,
            ast::Action::Errno(value) => Action::Errno(data(value)),
            ast::Action::Trap(value) => Action::Trap(data(value)),
            ast::Action::Trace(value) => Action::Trace(data(value)),
            ast::Action::Kill => Action::Kill,
            ast::Action::KillThread => Action::KillThread,
        }
    }

    /// What a value is, if there were no end of bits.
    pub fn value(&self, value: &Value, abi: Abi) -> i128 {
        match &value.kind {
            ValueKind::Number(number) => i128::from(*number),
            ValueKind::Negative(number) => -i128::from(*number),
            ValueKind::Name(name) => self.named(name, abi),
            ValueKind::Address(IpAddr::V4(address)) => i128::from(u32::from(*address)),
            ValueKind::Address(IpAddr::V6(_)) => panic!("no number"),
            ValueKind::Complement(inner) => -1 - self.value(inner, abi),
            ValueKind::Union(parts) => {
                let parts = parts.iter().map(|part| self.value(part, abi));
                parts.fold(0, |all, part| all | part)
            }
            ValueKind::Shift(value, by) => {
                let factor = (0..self.value(by, abi)).fold(1, |factor, _| factor * 2);
                self.value(value, abi) * factor
            }
        }
    }

    fn named(&self, name: &str, abi: Abi) -> i128 {
        let defined = self.directives().find_map(|directive| match directive {
            Directive::Define(defined, value) if defined.value == name => Some(value),
            _ => None,
        });
        match defined {
            Some(value) => self.value(value, abi),
            None if name == "NULL" => 0,
            None => tables::constant(abi, name).expect("the generator uses those that are there"),
        }
    }

    fn decide_by(
        &self,
        rule: &Rule,
        known: &'static tables::Call,
        abi: Abi,
        call: &Call,
    ) -> Verdict {
        let verdict = |action, by| Verdict { action, by };
        let places: Vec<Place> = tests_of(rule)
            .iter()
            .map(|test| Place::of(&test.field, known, abi).expect("it was accepted"))
            .collect();
        if self.target.sight == Sight::Arguments && places.iter().any(Place::is_beyond) {
            let fallback = self.directives().find_map(|directive| match directive {
                Directive::Fallback(name, action) if name.value == known.name => Some(action),
                _ => None,
            });
            let action = &fallback.expect("it was accepted").value;
            return verdict(self.action(action, abi), By::Fallback);
        }
        if let Some(extensible) = tables::extensible(known.name) {
            let grows = extensible.kind == Kind::Struct && places.iter().any(Place::is_member);
            if grows && call.extent() > extensible.known {
                return verdict(Action::Errno(7), By::Extent);
            }
        }
        for alternative in &rule.body {
            let (expression, then, otherwise) = match alternative {
                Alternative::Always(action) => {
                    return verdict(self.action(&action.value, abi), By::Always);
                }
                Alternative::If {
                    expression,
                    then,
                    otherwise,
                } => (expression, then, otherwise),
            };
            if self.holds(expression, known, abi, call) {
                let action = then
                    .as_ref()
                    .map_or(Action::Allow, |then| self.action(&then.value, abi));
                return verdict(action, By::Then);
            }
            if let Some(otherwise) = otherwise {
                return verdict(self.action(&otherwise.value, abi), By::Else);
            }
        }
        verdict(self.default(abi), By::Default)
    }

    fn holds(
        &self,
        expression: &Expression,
        known: &'static tables::Call,
        abi: Abi,
        call: &Call,
    ) -> bool {
        let holds = |inner: &Expression| self.holds(inner, known, abi, call);
        match expression {
            Expression::Any(parts) => parts.iter().any(holds),
            Expression::All(parts) => parts.iter().all(holds),
            Expression::Not(inner) => !holds(inner),
            Expression::Test(test) => self.test(test, known, abi, call),
        }
    }

    fn test(&self, test: &Test, known: &'static tables::Call, abi: Abi, call: &Call) -> bool {
        let place = Place::of(&test.field, known, abi).expect("it was accepted");
        if !place.has_family(call) {
            return false;
        }
        if let Some(bytes) = place.address(call) {
            let ValueKind::Address(IpAddr::V6(address)) = test.value.kind else {
                panic!("no address");
            };
            return (bytes == address.octets()) == (test.operator == Operator::Equal);
        }
        let operand = self.operand(test, known, abi);
        let left = place.bits(call) & operand.mask;
        match test.operator {
            Operator::Equal => left == operand.value,
            Operator::NotEqual => left != operand.value,
            Operator::In => left == 0,
            Operator::Less => operand.number(left) < operand.number(operand.value),
            Operator::LessOrEqual => operand.number(left) <= operand.number(operand.value),
            Operator::Greater => operand.number(left) > operand.number(operand.value),
            Operator::GreaterOrEqual => operand.number(left) >= operand.number(operand.value),
        }
    }

    /// What a test compares with, at the width of what it looks at; 0 if that is an address.
    pub fn operand(&self, test: &Test, known: &'static tables::Call, abi: Abi) -> Operand {
        let place = Place::of(&test.field, known, abi).expect("it was accepted");
        let Some(bytes) = place.bytes() else {
            return Operand::default();
        };
        let width = 8 * bytes as u32;
        let all = (1i128 << width) - 1;
        let written = test.mask.as_ref().map(|mask| self.value(mask, abi) & all);
        let mut mask = written.unwrap_or(all);
        let value = self.value(&test.value, abi) & all;
        let mut compared = value;
        if test.operator == Operator::In {
            mask &= all - value;
            compared = 0;
        }
        let is_flags = known.name == "clone" && place.is_argument(0) && !is_raw(test);
        if is_flags && mask & 0xff == 0x80 && compared & 0xff == 0 {
            mask -= 0x80;
        }
        Operand {
            mask,
            value: compared,
            written: value,
            width,
            signed: place.signed() && written.is_none(),
        }
    }
}

/// What a test compares with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Operand {
    /// What of the field counts.
    pub mask: i128,
    /// With what that is compared.
    pub value: i128,
    /// The value that was written.
    pub written: i128,
    width: u32,
    signed: bool,
}

impl Operand {
    /// The number that these bits are.
    fn number(&self, bits: i128) -> i128 {
        if self.signed && bits >> (self.width - 1) == 1 {
            bits - (1 << self.width)
        } else {
            bits
        }
    }
}

fn is_raw(test: &Test) -> bool {
    test.field.path[0].value == "arg0"
}

/// The tests of a rule, up to the alternative that always decides.
pub fn tests_of(rule: &Rule) -> Vec<&Test> {
    let mut tests = Vec::new();
    for alternative in &rule.body {
        match alternative {
            Alternative::Always(_) => break,
            Alternative::If {
                expression,
                otherwise,
                ..
            } => {
                gather(expression, &mut tests);
                if otherwise.is_some() {
                    break;
                }
            }
        }
    }
    tests
}

fn gather<'a>(expression: &'a Expression, tests: &mut Vec<&'a Test>) {
    match expression {
        Expression::Any(parts) | Expression::All(parts) => {
            parts.iter().for_each(|part| gather(part, tests));
        }
        Expression::Not(inner) => gather(inner, tests),
        Expression::Test(test) => tests.push(test),
    }
}
