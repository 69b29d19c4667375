// SPDX-License-Identifier: MIT OR Apache-2.0

//! What rules of a profile become.

use secpol::{
    abi::Abi,
    action::Action,
    call::Call,
    import::oci::Options,
    simulate,
    tables, //
};

use crate::{
    compile,
    exact,
    imported,
    policy_of, //
};

fn rule(name: &str, action: &str, args: &str) -> String {
    format!(r#"{{"names": ["{name}"], "action": "SCMP_ACT_{action}", "args": [{args}]}}"#)
}

fn arg(index: u32, operator: &str, value: u64) -> String {
    format!(r#"{{"index": {index}, "op": "SCMP_CMP_{operator}", "value": {value}}}"#)
}

fn masked(index: u32, mask: u64, value: u64) -> String {
    format!(
        r#"{{"index": {index}, "op": "SCMP_CMP_MASKED_EQ", "value": {mask}, "valueTwo": {value}}}"#
    )
}

#[test]
fn actions() {
    for (members, expected) in [
        (r#""SCMP_ACT_ERRNO""#, "errno(EPERM)"),
        (r#""SCMP_ACT_KILL""#, "kill-thread"),
        (r#""SCMP_ACT_KILL_THREAD""#, "kill-thread"),
        (r#""SCMP_ACT_KILL_PROCESS""#, "kill"),
        (r#""SCMP_ACT_TRAP""#, "trap(0)"),
        (r#""SCMP_ACT_TRACE""#, "trace(1)"),
        (r#""SCMP_ACT_LOG""#, "log"),
        (r#""SCMP_ACT_NOTIFY""#, "notify"),
        (r#""SCMP_ACT_ERRNO", "errnoRet": 38"#, "errno(ENOSYS)"),
        (r#""SCMP_ACT_ERRNO", "errnoRet": 4000"#, "errno(4000)"),
        (r#""SCMP_ACT_ERRNO", "errnoRet": null"#, "errno(EPERM)"),
        (r#""SCMP_ACT_ERRNO", "errno": "EXDEV""#, "errno(EXDEV)"),
        (r#""SCMP_ACT_ERRNO", "errno": "18""#, "errno(EXDEV)"),
        (r#""SCMP_ACT_ERRNO", "errno": """#, "errno(EPERM)"),
        (
            r#""SCMP_ACT_ERRNO", "errnoRet": 95, "errno": "ENOTSUP""#,
            "errno(EOPNOTSUPP)",
        ),
        (r#""SCMP_ACT_TRACE", "errnoRet": 65535"#, "trace(65535)"),
    ] {
        let text = format!(
            r#"{{"defaultAction": "SCMP_ACT_ALLOW",
                "syscalls": [{{"names": ["read"], "action": {members}}}]}}"#
        );
        let (policy, _) = imported(&text, &Options::default());
        assert_eq!(policy, format!("@default allow\nread: {expected}\n"));
    }
}

#[test]
fn default_actions() {
    for (members, expected) in [
        (r#""SCMP_ACT_KILL""#, "kill-thread"),
        (
            r#""SCMP_ACT_ERRNO", "defaultErrnoRet": 38"#,
            "errno(ENOSYS)",
        ),
        (
            r#""SCMP_ACT_ERRNO", "defaultErrno": "ENOSYS""#,
            "errno(ENOSYS)",
        ),
        (r#""SCMP_ACT_TRACE", "defaultErrnoRet": 7"#, "trace(7)"),
    ] {
        let text = format!(r#"{{"defaultAction": {members}}}"#);
        assert_eq!(
            imported(&text, &exact()).0,
            format!("@default {expected}\n")
        );
    }
}

#[test]
fn operators() {
    for (operator, named, numbered) in [
        ("NE", "sig != 5", "arg1 != 5"),
        ("EQ", "sig == 5", "arg1 == 5"),
        // The kernel takes a signed number, libseccomp does not.
        ("LT", "sig & ~0 < 5", "arg1 < 5"),
        ("LE", "sig & ~0 <= 5", "arg1 <= 5"),
        ("GE", "sig & ~0 >= 5", "arg1 >= 5"),
        ("GT", "sig & ~0 > 5", "arg1 > 5"),
    ] {
        let rule = rule("kill", "ALLOW", &arg(1, operator, 5));
        assert_eq!(
            policy_of(&rule, &Options::default()),
            format!("kill: {named}\n")
        );
        assert_eq!(policy_of(&rule, &exact()), format!("kill: {numbered}\n"));
    }
    let unsigned = rule("read", "ALLOW", &arg(0, "LT", 5));
    assert_eq!(policy_of(&unsigned, &Options::default()), "read: fd < 5\n");
}

/// Each argument that is named is the one that was compared: it has its place in the filter.
#[test]
fn all_names() {
    for abi in [Abi::X86_64, Abi::Aarch64] {
        for call in tables::calls(abi) {
            for (place, argument) in call.arguments.iter().flatten().enumerate() {
                let rule = rule(call.name, "ALLOW", &arg(place as u32, "EQ", 5));
                let options = Options {
                    machines: vec![abi],
                    ..Options::default()
                };
                let policy = policy_of(&rule, &options);
                // prctl() has an arg2, which is its second.
                let name = match argument.name.strip_prefix("arg") {
                    Some("2" | "3" | "4" | "5") => format!("arg{place}"),
                    _ => argument.name.to_string(),
                };
                assert!(policy.contains(&format!(": {name} == 5")), "{policy}");
                let program = compile(&format!("@default errno(EPERM)\n{policy}"), abi);
                let of = |value| {
                    let mut call = Call {
                        arch: abi.audit_arch(),
                        number: call.number,
                        ..Call::default()
                    };
                    call.arguments[place] = value;
                    Action::from_ret(simulate::run(&program.insns, &call, 0).unwrap().ret)
                };
                assert_eq!(
                    (of(5), of(6)),
                    (Action::Allow, Action::Errno(1)),
                    "{policy}"
                );
            }
        }
    }
}

#[test]
fn masks() {
    let of = |mask, value| policy_of(&rule("kill", "LOG", &masked(1, mask, value)), &exact());
    assert_eq!(of(0xf0, 0x10), "kill: arg1 & 240 == 16 -> log\n");
    // What the mask leaves out does not count.
    assert_eq!(of(0xf0, 0x11), "kill: arg1 & 240 == 16 -> log\n");
    // Without a bit that counts, the rule always holds.
    assert_eq!(of(0, 7), "kill: log\n");
    let of = |mask, value| {
        let rule = rule("kill", "LOG", &masked(1, mask, value));
        policy_of(&rule, &Options::default())
    };
    // Bits that the kernel does not look at are zero for it.
    assert_eq!(of(!0xf, 0), "kill: sig & 0xfffffff0 == 0 -> log\n");
    assert_eq!(
        of((1 << 40) | 1, 1 << 40),
        "kill: arg1 & 0x10000000001 == 0x10000000000 -> log\n"
    );
    assert_eq!(of(1 << 40, 0), "kill: arg1 & 0x10000000000 == 0 -> log\n");
}

/// What has more bits than the kernel takes is compared as libseccomp does, and so is all that the
/// argument is compared with beside it.
#[test]
fn wide_values() {
    let rules = [
        rule("personality", "ALLOW", &arg(0, "EQ", 8)),
        rule("personality", "LOG", &arg(0, "EQ", u64::MAX)),
    ];
    let policy = policy_of(&rules.join(","), &Options::default());
    assert_eq!(
        policy,
        "personality: { arg0 == 8, arg0 == 0xffffffffffffffff -> log }\n"
    );
}

/// On 32-bit architectures nothing is wider than the registers.
#[test]
fn narrow_registers() {
    let text = format!(
        r#"{{"defaultAction": "SCMP_ACT_ERRNO",
            "architectures": ["SCMP_ARCH_X86"],
            "syscalls": [{}]}}"#,
        rule("mmap", "ALLOW", &arg(1, "EQ", (1 << 32) | 3))
    );
    let options = Options {
        machines: vec![Abi::X86_64],
        ..Options::default()
    };
    assert_eq!(
        imported(&text, &options).0,
        "@default errno(EPERM)\n@arch x86_64, i386\n\
         mmap[arch=x86_64]: len == 0x100000003\nmmap[arch=i386]: arg1 == 3\n"
    );
}

#[test]
fn several_comparisons() {
    let both = rule(
        "socket",
        "ALLOW",
        &[arg(2, "EQ", 9), arg(0, "EQ", 16)].join(","),
    );
    assert_eq!(
        policy_of(&both, &Options::default()),
        "socket: family == 16 && protocol == 9\n"
    );
    // Two of one argument: each is enough, also the one of another argument.
    let either = [arg(0, "EQ", 1), arg(1, "GT", 2), arg(0, "EQ", 3)].join(",");
    assert_eq!(
        policy_of(&rule("socket", "ALLOW", &either), &exact()),
        "socket: arg0 == 1 || arg1 > 2 || arg0 == 3\n"
    );
}

#[test]
fn several_rules() {
    // As in the profiles of Docker and Podman.
    let rules = [
        rule(
            "socket",
            "TRAP",
            &[arg(0, "EQ", 16), arg(2, "EQ", 9)].join(","),
        ),
        rule("socket", "ALLOW", &arg(2, "NE", 9)),
        rule("socket", "ALLOW", &arg(0, "NE", 16)),
        rule("socket", "ALLOW", &arg(2, "NE", 9)),
    ];
    assert_eq!(
        policy_of(&rules.join(","), &Options::default()),
        "socket: { family == 16 && protocol == 9 -> trap(0), protocol != 9 || family != 16 }\n"
    );
    // A rule without comparisons swallows the others, wherever it stands; the first of them counts.
    for place in 0..3 {
        let mut rules = vec![
            rule("read", "ALLOW", &arg(0, "EQ", 1)),
            rule("read", "TRAP", &arg(0, "NE", 3)),
        ];
        rules.insert(place, rule("read", "LOG", ""));
        rules.push(rule("read", "KILL", ""));
        assert_eq!(policy_of(&rules.join(","), &exact()), "read: log\n");
    }
    // What says the same as the default is no rule, though it has no comparisons.
    let rules = [
        rule("read", "ERRNO", ""),
        rule("read", "ALLOW", &arg(0, "EQ", 1)),
    ];
    assert_eq!(policy_of(&rules.join(","), &exact()), "read: arg0 == 1\n");
}

/// clone()'s exit signal has a bit that is a flag of clone3() alone; the language leaves it out of
/// a test of flags.
#[test]
fn exit_signal() {
    let flags = rule("clone", "ALLOW", &masked(0, 0x7e02_0000, 0));
    assert_eq!(
        policy_of(&flags, &Options::default()),
        "clone: clone_flags & 0x7e020000 == 0\n"
    );
    let newtime = rule("clone", "ALLOW", &masked(0, 0x7e02_0080, 0));
    assert_eq!(
        policy_of(&newtime, &Options::default()),
        "clone: arg0 & 0x7e020080 == 0\n"
    );
}

#[test]
fn unnamed_arguments() {
    let unread = rule("read", "ALLOW", &arg(5, "EQ", 1));
    assert_eq!(policy_of(&unread, &Options::default()), "read: arg5 == 1\n");
    let no_function = rule("tuxcall", "ALLOW", &arg(0, "EQ", 1));
    assert_eq!(
        policy_of(&no_function, &Options::default()),
        "tuxcall: arg0 == 1\n"
    );
    // The fourth argument has another name on the other machine.
    let clone = rule("clone", "ALLOW", &arg(3, "EQ", 1));
    assert_eq!(
        policy_of(&clone, &Options::default()),
        "clone[arch=x86_64]: child_tidptr == 1\nclone[arch=aarch64]: tls == 1\n"
    );
}

#[test]
fn names() {
    let text = r#"{"name": "read", "action": "SCMP_ACT_ALLOW"},
        {"names": ["write", "no_such_call", "read"], "action": "SCMP_ACT_ALLOW", "args": null}"#;
    assert_eq!(policy_of(text, &exact()), "read: allow\nwrite: allow\n");
}
