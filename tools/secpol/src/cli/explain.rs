// SPDX-License-Identifier: MIT OR Apache-2.0

use std::collections::BTreeMap;

use secpol::{
    describe,
    rules::Section,
    tables, //
};

use super::{
    input::Input,
    streams::print,
    Answer,
    Outcome, //
};

/// Says what becomes of each call under a policy
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Of these calls alone
    #[arg(long, value_delimiter = ',')]
    call: Vec<String>,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let policy = arguments.input.read()?;
    let rules = arguments.input.rules(&policy)?;
    let mut lines = Vec::new();
    for section in &rules.sections {
        lines.push(format!("{}:", section.abi.name()));
        explain(section, &arguments.call, &mut lines);
    }
    lines.push(format!("other architectures: {}\n", rules.other.action));
    print(lines.join("\n"))?;
    Ok(Answer::Yes)
}

fn explain(section: &Section, wanted: &[String], lines: &mut Vec<String>) {
    // What is decided by the number alone, by what it is.
    let mut constant: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for call in tables::calls(section.abi) {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == call.name) {
            continue;
        }
        let steps = describe::rule(&section.rule(call.number), call, section.abi);
        match steps.as_slice() {
            [one] => constant.entry(one.clone()).or_default().push(call.name),
            steps => {
                lines.push(format!("  {}:", call.name));
                lines.extend(steps.iter().map(|step| format!("    {step}")));
            }
        }
    }
    for (action, calls) in constant {
        lines.push(format!("  {action}:"));
        lines.extend(wrap(&calls).iter().map(|line| format!("    {line}")));
    }
    lines.push(format!("  unknown calls: {}", section.unknown.action));
}

/// Words, with a comma between each two, in lines of at most 90 columns.
fn wrap(words: &[&str]) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (place, word) in words.iter().enumerate() {
        let comma = if place + 1 == words.len() { "" } else { "," };
        let line = lines.last_mut().expect("there is a first");
        if line.is_empty() {
            *line = format!("{word}{comma}");
        } else if line.len() + word.len() > 88 {
            lines.push(format!("{word}{comma}"));
        } else {
            line.push_str(&format!(" {word}{comma}"));
        }
    }
    lines
}
