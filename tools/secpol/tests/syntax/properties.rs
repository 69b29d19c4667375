// SPDX-License-Identifier: MIT OR Apache-2.0

//! What holds for all texts.

use proptest::{
    collection::vec,
    prelude::*, //
};
use secpol::syntax::{
    display,
    parser::{
        parse,
        DEEPEST,
        LONGEST_TEXT,
        MOST_MISTAKES, //
    }, //
};

use crate::{
    arbitrary,
    files,
    parsed,
    without_spans,
    EXAMPLE, //
};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Checks that a text is parsed, or has mistakes that can be shown. Returns whether it is parsed.
fn harmless(text: &str) -> bool {
    let mistakes = match parse(0, text) {
        Ok(items) => {
            let printed = display::text(&items);
            let again = parsed(&printed).unwrap_or_else(|why| panic!("{printed:?}: {why:?}"));
            assert_eq!(without_spans(&again), without_spans(&items), "{text:?}");
            return true;
        }
        Err(mistakes) => mistakes,
    };
    assert!((1..=MOST_MISTAKES).contains(&mistakes.len()), "{text:?}");
    let files = files(text);
    let mut last = 0;
    for mistake in &mistakes {
        for label in &mistake.labels {
            let (start, end) = (label.span.start, label.span.end);
            assert!(text.get(start..end).is_some(), "{text:?}: {mistake:?}");
        }
        let main = mistake.labels[0].span;
        assert!(main.start >= last, "{text:?}: {mistakes:?}");
        last = main.start;
        let shown = mistake.render(&files, main.start % 2 == 0);
        // Of characters that a terminal obeys, there are those that give colors alone.
        let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{1b}');
        assert!(
            shown.contains(&mistake.message) && !shown.contains(obeyed),
            "{shown:?}"
        );
        assert!(
            mistake.line(&files).lines().count() == 1,
            "{text:?}: {mistake:?}"
        );
    }
    false
}

proptest! {
    #![proptest_config(cases(4_000))]

    #[test]
    fn what_is_printed_says_the_same(items in arbitrary::items()) {
        let printed = display::text(&items);
        let again = parsed(&printed);
        prop_assert!(again.is_ok(), "{}{:?}", printed, again);
        prop_assert_eq!(without_spans(&again.unwrap()), without_spans(&items), "{}", printed);
    }
}

proptest! {
    #![proptest_config(cases(100_000))]

    #[test]
    fn words(text in arbitrary::words()) {
        harmless(&text);
    }

    #[test]
    fn bytes(bytes in vec(any::<u8>(), 0..60)) {
        harmless(&String::from_utf8_lossy(&bytes));
    }
}

/// Numbers that look random, and are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[test]
fn damaged_examples() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let lines: Vec<_> = EXAMPLE.split_inclusive('\n').collect();
    let (mut right, mut wrong) = (0, 0);
    for _ in 0..40_000 {
        let first = random.below(lines.len());
        let count = 1 + random.below(6);
        let chosen = &lines[first..lines.len().min(first + count)];
        let mut bytes = chosen.concat().into_bytes();
        for _ in 0..1 + random.below(3) {
            if bytes.len() < 2 {
                break;
            }
            let (a, b) = (random.below(bytes.len()), random.below(bytes.len()));
            match random.below(5) {
                0 => drop(bytes.remove(a)),
                1 => bytes.insert(a, bytes[a]),
                2 => bytes.swap(a, b),
                3 => bytes.insert(a, bytes[b]),
                _ => bytes.truncate(a),
            }
        }
        match harmless(&String::from_utf8_lossy(&bytes)) {
            true => right += 1,
            false => wrong += 1,
        }
    }
    assert!(right > 1_000 && wrong > 1_000, "{right} {wrong}");
}

#[test]
fn every_beginning_of_the_example() {
    for end in 0..EXAMPLE.len() {
        harmless(&EXAMPLE[..end]);
    }
}

#[test]
fn depth() {
    let deep = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("a: {}{inner}{}", open.repeat(depth), close.repeat(depth)) //
    };
    let too_deep = |text: &str, column: usize| {
        let message = format!("p:1:{column}: error: nested more than {DEEPEST} levels deep");
        assert_eq!(parsed(text).unwrap_err(), [message]);
    };
    assert!(harmless(&deep("(", "b == 1", ")", DEEPEST)));
    too_deep(&deep("(", "b == 1", ")", DEEPEST + 1), 4 + DEEPEST);
    assert!(harmless(&deep("!(", "b == 1", ")", DEEPEST)));
    too_deep(&deep("!(", "b == 1", ")", DEEPEST + 1), 5 + 2 * DEEPEST);
    assert!(harmless(&deep("b == ~", "1", "", 1)));
    let complements = "~".repeat(DEEPEST);
    assert!(harmless(&format!("a: b == {complements}1")));
    too_deep(&format!("a: b == ~{complements}1"), 9 + DEEPEST);
    let half = DEEPEST / 2;
    let inner = |depth| deep("(", "1", ")", depth).replace("a: ", "b == ");
    assert!(harmless(&deep("(", &inner(half), ")", half)));
    assert!(!harmless(&deep("(", &inner(half + 1), ")", half)));
}

#[test]
fn size() {
    let filled =
        |part: &str, length: usize| part.repeat(length / part.len() + 1)[..length].to_owned();
    for part in [
        "(", "!(", "~", "{", "a: (", "b == ~", "1<<", "\n\n@", "a: }\n", "\"", "[",
    ] {
        harmless(&format!("a: b == {}", filled(part, LONGEST_TEXT / 8)));
    }
    assert!(harmless(&format!(
        "a: {}c == 1",
        "b == 1 || ".repeat(LONGEST_TEXT / 80)
    )));
    assert!(harmless(&filled("#", LONGEST_TEXT)));
    assert_eq!(
        parsed(&filled("#", LONGEST_TEXT + 1)).unwrap_err(),
        ["p:1:1: error: a policy has at most 1048576 bytes, this one has more"],
    );
}
