// SPDX-License-Identifier: MIT OR Apache-2.0

//! Profiles that others use.

use std::{
    env,
    fs, //
};

use secpol::import::oci::{
    Options,
    DEFAULT_CAPS,
    MACHINES, //
};

use crate::{
    compile,
    imported, //
};

/// With and without names and capabilities, such a profile is a policy for each machine.
#[test]
#[ignore = "needs SECPOL_OCI_PROFILES: files, with colons between them"]
fn are_imported() {
    let files = env::var("SECPOL_OCI_PROFILES").expect("SECPOL_OCI_PROFILES names no files");
    for file in files.split(':') {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        for exact in [false, true] {
            for caps in [&[][..], &DEFAULT_CAPS, &["CAP_SYS_ADMIN", "CAP_BPF"]] {
                let options = Options {
                    caps: caps.iter().map(|cap| (*cap).to_string()).collect(),
                    exact,
                    ..Options::default()
                };
                let (policy, _) = imported(&text, &options);
                assert!(policy.lines().count() > 100, "{file}:\n{policy}");
                for machine in MACHINES {
                    let insns = compile(&policy, machine).insns.len();
                    println!("{file} {} {exact} {}: {insns}", machine.name(), caps.len());
                    assert!(insns > 50, "{file}");
                }
            }
        }
    }
}
