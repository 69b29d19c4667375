// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tests of the language: what a text says, and what is said of a text that is wrong.

mod arbitrary;
mod constructs;
mod mistakes;
mod properties;
mod rendering;
mod tree;

use secpol::{
    diagnostic::{
        Diagnostic,
        Files, //
    },
    syntax::{
        ast::Item,
        parser::parse, //
    }, //
};

/// A policy with all that the language has.
const EXAMPLE: &str = "\
@default errno(EPERM)
@kernel 7.3
@unknown errno(ENOSYS)
@define NS CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID
@fallback clone3 errno(ENOSYS)
@system-service: allow
read: fd == 0
exit_group: 1
clone3: uargs.flags & NS == 0
clone: clone_flags & NS == 0
openat2: how.resolve & RESOLVE_BENEATH != 0 else errno(EXDEV)
fchmodat2: mode & 06000 == 0
ioctl: { cmd == TIOCSTI || cmd == TIOCLINUX -> errno(EPERM), 1 }
mmap: prot in ~PROT_EXEC || prot in ~PROT_WRITE
connect: addr.family == AF_INET && addr.in.port == 443
sendmsg: msg.name == NULL
execve: notify
@arch x86_64, aarch64
@include \"other policy.pol\"
@group files read write @basic-io
@complain
@unrestricted
kill[arch=x86_64,x86-64]: {
    !(pid == 0 && (sig <= 9 || sig > 31)) -> trap(1<<3),  # a comment
    size(how) >= 24 else trace(-1),
    addr.in6.addr == [::1] || addr.in.addr & 255.0.0.0 == 127.0.0.1,
    kill-thread,
}
";

/// The items, or the one-line messages.
fn parsed(text: &str) -> Result<Vec<Item>, Vec<String>> {
    parse(0, text).map_err(|mistakes| {
        let files = files(text);
        mistakes
            .iter()
            .map(|mistake| mistake.line(&files))
            .collect() //
    })
}

/// The mistakes of a text that has some.
fn mistakes_of(text: &str) -> Vec<Diagnostic> {
    match parse(0, text) {
        Ok(items) => panic!("{text:?} is {items:?}"),
        Err(mistakes) => mistakes,
    }
}

fn files(text: &str) -> Files {
    let mut files = Files::new();
    files.add("p".to_owned(), text.to_owned());
    files
}

/// What there is besides the places.
fn without_spans(items: &[Item]) -> String {
    let text = format!("{items:?}");
    let mut parts = text.split("Span { file: ");
    let mut rest = parts.next().unwrap().to_owned();
    for part in parts {
        rest += part.split_once('}').unwrap().1;
    }
    rest
}
