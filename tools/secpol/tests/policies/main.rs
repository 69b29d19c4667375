// SPDX-License-Identifier: MIT OR Apache-2.0

//! The policies that ship.

use std::{
    env,
    fs,
    path::Path,
    process::Command, //
};

use secpol::{
    abi::Abi,
    call::Call,
    groups::NoGroups,
    import::oci,
    policy::{
        Policy,
        Target, //
    },
    rules::{
        Rule,
        Rules,
        Section, //
    },
    syntax::display, //
};

const SHIPPED: [&str; 4] = ["agent", "browser", "build", "container"];
const MACHINES: [Abi; 2] = [Abi::X86_64, Abi::Aarch64];

/// Nothing is known to lead around them, and each decides as the calls beside it say.
#[test]
fn decide_as_expected() {
    for name in SHIPPED {
        for machine in MACHINES {
            let (policy, calls) = (format!("{name}.pol"), format!("{name}.calls"));
            for arguments in [
                &["check", &policy][..],
                &["test", &policy, "--file", &calls],
            ] {
                let output = Command::new(env!("CARGO_BIN_EXE_secpol"))
                    .args(arguments)
                    .args(["--short", "--machine", machine.name()])
                    .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("policies"))
                    .output()
                    .unwrap();
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(
                    output.status.success(),
                    "{machine:?}: {arguments:?}: {said}"
                );
                assert_eq!(said, "", "{machine:?}: {arguments:?}");
            }
        }
    }
}

/// What container.pol lets through, Podman's default profile does as well.
#[test]
#[ignore = "needs SECPOL_PODMAN_PROFILE: the seccomp.json of containers-common"]
fn container_is_as_strict_as_podman() {
    let file = env::var("SECPOL_PODMAN_PROFILE").expect("SECPOL_PODMAN_PROFILE names no file");
    let profile = fs::read_to_string(file).unwrap();
    let imported = oci::import(&profile, &oci::Options::default()).unwrap();
    let podman = Policy::parse(Path::new("podman"), display::text(&imported.items)).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/container.pol");
    let container = Policy::read(&path).unwrap();
    for machine in MACHINES {
        let [podman, container] = [&podman, &container].map(|policy| rules(policy, machine));
        let (mut calls, mut through) = (0, 0);
        let own = section(&container, machine);
        for &number in &own.known {
            let rule = own.rule(number);
            let other = section(&podman, machine).rule(number);
            for call in edges(machine, number, &[&rule, &other]) {
                calls += 1;
                if rule.decide(&call).action.lets_through() {
                    through += 1;
                    let allowed = other.decide(&call).action.lets_through();
                    assert!(allowed, "Podman's refuses {call:?}");
                }
            }
        }
        println!("{}: {through} of {calls} calls let through", machine.name());
        assert!(through > 300 && calls - through > 80);
    }
}

fn rules(policy: &Policy, machine: Abi) -> Rules {
    let made = policy.rules(&Target::new(machine), &NoGroups);
    made.unwrap_or_else(|errors| panic!("{errors:?}")).made
}

fn section(rules: &Rules, abi: Abi) -> &Section {
    rules
        .sections
        .iter()
        .find(|section| section.abi == abi)
        .unwrap()
}

/// Calls with what the rules compare with, and with what is just beside that.
fn edges(abi: Abi, number: u32, rules: &[&Rule]) -> Vec<Call> {
    let plain = Call {
        arch: abi.audit_arch(),
        number,
        ..Call::default()
    };
    let tests = rules.iter().flat_map(|rule| rule.tests());
    let mut calls = vec![plain.clone()];
    for test in tests {
        for value in [
            0,
            test.value,
            test.value ^ 1,
            test.mask,
            !test.mask,
            u64::MAX,
        ] {
            let mut call = plain.clone();
            let Some(place) = (test.field.offset as usize).checked_sub(16) else {
                continue;
            };
            if let Some(argument) = call.arguments.get_mut(place / 8) {
                *argument = value;
            }
            calls.push(call);
        }
    }
    calls
}
