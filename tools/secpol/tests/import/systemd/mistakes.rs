// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is said of units that cannot be imported.

use super::mistake;

#[test]
fn settings() {
    for (setting, expected) in [
        (
            "SystemCallFilter=@nothing",
            "2:18: SystemCallFilter=: systemd-analyze knows no group @no",
        ),
        (
            "SystemCallFilter=~@broken",
            "2:19: SystemCallFilter=: cannot find out what @broken is: it ",
        ),
        (
            "SystemCallFilter=read:EPERM",
            "2:18: SystemCallFilter=: what is let through has no errno",
        ),
        (
            "SystemCallFilter=~read:EWHAT",
            "2:19: SystemCallFilter=: there is no errno EWHAT",
        ),
        (
            "SystemCallFilter=~read:4096",
            "2:19: SystemCallFilter=: there is no errno 4096",
        ),
        (
            "SystemCallFilter=~read:",
            "2:19: SystemCallFilter=: there is no errno ",
        ),
        (
            "SystemCallFilter=read \"write\"",
            "2:23: SystemCallFilter=: there are no quotes",
        ),
        (
            "SystemCallFilter=re\\x61d",
            "2:18: SystemCallFilter=: there are no quotes",
        ),
        (
            "SystemCallFilter=read\nSystemCallFilter=~read:ENOSYS",
            "3:1: SystemCallFilter=: systemd cannot make a filter of a list with read:ENOSYS",
        ),
        (
            "SystemCallLog=@nothing",
            "2:15: SystemCallLog=: systemd-analyze knows no group @nothing",
        ),
        (
            "SystemCallErrorNumber=0",
            "2:23: SystemCallErrorNumber=: 0 is no error",
        ),
        (
            "SystemCallErrorNumber=EWHAT",
            "2:23: SystemCallErrorNumber=: there is no errno EWHAT",
        ),
        (
            "SystemCallArchitectures=amd64",
            "2:25: SystemCallArchitectures=: there is no architecture ",
        ),
        (
            "SystemCallArchitectures=~x86",
            "2:25: SystemCallArchitectures=: there is no architecture ~",
        ),
        (
            "RestrictAddressFamilies=INET",
            "2:25: RestrictAddressFamilies=: there is no family INET",
        ),
        (
            "RestrictAddressFamilies=AF_MAX",
            "2:25: RestrictAddressFamilies=: there is no family AF_M",
        ),
        (
            "RestrictNamespaces=net usr",
            "2:24: RestrictNamespaces=: there is no kind usr",
        ),
        (
            "RestrictRealtime=maybe",
            "2:18: RestrictRealtime=: this is neither yes nor no",
        ),
        (
            "PrivateDevices=",
            "2:16: PrivateDevices=: this is neither yes nor no",
        ),
        ("LockPersonality", "2:1: the = is missing"),
        (
            "Description=x \\\n y\nProtectClock=2",
            "4:14: ProtectClock=: this is neither yes nor no",
        ),
        (
            "SystemCallFilter=read \\\n# no\n write:1",
            "4:2: SystemCallFilter=: what is let through",
        ),
    ] {
        let told = mistake(&format!("[Service]\n{setting}\n"));
        assert!(
            told.starts_with(&format!("a.service:{expected}")),
            "{setting}\n{told}"
        );
    }
    // Without its groups, systemd says it of others.
    struct None;
    impl secpol::groups::Groups for None {
        fn calls(&self, group: &str) -> Result<Option<Vec<String>>, String> {
            Ok((group == "@default").then(Vec::new))
        }
    }
    for (text, expected) in [
        (
            "SystemCallFilter=read",
            "2:1: systemd-analyze knows no group @known",
        ),
        (
            "ProtectClock=yes",
            "2:1: systemd-analyze knows no group @clock",
        ),
    ] {
        let text = format!("[Service]\n{text}\n");
        let options = super::options(secpol::abi::Abi::X86_64, false);
        let path = std::path::Path::new("a.service");
        let error = secpol::import::systemd::import(path, &text, &options, &None).unwrap_err();
        assert_eq!(error.to_string(), format!("a.service:{expected}"));
    }
}

#[test]
fn units() {
    assert_eq!(mistake(""), "a.service:1:1: there is no [Service]");
    assert_eq!(
        mistake("[Unit]\nSystemCallFilter=read\n"),
        "a.service:1:1: there is no [Service]"
    );
    assert_eq!(
        mistake("[Unit]\n[Service\n"),
        "a.service:2:1: the ] is missing"
    );
    assert_eq!(
        mistake("[Service]\nA=1\0\n"),
        "a.service:2:1: there is a control character"
    );
}
