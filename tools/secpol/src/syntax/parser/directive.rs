// SPDX-License-Identifier: MIT OR Apache-2.0

//! Directives.

use super::{
    super::{
        ast::{
            Directive,
            Name,
            Spanned, //
        },
        nearest::nearest,
        token::{
            Kind,
            Token, //
        }, //
    },
    action::action,
    cursor::{
        shortened,
        Cursor,
        Parsed, //
    },
    rule::group,
    value::value, //
};
use crate::diagnostic::Diagnostic;

/// The names of directives, which no group can have.
pub const DIRECTIVES: [&str; 11] = [
    "default",
    "unknown",
    "kernel",
    "arch",
    "include",
    "define",
    "group",
    "fallback",
    "io_uring",
    "complain",
    "unrestricted",
];

/// What directives look like, in the order of [`DIRECTIVES`].
const FORMS: [&str; 11] = [
    "@default ACTION",
    "@unknown ACTION",
    "@kernel VERSION",
    "@arch NAME, NAME",
    "@include PATH",
    "@define NAME VALUE",
    "@group NAME CALL CALL @GROUP",
    "@fallback CALL ACTION",
    "@io_uring OPERATION OPERATION like-calls",
    "@complain",
    "@unrestricted",
];

/// Takes what is behind `@NAME`, which is all that is left.
pub(super) fn directive(cursor: &mut Cursor<'_>, name: &Name) -> Parsed<Directive> {
    let word = name.value.trim_start_matches('@');
    parameters(cursor, name, word).map_err(|mistake| {
        let form = DIRECTIVES
            .iter()
            .zip(FORMS)
            .find(|(known, _)| **known == word);
        match form {
            Some((_, form)) if mistake.help.is_empty() => mistake.help(format!("it is `{form}`")),
            _ => mistake,
        }
    })
}

fn parameters(cursor: &mut Cursor<'_>, name: &Name, word: &str) -> Parsed<Directive> {
    if word == "include" {
        return path(cursor).map(Directive::Include);
    }
    if let Some(colon) = cursor.rest().iter().find(|token| token.is(":")) {
        return Err(Diagnostic::error("a directive has no `:`")
            .at(cursor.span_of(*colon), "")
            .at(name.span, "this is a directive"));
    }
    let directive = match word {
        "default" => Directive::Default(action(cursor)?),
        "unknown" => Directive::Unknown(action(cursor)?),
        "kernel" => Directive::Kernel(version(cursor)?),
        "arch" => Directive::Arch(names(cursor, "an architecture", |cursor| {
            cursor.hyphenated("an architecture") //
        })?),
        "define" => define(cursor)?,
        "group" => define_group(cursor)?,
        "fallback" => Directive::Fallback(cursor.name("a call")?, action(cursor)?),
        "io_uring" => operations(cursor)?,
        "complain" => Directive::Complain(name.span),
        "unrestricted" => Directive::Unrestricted(name.span),
        _ => return Err(unknown(cursor, name)),
    };
    if !cursor.is_at_end() {
        return Err(cursor.unexpected("the end of the line"));
    }
    Ok(directive)
}

/// Says that there is no directive of this name.
pub(super) fn unknown(cursor: &Cursor<'_>, name: &Name) -> Diagnostic {
    let short = shortened(&name.value);
    let diagnostic = Diagnostic::error(format!("unknown directive `{short}`")).at(name.span, "");
    let word = name.value.trim_start_matches('@');
    match nearest(word, DIRECTIVES) {
        Some(meant) => diagnostic.help(format!("did you mean `@{meant}`?")),
        None if cursor.is_at_end() => diagnostic,
        None => diagnostic.help(format!("a rule for a group is `{short}: ...`")),
    }
}

/// Takes names with commas or blanks between them, to the end of the line or to a `}`.
fn names(
    cursor: &mut Cursor<'_>,
    what: &str,
    name: impl Fn(&mut Cursor<'_>) -> Parsed<Name>,
) -> Parsed<Vec<Name>> {
    let is_at_end = |cursor: &Cursor<'_>| cursor.is_at_end() || cursor.peek().is("}");
    if is_at_end(cursor) {
        return Err(cursor.expected(what));
    }
    let mut names = Vec::new();
    while !is_at_end(cursor) {
        if !names.is_empty() {
            cursor.take(",");
        }
        names.push(name(cursor)?);
    }
    Ok(names)
}

fn version(cursor: &mut Cursor<'_>) -> Parsed<Name> {
    let token = cursor.peek();
    let is_number = |part: &str| {
        (1..=5).contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit())
    };
    let is_version = token.kind == Kind::Digits
        && token.text.split('.').all(is_number)
        && (2..=3).contains(&token.text.split('.').count());
    if !is_version {
        return Err(cursor.unexpected("a version, such as 7.3"));
    }
    cursor.advance();
    Ok(cursor.spanned(token.text.to_owned(), token.start))
}

fn define(cursor: &mut Cursor<'_>) -> Parsed<Directive> {
    if !cursor.is_at_name() {
        return Err(cursor.unexpected("a name"));
    }
    let name = cursor.name("a name")?;
    if cursor.peek().is("=") {
        return Err(cursor.expected("a value"));
    }
    let value = value(cursor)?;
    Ok(Directive::Define(name, value))
}

fn define_group(cursor: &mut Cursor<'_>) -> Parsed<Directive> {
    if cursor.peek().is("@") {
        return Err(cursor.expected("the name of a group, without `@`"));
    }
    let name = cursor.hyphenated("the name of a group")?;
    if DIRECTIVES.contains(&name.value.as_str()) {
        let message = format!(
            "`@{}` is a directive, no group can have this name",
            name.value
        );
        return Err(Diagnostic::error(message).at(name.span, ""));
    }
    if cursor.peek().is("=") {
        return Err(cursor.expected("a call or a group"));
    }
    let in_braces = cursor.take("{");
    let members = names(cursor, "a call or a group", |cursor| {
        if cursor.peek().is("@") {
            group(cursor)
        } else {
            cursor.name("a call or a group")
        }
    })?;
    if in_braces {
        cursor.expect("}", "a call, a group or `}`")?;
    }
    Ok(Directive::Group(name, members))
}

fn operations(cursor: &mut Cursor<'_>) -> Parsed<Directive> {
    let what = "an operation or `like-calls`";
    let in_braces = cursor.take("{");
    let operations = names(cursor, what, |cursor| cursor.hyphenated(what))?;
    if in_braces {
        cursor.expect("}", "an operation, `like-calls` or `}`")?;
    }
    Ok(Directive::IoUring(operations))
}

/// Takes a path: what is in quotes, or all that is left.
fn path(cursor: &mut Cursor<'_>) -> Parsed<Spanned<String>> {
    let first = cursor.peek();
    if cursor.is_at_end() {
        return Err(cursor.expected("a path"));
    }
    let path = if first.kind == Kind::Quoted {
        cursor.advance();
        if !cursor.is_at_end() {
            return Err(cursor.expected("the end of the line"));
        }
        cursor.spanned(unquoted(first.text), first.start)
    } else {
        while !cursor.is_at_end() {
            cursor.advance();
        }
        bare_path(cursor, first)?
    };
    if path.value.is_empty() || path.value.contains(char::is_control) {
        return Err(Diagnostic::error("no file has such a path").at(path.span, ""));
    }
    Ok(path)
}

/// The path from the `first` token to the one that was taken last.
fn bare_path(cursor: &Cursor<'_>, first: Token<'_>) -> Parsed<Spanned<String>> {
    let span = cursor.span_from(first.start);
    if first.text == "\"" {
        return Err(Diagnostic::error("this quote is not closed")
            .at(cursor.span_of(first), "")
            .help("a path in quotes has `\\\"` for a quote, and `\\\\` for a backslash"));
    }
    if cursor.text_behind().starts_with('#') {
        return Err(Diagnostic::error("`#` starts a comment, even in a path")
            .at(span, "")
            .help("put the path in quotes"));
    }
    let value = cursor.text_of(span).to_owned();
    Ok(Spanned { value, span })
}

/// What is in the quotes.
fn unquoted(text: &str) -> String {
    let mut unquoted = String::new();
    let mut characters = text[1..text.len() - 1].chars();
    while let Some(c) = characters.next() {
        // The token ends with a quote that has no backslash before it, so that there is a next.
        let c = if c == '\\' {
            characters.next()
        } else {
            Some(c)
        };
        unquoted.extend(c);
    }
    unquoted
}
