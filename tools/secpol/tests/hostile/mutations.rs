// SPDX-License-Identifier: MIT OR Apache-2.0

//! Policies that are almost right.

use crate::{
    bounded,
    random::{
        tokens,
        Random, //
    },
    use_up, //
};

/// A policy with all that the language has, and needs nothing else.
const POLICY: &str = "\
@default errno(EPERM)
@kernel 7.3
@unknown errno(ENOSYS)
@arch x86_64 i386 aarch64 arm
@define NS CLONE_NEWNS|CLONE_NEWUSER|~(1<<3)
@define TWICE NS|(NS<<1)
@group files read write close @more
@group more pread64 pwrite64
@fallback clone3 errno(ENOSYS)
@files: allow
read: fd == 0
clone3: uargs.flags & NS == 0
openat2: how.resolve & RESOLVE_BENEATH != 0 else errno(EXDEV)
ioctl: { cmd == TIOCSTI || cmd == TIOCLINUX -> errno(EPERM), 1 }
mmap[arch=x86_64,aarch64]: prot in ~PROT_EXEC || prot in ~PROT_WRITE
connect: addr.family == AF_INET && addr.in.port == 443 || addr.in6.addr == [::1]
sendmsg: msg.name == NULL -> trace(7)
kill: { !(pid == 0 && (sig <= 9 || sig > 31)) -> trap(1<<3), pid < -1 -> log, kill-thread }
execve: notify
openat: size(how) >= 24 else kill
lseek: offset > -5 && arg1 & 0xff == 1
";

/// Of what the language is made, and what is near it.
const WORDS: &[&str] = &[
    "@",
    ":",
    ",",
    ".",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "=",
    "<",
    ">",
    "&",
    "|",
    "!",
    "~",
    "-",
    "->",
    "==",
    "!=",
    "<=",
    ">=",
    "<<",
    "&&",
    "||",
    "\n",
    " ",
    "#",
    "\"",
    "in",
    "else",
    "0",
    "1",
    "63",
    "64",
    "18446744073709551615",
    "18446744073709551616",
    "0xffffffffffffffff",
    "1.2.3.4",
    "[::]",
    "@default",
    "@define",
    "@group",
    "@include",
    "@arch",
    "@unknown",
    "@kernel",
    "7.3",
    "@complain",
    "@unrestricted",
    "@fallback",
    "allow",
    "errno",
    "EPERM",
    "kill",
    "read",
    "clone3",
    "uargs",
    "flags",
    "fd",
    "arg5",
    "size",
    "nr_high",
    "pkey",
    "NS",
    "NULL",
    "x86_64",
    "i386",
    "\u{e9}",
    "\0",
];

fn run(random: &mut Random, cases: usize, text: impl Fn(&mut Random) -> String) -> [usize; 2] {
    let mut ends = [0; 2];
    for _ in 0..cases {
        let text = text(random);
        let end = bounded(&text, || use_up(&text));
        ends[usize::from(end.is_err())] += 1;
    }
    ends
}

#[test]
fn the_policy_itself() {
    // openat() has no struct.
    let told = use_up(POLICY).unwrap_err();
    assert!(told.contains("hostile.pol:20:"), "{told}");
    assert_eq!(
        use_up(&POLICY.replace("openat: size", "openat2[arch=arm]: size")),
        Err("hostile.pol:20:1: error: there are two rules for openat2".to_string())
    );
    let right: Vec<&str> = POLICY
        .lines()
        .filter(|line| !line.contains("size("))
        .collect();
    assert_eq!(use_up(&right.join("\n")), Ok(()));
}

#[test]
fn bytes() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let [_, wrong] = run(&mut random, 20_000, |random| {
        let bytes: Vec<u8> = (0..random.below(80))
            .map(|_| random.below(256) as u8)
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    assert!(wrong > 15_000, "{wrong}");
}

#[test]
fn words() {
    let mut random = Random(0x2345_6789_abcd_ef12);
    let [_, wrong] = run(&mut random, 20_000, |random| {
        let words = (0..random.below(60)).map(|_| WORDS[random.below(WORDS.len())]);
        words
            .collect::<Vec<_>>()
            .join(if random.below(2) == 0 { " " } else { "" })
    });
    assert!(wrong > 15_000, "{wrong}");
}

#[test]
fn damaged_policies() {
    let mut random = Random(0x3456_789a_bcde_f123);
    let lines: Vec<&str> = POLICY.split_inclusive('\n').collect();
    // Without the directives, little of the rest is right.
    let (directives, rules) = lines.split_at(9);
    let others: Vec<String> = WORDS.iter().map(|word| word.to_string()).collect();
    let [right, wrong] = run(&mut random, 3_000, |random| {
        let mut parts = tokens(rules[random.below(rules.len())]);
        let mut before = tokens(&directives.concat());
        match random.below(4) {
            0 => random.damage(&mut before, &others),
            _ => random.damage(&mut parts, &others),
        }
        before.concat() + &parts.concat()
    });
    assert!(right > 150 && wrong > 1_000, "{right} {wrong}");
}
