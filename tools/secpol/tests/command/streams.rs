// SPDX-License-Identifier: MIT OR Apache-2.0

//! Output that nobody reads, or that finds no room.

use std::{
    fs::{
        self,
        File, //
    },
    os::{
        fd::OwnedFd,
        unix::net::UnixStream, //
    },
    process::{
        Command,
        Output,
        Stdio, //
    },
};

use crate::{
    Directory,
    SMALL, //
};

/// Each writes to standard output.
const ANSWERS: [&[&str]; 11] = [
    &["check", "small.pol"],
    &["compile", "small.pol"],
    &["compile", "--format", "listing", "small.pol"],
    &["explain", "small.pol"],
    &["test", "small.pol", "read(fd=0)"],
    &["features"],
    &["import", "--from", "oci", "profile.json"],
    &["man"],
    &["completions", "bash"],
    &["--help"],
    &["--version"],
];

/// Each writes to standard error.
const REMARKS: [&[&str]; 7] = [
    &["check", "wrong.pol"],
    &["check", "--short", "around.pol"],
    &["compile", "--machine", "x86_64", "structs.pol"],
    &["test", "small.pol", "read(fd=1) -> allow"],
    &["import", "--notes", "--from", "oci", "profile.json"],
    &["check", "none.pol"],
    &["no-command"],
];

fn directory(test: &str) -> Directory {
    Directory::new(
        test,
        &[
            ("small.pol", SMALL),
            ("wrong.pol", "read\n"),
            ("structs.pol", "clone3: uargs.flags == 0\n"),
            ("around.pol", "clone3: uargs.flags == 0\nclone: allow\n"),
            (
                "profile.json",
                r#"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
                    "listenerPath": "/run/agent",
                    "syscalls": [{"names": ["read", "none"], "action": "SCMP_ACT_ALLOW"}]}"#,
            ),
        ],
    )
}

impl Directory {
    fn run_into(&self, arguments: &[&str], stdout: Stdio, stderr: Stdio) -> Output {
        Command::new(env!("CARGO_BIN_EXE_secpol"))
            .args(arguments)
            .current_dir(&self.0)
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap()
            .wait_with_output()
            .unwrap()
    }
}

/// A stream whose other end is closed: writing to it fails with EPIPE.
fn closed() -> Stdio {
    let (stream, _) = UnixStream::pair().unwrap();
    OwnedFd::from(stream).into()
}

fn full() -> Stdio {
    File::options()
        .write(true)
        .open("/dev/full")
        .unwrap()
        .into()
}

#[test]
fn nobody_reads() {
    let here = directory("nobody-reads");
    for arguments in ANSWERS {
        let usual = here.run(arguments);
        assert!(!usual.stdout.is_empty(), "{arguments:?}: {usual:?}");
        let output = here.run_into(arguments, closed(), Stdio::piped());
        assert_eq!(output.status, usual.status, "{arguments:?}: {output:?}");
        assert_eq!(output.stderr, usual.stderr, "{arguments:?}");
    }
    for arguments in REMARKS {
        let usual = here.run(arguments);
        assert!(!usual.stderr.is_empty(), "{arguments:?}: {usual:?}");
        let output = here.run_into(arguments, Stdio::piped(), closed());
        assert_eq!(output.status, usual.status, "{arguments:?}: {output:?}");
        assert_eq!(output.stdout, usual.stdout, "{arguments:?}");
    }
}

#[test]
fn no_room() {
    let here = directory("no-room");
    for arguments in ANSWERS {
        let output = here.run_into(arguments, full(), Stdio::piped());
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        let told = "secpol: cannot write to standard output: No space left on device";
        assert!(stderr.contains(told), "{arguments:?}: {stderr}");
    }
    for arguments in REMARKS {
        let output = here.run_into(arguments, Stdio::piped(), full());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    }
}

/// The first part of a filter may be a filter as well.
#[test]
fn no_part_of_a_filter_is_left() {
    let rules: Vec<String> = (0..200)
        .map(|n| format!("    fd == {n} -> errno({n}),\n"))
        .collect();
    let policy = format!("read: {{\n{}}}\n", rules.concat());
    let here = Directory::new("no-part", &[("long.pol", &policy)]);
    let compile = [
        "compile",
        "--machine",
        "x86_64",
        "long.pol",
        "-o",
        "long.bpf",
    ];
    assert!(here.run(&compile).status.success());
    let whole = fs::metadata(here.0.join("long.bpf")).unwrap().len();
    assert!(whole > 1024, "{whole}");
    // No file gets longer than 512 or 1024 bytes, whatever the shell counts in.
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$@\"";
    let output = Command::new("sh")
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_secpol")])
        .args(compile)
        .current_dir(&here.0)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("cannot write long.bpf: "), "{stderr}");
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert_eq!(fs::metadata(here.0.join("long.bpf")).unwrap().len(), 0);
}
