// SPDX-License-Identifier: MIT OR Apache-2.0

//! Random profiles: the filter that is made of one decides as the profile says.

use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::TestRunner, //
};
use secpol::{
    abi::Abi,
    action::Action,
    call::Call,
    import::oci::{
        Options,
        MACHINES, //
    },
    simulate,
    syntax::display,
    tables, //
};

use crate::{
    compile,
    exact,
    import,
    profile::{
        Arg,
        Profile,
        Rule, //
    }, //
};

/// Calls whose arguments have all widths and both signs.
const CALLS: &[&str] = &[
    "read",
    "personality",
    "mmap",
    "clone",
    "fchmodat",
    "lseek",
    "tuxcall",
];
const OPERATORS: &[&str] = &[
    "SCMP_CMP_EQ",
    "SCMP_CMP_NE",
    "SCMP_CMP_LT",
    "SCMP_CMP_LE",
    "SCMP_CMP_GT",
    "SCMP_CMP_GE",
    "SCMP_CMP_MASKED_EQ",
];
const ACTIONS: &[Action] = &[Action::Allow, Action::Log, Action::Errno(1), Action::Kill];

/// Few numbers, of which many are compared with each other.
pub fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => 0..4u64,
        1 => Just(0x80),
        1 => select(&[0x7fff_ffff, 0x8000_0000, 0xffff_ffff][..]),
        1 => select(&[1 << 32, (1 << 32) | 1, 1 << 63, u64::MAX, u64::MAX << 32][..]),
    ]
}

fn arg() -> impl Strategy<Value = Arg> {
    (0..4usize, select(OPERATORS), number(), number()).prop_map(
        |(index, operator, value, value_two)| Arg {
            index,
            operator,
            value,
            value_two,
        },
    )
}

fn rule(action: impl Strategy<Value = Action>) -> impl Strategy<Value = Rule> {
    (select(CALLS), action, vec(arg(), 0..3)).prop_map(|(call, action, args)| Rule {
        call,
        action,
        args,
    })
}

/// Rules have one action often: others are in conflict mostly.
fn profile() -> impl Strategy<Value = Profile> {
    (select(ACTIONS), select(ACTIONS)).prop_flat_map(|(default, usual)| {
        let action = prop_oneof![4 => Just(usual), 1 => select(ACTIONS)];
        vec(rule(action), 1..6).prop_map(move |rules| Profile { default, rules })
    })
}

pub fn calls(names: &'static [&'static str]) -> impl Strategy<Value = Vec<(Abi, Call)>> {
    let call = (select(&Abi::ALL[..]), select(names), vec(number(), 6)).prop_map(
        |(abi, name, numbers)| {
            let all = if abi.is_64_bit() {
                u64::MAX
            } else {
                u64::from(u32::MAX)
            };
            let mut call = Call {
                arch: abi.audit_arch(),
                number: tables::call(abi, name)?.number,
                ..Call::default()
            };
            for (argument, number) in call.arguments.iter_mut().zip(numbers) {
                *argument = number & all;
            }
            Some((abi, call))
        },
    );
    vec(call, 100).prop_map(|calls| calls.into_iter().flatten().collect())
}

/// The call, as the kernel takes it: what it does not look at is zero.
pub fn as_taken(abi: Abi, call: &Call) -> Call {
    let mut taken = call.clone();
    let known = tables::call_by_number(abi, call.number).unwrap();
    for (argument, known) in taken
        .arguments
        .iter_mut()
        .zip(known.arguments.iter().flatten())
    {
        *argument &= u64::MAX >> (64 - 8 * u32::from(known.kind.bytes));
    }
    taken
}

fn agrees(
    profile: &Profile,
    calls: &[(Abi, Call)],
    options: &Options,
) -> Result<(), TestCaseError> {
    let is_torn = |(abi, call): &(Abi, Call)| profile.decide(*abi, call).is_err();
    let Ok(imported) = import(&profile.text(), options) else {
        return Ok(());
    };
    let text = display::text(&imported.items);
    if let Some((abi, call)) = calls.iter().find(|call| is_torn(call)) {
        return Err(TestCaseError::fail(format!(
            "{text}\n{abi:?} {call:?}: two rules"
        )));
    }
    let is_wider = imported.notes.iter().any(|note| note.contains("more bits"));
    if is_wider && !options.exact {
        return Ok(());
    }
    for machine in MACHINES {
        let program = compile(&text, machine);
        for (abi, call) in calls {
            if *abi != machine && machine.compat() != Some(*abi) {
                continue;
            }
            let taken = match options.exact {
                true => call.clone(),
                false => as_taken(*abi, call),
            };
            let expected = profile.decide(*abi, &taken).unwrap_or(Action::Kill);
            let end = simulate::run(&program.insns, call, 0).unwrap();
            prop_assert_eq!(
                Action::from_ret(end.ret),
                expected,
                "{}\n{}\n{:?} {:?}",
                profile.text(),
                text,
                abi,
                call
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn exactly(profile in profile(), calls in calls(CALLS)) {
        agrees(&profile, &calls, &exact())?;
    }

    #[test]
    fn as_the_kernel_does(profile in profile(), calls in calls(CALLS)) {
        agrees(&profile, &calls, &Options::default())?;
    }
}

/// Most profiles are not refused: the properties above would not be tested.
#[test]
fn most_are_taken() {
    let mut runner = TestRunner::deterministic();
    let taken = (0..200)
        .map(|_| profile().new_tree(&mut runner).unwrap().current())
        .filter(|profile| import(&profile.text(), &exact()).is_ok())
        .count();
    assert!((120..200).contains(&taken), "{taken} of 200");
}
