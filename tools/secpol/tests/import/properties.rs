// SPDX-License-Identifier: MIT OR Apache-2.0

//! Texts that are almost profiles: each is refused in one line, or imported.

use proptest::{
    prelude::*,
    sample::{
        select,
        Index, //
    }, //
};
use secpol::import::oci::Options;

use crate::{
    exact,
    import,
    places, //
};

/// A profile with all that there is.
const PROFILE: &str = r#"{
    "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "defaultErrno": "ENOSYS",
    "archMap": [
        {"architecture": "SCMP_ARCH_X86_64",
            "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
        {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}],
    "flags": ["SECCOMP_FILTER_FLAG_LOG"], "listenerPath": "/run/agent",
    "syscalls": [
        {"names": ["read", "socket"], "action": "SCMP_ACT_ALLOW", "comment": "", "args": null},
        {"name": "personality", "action": "SCMP_ACT_ERRNO", "errno": "EXDEV", "errnoRet": 18,
            "args": [{"index": 0, "value": 4294967295, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]},
        {"names": ["clone"], "action": "SCMP_ACT_TRACE", "args": [
            {"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"},
            {"index": 1, "value": 5, "op": "SCMP_CMP_GE"}],
            "includes": {"arches": ["amd64"], "caps": [], "minKernel": "4.8"},
            "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
        {"names": ["close"], "action": "SCMP_ACT_LOG", "args": [
            {"index": 0, "value": 1, "op": "SCMP_CMP_LT"},
            {"index": 0, "value": 9, "op": "SCMP_CMP_GT"}]}]}"#;

/// What takes the place of something else.
const PIECES: &[&str] = &[
    "",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "true",
    "0",
    "-1",
    "1e3",
    "6",
    "65536",
    "18446744073709551615",
    "18446744073709551616",
    "\"\"",
    "{}",
    "[]",
    "\"names\"",
    "\"value\"",
    "\"SCMP_ACT_KILL\"",
    "\"SCMP_CMP_NE\"",
    "\"SCMP_ARCH_ARM\"",
    "\"\\u0000\\n\"",
    "\"openat2\"",
    "\u{fffd}",
    "\n",
];

fn is_handled(text: &str) -> Result<(), TestCaseError> {
    for options in [Options::default(), exact()] {
        if let Err(error) = import(text, &options) {
            let told = error.to_string();
            prop_assert!(!told.is_empty() && told.len() < 500, "{told}");
            prop_assert!(!told.contains(char::is_control), "{told:?}");
        }
    }
    Ok(())
}

#[test]
fn the_profile_itself() {
    assert!(import(PROFILE, &Options::default()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn one_piece_is_another(place in any::<Index>(), piece in select(PIECES)) {
        let places = places(PROFILE);
        let start = place.index(places.len() - 1);
        let (before, after) = (&PROFILE[..places[start]], &PROFILE[places[start + 1]..]);
        is_handled(&format!("{before}{piece}{after}"))?;
    }

    #[test]
    fn one_value_is_another(place in any::<Index>(), piece in select(PIECES)) {
        let starts: Vec<usize> = PROFILE.match_indices(": ").map(|(start, _)| start + 2).collect();
        let start = starts[place.index(starts.len())];
        let end = PROFILE[start..].find([',', '}', ']']).map_or(PROFILE.len(), |end| start + end);
        is_handled(&format!("{}{piece}{}", &PROFILE[..start], &PROFILE[end..]))?;
    }

    #[test]
    fn cut_and_joined(from in any::<Index>(), to in any::<Index>()) {
        let places = places(PROFILE);
        let (from, to) = (places[from.index(places.len())], places[to.index(places.len())]);
        is_handled(&format!("{}{}", &PROFILE[..from], &PROFILE[to..]))?;
    }
}
