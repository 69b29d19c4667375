// SPDX-License-Identifier: MIT OR Apache-2.0

//! Profiles of containers.

use secpol::{
    import::oci::{
        import,
        Options, //
    },
    syntax::display, //
};

use crate::{
    bounded,
    random::{
        tokens,
        Random, //
    },
    use_up, //
};

const PROFILE: &str = r#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_AARCH64"],
    "syscalls": [
        {"names": ["read", "socket"], "action": "SCMP_ACT_ALLOW", "args": null},
        {"names": ["personality"], "action": "SCMP_ACT_ERRNO", "errnoRet": 18,
            "args": [{"index": 0, "value": 4294967295, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]},
        {"names": ["clone"], "action": "SCMP_ACT_TRACE", "args": [
            {"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"},
            {"index": 1, "value": 5, "op": "SCMP_CMP_GE"}],
            "includes": {"arches": ["amd64"], "minKernel": "4.8"},
            "excludes": {"caps": ["CAP_SYS_ADMIN"]}}]}"#;

/// Takes a profile, or tells why not.
fn use_profile(text: &str) -> Result<(), String> {
    let mut last = Ok(());
    for exact in [false, true] {
        let options = Options {
            exact,
            ..Options::default()
        };
        last = match import(text, &options) {
            // What was made may be too long; it is a policy all the same.
            Ok(imported) => match use_up(&display::text(&imported.items)) {
                Err(why) if !why.contains("instructions") => panic!("{text}: {why}"),
                _ => Ok(()),
            },
            Err(error) => {
                let told = error.to_string();
                assert!(
                    told.len() < 500 && !told.contains(char::is_control),
                    "{told:?}"
                );
                Err(told)
            }
        };
    }
    last
}

#[track_caller]
fn expect(what: &str, text: &str, expected: &str) {
    let told = bounded(what, || use_profile(text))
        .err()
        .unwrap_or_default();
    assert!(
        told.contains(expected) && expected.is_empty() == told.is_empty(),
        "{what}: {told}"
    );
}

fn with_rules(rules: &[String]) -> String {
    format!(
        r#"{{"defaultAction": "SCMP_ACT_KILL", "syscalls": [{}]}}"#,
        rules.join(",")
    )
}

fn rule(names: &str, action: &str, args: &str) -> String {
    format!(r#"{{"names": [{names}], "action": "{action}", "args": [{args}]}}"#)
}

fn arg(value: usize, op: &str) -> String {
    format!(r#"{{"index": 0, "value": {value}, "op": "{op}"}}"#)
}

#[test]
fn damaged_profiles() {
    let mut random = Random(0x4567_89ab_cdef_1234);
    let others: Vec<String> = "{ } [ ] , : \" null true -1 1e999 0.5 18446744073709551616 7 \
        99999999999999999999999999999999999999999999 names action args index value op read clone3 \
        SCMP_ACT_ALLOW SCMP_ACT_KILL SCMP_CMP_NE SCMP_CMP_MASKED_EQ \"\\u0000\" {} [] \"\" \u{fffd}"
        .split(' ')
        .map(str::to_string)
        .collect();
    let (mut right, mut wrong) = (0, 0);
    for _ in 0..6_000 {
        let mut parts = tokens(PROFILE);
        random.damage(&mut parts, &others);
        let text = parts.concat();
        match bounded(&text, || use_profile(&text)) {
            Ok(()) => right += 1,
            Err(_) => wrong += 1,
        }
    }
    assert!(right > 300 && wrong > 3_000, "{right} {wrong}");
}

#[test]
fn numbers_and_types() {
    expect("the profile", PROFILE, "");
    for value in [
        "1e999",
        "1e3",
        "-1",
        "0.5",
        "18446744073709551616",
        "null",
        "[]",
        "{}",
        "true",
    ] {
        let text = PROFILE.replace("4294967295", value);
        expect(value, &text, ": ");
    }
    expect(
        "a long number",
        &PROFILE.replace("38", &"9".repeat(100_000)),
        ": ",
    );
    expect(
        "a long name",
        &PROFILE.replace("read", &"x".repeat(900_000)),
        "",
    );
    expect("deep", &"[".repeat(100_000), "recursion limit exceeded");
    let deep = format!("{}{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    expect("deep objects", &deep, "recursion limit exceeded");
    expect(
        "too long",
        &" ".repeat(2_000_000),
        "longer than 1048576 bytes",
    );
}

#[test]
fn many_rules() {
    let many = |action: fn(usize) -> &'static str, op: fn(usize) -> &'static str, count| {
        let rules = (0..count).map(|n| rule("\"read\"", action(n), &arg(n, op(n))));
        with_rules(&rules.collect::<Vec<_>>())
    };
    let allow = |_| "SCMP_ACT_ALLOW";
    let equal = |_| "SCMP_CMP_EQ";
    let most = "more than 8192 rules";
    expect("rules", &many(allow, equal, 9_000), most);
    expect("as many as may be", &many(allow, equal, 8_000), "");
    let two = |n| ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"][n % 2];
    expect("of two actions", &many(two, equal, 8_000), "");
    let first = |n| if n == 0 { "SCMP_CMP_LT" } else { "SCMP_CMP_EQ" };
    expect("one with an order", &many(allow, first, 8_000), "");
    let names = vec!["\"read\""; 100_000].join(",");
    expect(
        "names",
        &with_rules(&[rule(&names, "SCMP_ACT_ALLOW", &arg(1, "SCMP_CMP_EQ"))]),
        most,
    );
    let unknown: Vec<String> = (0..20_000).map(|n| format!("\"x{n}\"")).collect();
    let args: Vec<String> = (0..10_000).map(|n| arg(n, "SCMP_CMP_EQ")).collect();
    let both = rule(&unknown.join(","), "SCMP_ACT_ALLOW", &args.join(","));
    expect("unknown names, each with many", &with_rules(&[both]), "");
}
