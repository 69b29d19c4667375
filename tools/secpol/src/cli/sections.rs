// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tells what filters do, architecture by architecture. Calls of which the same is to be told are
//! told of together.

use std::collections::{
    BTreeMap,
    BTreeSet, //
};

use secpol::{
    abi::Abi,
    rules::X32_SYSCALL_BIT,
    tables, //
};
use secpol_analysis::{
    Analysis,
    Arch,
    Field,
    Filter,
    Node,
    Outcome,
    Place,
    Study, //
};

use super::notation::{
    condition,
    lines,
    Names, //
};

/// What is to be told.
pub(super) struct Wanted<'a> {
    /// Of these calls alone, unless there are none.
    pub(super) calls: &'a [String],
    /// Of these architectures alone, unless there are none.
    pub(super) abis: &'a [Abi],
    /// The architectures to tell of if the filters name none.
    pub(super) machine: Abi,
}

/// What is told of some calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Told {
    /// What becomes of them by conditions.
    Cases(Vec<String>),
    /// Always the same.
    Always(String),
    /// That it is not known, and the program that decides.
    Undecided(Vec<String>),
}

/// Numbers from one to another.
pub(super) type Range = (u32, u32);

/// What is told, with the names of the calls, and their numbers if they have no names.
pub(super) type Calls = BTreeMap<Told, (Vec<String>, Vec<Range>)>;

/// What filters do together, of which the first is the newest.
pub(super) fn explain(analysis: &mut Analysis, filters: &[&Filter], wanted: &Wanted<'_>) -> String {
    let mut arches: BTreeSet<u32> = filters.iter().flat_map(|filter| filter.arches()).collect();
    let sees_structs = filters.iter().any(|filter| !filter.is_classic());
    if arches.is_empty() || sees_structs {
        let abis = [Some(wanted.machine), wanted.machine.compat()];
        arches.extend(abis.into_iter().flatten().map(Abi::audit_arch));
    }
    let mut text = String::new();
    for arch in &arches {
        let abi = Abi::ALL.into_iter().find(|abi| abi.audit_arch() == *arch);
        if !wanted.abis.is_empty() && !abi.is_some_and(|abi| wanted.abis.contains(&abi)) {
            continue;
        }
        let studies = study(analysis, filters, &Arch::One(*arch));
        let section = Section {
            teller: Teller::new(analysis),
            studies,
            abi,
        };
        text.push_str(&section.text(*arch, wanted));
    }
    if wanted.abis.is_empty() {
        let studies = study(analysis, filters, &Arch::AllBut(arches));
        let section = Section {
            teller: Teller::new(analysis),
            studies,
            abi: None,
        };
        text.push_str(&section.others());
    }
    text
}

fn study(analysis: &mut Analysis, filters: &[&Filter], arch: &Arch) -> Vec<Study> {
    let studies = filters.iter().map(|filter| analysis.study(filter, arch));
    studies.collect()
}

struct Section<'a> {
    teller: Teller<'a>,
    studies: Vec<Study>,
    abi: Option<Abi>,
}

/// Tells what becomes of the calls of an architecture.
pub(super) struct Teller<'a> {
    pub(super) analysis: &'a mut Analysis,
    /// The programs that are shown.
    shown: BTreeSet<String>,
}

/// The most programs that are shown of an architecture, and the most instructions of each.
const MAX_SHOWN: usize = 8;
const MAX_INSNS: usize = 200;

impl Section<'_> {
    fn text(mut self, arch: u32, wanted: &Wanted<'_>) -> String {
        let name = match self.abi {
            Some(abi) => abi.name().to_string(),
            None => format!("architecture {arch:#x}"),
        };
        let mut told: Calls = Calls::new();
        let mut known = BTreeSet::new();
        for call in self.abi.into_iter().flat_map(tables::calls) {
            known.insert(call.number);
            if wanted.calls.is_empty() || wanted.calls.iter().any(|name| name == call.name) {
                let names = Names {
                    abi: self.abi,
                    call: Some(call),
                    ring: false,
                };
                let what = self.number(call.number, &names);
                told.entry(what).or_default().0.push(call.name.to_string());
            }
        }
        let mut conditions = Vec::new();
        if wanted.calls.is_empty() {
            let names = Names {
                abi: self.abi,
                call: None,
                ring: false,
            };
            let numbers = self.studies.first().map_or(Vec::new(), Study::numbers);
            for number in numbers {
                if !known.contains(&number) {
                    let what = self.number(number, &names);
                    told.entry(what).or_default().1.push((number, number));
                }
            }
            conditions = self.rest(&names, &mut told);
        }
        let x32 = match self.abi {
            Some(Abi::X86_64) => self.take_x32(&mut told, wanted),
            _ => String::new(),
        };
        let title = title(&name, told, conditions, wanted.calls.is_empty());
        format!("{title}{x32}")
    }

    /// What becomes of calls of a number.
    fn number(&mut self, number: u32, names: &Names) -> Told {
        let outcome = self.teller.analysis.outcome(&self.studies, number);
        self.teller.told(&outcome, names)
    }

    /// What becomes of the numbers that are not looked at one by one. What cannot be told by ranges
    /// of numbers is returned.
    fn rest(&mut self, names: &Names, told: &mut Calls) -> Vec<String> {
        let ways = match self.teller.analysis.rest(&self.studies) {
            Ok(ways) => ways,
            Err(listing) => {
                let what = undecided("what decides is too complicated", &listing);
                return vec![format!("  other numbers:\n{}", block(&what))];
            }
        };
        let mut texts = Vec::new();
        for (when, node) in ways {
            let what = self.teller.node(node, names);
            let number = Field {
                place: Place::Number,
                lowest: 0,
                width: 32,
            };
            match self.teller.analysis.space.ranges(when, &number, false, 64) {
                Some(ranges) => {
                    let ranges = ranges.into_iter();
                    // CAST: Numbers have 32 bits.
                    let ranges = ranges.map(|(first, last)| (first as u32, last as u32));
                    told.entry(what).or_default().1.extend(ranges);
                }
                None => {
                    let text = condition(&mut self.teller.analysis.space, names, when, &number);
                    let text = text.unwrap_or("some numbers".to_string());
                    texts.push(format!("  {text}:\n{}", block(&what)));
                }
            }
        }
        texts
    }

    /// Takes from what is told of ranges of numbers what is about x32 calls, and tells it.
    fn take_x32(&mut self, told: &mut Calls, wanted: &Wanted<'_>) -> String {
        let mut x32: Calls = Calls::new();
        let mut known = BTreeSet::new();
        for call in tables::calls(Abi::X86_64) {
            let number = call.number | X32_SYSCALL_BIT;
            known.insert(number);
            if wanted.calls.is_empty() || wanted.calls.iter().any(|name| name == call.name) {
                let names = Names {
                    abi: self.abi,
                    call: Some(call),
                    ring: false,
                };
                let what = self.number(number, &names);
                x32.entry(what).or_default().0.push(call.name.to_string());
            }
        }
        for (what, (_, ranges)) in told.iter_mut() {
            let (mut here, mut there) = (Vec::new(), Vec::new());
            for (first, last) in std::mem::take(ranges) {
                if first < X32_SYSCALL_BIT {
                    here.push((first, last.min(X32_SYSCALL_BIT - 1)));
                }
                if last >= X32_SYSCALL_BIT {
                    there.push((first.max(X32_SYSCALL_BIT), last));
                }
            }
            *ranges = here;
            if !there.is_empty() {
                x32.entry(what.clone()).or_default().1 = without(&there, &known);
            }
        }
        told.retain(|_, (names, ranges)| !names.is_empty() || !ranges.is_empty());
        title(
            "x86_64, x32 calls",
            x32,
            Vec::new(),
            wanted.calls.is_empty(),
        )
    }

    /// What becomes of calls of architectures that the filters do not name.
    fn others(mut self) -> String {
        let names = Names {
            abi: None,
            call: None,
            ring: false,
        };
        let mut told = Calls::new();
        let conditions = self.rest(&names, &mut told);
        title("other architectures", told, conditions, true)
    }
}

impl<'a> Teller<'a> {
    pub(super) fn new(analysis: &'a mut Analysis) -> Self {
        Self {
            analysis,
            shown: BTreeSet::new(),
        }
    }

    /// What is told of calls with this outcome.
    pub(super) fn told(&mut self, outcome: &Outcome, names: &Names) -> Told {
        match outcome {
            Outcome::Decided(node) => self.node(*node, names),
            Outcome::Undecided(listing) => {
                self.undecided("what decides is too complicated", listing)
            }
        }
    }

    /// That it is not known, with the program that decides, unless too many are shown already.
    pub(super) fn undecided(&mut self, why: &str, listing: &str) -> Told {
        let is_known = self.shown.contains(listing);
        if !is_known && self.shown.len() >= MAX_SHOWN {
            return undecided(&format!("{why}; --call shows it"), "");
        }
        self.shown.insert(listing.to_string());
        undecided(why, listing)
    }

    fn node(&mut self, node: Node, names: &Names) -> Told {
        match lines(&mut self.analysis.space, names, node) {
            Ok(lines) => match lines.as_slice() {
                [one] => Told::Always(one.clone()),
                _ => Told::Cases(lines),
            },
            Err(why) => undecided(&why.to_string(), ""),
        }
    }
}

fn undecided(why: &str, listing: &str) -> Told {
    let mut lines = vec![format!("not decided: {why}")];
    let insns = listing.lines().map(|line| format!("  {line}"));
    lines.extend(insns.take(MAX_INSNS));
    let count = listing.lines().count();
    if count > MAX_INSNS {
        lines.push(format!("  and {} more instructions", count - MAX_INSNS));
    }
    Told::Undecided(lines)
}

/// Ranges without some numbers.
fn without(ranges: &[Range], taken: &BTreeSet<u32>) -> Vec<Range> {
    let mut left = Vec::new();
    for (first, last) in ranges {
        let mut first = Some(*first);
        for number in taken.range(first.unwrap_or(0)..=*last) {
            if let Some(first) = first.filter(|first| first < number) {
                left.push((first, number - 1));
            }
            first = number.checked_add(1);
        }
        if let Some(first) = first.filter(|first| first <= last) {
            left.push((first, *last));
        }
    }
    left
}

/// What is told of an architecture: in one line if all its calls are told of, and the same of all.
pub(super) fn title(name: &str, told: Calls, conditions: Vec<String>, is_all: bool) -> String {
    let count = told.len();
    match told.first_key_value() {
        Some((Told::Always(action), _)) if is_all && count == 1 && conditions.is_empty() => {
            format!("{name}: {action}\n")
        }
        _ => format!("{name}:\n{}{}", print(told), conditions.concat()),
    }
}

/// What is told of calls: by conditions first, then always the same.
fn print(told: Calls) -> String {
    let mut text = String::new();
    let mut told: Vec<(Told, Vec<String>)> = told
        .into_iter()
        .map(|(what, (mut calls, ranges))| {
            calls.extend(joined(ranges).into_iter().map(range));
            (what, calls)
        })
        .filter(|(_, calls)| !calls.is_empty())
        .collect();
    told.sort_by(|(a, calls_a), (b, calls_b)| {
        let is_constant = |what: &Told| matches!(what, Told::Always(_));
        let by_calls = calls_a.first().cmp(&calls_b.first());
        match (is_constant(a), is_constant(b)) {
            (false, false) => by_calls,
            (a_is, b_is) => a_is.cmp(&b_is).then(a.cmp(b)),
        }
    });
    for (what, calls) in told {
        match &what {
            Told::Always(action) => {
                text.push_str(&format!("  {action}:\n"));
                for line in wrap(&calls, 88) {
                    text.push_str(&format!("    {line}\n"));
                }
            }
            _ => {
                for line in wrap(&calls, 90) {
                    text.push_str(&format!("  {line}\n"));
                }
                // The colon is behind the last name.
                text.insert(text.len() - 1, ':');
                text.push_str(&block(&what));
            }
        }
    }
    text
}

fn block(what: &Told) -> String {
    match what {
        Told::Always(action) => format!("    {action}\n"),
        Told::Cases(lines) | Told::Undecided(lines) => {
            let lines: Vec<String> = lines.iter().map(|line| format!("    {line}\n")).collect();
            lines.concat()
        }
    }
}

/// Ranges in rising order, those that follow each other as one.
fn joined(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut all: Vec<Range> = Vec::new();
    for (first, last) in ranges {
        match all.last_mut() {
            Some(before) if before.1.checked_add(1) == Some(first) => before.1 = last,
            _ => all.push((first, last)),
        }
    }
    all
}

fn range((first, last): Range) -> String {
    let number = |number: u32| match number {
        u32::MAX => "0xffffffff".to_string(),
        X32_SYSCALL_BIT.. => format!("{number:#x}"),
        _ if number == X32_SYSCALL_BIT - 1 => format!("{number:#x}"),
        _ => number.to_string(),
    };
    if first == last {
        number(first)
    } else {
        format!("{}-{}", number(first), number(last))
    }
}

/// Words, with a comma between each two, in lines of so many columns.
pub(super) fn wrap<T: AsRef<str>>(words: &[T], columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (place, word) in words.iter().enumerate() {
        let word = word.as_ref();
        let comma = if place + 1 == words.len() { "" } else { "," };
        let full = match lines.last_mut() {
            Some(line) if line.is_empty() => {
                line.push_str(&format!("{word}{comma}"));
                false
            }
            Some(line) if line.len() + word.len() <= columns => {
                line.push_str(&format!(" {word}{comma}"));
                false
            }
            _ => true,
        };
        if full {
            lines.push(format!("{word}{comma}"));
        }
    }
    lines
}
