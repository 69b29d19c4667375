// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the command says of filters: `explain` of BPF, and `diff`.

use std::fs;

use crate::Directory;

const OLD: &str = "\
@default errno(EPERM)
@kernel 7.3
@unknown errno(ENOSYS)
read: fd == 0
lseek: { offset < 0 -> kill, whence in 3 }
exit_group: allow
clone: clone_flags & CLONE_NEWUSER == 0
ioctl: { cmd == TIOCSTI || cmd == TIOCLINUX -> errno(EPERM), allow }
write: arg0 == 0x100000001
connect: addr.family == AF_INET && addr.in.port == 443 && addr.in.addr == 127.0.0.1
openat2: how.resolve & RESOLVE_BENEATH != 0 else errno(EXDEV)
sendmsg: nr_high == 0
";

const EXTENDED: [&str; 4] = [
    "--append-flags",
    "0x500000000",
    "--extensible-arg-size",
    "128",
];

/// A directory with policies, and the filter of the first.
fn directory(test: &str, policies: &[(&str, &str)]) -> Directory {
    let here = Directory::new(test, policies);
    let (name, _) = policies[0];
    let compiled = here.run(&["compile", "--machine", "x86_64", name, "-o", "filter.bpf"]);
    assert_eq!(compiled.status.code(), Some(0));
    here
}

#[test]
fn explain() {
    let here = directory("explain", &[("old.pol", OLD)]);
    let calls = "--call=lseek,exit_group,clone,ioctl,write,connect,openat2,sendmsg,mount";
    let told = "\
x86_64:
  clone:
    clone_flags & CLONE_NEWUSER == 0 -> allow
    errno(EPERM)
  connect:
    extent(uservaddr) > 128 -> errno(E2BIG)
    uservaddr.family == AF_INET && uservaddr.in.addr == 127.0.0.1 && uservaddr.in.port == 443 \
-> allow
    errno(EPERM)
  ioctl:
    cmd == TIOCSTI || cmd == TIOCLINUX -> errno(EPERM)
    allow
  lseek:
    offset < 0 -> kill
    whence <= 3 -> allow
    errno(EPERM)
  openat2:
    extent(how) > 24 -> errno(E2BIG)
    how.resolve & RESOLVE_BENEATH == 0 -> errno(EXDEV)
    allow
  sendmsg:
    nr_high == 0 -> allow
    errno(EPERM)
  write:
    arg0 == 0x100000001 -> allow
    errno(EPERM)
  allow:
    exit_group
  errno(EPERM):
    mount
";
    let command = ["explain", "filter.bpf", "--machine", "x86_64", calls];
    let arguments = [&command[..], &EXTENDED[..], &["--arch", "x86_64"]].concat();
    let output = here.run(&arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let without_x32 = text.split("x86_64, x32").next().unwrap();
    assert_eq!(without_x32, told);
    // What is not said to be there is not there.
    here.expect(
        &["explain", "filter.bpf", "--machine", "x86_64"],
        2,
        "",
        "secpol: filter.bpf: instruction 11 is none that the kernel takes (it looks at what only \
         filters of SECCOMP_APPEND_FILTER see: say --append-flags)\n",
    );
}

/// Makes a policy of what is told of a filter on x86_64.
fn policy_of(text: &str) -> String {
    let mut policy = String::from("@default errno(EPERM)\n@kernel 7.3\n@unknown errno(ENOSYS)\n");
    let section = text.split("x86_64:\n").nth(1).unwrap();
    let section = section.split("x86_64, x32").next().unwrap();
    let mut blocks: Vec<(String, Vec<String>)> = Vec::new();
    for line in section.lines() {
        match line.strip_prefix("    ") {
            Some(line) => blocks.last_mut().unwrap().1.push(line.to_string()),
            None => blocks.push((line.trim().trim_end_matches(':').to_string(), Vec::new())),
        }
    }
    for (label, lines) in blocks {
        if lines[0].contains(" -> ") {
            // What the language itself demands, and has no words for.
            let lines = lines.iter().filter(|line| !line.starts_with("extent("));
            let lines: Vec<&str> = lines.map(String::as_str).collect();
            for call in label.split(", ") {
                policy.push_str(&format!("{call}: {{ {} }}\n", lines.join(", ")));
            }
        } else {
            for call in lines
                .join(" ")
                .split(", ")
                .filter(|call| !call.starts_with(char::is_numeric))
            {
                policy.push_str(&format!("{call}: {label}\n"));
            }
        }
    }
    policy
}

#[test]
fn what_is_told_is_a_policy() {
    let more = "
clone3: { uargs.exit_signal > 64 -> trap(3), uargs.flags in CLONE_FS|CLONE_VM }
fchmodat2: mode & 06000 == 0 else trace(7)
mmap: prot in ~PROT_EXEC || prot in ~PROT_WRITE
personality: personality in 0x20008 || personality == 0xffffffff
lstat: filename == NULL
fcntl: { cmd >= 5 && cmd <= 9 -> log, cmd == 100 || cmd == 200 || fd < 3 && arg > 7 }
getpriority: { which < 0 -> kill, who > -5 -> notify }
bind: { umyaddr.family == AF_NETLINK && umyaddr.nl.pid == 7 -> kill-thread, addrlen > 20 }
";
    let here = directory("told", &[("old.pol", &format!("{OLD}{more}"))]);
    let command = [
        "explain",
        "filter.bpf",
        "--machine",
        "x86_64",
        "--arch",
        "x86_64",
    ];
    let output = here.run(&[&command[..], &EXTENDED[..]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    fs::write(here.0.join("told.pol"), policy_of(&text)).unwrap();
    here.expect(
        &["diff", "--machine", "x86_64", "old.pol", "told.pol"],
        0,
        "",
        "",
    );
}

#[test]
fn numbers_and_architectures() {
    let here = directory("numbers", &[("old.pol", "@default log\nread: allow\n")]);
    let output = here.run(&["explain", "filter.bpf", "--machine", "x86_64"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "x86_64:\n  allow:\n    read\n  log:\n    write, open,",
        "fchroot, 337-423, 473-0x3fffffff\nx86_64, x32 calls: kill\nother architectures: kill\n",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // A filter that is the same for all.
    fs::write(here.0.join("all.bpf"), [6, 0, 0, 0, 0, 0, 0xff, 0x7f]).unwrap();
    here.expect(
        &["explain", "all.bpf", "--machine", "x86_64"],
        0,
        "i386: allow\nx86_64: allow\nx86_64, x32 calls: allow\nother architectures: allow\n",
        "",
    );
}

#[test]
fn what_is_not_decided() {
    // Two arguments, compared with each other.
    let insns: [(u16, u8, u8, u32); 6] = [
        (0x20, 0, 0, 16),
        (0x07, 0, 0, 0),
        (0x20, 0, 0, 24),
        (0x1d, 0, 1, 0),
        (0x06, 0, 0, 0x7fff_0000),
        (0x06, 0, 0, 0),
    ];
    let here = Directory::new("undecided", &[]);
    let mut bytes = Vec::new();
    for (code, jt, jf, k) in insns {
        bytes.extend(code.to_le_bytes());
        bytes.extend([jt, jf]);
        bytes.extend(k.to_le_bytes());
    }
    fs::write(here.0.join("x.bpf"), &bytes).unwrap();
    let explain = ["explain", "x.bpf", "--machine", "x86_64", "--arch", "i386"];
    let output = here.run(&[&explain[..], &["--call", "read"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let told = "\
i386:
  read:
    not decided: what decides is too complicated
      L0: ld args[0].lo
      L1: tax
      L2: ld args[1].lo
      L3: jeq x, L4, L5
      L4: ret #0x7fff0000
      L5: ret #0x0
";
    assert_eq!(text, told);
    // It is not taken for another, nor for itself.
    bytes[12] = 1;
    bytes[20] = 32;
    fs::write(here.0.join("y.bpf"), &bytes).unwrap();
    let output = here.run(&["diff", "x.bpf", "y.bpf", "--machine", "x86_64"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stdout).contains("not decided"));
}

#[test]
fn no_filters() {
    let here = Directory::new("no-filters", &[]);
    for (name, bytes, why) in [
        (
            "odd",
            &[0u8; 7][..],
            "7 bytes are no filter: each instruction has 8 bytes, and there is at least one",
        ),
        (
            "code",
            &[0xff, 0, 0, 0, 0, 0, 0, 0],
            "instruction 0 is none that the kernel takes",
        ),
        (
            "end",
            &[0, 0, 0, 0, 0, 0, 0, 0],
            "a jump leads nowhere, or the last instruction is no return",
        ),
    ] {
        fs::write(here.0.join(name), bytes).unwrap();
        here.expect(
            &["explain", name],
            2,
            "",
            &format!("secpol: {name}: {why}\n"),
        );
        here.expect(
            &["diff", name, name],
            2,
            "",
            &format!("secpol: {name}: {why}\n"),
        );
    }
}

#[test]
fn diff() {
    let new = OLD
        .replace("read: fd == 0", "read: fd in 1")
        .replace("whence in 3", "whence in 1")
        .replace("AF_INET &&", "AF_INET6 &&")
        .replace(
            "addr.in.port == 443 && addr.in.addr == 127.0.0.1",
            "size(addr) > 5",
        )
        .replace("else errno(EXDEV)", "else errno(ENOENT)");
    let here = directory("diff", &[("old.pol", OLD), ("new.pol", &new)]);
    let diff = |arguments: &[&'static str]| [&["diff", "--machine", "x86_64"], arguments].concat();
    here.expect(&diff(&["old.pol", "old.pol"]), 0, "", "");
    let same = diff(&["old.pol", "filter.bpf"]);
    here.expect(&[&same[..], &EXTENDED[..]].concat(), 0, "", "");
    let told = "\
x86_64:
  read: looser
    fd == 1: errno(EPERM) -> allow
    tried: read(fd=1): errno(EPERM) -> allow
";
    let only = OLD.replace("read: fd == 0", "read: fd in 1");
    fs::write(here.0.join("only.pol"), only).unwrap();
    here.expect(&diff(&["old.pol", "only.pol"]), 1, told, "");
    here.expect(&diff(&["old.pol", "only.pol", "--stricter"]), 1, told, "");
    let turned = told
        .replace("looser", "stricter")
        .replace("errno(EPERM) -> allow", "allow -> errno(EPERM)");
    here.expect(
        &diff(&["only.pol", "old.pol", "--stricter"]),
        0,
        &turned,
        "",
    );
    here.expect(&diff(&["only.pol", "old.pol"]), 1, &turned, "");
    here.expect(&diff(&["old.pol", "only.pol", "--arch", "i386"]), 0, "", "");
    // Each call that is told can be tried.
    let output = here.run(&diff(&["old.pol", "new.pol"]));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let mut tried = 0;
    for line in text.lines() {
        let Some(said) = line.trim().strip_prefix("tried: ") else {
            continue;
        };
        tried += 1;
        let (call, ends) = said.split_once("): ").unwrap();
        let (old, new) = ends.split_once(" -> ").unwrap();
        for (policy, end) in [("old.pol", old), ("new.pol", new)] {
            let expected = format!("{call}) -> {end}");
            here.expect(
                &["test", "--machine", "x86_64", policy, &expected],
                0,
                "",
                "",
            );
        }
    }
    assert_eq!(tried, 4, "{text}");
}

#[test]
fn threads() {
    let here = Directory::new("threads", &[]);
    let output = here.run(&["explain", "--pid", "0"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        text,
        "secpol: cannot stop thread 0: No such process (os error 3)\n"
    );
    let output = here.run(&["explain", "--pid", "1", "x.bpf"]);
    assert_eq!(output.status.code(), Some(2));
}
