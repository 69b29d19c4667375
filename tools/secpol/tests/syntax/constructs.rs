// SPDX-License-Identifier: MIT OR Apache-2.0

//! What right texts say.

use secpol::syntax::{
    ast::{
        Alternative,
        Expression,
        Item,
        Span, //
    },
    display, //
};

use crate::{
    parsed,
    tree::tree,
    without_spans,
    EXAMPLE, //
};

/// Checks what a text says, and that what is printed of it says the same.
fn check(text: &str, expected: &[&str]) {
    let items = parsed(text).unwrap_or_else(|mistakes| panic!("{text:?}: {mistakes:?}"));
    let trees: Vec<_> = items.iter().map(tree).collect();
    assert_eq!(trees, expected, "{text:?}");
    let printed = display::text(&items);
    let again = parsed(&printed).unwrap_or_else(|mistakes| panic!("{printed:?}: {mistakes:?}"));
    assert_eq!(without_spans(&again), without_spans(&items), "{printed:?}");
}

fn check_all(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        check(text, &[expected]);
    }
}

#[test]
fn directives() {
    check_all(&[
        ("@default errno(EPERM)", "default (errno EPERM)"),
        ("@default 1", "default allow"),
        ("@unknown kill-thread # why", "unknown kill-thread"),
        ("@kernel 7.3", "kernel 7.3"),
        ("@kernel 6.12.10", "kernel 6.12.10"),
        ("@arch x86_64", "arch [x86_64]"),
        (
            "@arch x86_64,x86-64 , arm aarch64",
            "arch [x86_64 x86-64 arm aarch64]",
        ),
        ("@include a.pol", r#"include "a.pol""#),
        (
            "@include  /etc/{a}/b (c/é~%.pol  # why",
            r#"include "/etc/{a}/b (c/é~%.pol""#,
        ),
        (r##"@include "a # b" # why"##, r##"include "a # b""##),
        (r#"@include "a \"b\\\" c""#, r#"include "a \"b\\\" c""#),
        ("@include read: allow", r#"include "read: allow""#),
        ("@define A B|0x10", "define A (union B 16)"),
        ("@define default 1", "define default 1"),
        ("@group a read", "group a [read]"),
        (
            "@group a-b-2 read, write @c-d e",
            "group a-b-2 [read write @c-d e]",
        ),
        (
            "@group a { # why\n\tread write\n\n\t@b-c, read\n}",
            "group a [read write @b-c read]",
        ),
        (
            "@fallback clone3 errno(ENOSYS)",
            "fallback clone3 (errno ENOSYS)",
        ),
        ("@complain", "complain"),
        ("  @unrestricted\t# why", "unrestricted"),
    ]);
}

#[test]
fn rules() {
    check_all(&[
        ("read: allow", "rule read allow"),
        ("read :1", "rule read allow"),
        ("@system-service: log", "rule @system-service log"),
        ("@a-1[arch=arm]: log", "rule @a-1 [arm] log"),
        (
            "read[arch=x86_64,x86-64]: kill",
            "rule read [x86_64 x86-64] kill",
        ),
        (
            "read [ arch = arm , mips ] : kill",
            "rule read [arm mips] kill",
        ),
        ("read: fd == 1", "rule read (if (= fd 1))"),
        ("read: fd == 1 -> 1", "rule read (if (= fd 1) then allow)"),
        (
            "read: fd == 1 else kill",
            "rule read (if (= fd 1) else kill)",
        ),
        (
            "read: fd == 1 -> log else kill",
            "rule read (if (= fd 1) then log else kill)",
        ),
        ("read: fd == 1->log", "rule read (if (= fd 1) then log)"),
        ("read: { 1 }", "rule read allow"),
        ("read: { fd == 1, 1, }", "rule read (if (= fd 1)) allow"),
        (
            "read: { fd == 1 -> log, fd == 2 else kill, errno(1) }",
            "rule read (if (= fd 1) then log) (if (= fd 2) else kill) (errno 1)",
        ),
        (
            "read: {\n# why\n fd == 1\n ->\n\n log # {\n,\n 1\n}",
            "rule read (if (= fd 1) then log) allow",
        ),
        (
            "read: (fd == 1 ||\n fd == 2)",
            "rule read (if (any (= fd 1) (= fd 2)))",
        ),
        ("read: errno(\n1\n)", "rule read (errno 1)"),
    ]);
}

#[test]
fn actions() {
    check_all(&[
        ("a: allow", "rule a allow"),
        ("a: 1", "rule a allow"),
        ("a: log", "rule a log"),
        ("a: notify", "rule a notify"),
        ("a: errno(EPERM)", "rule a (errno EPERM)"),
        ("a: errno ( 13 )", "rule a (errno 13)"),
        ("a: trap(-1)", "rule a (trap (minus 1))"),
        ("a: trace(1<<3|A)", "rule a (trace (union (shift 1 3) A))"),
        ("a: kill", "rule a kill"),
        ("a: kill-thread", "rule a kill-thread"),
    ]);
}

#[test]
fn words_of_actions_are_fields_too() {
    check_all(&[
        ("a: log == 1", "rule a (if (= log 1))"),
        ("a: kill.thread < 1", "rule a (if (< kill/thread 1))"),
        ("a: errno & 1 == 1", "rule a (if (= (and errno 1) 1))"),
        ("a: notify in 1", "rule a (if (⊆ notify 1))"),
        ("a: size == 1", "rule a (if (= size 1))"),
        ("a: size.size == 1", "rule a (if (= size/size 1))"),
        ("a: a.in.else == 1", "rule a (if (= a/in/else 1))"),
    ]);
}

#[test]
fn conditions() {
    check_all(&[
        ("a: b != 1", "rule a (if (≠ b 1))"),
        ("a: b < 1", "rule a (if (< b 1))"),
        ("a: b <= 1", "rule a (if (≤ b 1))"),
        ("a: b > 1", "rule a (if (> b 1))"),
        ("a: b >= 1", "rule a (if (≥ b 1))"),
        ("a: b in A|B", "rule a (if (⊆ b (union A B)))"),
        ("a: arg0.b.c == d", "rule a (if (= arg0/b/c d))"),
        ("a: size(how) == 24", "rule a (if (= (size how) 24))"),
        (
            "a: size(a.b) & 7 == 0",
            "rule a (if (= (and (size a/b) 7) 0))",
        ),
        ("a: b & C == 0", "rule a (if (= (and b C) 0))"),
        ("a: b & C|D == 0", "rule a (if (= (and b (union C D)) 0))"),
        ("a: b & (C|D) == 0", "rule a (if (= (and b (union C D)) 0))"),
        ("a: b & ~C in D", "rule a (if (⊆ (and b (complement C)) D))"),
        (
            "a: b == 1 && c == 2 || d == 3 && e == 4",
            "rule a (if (any (all (= b 1) (= c 2)) (all (= d 3) (= e 4))))",
        ),
        (
            "a: b == 1 || c == 2 && d == 3 || e == 4",
            "rule a (if (any (= b 1) (all (= c 2) (= d 3)) (= e 4)))",
        ),
        (
            "a: (b == 1 || c == 2) && d == 3",
            "rule a (if (all (any (= b 1) (= c 2)) (= d 3)))",
        ),
        (
            "a: (b == 1 || c == 2) || d == 3",
            "rule a (if (any (any (= b 1) (= c 2)) (= d 3)))",
        ),
        (
            "a: b == 1 && (c == 2 && d == 3)",
            "rule a (if (all (= b 1) (all (= c 2) (= d 3))))",
        ),
        (
            "a: !(b == 1) && c == 2",
            "rule a (if (all (not (= b 1)) (= c 2)))",
        ),
        ("a: !(!((b == 1)))", "rule a (if (not (not (= b 1))))"),
        ("a: ((b == 1))", "rule a (if (= b 1))"),
    ]);
}

#[test]
fn values() {
    check_all(&[
        ("@define A 0x1F", "define A 31"),
        ("@define A 06000", "define A 3072"),
        ("@define A 0b11", "define A 3"),
        ("@define A -1", "define A (minus 1)"),
        (
            "@define A -0x8000000000000000",
            "define A (minus 9223372036854775808)",
        ),
        ("@define A ~-1", "define A (complement (minus 1))"),
        ("@define A ~~B", "define A (complement (complement B))"),
        ("@define A ~B|C", "define A (union (complement B) C)"),
        ("@define A ~(B|C)", "define A (complement (union B C))"),
        ("@define A ~B<<2", "define A (shift (complement B) 2)"),
        ("@define A ~(B<<2)", "define A (complement (shift B 2))"),
        ("@define A B|C<<2|D", "define A (union B (shift C 2) D)"),
        (
            "@define A (B|C)<<(1|2)",
            "define A (shift (union B C) (union 1 2))",
        ),
        ("@define A (B<<1)<<2", "define A (shift (shift B 1) 2)"),
        ("@define A B<<(1<<2)", "define A (shift B (shift 1 2))"),
        ("@define A (B|C)|D", "define A (union (union B C) D)"),
        ("@define A ((B))", "define A B"),
        ("@define A NULL", "define A NULL"),
        ("@define A 127.0.0.1", "define A (address 127.0.0.1)"),
        ("@define A [::1]", "define A (address ::1)"),
        ("@define A [::]", "define A (address ::)"),
        (
            "@define A [fe80::1:2]|1",
            "define A (union (address fe80::1:2) 1)",
        ),
        (
            "@define A [::ffff:1.2.3.4]",
            "define A (address ::ffff:1.2.3.4)",
        ),
    ]);
}

#[test]
fn example() {
    check(
        EXAMPLE,
        &[
            "default (errno EPERM)",
            "kernel 7.3",
            "unknown (errno ENOSYS)",
            "define NS (union CLONE_NEWNS CLONE_NEWCGROUP CLONE_NEWUTS CLONE_NEWIPC \
             CLONE_NEWUSER CLONE_NEWPID)",
            "fallback clone3 (errno ENOSYS)",
            "rule @system-service allow",
            "rule read (if (= fd 0))",
            "rule exit_group allow",
            "rule clone3 (if (= (and uargs/flags NS) 0))",
            "rule clone (if (= (and clone_flags NS) 0))",
            "rule openat2 (if (≠ (and how/resolve RESOLVE_BENEATH) 0) else (errno EXDEV))",
            "rule fchmodat2 (if (= (and mode 3072) 0))",
            "rule ioctl (if (any (= cmd TIOCSTI) (= cmd TIOCLINUX)) then (errno EPERM)) allow",
            "rule mmap (if (any (⊆ prot (complement PROT_EXEC)) (⊆ prot (complement PROT_WRITE))))",
            "rule connect (if (all (= addr/family AF_INET) (= addr/in/port 443)))",
            "rule sendmsg (if (= msg/name NULL))",
            "rule execve notify",
            "arch [x86_64 aarch64]",
            "include \"other policy.pol\"",
            "group files [read write @basic-io]",
            "complain",
            "unrestricted",
            "rule kill [x86_64 x86-64] \
             (if (not (all (= pid 0) (any (≤ sig 9) (> sig 31)))) then (trap (shift 1 3))) \
             (if (≥ (size how) 24) else (trace (minus 1))) \
             (if (any (= addr/in6/addr (address ::1)) \
             (= (and addr/in/addr (address 255.0.0.0)) (address 127.0.0.1)))) \
             kill-thread",
        ],
    );
    let windows = format!("\u{feff}{}", EXAMPLE.replace('\n', "\r\n"));
    let items = without_spans(&parsed(EXAMPLE).unwrap());
    assert_eq!(without_spans(&parsed(&windows).unwrap()), items);
}

#[test]
fn nothing() {
    for text in [
        "",
        "\n",
        "  \r\n\t",
        "# read: allow",
        "\u{feff}",
        "\u{feff}# a\n\n#b",
    ] {
        check(text, &[]);
    }
}

#[test]
fn printed() {
    for text in [
        "ioctl: { cmd == TIOCSTI || cmd == TIOCLINUX -> errno(EPERM), allow }\n",
        "a[arch=arm,x86-64]: b & (A|B) == 65535 && !(c in ~D<<1) else trap(0x10000)\n",
        "a: {\n    \
         bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb == CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC -> log,\n    \
         dddddddddddddddddddd == EEEEEEEEEEEEEEEEEEEEE else kill,\n    \
         allow,\n}\n",
        "@include \"a \\\"b\\\\\"\n@arch a, b\n@group a b @c\n",
    ] {
        assert_eq!(display::text(&parsed(text).unwrap()), text);
    }
}

#[test]
fn spans() {
    let text = "# é\nread[arch=arm]: {\n  a.b & (C|~D) == (-1) -> errno(E) else kill-thread }\n";
    let of = |span: Span| {
        assert_eq!(span.file, 0);
        &text[span.start..span.end]
    };
    let items = parsed(text).unwrap();
    let [Item::Rule(rule)] = items.as_slice() else {
        panic!("{items:?}");
    };
    assert_eq!(of(rule.span), &text[5..text.len() - 1]);
    assert_eq!(of(rule.target.span), "read");
    assert_eq!(of(rule.arches[0].span), "arm");
    let [Alternative::If {
        expression: Expression::Test(test),
        then: Some(then),
        otherwise: Some(otherwise),
    }] = rule.body.as_slice()
    else {
        panic!("{rule:?}");
    };
    assert_eq!(of(test.span), "a.b & (C|~D) == (-1)");
    assert_eq!(of(test.field.span), "a.b");
    assert_eq!(of(test.field.path[1].span), "b");
    assert_eq!(of(test.mask.as_ref().unwrap().span), "(C|~D)");
    assert_eq!(of(test.value.span), "(-1)");
    assert_eq!(of(then.span), "errno(E)");
    assert_eq!(of(otherwise.span), "kill-thread");

    let items = secpol::syntax::parser::parse(3, "@complain").unwrap();
    let span = Span {
        file: 3,
        start: 0,
        end: 9,
    };
    assert_eq!(
        items,
        [Item::Directive(secpol::syntax::ast::Directive::Complain(
            span
        ))]
    );
}
