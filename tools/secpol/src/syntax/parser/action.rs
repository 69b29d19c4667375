// SPDX-License-Identifier: MIT OR Apache-2.0

//! Actions.

use super::{
    super::{
        ast::{
            Action,
            Spanned,
            Value, //
        },
        nearest::nearest,
        token::Kind, //
    },
    cursor::{
        shortened,
        Cursor,
        Parsed, //
    },
    expression::is_operator,
    value::value, //
};
use crate::diagnostic::Diagnostic;

/// What an action is, for messages.
pub(super) const AN_ACTION: &str = "an action (allow, log, notify, errno(E), trap(N), trace(N), \
                                    kill or kill-thread)";

/// The words of actions, as they are written.
const FORMS: [(&str, &str); 8] = [
    ("allow", "allow"),
    ("log", "log"),
    ("notify", "notify"),
    ("errno", "errno(E)"),
    ("trap", "trap(N)"),
    ("trace", "trace(N)"),
    ("kill", "kill"),
    ("kill-thread", "kill-thread"),
];

/// Words of other tools.
const FOREIGN: [(&str, &str); 9] = [
    ("deny", "errno(EPERM)"),
    ("block", "errno(EPERM)"),
    ("refuse", "errno(EPERM)"),
    ("return", "errno(E)"),
    ("permit", "allow"),
    ("accept", "allow"),
    ("kill-process", "kill"),
    ("user-notif", "notify"),
    ("notif", "notify"),
];

/// Is an action next, and not a field of the same name?
pub(super) fn is_next(cursor: &Cursor<'_>) -> bool {
    let token = cursor.peek();
    let is_word = FORMS.iter().any(|(word, _)| token.is_name(word)) || is_one(cursor);
    let behind = cursor.peek_behind(1);
    is_word && !is_operator(behind) && !behind.is("&") && !behind.is(".")
}

fn is_one(cursor: &Cursor<'_>) -> bool {
    cursor.peek().kind == Kind::Digits && cursor.peek().text == "1"
}

/// Takes an action.
pub(super) fn action(cursor: &mut Cursor<'_>) -> Parsed<Spanned<Action>> {
    let start = cursor.peek().start;
    if is_one(cursor) {
        cursor.advance();
        return Ok(cursor.spanned(Action::Allow, start));
    }
    if cursor.peek().kind != Kind::Name {
        return Err(cursor.unexpected(AN_ACTION));
    }
    let word = cursor.hyphenated(AN_ACTION)?;
    let action = match word.value.as_str() {
        "allow" => Action::Allow,
        "log" => Action::Log,
        "notify" => Action::Notify,
        "errno" => Action::Errno(parameter(cursor, "errno", "EPERM")?),
        "trap" => Action::Trap(parameter(cursor, "trap", "0")?),
        "trace" => Action::Trace(parameter(cursor, "trace", "0")?),
        "kill" => Action::Kill,
        "kill-thread" => Action::KillThread,
        unknown => {
            let message = format!("expected {AN_ACTION}, found `{}`", shortened(unknown));
            let diagnostic = Diagnostic::error(message).at(word.span, "");
            return Err(match help(unknown, cursor) {
                Some(help) => diagnostic.help(help),
                None => diagnostic,
            });
        }
    };
    if cursor.peek().is("(") {
        let message = format!("`{}` takes no value", word.value);
        return Err(Diagnostic::error(message).at(cursor.span_of(cursor.peek()), ""));
    }
    Ok(cursor.spanned(action, start))
}

fn parameter(cursor: &mut Cursor<'_>, word: &str, example: &str) -> Parsed<Value> {
    if !cursor.take("(") {
        let diagnostic = cursor.expected(&format!("`(` behind `{word}`"));
        return Err(diagnostic.help(format!("`{word}` takes a value: `{word}({example})`")));
    }
    let parameter = cursor.nested(value)?;
    cursor.expect(")", "`)`")?;
    Ok(parameter)
}

/// What the word may have meant.
fn help(unknown: &str, cursor: &Cursor<'_>) -> Option<String> {
    // No error has a longer name.
    let is_error = (2..=20).contains(&unknown.len())
        && unknown.starts_with('E')
        && unknown
            .bytes()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        && unknown != "ERRNO";
    if is_error {
        return Some(format!("`errno({unknown})` fails with this error"));
    }
    let lower = unknown.to_ascii_lowercase().replace('_', "-");
    let bare = ["scmp-act-", "seccomp-ret-"]
        .iter()
        .find_map(|prefix| lower.strip_prefix(prefix))
        .unwrap_or(&lower);
    if let Some((_, form)) = FOREIGN.iter().find(|(word, _)| *word == bare) {
        return match cursor.peek() {
            error if bare == "return" && matches!(error.kind, Kind::Name | Kind::Digits) => {
                Some(format!("`return {0}` is `errno({0})` here", error.text)) //
            }
            _ => Some(format!("`{unknown}` is `{form}` here")),
        };
    }
    let word = nearest(bare, FORMS.iter().map(|(word, _)| *word))?;
    let (_, form) = FORMS.iter().find(|(known, _)| *known == word)?;
    Some(format!("did you mean `{form}`?"))
}
