// SPDX-License-Identifier: MIT OR Apache-2.0

//! Any text is refused in a line, or imported as a policy that is right.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use secpol::{
    groups::NoGroups,
    import::oci::{
        import,
        Options, //
    },
    policy::{
        Policy,
        Target, //
    },
    syntax::display, //
};

fuzz_target!(|text: &str| {
    for exact in [false, true] {
        let options = Options {
            exact,
            ..Options::default()
        };
        let imported = match import(text, &options) {
            Ok(imported) => imported,
            Err(error) => {
                assert!(!error.to_string().contains(char::is_control));
                continue;
            }
        };
        let printed = display::text(&imported.items);
        let policy = Policy::parse(Path::new("imported.pol"), printed).expect("it is a policy");
        for machine in &options.machines {
            let made = policy.rules(&Target::new(*machine), &NoGroups);
            let rules = made.expect("each machine has a meaning of it").made;
            // It may be too long for the kernel.
            let _ = secpol::compile::compile(&rules);
        }
    }
});
