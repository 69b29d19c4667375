// SPDX-License-Identifier: GPL-2.0

//! What a filter consists of, whatever is below it.

use super::{
    notify::notifier::Notifier,
    platform::{
        Chosen,
        Platform, //
    },
    program::Program, //
};
use crate::sys::bpf::Residuals;
use kernel::sync::Arc;

/// A filter but for its place on a path. Immutable, but for its notifier's state.
pub(crate) struct Parts {
    program: Program,
    /// What is left of the program for calls whose arguments it looks at.
    residuals: Option<Residuals>,
    /// All its actions but ALLOW are to be logged.
    log: bool,
    /// If it was installed with `SECCOMP_FILTER_FLAG_NEW_LISTENER`.
    notifier: Option<Arc<Notifier>>,
    /// The code that evaluates the filter stays for as long as the filter.
    _engine: <Chosen as Platform>::EngineRef,
}

impl Parts {
    /// A filter of these parts.
    pub(crate) fn new(
        program: Program,
        residuals: Option<Residuals>,
        log: bool,
        notifier: Option<Arc<Notifier>>,
        engine: <Chosen as Platform>::EngineRef,
    ) -> Self {
        Self {
            program,
            residuals,
            log,
            notifier,
            _engine: engine,
        }
    }

    /// The program.
    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// The residual programs, if there are any.
    pub(crate) fn residuals(&self) -> Option<&Residuals> {
        self.residuals.as_ref()
    }

    /// Are the filter's actions to be logged?
    pub(crate) fn log(&self) -> bool {
        self.log
    }

    /// The notifier, if the filter has a listener or had one.
    pub(crate) fn notifier(&self) -> Option<&Notifier> {
        self.notifier.as_deref()
    }

    /// The same, to be shared with the listener.
    pub(crate) fn shared_notifier(&self) -> Option<Arc<Notifier>> {
        self.notifier.clone()
    }

    /// Is there a listener?
    pub(crate) fn is_listening(&self) -> bool {
        self.notifier().is_some_and(Notifier::is_listening)
    }
}
