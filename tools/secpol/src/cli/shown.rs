// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tells what the module shows in debugfs of a thread's filters.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    path::Path, //
};

use secpol::{
    abi::Abi,
    action::Action,
    filters_file::{
        self,
        Arch,
        Entry,
        Filters,
        Program,
        Range,
        Shown, //
    },
    output,
    tables, //
};
use secpol_analysis::{
    Analysis,
    Leaf,
    Outcome,
    Residual,
    Unseen, //
};

use super::{
    notation::Names,
    sections::{
        title,
        Calls,
        Teller,
        Told,
        Wanted, //
    },
    source,
    Failure, //
};

/// What debugfs shows of a thread, to be told.
pub(super) fn read(thread: i32) -> Result<Shown, Failure> {
    let failure = |error: &dyn std::fmt::Display| {
        Failure::Because(format!("{}: {error}", filters_file::PATH))
    };
    let text =
        filters_file::read(Path::new(filters_file::PATH), thread).map_err(|e| failure(&e))?;
    filters_file::parse(&text, thread).map_err(|error| failure(&error))
}

/// What is told of it.
pub(super) fn tell(thread: i32, shown: &Shown, wanted: &Wanted<'_>) -> Result<String, Failure> {
    match shown {
        Shown::None => Ok(format!("thread {thread}: no filters\n")),
        Shown::BuiltIn => Err(Failure::Because(format!(
            "the filters of thread {thread} are those of the built-in engine, of which debugfs \
             shows nothing: say --from ptrace"
        ))),
        Shown::Filters(filters) => source::with_room(|| {
            let mut text = head(thread, filters);
            let mut analysis = Analysis::default();
            for arch in &filters.arches {
                text.push_str(&section(&mut analysis, arch, wanted)?);
            }
            Ok(text)
        })?,
    }
}

fn head(thread: i32, shown: &Filters) -> String {
    let count = shown.filters.len();
    let mut text = format!("thread {thread}: {count} filters\n\n");
    for (filter, number) in shown.filters.iter().zip((1..=count).rev()) {
        text.push_str(&format!("filter {number}: {} instructions", filter.insns));
        for (is_so, what) in [
            (filter.logs, ", logged"),
            (filter.listens, ", with a listener"),
        ] {
            text.push_str(if is_so { what } else { "" });
        }
        text.push('\n');
    }
    text.push_str("\nall together\n");
    text
}

fn section(analysis: &mut Analysis, arch: &Arch, wanted: &Wanted<'_>) -> Result<String, Failure> {
    let abi = Abi::ALL
        .into_iter()
        .find(|abi| abi.audit_arch() == arch.arch);
    if !wanted.abis.is_empty() && !abi.is_some_and(|abi| wanted.abis.contains(&abi)) {
        return Ok(String::new());
    }
    let mut section = Section {
        teller: Teller::new(analysis),
        arch: arch.arch,
        told: Calls::new(),
    };
    let is_all = wanted.calls.is_empty();
    let numbers: BTreeMap<u32, &'static tables::Call> = abi
        .into_iter()
        .flat_map(tables::calls)
        .map(|call| (call.number, call))
        .collect();
    let mut next = Some(0);
    for range in &arch.ranges {
        for number in range.first..=range.last {
            let call = numbers.get(&number).copied();
            let is_wanted = is_all || call.is_some_and(|call| is_named(wanted, call));
            if is_wanted {
                let names = Names {
                    abi,
                    call,
                    ring: false,
                };
                section.add(number, &names, range)?;
            }
        }
        next = range.last.checked_add(1);
    }
    if let (true, Some(next)) = (is_all, next) {
        let what = section.all_programs();
        section
            .told
            .entry(what)
            .or_default()
            .1
            .push((next, u32::MAX));
    }
    let name = match abi {
        Some(abi) => abi.name().to_string(),
        None => format!("architecture {:#x}", arch.arch),
    };
    Ok(title(&name, section.told, Vec::new(), is_all))
}

fn is_named(wanted: &Wanted<'_>, call: &tables::Call) -> bool {
    wanted.calls.iter().any(|name| name == call.name)
}

struct Section<'a> {
    teller: Teller<'a>,
    arch: u32,
    told: Calls,
}

impl Section<'_> {
    fn add(&mut self, number: u32, names: &Names, range: &Range) -> Result<(), Failure> {
        let what = match &range.entry {
            None => self.all_programs(),
            Some(entry) => self.entry(entry, number, names)?,
        };
        let (calls, ranges) = self.told.entry(what).or_default();
        match names.call {
            Some(call) => calls.push(call.name.to_string()),
            None => ranges.push((number, number)),
        }
        Ok(())
    }

    fn all_programs(&mut self) -> Told {
        let why = "all programs are run, which are not shown";
        self.teller.undecided(why, "")
    }

    /// What the strongest of the constant and of all programs comes to.
    fn entry(&mut self, entry: &Entry, number: u32, names: &Names) -> Result<Told, Failure> {
        let constant = self.teller.analysis.constant(entry.constant.ret());
        // Nothing is stronger, whatever the programs return.
        if entry.constant == Action::Kill {
            return Ok(self.teller.told(&constant, names));
        }
        let mut too_long = None;
        let mut outcomes = vec![(entry.by, constant)];
        for (filter, program) in &entry.programs {
            match self.program(program, number)? {
                Known::Outcome(outcome) => outcomes.push((*filter, outcome)),
                Known::UnlessTooLong(outcome, listing) => {
                    too_long = Some((*filter, listing));
                    outcomes.push((*filter, outcome));
                }
                Known::Not(why, listing) => {
                    let why = format!("filter {filter}: {why}");
                    return Ok(self.teller.undecided(&why, &listing));
                }
            }
        }
        // The newest first.
        outcomes.sort_by_key(|(filter, _)| Reverse(*filter));
        let outcomes: Vec<Outcome> = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
        let Some((filter, listing)) = too_long else {
            return Ok(self.together(&outcomes, names));
        };
        let is_alone = entry.programs.len() == 1 && is_weaker_than_errno(entry.constant);
        if is_alone || self.are_at_most_errno(&outcomes) {
            return Ok(unless_too_long(self.together(&outcomes, names), names));
        }
        let why = format!("filter {filter}: it is not shown how much of the argument it sees");
        Ok(self.teller.undecided(&why, &listing))
    }

    fn together(&mut self, outcomes: &[Outcome], names: &Names) -> Told {
        let outcome = self.teller.analysis.together(outcomes);
        self.teller.told(&outcome, names)
    }

    /// Is nothing that is returned stronger than an errno? Then the result is that of the newest
    /// filter that returns one; so if a filter returns E2BIG instead of something else, it is that,
    /// or what it is without.
    fn are_at_most_errno(&self, outcomes: &[Outcome]) -> bool {
        let space = &self.teller.analysis.space;
        outcomes.iter().all(|outcome| {
            let leaves = outcome.node().map(|node| space.leaves(node));
            leaves.is_some_and(|leaves| leaves.iter().all(is_at_most_errno))
        })
    }

    /// What a program comes to for a number.
    fn program(&mut self, program: &Program, number: u32) -> Result<Known, Failure> {
        let not_shown = |why: &str| Ok(Known::Not(why.to_string(), String::new()));
        let insns = match program {
            Program::Whole => return not_shown("its whole program is run, which is not shown"),
            Program::NotShown => return not_shown("the module had no memory to show its program"),
            Program::Residual(insns) => insns,
        };
        let residual = Residual::new(&output::raw_insns(insns)).map_err(|error| {
            Failure::Because(format!(
                "{}: a program for call {number} is none: {error}",
                filters_file::PATH
            ))
        })?;
        let found = self.teller.analysis.residual(&residual, self.arch, number);
        let listing = || residual.listing().to_string();
        Ok(match found {
            Ok(outcome) => Known::Outcome(outcome),
            Err(why @ Unseen::Features) => Known::Not(why.to_string(), listing()),
            Err(Unseen::Size(outcome)) => Known::UnlessTooLong(outcome, listing()),
        })
    }
}

/// What is known of a program.
enum Known {
    Outcome(Outcome),
    /// This, if the filter sees all of the argument; else it may refuse the call with E2BIG. With
    /// the program.
    UnlessTooLong(Outcome, String),
    /// Not what it returns: why, and the program, if it is shown.
    Not(String, String),
}

fn is_at_most_errno(leaf: &Leaf) -> bool {
    match leaf {
        Leaf::Ret(ret) => {
            let action = Action::from_ret(*ret);
            is_weaker_than_errno(action) || matches!(action, Action::Errno(_))
        }
        _ => false,
    }
}

/// Then E2BIG, if the only program returns it, is what becomes of the call.
fn is_weaker_than_errno(constant: Action) -> bool {
    match constant {
        Action::Allow | Action::Log | Action::Trace(_) | Action::Notify => true,
        Action::Errno(_) | Action::Trap(_) | Action::Kill | Action::KillThread => false,
    }
}

fn unless_too_long(told: Told, names: &Names) -> Told {
    let argument = names.extensible_name().unwrap_or("the argument");
    let first = format!("more of {argument} than a filter sees -> errno(E2BIG), or as below");
    match told {
        Told::Always(action) => Told::Cases(vec![first, action]),
        Told::Cases(lines) => Told::Cases([vec![first], lines].concat()),
        undecided => undecided,
    }
}

#[cfg(test)]
mod tests;
