// SPDX-License-Identifier: MIT OR Apache-2.0

//! What lines become.

use secpol::{
    abi::Abi,
    import::minijail::Dialect::{
        self,
        Python,
        C, //
    },
    syntax::display, //
};

use super::{
    import,
    options,
    rules_of,
    Memory, //
};

const BOTH: [Dialect; 2] = [C, Python];

/// Both readers take these for the same.
#[test]
fn in_both() {
    for (text, expected) in [
        ("read: 1", "read: allow"),
        ("  read :\t1 ", "read: allow"),
        (
            "read:1\n\n# a comment\nwrite: 1\n",
            "read: allow\nwrite: allow",
        ),
        ("read: return 9", "read: errno(EBADF)"),
        ("read: return EBADF", "read: errno(EBADF)"),
        ("read: return 0", "read: errno(0)"),
        ("read: arg0 == 3", "read: fd == 3"),
        ("read: arg0 != 3", "read: fd != 3"),
        ("read: arg0 < 3", "read: fd < 3"),
        ("read: arg0 <= 3", "read: fd <= 3"),
        ("read: arg0 > 3", "read: fd > 3"),
        ("read: arg0 >= 3", "read: fd >= 3"),
        // Any of the bits.
        ("openat: arg2 & O_CREAT|O_EXCL", "openat: flags & 192 != 0"),
        // No other bits.
        ("mmap: arg2 in PROT_READ|PROT_WRITE", "mmap: prot in 3"),
        ("mmap: arg2 in ~PROT_EXEC", "mmap: prot in ~4"),
        ("openat: arg2 in ~(O_CREAT|O_EXCL)", "openat: flags in ~192"),
        ("openat: arg2 == (O_CREAT|O_EXCL)|1", "openat: flags == 193"),
        // && binds tighter than ||.
        (
            "read: arg0 == 1 || arg0 == 2 && arg2 < 5 || arg2 == 9",
            "read: fd == 1 || fd == 2 && count < 5 || count == 9",
        ),
        (
            "read: arg0 == 1 && \\\n  arg2 == 010",
            "read: fd == 1 && count == 8",
        ),
        // What is signed for the kernel is not for minijail.
        ("kill: arg1 < 9", "kill: sig & ~0 < 9"),
        // More bits than the kernel takes, so all are compared.
        (
            "openat: arg0 == AT_FDCWD",
            "openat: arg0 == 0xffffffffffffff9c",
        ),
        (
            "personality: arg0 == 0xffffffff",
            "personality: personality == 0xffffffff",
        ),
        (
            "personality: arg0 != -1",
            "personality: arg0 != 0xffffffffffffffff",
        ),
        // Nothing of the argument counts that the kernel takes.
        ("read: arg0 & 0x100000000", "read: arg0 & 0x100000000 != 0"),
        ("read: arg0 in 0xffffffff", "read: arg0 in 0xffffffff"),
        ("mmap: arg2 & 0", "mmap: arg2 & 0 != 0"),
        // clone()'s exit signal has a bit that is a flag of clone3() alone.
        ("clone: arg0 & 0x80", "clone: arg0 & 128 != 0"),
        ("clone: arg0 in ~0x80", "clone: arg0 in ~128"),
    ] {
        for dialect in BOTH {
            let expected = format!("{expected}\n");
            assert_eq!(rules_of(text, dialect, &[]), expected, "{text} {dialect:?}");
        }
    }
}

/// They differ.
#[test]
fn in_one() {
    for (text, c, python) in [
        (
            "read: arg0 == 0; return EBADF",
            "read: fd == 0 else errno(EBADF)",
            "read: fd == 0 -> errno(EBADF)",
        ),
        (
            "write: arg0 == 1 && arg2 > 5 || arg0 in 6; return 1",
            "write: fd == 1 && count > 5 || fd in 6 else errno(EPERM)",
            "write: fd == 1 && count > 5 || fd in 6 -> errno(EPERM)",
        ),
    ] {
        assert_eq!(rules_of(text, C, &[]), format!("{c}\n"), "{text}");
        assert_eq!(rules_of(text, Python, &[]), format!("{python}\n"), "{text}");
    }
    // Only minijail0 has these, and only the compiler those.
    for (text, expected) in [
        ("read: return", "read: kill-thread"),
        ("read: arg0 == 0; return", "read: fd == 0 else kill-thread"),
        ("read: arg0 == 0;", "read: fd == 0"),
        ("read: arg0 == +3", "read: fd == 3"),
        ("@frequency whatever\nread: 1", "read: allow"),
    ] {
        assert_eq!(rules_of(text, C, &[]), format!("{expected}\n"), "{text}");
    }
    for (text, expected) in [
        ("read: 1 # all", "read: allow"),
        ("read: 0x1", "read: allow"),
        ("read: arg0 == O_CREAT | O_EXCL", "read: fd == 192"),
        ("read: arg0==3||arg0==08", "read: fd == 3 || fd == 8"),
        (
            "read: { arg0 == 1, arg0 == 2; trap, arg0 == 3; log, return ENOSYS }",
            "read: { fd == 1, fd == 2 -> trap(0), fd == 3 -> log, errno(ENOSYS) }",
        ),
        (
            "read: { arg0 == 1; trace,\\\n arg0 == 2; user-notify, kill-process }",
            "read: { fd == 1 -> trace(0), fd == 2 -> notify, kill }",
        ),
        ("kill: kill", "kill: kill-thread"),
        ("kill: kill-thread", "kill: kill-thread"),
        (
            "{ read, write }: arg0 == 1",
            "read: fd == 1\nwrite: fd == 1",
        ),
        // Lines for one call follow each other.
        (
            "read: arg0 == 1\nwrite: 1\nread: arg0 == 2; return 5",
            "read: { fd == 1, fd == 2 -> errno(EIO) }\nwrite: allow",
        ),
        (
            "read[arch=x86_64]: 1\nopen[arch=arm64,arm]: 1",
            "read: allow",
        ),
        ("read[arch=x86_64,arm;why=because]: 1", "read: allow"),
        ("read[arch=arm;why=because]: 1\nwrite: 1", "write: allow"),
        ("@frequency ./a.frequency\nread: 1", "read: allow"),
    ] {
        let expected = format!("{expected}\n");
        assert_eq!(rules_of(text, Python, &[]), expected, "{text}");
    }
}

#[test]
fn defaults() {
    for (name, expected) in [
        ("kill", "kill-thread"),
        ("kill-thread", "kill-thread"),
        ("kill-process", "kill"),
        ("trap", "trap(0)"),
        ("user-notify", "notify"),
    ] {
        let text = format!("@default {name}\nread: arg0 == 1\n");
        let imported = import(&text, &options(Python, false), &Memory::default()).unwrap();
        let policy = display::text(&imported.items);
        let expected = format!("@default {expected}\n@arch x86_64\nread: fd == 1\n");
        assert_eq!(policy, expected);
    }
    // The last counts, also for what is before it.
    let text = "@default trap\nread: arg0 == 1\n@default kill-process";
    let imported = import(text, &options(Python, false), &Memory::default()).unwrap();
    assert!(display::text(&imported.items).starts_with("@default kill\n"));
}

/// What lists what is refused; all that it includes has to as well.
#[test]
fn what_is_refused() {
    let text = "@denylist\nread: arg0 == 1; return EPERM\nwrite: return 5\n@include ./b\n";
    let files = |included| Memory::new(&[("dir/b", included)]);
    let import = |included| import(text, &options(Python, false), &files(included));
    let imported = import("@denylist\nlseek: return 6").unwrap();
    assert_eq!(
        display::text(&imported.items),
        "@default allow\n@arch x86_64\nread: fd == 1 -> errno(EPERM)\nwrite: errno(EIO)\n\
         lseek: errno(ENXIO)\n"
    );
    assert_eq!(
        import("lseek: return 6").unwrap_err().to_string(),
        "dir/b:1:1: what a @denylist includes must be one as well"
    );
    let text = "read: 1\n@include ./b\n";
    assert_eq!(
        super::import(text, &options(Python, false), &files("@denylist"))
            .unwrap_err()
            .to_string(),
        "dir/b:1:1: what includes a @denylist must be one as well"
    );
}

#[test]
fn other_machines() {
    let text = "newfstatat: 1\nclone: arg3 == 1\nopenat: arg2 & O_DIRECTORY";
    let aarch64 = minijail_options_of_aarch64();
    let imported = import(text, &aarch64, &Memory::default()).unwrap();
    assert_eq!(
        display::text(&imported.items),
        "@default kill-thread\n@arch aarch64\nnewfstatat: allow\nclone: tls == 1\n\
         openat: flags & 16384 != 0\n"
    );
}

fn minijail_options_of_aarch64() -> secpol::import::minijail::Options {
    secpol::import::minijail::Options {
        machine: Abi::Aarch64,
        ..options(C, false)
    }
}

#[test]
fn included() {
    let files = [
        ("./b.policy", "write: 1\n"),
        ("/c.policy", "close: 1"),
        ("dir/b.policy", "dup: 1\n@include ./../c.policy"),
        ("c.policy", "@default trap\n"),
    ];
    let text = "@include ./b.policy\nread: 1\n@include /c.policy\n";
    assert_eq!(
        rules_of(text, C, &files),
        "write: allow\nread: allow\nclose: allow\n"
    );
    // The compiler looks beside the file.
    let imported = import(text, &options(Python, false), &Memory::new(&files)).unwrap();
    assert_eq!(
        display::text(&imported.items),
        "@default trap(0)\n@arch x86_64\ndup: allow\nread: allow\nclose: allow\n"
    );
}

#[test]
fn exactly() {
    let text = "read: arg0 == 3 && arg1 in 7; return 1";
    let imported = import(text, &options(C, true), &Memory::default()).unwrap();
    assert_eq!(
        display::text(&imported.items),
        "@default kill-thread\n@arch x86_64\nread: arg0 == 3 && arg1 in 7 else errno(EPERM)\n"
    );
}

#[test]
fn notes() {
    let text = "read: arg0 == 3\npersonality: arg0 != -1";
    for (dialect, first) in [
        (C, "minijail0 ends the thread"),
        (Python, "kill ends the thread"),
    ] {
        let notes = import(text, &options(dialect, false), &Memory::default())
            .unwrap()
            .notes;
        let starts = [
            first,
            "calls of programs for other architectures",
            "fd of read: compared at the width that the kernel takes; minijail",
            "arg0 of personality: compared as minijail does",
        ];
        assert_eq!(notes.len(), starts.len(), "{notes:?}");
        for (note, start) in notes.iter().zip(starts) {
            assert!(note.starts_with(start), "{note}");
        }
    }
}
