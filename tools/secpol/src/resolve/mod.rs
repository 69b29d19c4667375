// SPDX-License-Identifier: MIT OR Apache-2.0

//! Finds out what a policy means: looks its names up.

mod example;
mod field;
mod rings;
mod rule;
mod section;
mod settings;
mod value;

pub(crate) use self::example::example;
use self::settings::Settings;
pub use self::{
    example::Tried,
    field::FAMILIES, //
};
use crate::{
    abi::Abi,
    action::Action,
    diagnostic::{
        Diagnostic,
        Severity, //
    },
    groups::Groups,
    policy::{
        Made,
        Target, //
    },
    rules::{
        Decision,
        Rules, //
    },
    syntax::{
        ast::Item,
        parser::MOST_MISTAKES, //
    }, //
};

/// What a policy means for a target.
pub(crate) fn resolve(
    items: &[Item],
    target: &Target,
    groups: &dyn Groups,
) -> Result<Made<Rules>, Vec<Diagnostic>> {
    let mut said = Said::default();
    let settings = Settings::gather(items, &mut said);
    let rules = if let Some(origin) = settings.unrestricted {
        Rules {
            sections: Vec::new(),
            other: Decision {
                action: Action::Allow,
                origin: Some(origin),
            },
            rings: settings.rings(),
        }
    } else {
        let abis = settings.abis(target, &mut said);
        let kill = Decision {
            action: Action::Kill,
            origin: None,
        };
        Rules {
            sections: section::sections(items, &settings, target, &abis, groups, &mut said),
            other: settings.complaining(kill),
            rings: settings.rings(),
        }
    };
    said.finish(rules)
}

/// What there is to say about a policy.
#[derive(Default)]
struct Said {
    diagnostics: Vec<Diagnostic>,
}

impl Said {
    /// Says it once: a policy is looked at once for each architecture.
    fn say(&mut self, diagnostic: Diagnostic) {
        let same = |known: &Diagnostic| {
            known.message == diagnostic.message
                && known.labels.first().map(|label| label.span)
                    == diagnostic.labels.first().map(|label| label.span)
        };
        let is_alike = |known: &&Diagnostic| known.severity == diagnostic.severity;
        let alike = self.diagnostics.iter().filter(is_alike).count();
        if alike < MOST_MISTAKES && !self.diagnostics.iter().any(same) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Were as many mistakes found as are told? Whoever looks for more looks in vain.
    fn is_full(&self) -> bool {
        let error = |known: &&Diagnostic| known.severity == Severity::Error;
        self.diagnostics.iter().filter(error).count() >= MOST_MISTAKES
    }

    fn finish<T>(self, made: T) -> Result<Made<T>, Vec<Diagnostic>> {
        let error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        if self.diagnostics.iter().any(error) {
            return Err(self.diagnostics);
        }
        Ok(Made {
            made,
            remarks: self.diagnostics,
        })
    }
}

/// The architecture whose arguments have the widest type: a value is looked up there if no other
/// is asked for.
const WIDEST: Abi = Abi::X86_64;
