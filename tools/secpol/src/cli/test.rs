// SPDX-License-Identifier: MIT OR Apache-2.0

use std::path::PathBuf;

use secpol::{
    action::Action,
    compile::{
        compile,
        Program, //
    },
    diagnostic::{
        Diagnostic,
        Files, //
    },
    policy::Policy,
    rules::{
        Decision,
        Rules, //
    },
    simulate,
    syntax::{
        example::Example,
        parser::parse_examples, //
    },
    text, //
};

use super::{
    input::Input,
    streams::{
        print,
        tell, //
    },
    Answer,
    Failure,
    Outcome, //
};

/// Says what becomes of calls under a policy, and whether that is what was expected
///
/// A call is written as "openat2(how={resolve=RESOLVE_BENEATH}) -> allow"; without the arrow, the
/// answer is told. What is not given is 0.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Calls
    calls: Vec<String>,
    /// A file with calls, each in a line of its own
    #[arg(short, long, value_name = "FILE")]
    file: Vec<PathBuf>,
}

pub(super) fn main(arguments: &Arguments) -> Outcome {
    let input = &arguments.input;
    let policy = input.read()?;
    let rules = input.rules(&policy)?;
    let tester = Tester {
        input,
        program: compile(&rules).map_err(Failure::because)?,
        rules,
        policy,
    };
    let mut texts = Vec::new();
    for call in &arguments.calls {
        texts.push(("command line".to_string(), call.clone()));
    }
    for path in &arguments.file {
        let text = text::read(path).map_err(|error| {
            Failure::Because(format!("cannot read {}: {error}", path.display()))
            //
        })?;
        texts.push((path.display().to_string(), text));
    }
    if texts.is_empty() {
        return Err(Failure::Because(
            "give calls, or with --file files of them".to_string(),
        ));
    }
    let mut wrong = 0;
    let mut tried = 0;
    for (name, text) in texts {
        let mut files = Files::default();
        let file = files.add(name, text.clone());
        let examples =
            parse_examples(file, &text).map_err(|errors| input.target.refuse(&errors, &files))?;
        for example in examples {
            tried += 1;
            wrong += usize::from(!tester.is_as_expected(&example, &files)?);
        }
    }
    if wrong == 0 {
        return Ok(Answer::Yes);
    }
    tell(format!("{wrong} of {tried} are not as expected"))?;
    Ok(Answer::No)
}

struct Tester<'a> {
    input: &'a Input,
    policy: Policy,
    rules: Rules,
    program: Program,
}

impl Tester<'_> {
    /// Tries a call. What nothing is expected of is told.
    fn is_as_expected(&self, example: &Example, files: &Files) -> Result<bool, Failure> {
        let machine = self.input.target.target()?.machine;
        let tried = self
            .policy
            .example(example, machine)
            .map_err(|errors| self.input.target.refuse(&errors, files))?;
        let decision = self.rules.decide(&tried.call);
        let seen = self.program.extensible_arg_size;
        let end =
            simulate::run(&self.program.insns, &tried.call, seen).map_err(Failure::because)?;
        // The policy's meaning and its filter were found out in two ways.
        if Action::from_ret(end.ret) != decision.action {
            return Err(Failure::Because(format!(
                "the filter does something else than the policy says: this is a bug ({:#x})",
                end.ret
            )));
        }
        match tried.expected {
            Some(expected) if expected == decision.action => Ok(true),
            Some(expected) => {
                let mut diagnostic =
                    Diagnostic::error(format!("{}, but expected was {expected}", decision.action))
                        .at(example.span, "this call");
                if let Some(place) = self.place(&decision) {
                    diagnostic = diagnostic.help(format!("decided by {place}"));
                }
                self.input.target.show(&[diagnostic], files)?;
                Ok(false)
            }
            None => {
                let place = self.place(&decision).unwrap_or_default();
                print(format!("{}\t{place}\n", decision.action))?;
                Ok(true)
            }
        }
    }

    /// Where the policy says so.
    fn place(&self, decision: &Decision) -> Option<String> {
        let span = decision.origin?;
        let (line, _) = self.policy.files.place(span);
        Some(format!("{}:{line}", self.policy.files.name(span.file)))
    }
}
