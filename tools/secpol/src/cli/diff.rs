// SPDX-License-Identifier: MIT OR Apache-2.0

use std::{
    collections::{
        BTreeMap,
        BTreeSet, //
    },
    path::PathBuf,
};

use secpol::{
    abi::Abi,
    action::Action,
    rules::X32_SYSCALL_BIT,
    tables, //
};
use secpol_analysis::{
    Analysis,
    Arch,
    Difference,
    Filter,
    Kind,
    Study, //
};

use super::{
    explain::abis,
    input::For,
    notation::{
        call,
        cases,
        Names, //
    },
    rings,
    sections::wrap,
    source::{
        self,
        Extended, //
    },
    streams::print,
    Answer,
    Failure,
    Outcome, //
};

/// Says where two policies, or filters, differ
///
/// For calls about which they differ it tells the conditions, and a call for which that was tried.
/// The status is 0 if they do the same, 1 if not, and 2 if that could not be found out.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// A policy, or a file of BPF
    old: PathBuf,
    /// Another
    new: PathBuf,
    #[command(flatten)]
    target: For,
    #[command(flatten)]
    extended: Extended,
    /// The status is 0 unless NEW is looser for a call: does something of less precedence
    #[arg(long)]
    stricter: bool,
    /// Of these architectures alone
    #[arg(long, value_delimiter = ',', value_name = "ARCH")]
    arch: Vec<String>,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let wanted = abis(&arguments.arch)?;
    let machine = arguments.target.target()?.machine;
    let read = |path| arguments.extended.filter(path, &arguments.target);
    let (old, old_rings) = read(&arguments.old)?;
    let (new, new_rings) = read(&arguments.new)?;
    let compare = || {
        let mut found = compare(old, new, machine, &wanted);
        // A file of BPF says nothing of rings.
        if let (Some(old), Some(new), []) = (&old_rings, &new_rings, wanted.as_slice()) {
            let rings = rings::compare(old, new, machine);
            found.text.push_str(&rings.text);
            found.kinds.extend(rings.kinds);
            found.undecided += rings.undecided;
        }
        found
    };
    let Found {
        text,
        kinds,
        undecided,
    } = source::with_room(compare)?;
    print(text.as_bytes())?;
    if undecided > 0 {
        return Err(Failure::Because(
            "whether they do the same could not be found out for all calls".to_string(),
        ));
    }
    Ok(Answer::of(if arguments.stricter {
        !kinds.contains(&Kind::Looser)
    } else {
        kinds.is_empty()
    }))
}

/// What was found.
pub(super) struct Found {
    pub(super) text: String,
    /// How they were found to differ.
    pub(super) kinds: BTreeSet<Kind>,
    /// Of how much nothing was found out.
    pub(super) undecided: usize,
}

fn compare(old: Filter, new: Filter, machine: Abi, wanted: &[Abi]) -> Found {
    let mut arches: BTreeSet<u32> = old.arches();
    arches.extend(new.arches());
    if arches.is_empty() || !old.is_classic() || !new.is_classic() {
        let abis = [Some(machine), machine.compat()];
        arches.extend(abis.into_iter().flatten().map(Abi::audit_arch));
    }
    let mut comparison = Comparison {
        analysis: Analysis::default(),
        old,
        new,
        machine,
        kinds: BTreeSet::new(),
        undecided: 0,
    };
    let mut text = String::new();
    for arch in &arches {
        let abi = Abi::ALL.into_iter().find(|abi| abi.audit_arch() == *arch);
        if wanted.is_empty() || abi.is_some_and(|abi| wanted.contains(&abi)) {
            text.push_str(&comparison.arch(*arch, abi));
        }
    }
    if wanted.is_empty() {
        text.push_str(&comparison.others(arches));
    }
    Found {
        text,
        kinds: comparison.kinds,
        undecided: comparison.undecided,
    }
}

struct Comparison {
    analysis: Analysis,
    old: Filter,
    new: Filter,
    machine: Abi,
    /// How they were found to differ.
    kinds: BTreeSet<Kind>,
    /// Of how many calls nothing was found out.
    undecided: usize,
}

/// What is told of calls: how they differ and under which conditions, or why that is not known.
pub(super) type Told = (String, Vec<String>);

impl Comparison {
    fn studies(&mut self, arch: &Arch) -> (Study, Study) {
        (
            self.analysis.study(&self.old, arch),
            self.analysis.study(&self.new, arch),
        )
    }

    fn arch(&mut self, arch: u32, abi: Option<Abi>) -> String {
        let studies = self.studies(&Arch::One(arch));
        let numbers = studies.0.numbers();
        let mut told: BTreeMap<Told, (Vec<String>, String)> = BTreeMap::new();
        let mut add = |what: Option<(Told, String)>, label: String| {
            if let Some((what, witness)) = what {
                let (labels, first) = told.entry(what).or_default();
                labels.push(label);
                if first.is_empty() {
                    *first = witness;
                }
            }
        };
        for number in numbers {
            let is_x32 = abi == Some(Abi::X86_64) && number >= X32_SYSCALL_BIT;
            let known = match is_x32 {
                true => number & !X32_SYSCALL_BIT,
                false => number,
            };
            let names = Names {
                abi,
                call: abi.and_then(|abi| tables::call_by_number(abi, known)),
                ring: false,
            };
            let name = names
                .call
                .map_or(known.to_string(), |call| call.name.to_string());
            let label = match is_x32 {
                true => format!("x32 {name}"),
                false => name,
            };
            add(
                self.difference(&studies, Some(number), &names, is_x32),
                label,
            );
        }
        let names = Names {
            abi,
            call: None,
            ring: false,
        };
        let rest = self.difference(&studies, None, &names, false);
        add(rest, "other numbers".to_string());
        let name = match abi {
            Some(abi) => abi.name().to_string(),
            None => format!("architecture {arch:#x}"),
        };
        text(&name, told)
    }

    fn others(&mut self, arches: BTreeSet<u32>) -> String {
        let studies = self.studies(&Arch::AllBut(arches));
        let names = Names {
            abi: None,
            call: None,
            ring: false,
        };
        match self.difference(&studies, None, &names, false) {
            Some((what, witness)) => {
                let told = BTreeMap::from([(what, (vec!["all calls".to_string()], witness))]);
                text("other architectures", told)
            }
            None => String::new(),
        }
    }

    /// What is told of the calls of a number, and a call about which they differ.
    fn difference(
        &mut self,
        studies: &(Study, Study),
        number: Option<u32>,
        names: &Names,
        is_x32: bool,
    ) -> Option<(Told, String)> {
        let found = self.analysis.difference(
            (&self.old, &studies.0),
            (&self.new, &studies.1),
            number, //
        );
        match found {
            Difference::None => None,
            Difference::Undecided(why) => {
                self.undecided += 1;
                Some(((format!("not decided: {why}"), Vec::new()), String::new()))
            }
            Difference::Found {
                change,
                witness,
                old,
                new,
                kinds,
            } => {
                self.kinds.extend(&kinds);
                let words: Vec<&str> = kinds.iter().map(|kind| word(*kind)).collect();
                let conditions = cases(&mut self.analysis.space, names, change)
                    .unwrap_or_else(|why| vec![format!("when: {why}")]);
                let x32 = if is_x32 { "x32 " } else { "" };
                let witness = format!(
                    "{x32}{}: {} -> {}",
                    call(names, &witness, self.machine),
                    Action::from_ret(old),
                    Action::from_ret(new)
                );
                Some(((words.join(", "), conditions), witness))
            }
        }
    }
}

pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Stricter => "stricter",
        Kind::Looser => "looser",
        Kind::Other => "other",
    }
}

pub(super) fn text(name: &str, told: BTreeMap<Told, (Vec<String>, String)>) -> String {
    if told.is_empty() {
        return String::new();
    }
    let mut text = format!("{name}:\n");
    for ((how, conditions), (labels, witness)) in told {
        for line in wrap(&labels, 90) {
            text.push_str(&format!("  {line}\n"));
        }
        text.insert_str(text.len() - 1, &format!(": {how}"));
        for condition in conditions {
            text.push_str(&format!("    {condition}\n"));
        }
        if !witness.is_empty() {
            text.push_str(&format!("    tried: {witness}\n"));
        }
    }
    text
}
