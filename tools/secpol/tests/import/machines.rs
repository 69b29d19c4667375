// SPDX-License-Identifier: MIT OR Apache-2.0

//! What of a profile is for which machine and container.

use secpol::{
    abi::Abi,
    import::oci::{
        self,
        Options, //
    }, //
};

use crate::{
    imported,
    policy_of, //
};

fn on(machine: Abi) -> Options {
    Options {
        machines: vec![machine],
        ..Options::default()
    }
}

fn with_caps(caps: &[&str]) -> Options {
    Options {
        caps: caps.iter().map(|cap| (*cap).to_string()).collect(),
        ..on(Abi::X86_64)
    }
}

fn with_arches(arches: &str, options: &Options) -> (String, Vec<String>) {
    let text = format!(
        r#"{{"defaultAction": "SCMP_ACT_KILL", {arches}, "syscalls": [
            {{"names": ["read", "open"], "action": "SCMP_ACT_ALLOW"}}]}}"#
    );
    imported(&text, options)
}

#[test]
fn arches() {
    let map = r#""archMap": [
        {"architecture": "SCMP_ARCH_X86_64",
            "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
        {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
        {"architecture": "SCMP_ARCH_S390X", "subArchitectures": ["SCMP_ARCH_S390"]}]"#;
    let (policy, notes) = with_arches(map, &Options::default());
    let rules = "read: allow\nopen: allow\n";
    assert_eq!(
        policy,
        format!("@default kill-thread\n@arch x86_64, i386, aarch64, arm\n{rules}")
    );
    assert_eq!(
        notes,
        ["SCMP_ARCH_X32: left out: calls of x32 programs end the process"]
    );
    let (policy, notes) = with_arches(map, &on(Abi::Aarch64));
    // There is an open() on 32-bit ARM.
    assert_eq!(
        policy,
        format!("@default kill-thread\n@arch aarch64, arm\n{rules}")
    );
    assert_eq!(notes, [""; 0]);
    let (policy, _) = with_arches(map, &on(Abi::X86_64));
    assert_eq!(
        policy,
        format!("@default kill-thread\n@arch x86_64, i386\n{rules}")
    );
}

/// A machine's own architecture is always there, and that of another is never.
#[test]
fn own_arch() {
    for (arches, expected) in [
        (r#""architectures": []"#, "read: allow\nopen: allow\n"),
        (
            r#""architectures": ["SCMP_ARCH_NATIVE"]"#,
            "read: allow\nopen: allow\n",
        ),
        (
            r#""architectures": ["SCMP_ARCH_X86", "SCMP_ARCH_MIPS"]"#,
            "@arch x86_64, i386, aarch64\nread: allow\nopen: allow\n",
        ),
        (
            r#""archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": null}]"#,
            "read: allow\nopen: allow\n",
        ),
    ] {
        let (policy, _) = with_arches(arches, &Options::default());
        assert_eq!(
            policy,
            format!("@default kill-thread\n{expected}"),
            "{arches}"
        );
    }
    let (policy, _) = with_arches(r#""architectures": ["SCMP_ARCH_X86"]"#, &on(Abi::Aarch64));
    assert_eq!(policy, "@default kill-thread\n@arch aarch64\nread: allow\n");
}

const CAPS: &str = r#"
    {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF", "CAP_KILL"]}},
    {"names": ["bpf"], "action": "SCMP_ACT_LOG", "excludes": {"caps": ["CAP_BPF", "CAP_KILL"]}},
    {"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {}, "excludes": null}"#;

#[test]
fn capabilities() {
    // All of what is included must be there, and nothing of what is excluded.
    for (caps, expected) in [
        (&[][..], "bpf: log\nread: allow\n"),
        (&["CAP_BPF"], "read: allow\n"),
        (&["CAP_BPF", "CAP_KILL"], "bpf: allow\nread: allow\n"),
    ] {
        let expected = format!("@arch x86_64\n{expected}");
        assert_eq!(policy_of(CAPS, &with_caps(caps)), expected);
    }
    assert_eq!(
        policy_of(CAPS, &with_caps(&oci::DEFAULT_CAPS)),
        "@arch x86_64\nread: allow\n"
    );
    let mut caps = oci::DEFAULT_CAPS;
    caps.sort_unstable();
    assert_eq!(caps, oci::DEFAULT_CAPS);
    assert!(caps
        .iter()
        .all(|cap| secpol::tables::constant(Abi::X86_64, cap).is_some()));
}

/// A rule is for a machine, with all its architectures.
#[test]
fn machines() {
    let rules = r#"
        {"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["amd64", "x32"]}},
        {"names": ["write"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["arm64"]}},
        {"names": ["dup"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["x86", "arm"]}},
        {"names": ["close"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": []}}"#;
    let x86_64 = "@arch x86_64\nread: allow\nwrite: allow\nclose: allow\n";
    assert_eq!(policy_of(rules, &on(Abi::X86_64)), x86_64);
    assert_eq!(
        policy_of(rules, &on(Abi::Aarch64)),
        "@arch aarch64\nclose: allow\n"
    );
    assert_eq!(
        policy_of(rules, &Options::default()),
        "read[arch=x86_64]: allow\nwrite[arch=x86_64]: allow\nclose: allow\n"
    );
}

#[test]
fn kernels() {
    let rules = r#"
        {"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
        {"names": ["write"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "99.0"}},
        {"names": ["dup"], "action": "SCMP_ACT_ALLOW", "excludes": {"minKernel": "4.8"}},
        {"names": ["close"], "action": "SCMP_ACT_ALLOW", "excludes": {"minKernel": "99.0"}}"#;
    assert_eq!(
        policy_of(rules, &Options::default()),
        "read: allow\nclose: allow\n"
    );
}

/// Calls that i386 has as parts of another one.
#[test]
fn parts() {
    let text = |more: &str| {
        format!(
            r#"{{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86"],
                "syscalls": [
                {{"names": ["socket", "shmat", "send"], "action": "SCMP_ACT_ALLOW"}},
                {{"names": ["bind"], "action": "SCMP_ACT_LOG", "args": [
                    {{"index": 0, "op": "SCMP_CMP_EQ", "value": 3}},
                    {{"index": 2, "op": "SCMP_CMP_EQ", "value": 5}}]}}{more}]}}"#
        )
    };
    let (policy, notes) = imported(&text(""), &on(Abi::X86_64));
    assert_eq!(
        policy,
        "@default errno(EPERM)\n@arch x86_64, i386\n\
         socket: allow\nshmat: allow\nbind: fd == 3 && addrlen == 5 -> log\n\
         socketcall: { call == 1 || call == 9, call == 2 && arg2 == 5 -> log }\nipc: call == 21\n"
    );
    assert_eq!(notes.len(), 3);
    assert!(
        notes[0].starts_with("shmat: on i386 also a rule for ipc"),
        "{notes:?}"
    );
    assert!(
        notes[1].starts_with("bind, send, socket: on i386 also"),
        "{notes:?}"
    );
    let whole = r#", {"names": ["ipc", "socketcall"], "action": "SCMP_ACT_ALLOW"}"#;
    let (policy, notes) = imported(&text(whole), &on(Abi::X86_64));
    assert!(
        policy.ends_with("socketcall: allow\nipc: allow\n"),
        "{policy}"
    );
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(
        notes[0].starts_with("addrlen of bind, fd of bind: "),
        "{notes:?}"
    );
}

#[test]
fn notes() {
    let text = r#"{"defaultAction": "SCMP_ACT_ERRNO", "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "listenerPath": "/run/agent", "syscalls": [
        {"names": ["s390_runtime_instr", "read", "a\nb"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["close"], "action": "SCMP_ACT_ALLOW", "args": [
            {"index": 0, "op": "SCMP_CMP_GT", "value": 3}]},
        {"names": ["close"], "action": "SCMP_ACT_ALLOW", "args": [
            {"index": 0, "op": "SCMP_CMP_EQ", "value": 4294967296}]}]}"#;
    let (_, notes) = imported(text, &Options::default());
    let starts = [
        "flags, listenerPath: not in the policy",
        "a\\nb, s390_runtime_instr: left out: no call of Linux ",
        "arg0 of close: compared as libseccomp does",
        "close: several rules, with < or > in one: libseccomp",
    ];
    assert_eq!(notes.len(), starts.len(), "{notes:?}");
    for (note, start) in notes.iter().zip(starts) {
        assert!(note.starts_with(start), "{note}");
    }
}

/// The configuration of a container has a profile in it.
#[test]
fn configuration() {
    let text =
        r#"{"ociVersion": "1.2.0", "linux": {"seccomp": {"defaultAction": "SCMP_ACT_LOG"}}}"#;
    assert_eq!(imported(text, &Options::default()).0, "@default log\n");
}
