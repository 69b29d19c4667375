// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is said of a profile that means nothing.

use secpol::import::oci::Options;

use crate::import;

fn mistake(text: &str) -> String {
    match import(text, &Options::default()) {
        Ok(imported) => panic!("{text}\nis {:?}", imported.items),
        Err(error) => error.to_string(),
    }
}

/// The mistake of a profile with this beside its default.
fn besides(members: &str) -> String {
    mistake(&format!(
        r#"{{"defaultAction": "SCMP_ACT_ERRNO", {members}}}"#
    ))
}

/// The mistake of a rule, which is the second.
fn of_rule(members: &str) -> String {
    besides(&format!(
        r#""syscalls": [{{"names": ["read"], "action": "SCMP_ACT_ALLOW"}}, {{{members}}}]"#
    ))
}

/// The mistake of a comparison.
fn of_arg(members: &str) -> String {
    of_rule(&format!(
        r#""names": ["dup"], "action": "SCMP_ACT_ALLOW", "args": [{{{members}}}]"#
    ))
}

#[test]
fn no_json() {
    assert_eq!(
        mistake(""),
        "no JSON: EOF while parsing a value at line 1 column 0"
    );
    assert_eq!(
        mistake("{]"),
        "no JSON: key must be a string at line 1 column 2"
    );
    assert_eq!(mistake("[]"), "not an object");
    assert!(mistake(&"[".repeat(100_000)).starts_with("no JSON: recursion limit exceeded"));
}

#[test]
fn profiles() {
    for (members, expected) in [
        (
            r#""sycalls": []"#,
            "sycalls: not known; known are defaultAction, ",
        ),
        (r#""syscalls": {}"#, "syscalls: not an array"),
        (r#""syscalls": [7]"#, "syscalls[0]: not an object"),
        (
            r#""architectures": ["SCMP_ARCH_X8664"]"#,
            "architectures[0]: there is no architecture SCMP",
        ),
        (
            r#""architectures": ["amd64"]"#,
            "architectures[0]: there is no architecture amd64",
        ),
        (r#""archMap": [{}]"#, "archMap[0]: there is no architecture"),
        (
            r#""architectures": ["SCMP_ARCH_ARM"], "archMap": [{"architecture": "SCMP_ARCH_ARM"}]"#,
            "there are both architectures and an archMap",
        ),
        (
            r#""defaultErrnoRet": 4096"#,
            "defaultAction: an errno is at most 4095",
        ),
        (
            r#""defaultErrnoRet": -1"#,
            "defaultErrnoRet: not a number from 0 to 65535",
        ),
        (
            r#""defaultErrnoRet": 1.5"#,
            "defaultErrnoRet: not a number from 0 to 65535",
        ),
        (
            r#""defaultErrno": "EWHAT""#,
            "defaultErrno: there is no errno EWHAT",
        ),
        (
            r#""defaultErrno": "AF_UNIX""#,
            "defaultErrno: there is no errno AF_UNIX",
        ),
        (
            r#""defaultErrnoRet": 38, "defaultErrno": "EPERM""#,
            "defaultErrno: the number beside it is another: 38",
        ),
    ] {
        let told = besides(members);
        assert!(told.starts_with(expected), "{members}: {told}");
    }
    assert_eq!(mistake("{}"), "there is no defaultAction");
    assert_eq!(
        mistake(r#"{"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}"#),
        "defaultAction: SCMP_ACT_ALLOW has no errno"
    );
    assert_eq!(
        mistake(r#"{"linux": {"seccomp": []}}"#),
        "linux.seccomp: not an object"
    );
    assert_eq!(
        mistake(r#"{"linux": {"seccomp": {}}}"#),
        "linux.seccomp: there is no defaultAction"
    );
}

#[test]
fn rules() {
    for (members, expected) in [
        (r#""names": ["dup"]"#, ": there is no action"),
        (r#""names": ["dup"], "action": 7"#, ".action: not a text"),
        (
            r#""names": ["dup"], "action": "ALLOW""#,
            ".action: there is no action ALLOW",
        ),
        (r#""action": "SCMP_ACT_ALLOW""#, ": names no call"),
        (
            r#""names": [], "action": "SCMP_ACT_ALLOW""#,
            ": names no call",
        ),
        (
            r#""names": [""], "action": "SCMP_ACT_ALLOW""#,
            ".names[0]: no name of a call",
        ),
        (
            r#""names": [5], "action": "SCMP_ACT_ALLOW""#,
            ".names[0]: not a text",
        ),
        (
            r#""name": "dup", "names": ["dup"]"#,
            ": there are both name and names",
        ),
        (
            r#""names": ["dup"], "action": "SCMP_ACT_KILL", "errnoRet": 1"#,
            ".action: SCMP_ACT_KILL has no errno",
        ),
        (
            r#""names": ["dup"], "action": "SCMP_ACT_LOG", "includes": {"cap": ["CAP_KILL"]}"#,
            ".includes.cap: not known; known are caps, arches, minKernel",
        ),
        (
            r#""names": ["dup"], "action": "SCMP_ACT_LOG", "excludes": {"minKernel": "4"}"#,
            ".excludes.minKernel: 4 is no version of the kernel",
        ),
        (
            r#""names": ["dup"], "action": "SCMP_ACT_LOG", "excludes": {"caps": [1]}"#,
            ".excludes.caps[0]: not a text",
        ),
        (r#""arg": []"#, ".arg: not known; known are names, "),
    ] {
        let told = of_rule(members);
        let expected = format!("syscalls[1]{expected}");
        assert!(told.starts_with(&expected), "{members}: {told}");
    }
}

#[test]
fn comparisons() {
    for (members, expected) in [
        (r#""value": 1, "op": "SCMP_CMP_EQ""#, ": there is no index"),
        (r#""index": 1, "op": "SCMP_CMP_EQ""#, ": there is no value"),
        (r#""index": 1, "value": 1"#, ": there is no op"),
        (
            r#""index": 6, "value": 1, "op": "SCMP_CMP_EQ""#,
            ".index: not a number from 0 to 5",
        ),
        (
            r#""index": 0, "value": 18446744073709551616, "op": "SCMP_CMP_EQ""#,
            ".value: not a number from 0 to 18446744073709551615",
        ),
        (
            r#""index": 0, "value": 1, "valueTwo": "2", "op": "SCMP_CMP_EQ""#,
            ".valueTwo: not a number",
        ),
        (
            r#""index": 0, "value": 1, "op": "SCMP_CMP_LIKE""#,
            ".op: there is no operator SCMP_CMP_LIKE",
        ),
    ] {
        let told = of_arg(members);
        let expected = format!("syscalls[1].args[0]{expected}");
        assert!(told.starts_with(&expected), "{members}: {told}");
    }
}

/// Rules that can both hold: which of them libseccomp tests first, nobody says.
#[test]
fn conflicts() {
    let told = besides(
        r#""syscalls": [
            {"names": ["dup"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [
                {"index": 0, "op": "SCMP_CMP_LE", "value": 16}]},
            {"names": ["read", "socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 22, "args": [
                {"index": 0, "op": "SCMP_CMP_EQ", "value": 16},
                {"index": 2, "op": "SCMP_CMP_EQ", "value": 9}]}]"#,
    );
    assert_eq!(
        told,
        "syscalls[2]: of socket on x86_64 it says something else than syscalls[1] does, and both \
         can hold of one call: which of them decides, libseccomp leaves open"
    );
}

#[test]
fn in_one_line() {
    let told = of_rule("\"names\": [\"dup\"], \"action\": \"A\\n\\u001b[31m\"");
    assert_eq!(
        told,
        "syscalls[1].action: there is no action A\\n\\u{1b}[31m"
    );
    let long = "x".repeat(1000);
    let told = besides(&format!(r#""{long}": 1"#));
    assert!(told.len() < 300, "{told}");
}
