// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is said of wrong texts.

use crate::{
    files,
    mistakes_of,
    parsed, //
};

/// What the tables have as `ACTION`.
const ACTION: &str = "an action (allow, log, notify, errno(E), trap(N), trace(N), kill or \
                      kill-thread)";
/// What the tables have as `OPERATOR`.
const OPERATOR: &str = "an operator (==, !=, <, <=, >, >= or in)";

/// Checks what is said of a text: the column and the message of each mistake, and all help.
fn check(text: &str, expected: &[&str]) {
    let mut said = Vec::new();
    for mistake in mistakes_of(text) {
        let line = mistake.line(&files(text));
        said.push(line.replace("p:1:", "").replace("error: ", ""));
        said.extend(mistake.help.iter().map(|help| format!("help: {help}")));
    }
    let expected: Vec<_> = expected.iter().map(|line| spelled_out(line)).collect();
    assert_eq!(said, expected, "{text:?}");
}

fn spelled_out(line: &str) -> String {
    line.replace("ACTION,", &format!("{ACTION},"))
        .replace("OPERATOR,", &format!("{OPERATOR},"))
}

#[test]
fn table() {
    let mut lines = include_str!("mistakes.txt").lines().peekable();
    let mut checked = 0;
    while let Some(text) = lines.next() {
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("    ")) {
            expected.push(line.trim_start());
        }
        check(text, &expected);
        checked += 1;
    }
    assert!(checked > 150, "{checked}");
}

#[test]
fn invisible_characters() {
    for (text, expected) in [] {
        check(text, &[expected]);
    }
}

#[test]
fn several() {
    for (text, expected) in [
        (
            "read: fd = 0\nwrite: allow\n\nopen alow # why\r\n@complian",
            &[
                "p:1:10: error: expected OPERATOR, found `=`",
                "p:4:6: error: expected `:` behind `open`, found `alow`",
                "p:5:1: error: unknown directive `@complian`",
            ][..],
        ),
        // What goes on in the next line is one item, right or wrong.
        (
            "read: {\n fd = 0,\n 1 }\nwrite: {\n allow,\n } 1\nopen: errno",
            &[
                "p:2:5: error: expected OPERATOR, found `=`",
                "p:6:4: error: expected the end of the line, found `1`",
                "p:7:12: error: expected `(` behind `errno`, found the end of the line",
            ],
        ),
        // What is not closed ends where the next item starts.
        (
            "read: { fd == 0,\n 1\nwrite: errno(\n@complain yes\nopen: {\n (a == 1 \n",
            &[
                "p:1:7: error: `{` is not closed",
                "p:3:13: error: `(` is not closed",
                "p:4:11: error: expected the end of the line, found `yes`",
                "p:6:2: error: `(` is not closed",
            ],
        ),
        (
            "a: {\nb[arch=arm]: {\n",
            &[
                "p:1:4: error: `{` is not closed",
                "p:2:14: error: `{` is not closed",
            ],
        ),
        (
            "@group a {\n read\n @b\n@c-d: allow\n@group e {\n @b\n@complain",
            &[
                "p:1:10: error: `{` is not closed",
                "p:5:10: error: `{` is not closed",
            ],
        ),
        (
            "a: (b == [::1]\n || b == 1)\nb: c",
            &["p:3:4: error: expected ACTION, found `c`"],
        ),
        // What closes the outer closes the inner, so that the next line is told of.
        (
            "a: { (b == 1 }\nc d\n",
            &[
                "p:1:14: error: expected `)`, found `}`",
                "p:2:3: error: expected `:` behind `c`, found `d`",
            ],
        ),
        // The columns are characters.
        (
            "@include é\n# é\n@include \"éé\" é",
            &["p:3:15: error: expected the end of the line, found the character U+00E9"],
        ),
    ] {
        let expected: Vec<_> = expected.iter().map(|line| spelled_out(line)).collect();
        assert_eq!(parsed(text).unwrap_err(), expected, "{text:?}");
    }
}

#[test]
fn both_ends_are_marked() {
    for (text, marked) in [
        ("a: { b == 1\nc: 1", &["{", "c"][..]),
        ("a: { b == 1", &["{", ""]),
        ("a: { (b == 1 }", &["}", "("]),
        ("a: b == 1 == 2", &["==", "b == 1"]),
        ("@default: log", &[":", "@default"]),
    ] {
        let mistakes = mistakes_of(text);
        let spans = mistakes[0].labels.iter().map(|label| label.span);
        let texts: Vec<_> = spans.map(|span| &text[span.start..span.end]).collect();
        assert_eq!(texts, marked, "{text:?}");
    }
}

#[test]
fn not_all_are_told() {
    let lines = parsed(&"a: b = 1\n".repeat(30)).unwrap_err();
    assert_eq!(lines.len(), 20);
    assert!(lines[19].starts_with("p:20:6: error: "), "{lines:?}");
}

#[test]
fn long_words_are_cut() {
    let (name, digits) = ("c".repeat(1000), "9".repeat(1000));
    for text in [
        format!("a: b == 1 {name}"),
        format!("a: {name}"),
        format!("{name} b"),
        format!("@{name}"),
        format!("@{name} b"),
        format!("a: b == {digits}"),
        format!("a: b == -{digits}"),
        format!("a: b == 0{digits}"),
        format!("a: b == {digits}.1"),
        format!("a: b == [::{digits}]"),
        format!("a: {} 1", name.to_uppercase().replace('C', "E")),
        format!("a: b == {name} == 1"),
        format!("a: ({name}) == 1"),
    ] {
        let mistake = &mistakes_of(&text)[0];
        let longest = mistake
            .help
            .iter()
            .chain([&mistake.message])
            .map(String::len)
            .max();
        assert!(longest.unwrap() < 150, "{mistake:?}");
    }
}
