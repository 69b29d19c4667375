// SPDX-License-Identifier: MIT OR Apache-2.0

use super::*;

/// What is told of a text as the module prints it.
fn told(text: &str, calls: &[&str], abis: &[Abi]) -> Result<String, String> {
    let shown = filters_file::parse(text, 71).map_err(|error| error.to_string())?;
    let calls: Vec<String> = calls.iter().map(|call| call.to_string()).collect();
    let wanted = Wanted {
        calls: &calls,
        abis,
        machine: Abi::X86_64,
    };
    tell(71, &shown, &wanted).map_err(|failure| match failure {
        Failure::Because(why) => why,
        Failure::Shown => "shown".to_string(),
    })
}

/// The filters of `two_filters()` of `selftests/engine/debugfs_test.c`, on x86_64.
const TWO: &str = "\
thread 71: 2 filters
filter 2: 9 instructions, logs, has residual programs
filter 1: 10 instructions, has residual programs
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
122-123: allow
124: trap 7 by filter 1
125-139: allow
140: allow, or stronger:
  filter 2:
    L0: ld args[1].lo
    L1: jeq #0x1234, L2, L3
    L2: ret #0x5000e
    L3: ret #0x7fff0000
  filter 1:
    L0: ld args[0].lo
    L1: jeq #0x63, L2, L3
    L2: ret #0x5000c
    L3: ret #0x7fff0000
141-511: allow
others: all programs
arch 0x40000003
0-511: allow
others: all programs
";

#[test]
fn filters_are_told_together() {
    let calls = ["getppid", "getsid", "getpgid", "getpriority", "read"];
    let expected = "\
thread 71: 2 filters

filter 2: 9 instructions, logged
filter 1: 10 instructions

all together
x86_64:
  getpgid:
    arg1 & 0xffffffff == 0x1234 -> errno(EFAULT)
    allow
  getpriority:
    which == 99 && who == 0x1234 -> errno(EFAULT)
    which == 99 -> errno(ENOMEM)
    who == 0x1234 -> errno(EFAULT)
    allow
  allow:
    read
  errno(EACCES):
    getppid
  trap(7):
    getsid
";
    assert_eq!(told(TWO, &calls, &[Abi::X86_64]).unwrap(), expected);
    let all = told(TWO, &[], &[]).unwrap();
    for part in [
        "x86_64:\n  512-0xffffffff:\n    not decided: all programs are run, which are not shown\n",
        "\ni386:\n  512-0xffffffff:\n    not decided:",
    ] {
        assert!(all.contains(part), "{part} in {all}");
    }
}

/// One filter, which does this for call 437 (openat2), and else allows.
fn of_one(entry: &str) -> String {
    format!(
        "thread 71: 1 filters\nfilter 1: 9 instructions, has a listener\narch 0xc000003e\n\
         0-436: allow\n437: {entry}438-511: allow\nothers: all programs\n"
    )
}

#[test]
fn what_is_not_shown_is_not_decided() {
    let program = |insns: &str| {
        format!("allow, or stronger:\n  filter 1:\n    {insns}\n").replace("; ", "\n    ")
    };
    let guarded = |most: &str| {
        program(&format!(
            "L0: ld extensible_arg_extent; L1: jgt #{most}, L4, L2; L2: ld extensible_arg[16]; \
             L3: jset #0x8, L5, L6; L4: ret #0x50007; L5: ret #0x7fff0000; L6: ret #0x50012"
        ))
    };
    for (entry, expected) in [
        (
            "allow, or stronger:\n  filter 1: its program\n".to_string(),
            "    not decided: filter 1: its whole program is run, which is not shown\n",
        ),
        (
            "kill process by filter 1, or stronger:\n  filter 1: its program\n".to_string(),
            "  kill:\n    openat2\n",
        ),
        (
            "kill thread by filter 1, or stronger:\n  filter 1: its program\n".to_string(),
            "    not decided: filter 1: its whole program is run, which is not shown\n",
        ),
        ("all programs\n".to_string(), "    not decided: all programs are run"),
        (
            program("(no memory)"),
            "    not decided: filter 1: the module had no memory to show its program\n",
        ),
        (
            program(
                "L0: ld features.lo; L1: jset #0x8, L2, L3; L2: ret #0x50005; \
                 L3: ret #0x7fff0000",
            ),
            "    not decided: filter 1: it is not shown which features the filter asked for\n      \
             L0: ld features.lo\n",
        ),
        (
            program(
                "L0: ld extensible_arg[16]; L1: jset #0x8, L2, L3; L2: ret #0x7fff0000; \
                 L3: ret #0x50012",
            ),
            "  openat2:\n    more of how than a filter sees -> errno(E2BIG), or as below\n    \
             how.resolve & RESOLVE_BENEATH != 0 -> allow\n    errno(EXDEV)\n",
        ),
        (
            // Of how.resolve the filter may see half.
            guarded("0x18"),
            "  openat2:\n    more of how than a filter sees -> errno(E2BIG), or as below\n    \
             extent(how) > 24 -> errno(E2BIG)\n",
        ),
        (
            guarded("0x14"),
            "  openat2:\n    extent(how) > 20 -> errno(E2BIG)\n    \
             how.resolve & RESOLVE_BENEATH != 0 -> allow\n    errno(EXDEV)\n",
        ),
    ] {
        let text = told(&of_one(&entry), &["openat2"], &[]).unwrap();
        assert!(text.contains(expected), "{expected} in {text}");
    }
    // A filter that is stronger than E2BIG may decide otherwise than with either.
    let entry =
        "trap 1 by filter 1, or stronger:\n  filter 1:\n    L0: ld extensible_arg[16]\n    \
                 L1: jset #0x8, L2, L3\n    L2: ret #0x80000000\n    L3: ret #0x7fff0000\n";
    let text = told(&of_one(entry), &["openat2"], &[]).unwrap();
    let expected = "not decided: filter 1: it is not shown how much of the argument";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn what_has_no_filters_is_told() {
    let text = |text: &str| told(text, &[], &[]);
    assert_eq!(
        text("thread 71: no filters\n"),
        Ok("thread 71: no filters\n".to_string())
    );
    let error = text("thread 71: the built-in engine's\n").unwrap_err();
    assert!(error.contains("--from ptrace"), "{error}");
    let error = text(&of_one("allow\n  filter 1:\n")).unwrap_err();
    assert!(error.contains("and not \"  filter 1:\""), "{error}");
    let no_program = "allow, or stronger:\n  filter 1:\n    L0: ja L1\n";
    let error = text(&of_one(no_program)).unwrap_err();
    assert!(error.contains("a program for call 437 is none"), "{error}");
}
