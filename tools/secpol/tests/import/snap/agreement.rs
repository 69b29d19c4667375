// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random profiles: the policy that is made of one decides as its two filters do together.

use proptest::{
    collection::vec,
    prelude::*,
    sample::select, //
};
use secpol::{
    abi::Abi,
    action::Action,
    call::Call,
    syntax::display,
    tables, //
};

use super::{
    import,
    options, //
};
use crate::{
    agreement::{
        as_taken,
        calls, //
    },
    meaning,
};

const CALLS: &[&str] = &["read", "personality", "mmap", "clone", "lseek", "fchown"];

#[derive(Clone, Debug)]
struct Line {
    denies: bool,
    call: &'static str,
    arguments: Vec<Argument>,
}

#[derive(Clone, Copy, Debug)]
enum Argument {
    Any,
    Compared(&'static str, u32),
    Masked(u32, u32),
    Negative,
}

impl Line {
    fn text(&self) -> String {
        let mut text = format!("{}{}", if self.denies { "~" } else { "" }, self.call);
        for argument in &self.arguments {
            text += &match argument {
                Argument::Any => " -".to_string(),
                Argument::Compared(sign, value) => format!(" {sign}{value}"),
                Argument::Masked(mask, value) => format!(" {mask}|{value}"),
                Argument::Negative => " -1".to_string(),
            };
        }
        text
    }

    fn holds(&self, call: &Call) -> bool {
        let mut all = self.arguments.iter().zip(call.arguments);
        all.all(|(argument, number)| match *argument {
            Argument::Any => true,
            Argument::Negative => number as u32 == u32::MAX,
            Argument::Masked(mask, value) => {
                number & u64::from(mask) == u64::from(value) & u64::from(mask)
            }
            // Of numbers of users and groups, 32 bits count.
            Argument::Compared("", value) if self.call == "fchown" => number as u32 == value,
            Argument::Compared(sign, value) => {
                let value = u64::from(value);
                match sign {
                    "" => number == value,
                    "!" => number != value,
                    "<" => number < value,
                    "<=" => number <= value,
                    ">" => number > value,
                    ">=" => number >= value,
                    "|" => number & value == value,
                    other => panic!("{other}"),
                }
            }
        })
    }
}

fn line() -> impl Strategy<Value = Line> {
    let value = || prop_oneof![4 => 0..4u32, 1 => select(&[0x8000_0000, u32::MAX, 0x80][..])];
    let sign = select(&["", "!", "<", "<=", ">", ">=", "|"][..]);
    let argument = prop_oneof![
        1 => Just(Argument::Any),
        3 => (sign, value()).prop_map(|(sign, value)| Argument::Compared(sign, value)),
        1 => (value(), value()).prop_map(|(mask, value)| Argument::Masked(mask, value)),
    ];
    let account = prop_oneof![
        1 => Just(Argument::Any),
        1 => Just(Argument::Negative),
        1 => value().prop_map(|value| Argument::Compared("", value)),
    ];
    let others = (select(&CALLS[..5]), vec(argument, 0..4));
    let accounts = (Just("fchown"), vec(account, 0..4));
    (
        prop::bool::weighted(0.3),
        prop_oneof![5 => others, 1 => accounts],
    )
        .prop_map(|(denies, (call, arguments))| Line {
            denies,
            call,
            arguments,
        })
}

/// What both filters say: the older denies, the newer lets through.
fn decide(lines: &[Line], complains: bool, name: &str, call: &Call) -> Action {
    let any = |denies| {
        lines
            .iter()
            .any(|line| line.call == name && line.denies == denies && line.holds(call))
    };
    match (any(false), any(true)) {
        (false, _) if !complains => Action::Errno(1),
        (_, true) => Action::Errno(13),
        (true, false) => Action::Allow,
        (false, false) => Action::Log,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn both_filters(
        lines in vec(line(), 1..10),
        calls in calls(CALLS),
        complains in prop::bool::weighted(0.2),
        exact in any::<bool>(),
    ) {
        let mut texts: Vec<String> = lines.iter().map(Line::text).collect();
        if complains {
            texts.insert(texts.len() / 2, "@complain".to_string());
        }
        let text = texts.join("\n");
        for machine in [Abi::X86_64, Abi::Aarch64] {
            let imported = import(&text, &options(machine, exact)).unwrap();
            let policy = display::text(&imported.items);
            let rules = meaning(&policy, machine);
            for (abi, call) in &calls {
                if *abi != machine && machine.compat() != Some(*abi) {
                    continue;
                }
                let known = tables::call_by_number(*abi, call.number).unwrap();
                let is_wider = |note: &String| {
                    note.contains("more bits") && note.contains(&format!(" of {}", known.name))
                };
                let taken = match exact {
                    true => call.clone(),
                    false if imported.notes.iter().any(is_wider) => continue,
                    false => as_taken(*abi, call),
                };
                let expected = decide(&lines, complains, known.name, &taken);
                let found = rules.decide(call).action;
                prop_assert_eq!(found, expected, "{}\n{}\n{:?} {:?}", text, policy, abi, call);
            }
        }
    }
}
