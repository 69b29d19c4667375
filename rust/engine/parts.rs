// SPDX-License-Identifier: GPL-2.0

//! The parts of a filter that do not depend on the filters below it.

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

/// A filter without its place on a path. Immutable, but for the state of its notifier.
pub(crate) struct Parts {
    program: Program,
    /// The residual programs, compiled; `None` if there are none, or no memory for them.
    residuals: Option<Residuals>,
    /// It was installed with `SECCOMP_FILTER_FLAG_LOG`: all its actions but ALLOW are to be logged.
    log: bool,
    /// `None` unless it was installed with `SECCOMP_FILTER_FLAG_NEW_LISTENER`.
    notifier: Option<Arc<Notifier>>,
    /// Keeps the code that evaluates the filter loaded.
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

    /// The notifier, if the filter has or had a listener.
    pub(crate) fn notifier(&self) -> Option<&Notifier> {
        self.notifier.as_deref()
    }

    /// [`Parts::notifier`], to be shared with the file of the listener.
    pub(crate) fn shared_notifier(&self) -> Option<Arc<Notifier>> {
        self.notifier.clone()
    }

    /// Does the filter have a listener that is not closed?
    pub(crate) fn is_listening(&self) -> bool {
        self.notifier().is_some_and(Notifier::is_listening)
    }
}
