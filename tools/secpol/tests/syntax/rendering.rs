// SPDX-License-Identifier: MIT OR Apache-2.0

//! How mistakes look.

use secpol::{
    diagnostic::{
        Diagnostic,
        Files, //
    },
    syntax::ast::Span, //
};

use crate::{
    files,
    mistakes_of, //
};

fn span(file: usize, start: usize, end: usize) -> Span {
    Span { file, start, end }
}

#[test]
fn plain() {
    let text = "# é\r\nread: { fd == 0 = 1\r\n@complain";
    let shown = mistakes_of(text)[0].render(&files(text), false);
    assert_eq!(
        shown.replace('\r', ""),
        "\
error: `{` is not closed
  ┌─ p:2:7
  │
2 │ read: { fd == 0 = 1
  │       ^ opened here
3 │ @complain
  │ - the next rule or directive

"
    );
}

#[test]
fn help() {
    let text = "read: fd = 0";
    let shown = mistakes_of(text)[0].render(&files(text), false);
    assert_eq!(
        shown,
        "\
error: expected an operator (==, !=, <, <=, >, >= or in), found `=`
  ┌─ p:1:10
  │
1 │ read: fd = 0
  │          ^
  │
  = help: `==` compares

"
    );
}

#[test]
fn colors() {
    let text = "read: fd = 0";
    let mistake = &mistakes_of(text)[0];
    let (plain, colored) = (
        mistake.render(&files(text), false),
        mistake.render(&files(text), true),
    );
    assert!(colored.contains("\u{1b}[") && !plain.contains('\u{1b}'));
    let mut without_colors = String::new();
    for part in colored.split('\u{1b}') {
        let is_color = part.starts_with('[');
        without_colors += if is_color {
            part.split_once('m').unwrap().1
        } else {
            part
        };
    }
    assert_eq!(without_colors, plain);
}

#[test]
fn severities() {
    let files = files("read");
    for (diagnostic, word) in [
        (Diagnostic::error("a"), "error"),
        (Diagnostic::warning("a"), "warning"),
        (Diagnostic::note("a"), "note"),
    ] {
        assert_eq!(diagnostic.line(&files), format!("{word}: a"));
        assert_eq!(diagnostic.render(&files, false), format!("{word}: a\n\n"));
        let placed = diagnostic.at(span(0, 2, 3), "b");
        assert_eq!(placed.line(&files), format!("p:1:3: {word}: a"));
        assert!(placed
            .render(&files, false)
            .starts_with(&format!("{word}: a\n  ┌─ p:1:3\n")));
    }
}

#[test]
fn places() {
    let mut files = files("é = 1\r\nread\n");
    let empty = files.add("q".to_owned(), String::new());
    for (at, place) in [
        (span(0, 0, 1), (1, 1)),
        (span(0, 1, 1), (1, 1)),
        (span(0, 2, 3), (1, 2)),
        (span(0, 7, 7), (1, 7)),
        (span(0, 8, 9), (2, 1)),
        (span(0, 12, 12), (2, 5)),
        (span(0, 13, 13), (3, 1)),
        (span(0, 99, 200), (3, 1)),
        (span(empty, 0, 0), (1, 1)),
        (span(empty, 5, 1), (1, 1)),
        (span(7, 5, 9), (1, 1)),
    ] {
        assert_eq!(files.place(at), place, "{at:?}");
    }
}

#[test]
fn any_span_can_be_shown() {
    let texts = [
        "",
        "\n",
        "\r\n",
        "a\r\nb",
        "é",
        "a\n\n",
        "\t\u{202e}\0\u{9b}\r",
        "a: é # é\n",
    ];
    for text in texts {
        let files = files(text);
        for start in 0..text.len() + 3 {
            for end in 0..text.len() + 3 {
                let diagnostic = Diagnostic::error("a")
                    .at(span(0, start, end), "b")
                    .at(span(0, end, start), "")
                    .help("c\u{1b}");
                for color in [false, true] {
                    let shown = diagnostic.render(&files, color);
                    assert!(
                        shown.contains("p:") && shown.contains("help: c?"),
                        "{shown:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_file_that_is_not_there() {
    let diagnostic = Diagnostic::error("a").at(span(3, 0, 1), "b");
    assert_eq!(diagnostic.render(&Files::new(), false), "?:1:1: error: a\n");
}

#[test]
fn a_terminal_gets_no_commands() {
    let mut files = Files::new();
    let text = "a\u{1b}[31m\u{202e}\u{9b}\r \u{7f}\tb\r\nc";
    let file = files.add("p\u{1b}[2J\n".to_owned(), text.to_owned());
    assert_eq!((files.name(file), files.text(file)), ("p\u{1b}[2J\n", text));
    let diagnostic = Diagnostic::error("a\u{1b}c\rd").at(span(file, 0, 3), "\u{8}");
    let shown = diagnostic.render(&files, false);
    assert!(shown.contains("a?[31m?????? ?  b\n"), "{shown:?}");
    assert!(shown.starts_with("error: a?c?d\n"), "{shown:?}");
    assert!(
        !shown.contains(['\u{1b}', '\u{202e}', '\u{9b}', '\u{7f}', '\u{8}']),
        "{shown:?}"
    );
    assert_eq!(diagnostic.line(&files), "p?[2J?:1:1: error: a?c?d");
}
