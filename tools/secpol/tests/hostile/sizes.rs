// SPDX-License-Identifier: MIT OR Apache-2.0

//! Policies that are as long as they may be, each of one kind of thing.

use secpol::syntax::parser::{
    DEEPEST,
    LONGEST_TEXT, //
};

use crate::{
    bounded,
    use_up, //
};

/// So often a part, as the whole may be.
fn fill(start: &str, part: impl Fn(usize) -> String, end: &str) -> String {
    let mut text = start.to_string();
    for number in 0.. {
        let part = part(number);
        if text.len() + part.len() + end.len() > LONGEST_TEXT {
            break;
        }
        text += &part;
    }
    text + end
}

/// Checks what is said of a policy; nothing, if it is right.
#[track_caller]
fn expect(what: &str, text: &str, expected: &str) {
    let told = bounded(what, || use_up(text)).err().unwrap_or_default();
    let is_so = if expected.is_empty() {
        told.is_empty()
    } else {
        told.contains(expected)
    };
    assert!(is_so, "{what}: {told}");
}

#[test]
fn lines() {
    expect("a line", &"x".repeat(LONGEST_TEXT), "expected `:`");
    expect("lines", &"\n".repeat(LONGEST_TEXT), "");
    expect("a comment", &"#".repeat(LONGEST_TEXT), "");
    let deep = |open: &str, close: &str| {
        format!(
            "read: {}fd == 0{}",
            open.repeat(100_000),
            close.repeat(100_000)
        )
    };
    let nested = format!("nested more than {DEEPEST} levels");
    expect("parentheses", &deep("(", ")"), &nested);
    expect("negations", &deep("!(", ")"), &nested);
    expect("braces", &deep("{", "}"), "error: ");
    let half = LONGEST_TEXT / 2 - 10;
    let mixed = format!("a: {}{}", "(".repeat(half), "}".repeat(half));
    expect("no brace is open", &mixed, "expected `)`");
    let mixed = format!("a: {{{}{}", "(".repeat(half), "}".repeat(half));
    expect("one brace is open", &mixed, "expected `)`");
    let mixed = format!("a: ({}{}", "{".repeat(half), ")".repeat(half));
    expect("one parenthesis is open", &mixed, "expected `}`");
}

#[test]
fn mistakes() {
    let all = [
        fill("", |n| format!("a{n:x}:1\n"), ""),
        fill("read: {", |n| format!("fd==A{n:x},"), "1}"),
        fill("read: {", |n| format!("f{n:x}==1,"), "1}"),
        fill("", |n| format!("@define A{n:x} B\n"), ""),
        fill("", |n| format!("@fallback c{n:x} allow\n"), ""),
        fill("@group a ", |n| format!("c{n:x} "), "\n@a: allow\n"),
        fill("", |n| format!("@g{n:x}: allow\n"), ""),
        fill("", |_| "@default allow\n".to_string(), ""),
        fill("", |_| "@kernel 7.3\n".to_string(), ""),
        fill("", |_| "read: allow\n".to_string(), ""),
        fill("@arch ", |n| format!("a{n:x} "), "\n"),
        fill("read: {", |_| "allow,".to_string(), "allow}"),
    ];
    for text in &all[..all.len() - 1] {
        expect(&text[..40], text, "error: ");
    }
    expect("actions that are not reached", &all[all.len() - 1], "");
}

#[test]
fn defines() {
    let name = |n: usize| format!("A{n:x}");
    expect(
        "names",
        &fill("", |n| format!("@define {} 1\n", name(n)), ""),
        "",
    );
    let double = |n: usize| format!("@define {} {}|{}\n", name(n + 1), name(n), name(n));
    expect(
        "each twice the other",
        &fill("@define A0 1|1\n", double, ""),
        "",
    );
    let shift = |n: usize| format!("@define {} {}<<63\n", name(n + 1), name(n));
    expect(
        "shifts",
        &fill("@define A0 1\n", shift, "read: fd == A1\n"),
        "more bits",
    );
    expect(
        "a shift",
        "read: fd == 1<<(1<<(1<<63))\n",
        "shifted by 0 to 63",
    );
    expect(
        "a shift",
        "read: fd == 1<<18446744073709551615\n",
        "shifted by 0 to 63",
    );
    expect(
        "a union",
        &fill("read: fd in 1", |_| "|1".to_string(), "\n"),
        "",
    );
    let many = fill(
        "@group a read write close fsync\n@a: fd in 1",
        |_| "|1".to_string(),
        "\n",
    );
    expect("a union for several", &many, "the policy has more than");
}

#[test]
fn rules() {
    let long = "instructions, and the kernel takes 4096";
    let list = |join: &str, test: &dyn Fn(usize) -> String, end: &str| {
        fill(
            &format!("connect: {}", test(0)),
            |n| format!("{join}{}", test(n)),
            end,
        )
    };
    expect("or", &list("||", &|n| format!("fd=={n}"), "\n"), long);
    expect("and", &list("&&", &|n| format!("fd!={n}"), "\n"), long);
    // It is tested once.
    expect("one", &list("||", &|_| "fd==1".to_string(), "\n"), "");
    expect(
        "alternatives",
        &list(",", &|n| format!("fd=={n}"), "}\n").replace("connect: ", "connect: {"),
        long,
    );
    expect(
        "addresses",
        &list("||", &|n| format!("addr.in6.addr==[::{n:x}]"), "\n"),
        long,
    );
    let product = |n: usize| format!("(fd=={n}||addrlen=={n}||arg5=={n})");
    expect("products", &list("&&", &product, "\n"), long);
    let sum = |n: usize| format!("!(fd=={n}&&addrlen=={n}&&arg5=={n})");
    expect("sums", &list("||", &sum, "\n"), long);
}

#[test]
fn groups() {
    let calls = "read write close fsync fdatasync fstat lseek readv writev pread64 pwrite64 ";
    let all = fill(
        &format!("@group a {}\n@a: arg0!=1", calls.repeat(9)),
        |n| format!("&&arg0!={n}"),
        "\n",
    );
    expect("tests for many calls", &all, "the policy has more than");
    let again = fill(
        &format!("@group a {calls}\n"),
        |_| "@a: allow\n".to_string(),
        "",
    );
    expect(
        "the same for many calls",
        &again,
        "the policy has more than",
    );
    let chain = |n: usize| format!("@group g{} @g{n}\n", n + 1);
    let deep = fill("@group g0 read\n", chain, "@g20000: allow\n");
    expect(
        "one in the other",
        &deep,
        "groups are members of each other more than",
    );
    let twice = |n: usize| format!("@group g{} @g{n} @g{n}\n", n + 1);
    let double: String = (0..60).map(twice).collect();
    expect(
        "twice in the other",
        &format!("@group g0 read\n{double}@g60: allow\n"),
        "",
    );
    let wide = fill("", |n| format!("@group g{n:x} read\n"), "");
    let wide = wide[..LONGEST_TEXT / 2].to_string() + "\n";
    let groups: Vec<&str> = wide.lines().filter(|line| line.ends_with("read")).collect();
    let names: Vec<String> = (0..groups.len()).map(|n| format!("@g{n:x}")).collect();
    let (wide, names) = (groups.join("\n") + "\n", names.join(" "));
    expect(
        "many in one",
        &format!("{wide}@group all {names}\n@all: allow\n"),
        "",
    );
}
