// SPDX-License-Identifier: MIT OR Apache-2.0

//! A policy in all its forms, which must agree.

use std::path::Path;

use secpol::{
    call::Call,
    compile::{
        compile,
        Program,
        TooLong, //
    },
    diagnostic::Severity,
    groups::NoGroups,
    policy::{
        Policy,
        Target, //
    },
    rules::Rules,
    simulate,
    syntax::ast::{
        Item,
        Span, //
    }, //
};

use crate::{
    checker,
    reference::{
        Reference,
        Verdict, //
    }, //
};

/// A policy: as a text that was parsed, as rules, and as a program.
pub struct Forms {
    /// What it is for.
    pub target: Target,
    /// What was parsed.
    pub items: Vec<Item>,
    /// What it means.
    pub rules: Rules,
    /// The program.
    pub program: Program,
    /// The lines that demand what an instruction returns, by its place.
    origins: Vec<Vec<Span>>,
}

/// Why a text has not all forms.
#[derive(Debug)]
pub enum Refused {
    /// It means nothing.
    Wrong(Vec<String>),
    /// It would be a program of so many instructions.
    TooLong(TooLong),
}

impl Forms {
    /// Those of a text. A program that no kernel would take is a failure of the test.
    pub fn of(text: &str, target: Target) -> Result<Self, Refused> {
        let policy = Policy::parse(Path::new("random.pol"), text.to_string())
            .unwrap_or_else(|(_, mistakes)| panic!("{text}\nis no policy: {mistakes:?}"));
        let rules = policy
            .rules(&target, &NoGroups)
            .map_err(|errors| {
                let errors = errors
                    .into_iter()
                    .filter(|told| told.severity == Severity::Error);
                Refused::Wrong(errors.map(|error| error.message).collect())
            })?
            .made;
        let program = compile(&rules).map_err(Refused::TooLong)?;
        if let Err(why) = checker::check(&program) {
            panic!("{text}\nis not what the kernel takes: {why}");
        }
        let mut origins = vec![Vec::new(); program.insns.len()];
        for (place, lines) in &program.returns {
            origins[*place].clone_from(lines);
        }
        Ok(Self {
            target,
            items: policy.items,
            rules,
            program,
            origins,
        })
    }

    /// The policy's text, read slowly.
    pub fn reference(&self) -> Reference<'_> {
        Reference {
            items: &self.items,
            target: &self.target,
        }
    }

    /// What all forms say of a call; or how they differ.
    pub fn agree(&self, reference: &Reference<'_>, call: &Call) -> Result<Verdict, String> {
        let verdict = reference.decide(call);
        let decision = self.rules.decide(call);
        if decision.action != verdict.action {
            return Err(format!("the rules say {decision:?}, the text {verdict:?}"));
        }
        let seen = self.program.extensible_arg_size;
        let end = simulate::run(&self.program.insns, call, seen).map_err(|why| why.to_string())?;
        if end.ret != verdict.action.ret() {
            return Err(format!(
                "the program ends so: {end:?}, the text says {verdict:?}"
            ));
        }
        if let Some(origin) = decision.origin {
            let lines = &self.origins[end.place];
            if !lines.contains(&origin) {
                return Err(format!("{origin:?} decides, and {end:?} names {lines:?}"));
            }
        }
        Ok(verdict)
    }
}
