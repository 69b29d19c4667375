// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the analysis says of the filters of policies.

use secpol::{
    abi::Abi,
    syntax::display, //
};
use secpol_analysis::Analysis;

use super::samples::{
    arches,
    possible,
    Studied, //
};
use crate::{
    agree::Forms,
    calls::Calls,
    choices::Choices,
    policies::{
        policy,
        SMALL_ONE, //
    }, //
};

const POLICIES: u64 = if cfg!(debug_assertions) { 300 } else { 2000 };
const CALLS: u32 = 256;

fn agrees(machine: Abi) {
    let (mut tried, mut unknown) = (0, 0);
    for seed in 0..POLICIES {
        let mut choices = Choices::from_seed(seed ^ 0x5eed);
        let (target, items) = policy(&mut choices, machine, SMALL_ONE);
        let text = display::text(&items);
        let Ok(forms) = Forms::of(&text, target) else {
            continue;
        };
        let reference = forms.reference();
        let calls = Calls::new(&reference);
        let mut analysis = Analysis::default();
        let abis = [machine, machine.compat().unwrap()].map(Abi::audit_arch);
        let arches = arches(&[&forms.program], &abis);
        let studied = Studied::new(&mut analysis, &forms.program, &arches);
        for _ in 0..CALLS {
            let call = possible(calls.call(&mut choices));
            tried += 1;
            match studied.analysed(&mut analysis, &call) {
                Some(ret) => assert_eq!(ret, studied.simulated(&call), "{text}\n{call:x?}"),
                None => unknown += 1,
            }
        }
    }
    println!("{tried} calls, of which {unknown} are not decided");
    assert!(tried > POLICIES as u32 * CALLS / 10 * 9);
    // Policies compare with constants alone.
    assert_eq!(unknown, 0);
}

#[test]
fn on_x86_64() {
    agrees(Abi::X86_64);
}

#[test]
fn on_aarch64() {
    agrees(Abi::Aarch64);
}
