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
        ast::Span,
        example::Example,
        parser::parse_examples, //
    },
    text,
    uring::{
        self,
        Filters,
        Request,
        REFUSAL, //
    }, //
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
/// answer is told. What is not given is 0. An operation of a ring has "io_uring:" before it, as
/// "io_uring:openat(flags=O_RDONLY)".
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
    // What filters of io_uring do not see is told by `check`.
    let rings = uring::filters(&rules).map_err(Failure::because)?;
    let tester = Tester {
        input,
        rings: rings.map(|rings| rings.made),
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
    /// The filters of io_uring, if the policy has `@io_uring`.
    rings: Option<Filters>,
}

impl Tester<'_> {
    /// Tries a call. What nothing is expected of is told.
    fn is_as_expected(&self, example: &Example, files: &Files) -> Result<bool, Failure> {
        let machine = self.input.target.target()?.machine;
        let tried = self
            .policy
            .example(example, machine)
            .map_err(|errors| self.input.target.refuse(&errors, files))?;
        if let Some((operation, request)) = &tried.request {
            let (action, place) = self.in_ring(*operation, request)?;
            return self.tell(example, files, (action, place), tried.expected);
        }
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
        let found = (decision.action, self.place(&decision));
        self.tell(example, files, found, tried.expected)
    }

    /// Tells what was found, or that it is not what is expected.
    fn tell(
        &self,
        example: &Example,
        files: &Files,
        (action, place): (Action, Option<String>),
        expected: Option<Action>,
    ) -> Result<bool, Failure> {
        match expected {
            Some(expected) if expected == action => Ok(true),
            Some(expected) => {
                let mut diagnostic =
                    Diagnostic::error(format!("{action}, but expected was {expected}"))
                        .at(example.span, "this call");
                if let Some(place) = place {
                    diagnostic = diagnostic.help(format!("decided by {place}"));
                }
                self.input.target.show(&[diagnostic], files)?;
                Ok(false)
            }
            None => {
                print(format!("{action}\t{}\n", place.unwrap_or_default()))?;
                Ok(true)
            }
        }
    }

    /// What becomes of a request of a ring, and where the policy says so. Without `@io_uring`
    /// nothing holds rings.
    fn in_ring(
        &self,
        operation: u8,
        request: &Request,
    ) -> Result<(Action, Option<String>), Failure> {
        let Some(rings) = &self.rings else {
            return Ok((Action::Allow, None));
        };
        let filter = rings.filters.get(usize::from(operation));
        let why = || Failure::Because("there is no filter for the operation".to_string());
        let filter = filter.ok_or_else(why)?;
        let end = filter.run(request).map_err(Failure::because)?;
        if end.ret == uring::ALLOWED {
            return Ok((Action::Allow, None));
        }
        let demanded = filter.returns.iter().find(|known| known.0 == end.place);
        let origin = demanded.and_then(|(_, origins)| origins.first());
        Ok((REFUSAL, origin.map(|origin| self.line(*origin))))
    }

    /// Where the policy says so.
    fn place(&self, decision: &Decision) -> Option<String> {
        decision.origin.map(|origin| self.line(origin))
    }

    fn line(&self, origin: Span) -> String {
        let (line, _) = self.policy.files.place(origin);
        format!("{}:{line}", self.policy.files.name(origin.file))
    }
}
