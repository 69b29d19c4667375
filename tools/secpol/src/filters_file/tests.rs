// SPDX-License-Identifier: MIT OR Apache-2.0

use proptest::{
    collection::vec,
    prelude::*, //
};

use super::*;

/// Of the filters of `selftests/engine/debugfs_test.c`, on x86_64.
const TEXT: &str = "\
thread 71: 2 filters
filter 2: 9 instructions, logs, has residual programs
filter 1: 10 instructions, has a listener
arch 0xc000003e
0-109: allow
110: errno 13 by filter 2
111-120: allow
121: allow, or stronger:
  filter 2:
    L0: ld args[1].lo
    L1: jeq #0x1234, L2, L3
    L2: ret #0x5000e
    L3: ret #0x7fff0000
  filter 1: its program
122: trap 7 by filter 1, or stronger:
  filter 2:
    (no memory)
123: all programs
124-511: kill process by filter 1
others: all programs
arch 0x40000003
0-511: allow
others: all programs
";

fn shown() -> Shown {
    let range = |first, last, constant, by, programs| Range {
        first,
        last,
        entry: Some(Entry {
            constant,
            by,
            programs,
        }),
    };
    let residual = vec![
        Insn::new(0x20, 24),
        Insn {
            code: 0x15,
            jt: 0,
            jf: 1,
            k: 0x1234,
        },
        Insn::new(0x06, 0x5_000e),
        Insn::new(0x06, 0x7fff_0000),
    ];
    let programs = vec![(2, Program::Residual(residual)), (1, Program::Whole)];
    Shown::Filters(Filters {
        filters: vec![
            Filter {
                insns: 9,
                logs: true,
                listens: false,
                residuals: true,
            },
            Filter {
                insns: 10,
                logs: false,
                listens: true,
                residuals: false,
            },
        ],
        arches: vec![
            Arch {
                arch: 0xc000_003e,
                ranges: vec![
                    range(0, 109, Action::Allow, 0, Vec::new()),
                    range(110, 110, Action::Errno(13), 2, Vec::new()),
                    range(111, 120, Action::Allow, 0, Vec::new()),
                    range(121, 121, Action::Allow, 0, programs),
                    range(122, 122, Action::Trap(7), 1, vec![(2, Program::NotShown)]),
                    Range {
                        first: 123,
                        last: 123,
                        entry: None,
                    },
                    range(124, 511, Action::Kill, 1, Vec::new()),
                ],
            },
            Arch {
                arch: 0x4000_0003,
                ranges: vec![range(0, 511, Action::Allow, 0, Vec::new())],
            },
        ],
    })
}

#[test]
fn all_lines_are_read() {
    assert_eq!(parse(TEXT, 71), Ok(shown()));
    assert_eq!(parse("thread 5: no filters\n", 5), Ok(Shown::None));
    assert_eq!(
        parse("thread 5: the built-in engine's\n", 5),
        Ok(Shown::BuiltIn)
    );
}

#[test]
fn what_has_no_place_is_told() {
    let said = |text: &str| parse(text, 71).unwrap_err().to_string();
    assert_eq!(said(""), "line 1: expected the thread, and not the end");
    for (from, to, wanted) in [
        (
            "71: 2",
            "72: 2",
            "line 1: expected the thread, and not \"thread 72: 2 filters\"",
        ),
        ("71: 2", "71: 3", "line 2: expected the next older filter"),
        ("9 instructions, logs", "9 instructions, sleeps", "line 2:"),
        ("logs, has r", "has r", "no mistake"),
        (
            "has a listener",
            "has a listener, logs",
            "line 3: expected the next older filter",
        ),
        (
            "arch 0x40000003",
            "arch 0xc000003e",
            "line 21: expected another architecture",
        ),
        (
            "111-120: allow",
            "112-120: allow",
            "line 7: expected the number that follows",
        ),
        ("110: errno", "110-110: errno", "line 6:"),
        ("110: errno 13 by filter 2", "110: errno 13", "line 6:"),
        (
            "110: errno 13 by filter 2",
            "110: errno 13 by filter 3",
            "line 6:",
        ),
        ("110: errno 13", "110: errno 013", "line 6:"),
        ("errno 13 by filter 2", "allow by filter 2", "line 6:"),
        ("111-120: allow", "111-120: allow ", "line 7:"),
        ("111-120: allow", "111-120: permit", "line 7:"),
        ("121: allow, or stronger:", "121: allow", "line 9:"),
        (
            "110: errno 13 by filter 2",
            "110: errno 13 by filter 2, or stronger:",
            "line 7: expected a filter's program, and not \"111-120: allow\"",
        ),
        ("  filter 1: its", "  filter 2: its", "line 14:"),
        (
            "  filter 2:\n    L0",
            "  filter 3:\n    L0",
            "line 9: expected a filter's program",
        ),
        (
            "    L0: ld args[1].lo\n",
            "",
            "line 10: expected an instruction",
        ),
        (
            "    L3: ret #0x7fff0000",
            "    L3: ret #0x7FFF0000",
            "line 13:",
        ),
        ("L2, L3", "L1, L3", "line 11:"),
        ("others: all programs\narch", "arch", "line 20:"),
        (
            "0-511: allow\nothers: all programs\n",
            "",
            "line 22: expected the number that follows, or others, and not the end",
        ),
        ("511: kill", "512: stop", "line 19:"),
        ("0-511: allow\no", "0-4095: allow\no", "no mistake"),
        ("0-511: allow\no", "0-4096: allow\no", "line 22:"),
        (
            "filter 1: 10 instructions",
            "\u{1b}[2J",
            "line 3: expected the next older filter, and not \"\\u{1b}[2J",
        ),
    ] {
        let text = TEXT.replacen(from, to, 1);
        assert_ne!(text, TEXT, "{from}");
        let told = match parse(&text, 71) {
            Ok(_) => "no mistake".to_string(),
            Err(error) => error.to_string(),
        };
        assert!(told.starts_with(wanted), "{to}: {told}");
    }
    let long = format!("thread 71: {}", "9".repeat(5000));
    assert!(said(&long).len() < 150);
}

#[test]
fn instructions_are_read() {
    let loads = [
        ("nr", 0),
        ("arch", 4),
        ("ip.lo", 8),
        ("ip.hi", 12),
        ("args[0].lo", 16),
        ("args[5].hi", 60),
        ("features.lo", 72),
        ("nr_high", 80),
        ("arch_reserved[0]", 84),
        ("extensible_arg_extent", 104),
        ("extensible_arg_size.hi", 1132),
        ("extensible_arg[4092]", 1136 + 4092),
    ];
    for (field, offset) in loads {
        let insn = listing::insn(&format!("    L7: ld {field}"), 7);
        assert_eq!(insn, Some(Insn::new(0x20, offset)), "{field}");
    }
    for text in [
        "ld args[6].lo",
        "ld args[0]",
        "ld args[+1].lo",
        "ld features.hi",
        "ld extensible_arg[4096]",
        "ld extensible_arg[2]",
        "ldx nr",
        "ld M[16]",
        "st #0x1",
        "ja L7",
        "ja L4294967304",
        "jeq #0x1, L8, L264",
        "jeq x, L8",
        "mod #0x2",
        "add #1",
        "add #0x100000000",
        "tax ",
        "ret x",
        "neg #0x1",
        ".invalid 0x0021, 0, 0, 0x0",
    ] {
        assert_eq!(listing::insn(&format!("    L7: {text}"), 7), None, "{text}");
    }
    let last = listing::insn("    L7: jeq x, L8, L263", 7);
    assert_eq!(last.map(|insn| (insn.code, insn.jf)), Some((0x1d, 255)));
    assert_eq!(listing::insn("    L7: tax", 8), None);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4096,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Whatever the text is, it is read or refused, and what is read has all numbers.
    #[test]
    fn texts_are_read_or_refused(
        edits in vec((any::<prop::sample::Index>(), any::<char>()), 1..6),
    ) {
        let mut chars: Vec<char> = TEXT.chars().collect();
        for (place, new) in edits {
            let place = place.index(chars.len());
            // Digits and ends of lines are what matters.
            chars[place] = match new as u32 % 4 {
                0 => '\n',
                1 => char::from(b'0' + (new as u32 / 4 % 10) as u8),
                2 => chars[(place + 1) % chars.len()],
                _ => new,
            };
        }
        let text: String = chars.into_iter().collect();
        if let Ok(Shown::Filters(filters)) = parse(&text, 71) {
            for arch in filters.arches {
                let mut next = 0;
                for range in arch.ranges {
                    prop_assert_eq!(range.first, next);
                    prop_assert!(range.first <= range.last);
                    next = range.last + 1;
                }
            }
        }
    }
}
