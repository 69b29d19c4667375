// SPDX-License-Identifier: MIT OR Apache-2.0

//! A policy that a thread may be under.

use std::path::{
    Path,
    PathBuf, //
};

use secpol::{
    action::Action,
    call::Call,
    compile::{
        compile,
        Program, //
    },
    groups::Systemd,
    kernel, output,
    policy::{
        Policy,
        Target, //
    },
    rules::Rules,
    syntax::ast::Span,
    verdict_event::VerdictEvent,
};
use sha2::{
    Digest,
    Sha256, //
};

use super::super::{
    input::{
        For,
        Input, //
    },
    Failure, //
};

/// A policy, as a thread may be under it.
pub(super) struct Loaded {
    policy: Policy,
    /// As `compile` makes it, with its tag.
    plain: (Program, u64),
    /// As `run` makes it, but for the number that only `run` knows.
    run: Program,
    rules: Rules,
}

impl Loaded {
    pub(super) fn read(path: &Path, target: &For) -> Result<Self, Failure> {
        let input = Input {
            policy: PathBuf::from(path),
            target: target.clone(),
        };
        let policy = input.read()?;
        let rules = input.rules(&policy)?;
        let plain = compile(&rules).map_err(Failure::because)?;
        let with_cookie = Target {
            exec_cookie: Some(kernel::random_cookie().map_err(Failure::because)?),
            ..input.target.target()?
        };
        let run = input.made(&policy, policy.compile(&with_cookie, &Systemd))?;
        let tag = tag(&plain);
        Ok(Self {
            policy,
            plain: (plain, tag),
            run,
            rules,
        })
    }

    /// The line that has decided about a call, whose argument has this size; `None` if it was not
    /// this policy.
    pub(super) fn place(&self, event: &VerdictEvent, size: u64) -> Option<String> {
        let decider = event.decider?;
        let (plain, tag) = &self.plain;
        let call = Call {
            size,
            ..event.call.clone()
        };
        let decision = self.rules.decide(&call);
        let agrees = decision.action == Action::from_ret(event.ret);
        // Each run has another number in it, so the tag of such a program is not known: but it
        // returns the same in the same place.
        let program = match decider.tag == *tag {
            true => plain,
            false if agrees => &self.run,
            false => return None,
        };
        if program.insns.get(decider.insn)?.k != event.ret {
            return None;
        }
        let (_, spans) = program
            .returns
            .iter()
            .find(|(place, _)| *place == decider.insn)?;
        let exact = decision
            .origin
            .filter(|span| agrees && spans.contains(span));
        let places: Vec<String> = match exact {
            Some(span) => vec![self.line(span)],
            None => spans.iter().map(|span| self.line(*span)).collect(),
        };
        Some(places.join(", "))
    }

    fn line(&self, span: Span) -> String {
        let (line, _) = self.policy.files.place(span);
        format!("{}:{line}", self.policy.files.name(span.file))
    }
}

/// The tag of the program, as the kernel's event has it.
fn tag(program: &Program) -> u64 {
    let digest = Sha256::digest(output::raw(program));
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use secpol::bpf::Insn;

    use super::*;

    /// The kernel's tests have the same.
    #[test]
    fn known_tag() {
        let insns = [
            (0x20, 0, 0, 0),
            (0x35, 0, 1, 5000),
            (6, 0, 0, 0x5_0001),
            (6, 0, 0, 0x7fff_0000),
        ];
        let program = Program {
            insns: insns
                .into_iter()
                .map(|(code, jt, jf, k)| Insn { code, jt, jf, k })
                .collect(),
            returns: Vec::new(),
            appended: false,
            extensible_arg_size: 0,
        };
        assert_eq!(tag(&program), 0xf809_294d_ad2d_b460);
    }
}
