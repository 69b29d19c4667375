// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is told of a policy: where it is wrong, or not what it seems.

mod files;

use codespan_reporting::{
    diagnostic as codespan,
    term::{
        self,
        termcolor::Ansi,
        Config, //
    }, //
};

use crate::syntax::ast::Span;

pub use files::Files;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The policy is not used.
    Error,
    /// The policy is used, but may not do what its author wants.
    Warning,
    /// The author may want to know.
    Note,
}

/// A place, with what there is to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// May be empty: then the place is only marked.
    pub text: String,
}

/// Something that the author of a policy is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// One line, without a full stop.
    pub message: String,
    /// The first is the main one.
    pub labels: Vec<Label>,
    /// What the author can do, a line each.
    pub help: Vec<String>,
}

impl Severity {
    /// The word before the message.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }

    fn to_codespan(self) -> codespan::Severity {
        match self {
            Self::Error => codespan::Severity::Error,
            Self::Warning => codespan::Severity::Warning,
            Self::Note => codespan::Severity::Note,
        }
    }
}

impl Diagnostic {
    /// Says that the policy is not used.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message)
    }

    /// Says that the policy may not do what its author wants.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    /// Says what the author may want to know.
    pub fn note(message: impl Into<String>) -> Self {
        Self::new(Severity::Note, message)
    }

    fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self {
            severity,
            message: message.into(),
            labels: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Adds a place; the first that is added is the main one.
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        self.labels.push(Label { span, text });
        self
    }

    /// Adds what the author can do.
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Several lines for a terminal: the message, the lines of the policy with the places marked,
    /// and the help.
    pub fn render(&self, files: &Files, color: bool) -> String {
        let labels = self.labels.iter().enumerate().map(|(index, label)| {
            let style = match index {
                0 => codespan::LabelStyle::Primary,
                _ => codespan::LabelStyle::Secondary,
            };
            let range = files.shown_range(label.span);
            let text = files::in_one_line(&label.text);
            codespan::Label::new(style, label.span.file, range).with_message(text)
        });
        let help = self
            .help
            .iter()
            .map(|text| format!("help: {}", files::in_one_line(text)));
        let diagnostic = codespan::Diagnostic::new(self.severity.to_codespan())
            .with_message(files::in_one_line(&self.message))
            .with_labels_iter(labels)
            .with_notes_iter(help);

        let config = Config::default();
        let rendered = if color {
            let mut ansi = Ansi::new(Vec::new());
            term::emit_to_write_style(&mut ansi, &config, files.shown(), &diagnostic)
                .map(|()| String::from_utf8_lossy(&ansi.into_inner()).into_owned())
        } else {
            term::emit_into_string(&config, files.shown(), &diagnostic)
        };
        // A place in a file that is not there cannot be shown; the message still can.
        rendered.unwrap_or_else(|_| self.line(files) + "\n")
    }

    /// One line, without its end: `FILE:LINE:COLUMN: error: MESSAGE`.
    pub fn line(&self, files: &Files) -> String {
        let word = self.severity.word();
        let message = files::in_one_line(&self.message);
        match self.labels.first() {
            Some(label) => {
                let name = files::in_one_line(files.name(label.span.file));
                let (line, column) = files.place(label.span);
                format!("{name}:{line}:{column}: {word}: {message}")
            }
            None => format!("{word}: {message}"),
        }
    }
}
