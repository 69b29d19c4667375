// SPDX-License-Identifier: MIT OR Apache-2.0

//! Policies that are learnt: they allow what was seen, and of what is told apart nothing else.

use std::path::Path;

use proptest::prelude::*;
use secpol::{
    abi::Abi,
    call::Call,
    groups::NoGroups,
    learn::Seen,
    policy::{
        Policy,
        Sight,
        Target, //
    },
    tables, //
};

/// Something that is told apart: the call, and how a value is put into it. Values are below 2^15.
type Place = (&'static str, fn(&mut Call, u16));

fn argument(call: &mut Call, index: usize, value: u16) {
    call.arguments[index] = value.into();
}

fn bytes(call: &mut Call, offset: usize, value: &[u8]) {
    let end = offset + value.len();
    if call.extensible.len() < end {
        call.extensible.resize(end, 0);
    }
    call.extensible[offset..end].copy_from_slice(value);
}

fn internet(call: &mut Call, port: u16) {
    bytes(call, 0, &2u16.to_le_bytes());
    bytes(call, 2, &port.to_be_bytes());
    bytes(call, 4, &[127, 0, 0, 1]);
}

fn internet6(call: &mut Call, port: u16) {
    bytes(call, 0, &10u16.to_le_bytes());
    bytes(call, 2, &port.to_be_bytes());
    bytes(
        call,
        8,
        &[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9],
    );
}

fn struct_word(call: &mut Call, offset: usize, value: u16) {
    bytes(call, offset, &u64::from(value).to_le_bytes());
}

const ARGUMENTS: &[Place] = &[
    ("ioctl", |call, value| argument(call, 1, value)),
    ("fcntl", |call, value| argument(call, 1, value)),
    ("prctl", |call, value| argument(call, 0, value)),
    ("socket", |call, value| argument(call, 0, value)),
    ("socket", |call, value| argument(call, 1, value)),
    ("openat", |call, value| argument(call, 2, value)),
    ("mprotect", |call, value| argument(call, 2, value)),
    ("setsockopt", |call, value| argument(call, 2, value)),
    ("unshare", |call, value| argument(call, 0, value)),
];

const STRUCTS: &[Place] = &[
    ("openat2", |call, value| struct_word(call, 0, value)),
    ("openat2", |call, value| struct_word(call, 16, value)),
    ("clone3", |call, value| struct_word(call, 0, value)),
    ("connect", internet),
    ("bind", internet6),
    ("sendto", internet),
];

/// What is not told apart.
const OTHERS: &[&str] = &["read", "write", "getpid", "futex", "statx", "exit_group"];

fn call(abi: Abi, name: &str) -> Call {
    Call {
        arch: abi.audit_arch(),
        number: tables::call(abi, name).unwrap().number,
        ..Call::default()
    }
}

fn with(abi: Abi, (name, put): &Place, value: u16) -> Call {
    let mut call = call(abi, name);
    put(&mut call, value);
    call
}

fn places(sight: Sight) -> Vec<Place> {
    let structs: &[Place] = match sight {
        Sight::Structs => STRUCTS,
        Sight::Arguments => &[],
    };
    [ARGUMENTS, structs].concat()
}

fn target(abi: Abi, sight: Sight) -> Target {
    Target {
        sight,
        ..Target::new(abi)
    }
}

fn parsed(text: &str) -> Policy {
    Policy::parse(Path::new("learnt.pol"), text.to_string()).unwrap_or_else(|_| panic!("{text}"))
}

fn allows(text: &str, abi: Abi, sight: Sight, call: &Call) -> bool {
    let rules = parsed(text).rules(&target(abi, sight), &NoGroups).unwrap();
    rules.made.decide(call).action.lets_through()
}

/// Calls, as indices and values.
type Run = Vec<(usize, u16)>;

fn run() -> impl Strategy<Value = Run> {
    prop::collection::vec((0usize..64, 0u16..40), 1..40)
}

fn machine() -> impl Strategy<Value = (Abi, Sight)> {
    let abi = prop::sample::select(vec![Abi::X86_64, Abi::Aarch64]);
    (
        abi,
        prop::sample::select(vec![Sight::Structs, Sight::Arguments]),
    )
}

fn calls(run: &Run, abi: Abi, sight: Sight) -> Vec<Call> {
    let places = places(sight);
    run.iter()
        .map(
            |(index, value)| match places.get(index % (places.len() + OTHERS.len())) {
                Some(place) => with(abi, place, *value),
                None => call(abi, OTHERS[index % OTHERS.len()]),
            },
        )
        .collect()
}

fn learn(calls: &[Call], abi: Abi, sight: Sight) -> Seen {
    let mut seen = Seen::new(abi, sight);
    for call in calls {
        seen.add(call.clone());
    }
    seen
}

/// A value that was in none of the calls.
const NEVER: u16 = 77;

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn what_was_seen((abi, sight) in machine(), run in run()) {
        let calls = calls(&run, abi, sight);
        let text = learn(&calls, abi, sight).policy().unwrap();
        for call in &calls {
            prop_assert!(allows(&text, abi, sight, call), "{call:?}\n{text}");
        }
        for place in places(sight) {
            let other = with(abi, &place, NEVER);
            let number = calls.iter().filter(|call| call.number == other.number);
            let is_open = text.contains(&format!("\n# {}: ", place.0));
            prop_assert!(
                number.count() > 16 || is_open || !allows(&text, abi, sight, &other),
                "{other:?}\n{text}"
            );
        }
        let unseen = call(abi, "ptrace");
        prop_assert!(!allows(&text, abi, sight, &unseen));
    }

    #[test]
    fn merged((abi, sight) in machine(), first in run(), second in run()) {
        let (one, two) = (calls(&first, abi, sight), calls(&second, abi, sight));
        let old = learn(&one, abi, sight).policy().unwrap();
        let text = learn(&two, abi, sight).merged(&parsed(&old)).unwrap();
        for call in one.iter().chain(&two) {
            prop_assert!(allows(&text, abi, sight, call), "{call:?}\n{old}\n{text}");
        }
        for place in places(sight) {
            let other = with(abi, &place, NEVER);
            let before = allows(&old, abi, sight, &other);
            let alone = learn(&two, abi, sight).policy().unwrap();
            prop_assert!(
                before || allows(&alone, abi, sight, &other)
                    || !allows(&text, abi, sight, &other),
                "{other:?}\n{old}\n{text}"
            );
        }
        // There is nothing to add any more.
        let again = learn(&two, abi, sight).merged(&parsed(&text)).unwrap();
        prop_assert_eq!(again, text);
    }
}

#[test]
fn text() {
    let abi = Abi::X86_64;
    let mut seen = Seen::new(abi, Sight::Structs);
    for place in STRUCTS {
        seen.add(with(abi, place, 5));
    }
    for cmd in 0..17 {
        seen.add(with(abi, &ARGUMENTS[0], cmd));
    }
    seen.add(with(abi, &ARGUMENTS[6], 3));
    seen.add(with(abi, &ARGUMENTS[6], 1));
    seen.add(call(abi, "read"));
    seen.add(Call {
        number: 999,
        ..call(abi, "read")
    });
    let text = seen.policy().unwrap();
    let (_, rules) = text.split_once("\n\n@default errno(EPERM)\n").unwrap();
    let expected = "\
@kernel 7.3
@unknown errno(ENOSYS)

read: allow
mprotect: prot == PROT_READ || prot == PROT_READ|PROT_WRITE
# ioctl: cmd had more than 16 values, and may be anything
ioctl: allow
connect: uservaddr.in.addr == 127.0.0.1 && uservaddr.in.port == 5
sendto: addr.in.addr == 127.0.0.1 && addr.in.port == 5
bind: umyaddr.in6.addr == [fe80::9] && umyaddr.in6.port == 5
clone3: uargs.flags == 5
openat2: (how.flags == O_RDONLY || how.flags == 5) && (how.resolve == 0 || how.resolve == \
RESOLVE_NO_XDEV|RESOLVE_NO_SYMLINKS)
# 999 was called, which has no name
";
    assert_eq!(rules, expected);
    assert_eq!(seen.unknown().collect::<Vec<_>>(), [999]);
}

#[test]
fn what_cannot_be_merged() {
    let abi = Abi::X86_64;
    let mut seen = Seen::new(abi, Sight::Structs);
    seen.add(with(abi, &ARGUMENTS[0], 5));
    for (old, why) in [
        (
            "ioctl: errno(EPERM)\n",
            "refused whatever the arguments are",
        ),
        (
            "ioctl: { cmd == 5 -> errno(EPERM), allow }\n",
            "more than a condition",
        ),
        ("ioctl: cmd == 4 else errno(EIO)\n", "more than a condition"),
        ("ioctl: cmd == 4 -> log\nioctl: cmd == 4\n", ""),
        ("ioctl[arch=x86_64]: cmd == 4\n", "for some architectures"),
        (
            "@group g ioctl read\n@g: errno(EPERM)\n",
            "write a rule for the call",
        ),
    ] {
        let policy = parsed(old);
        let errors = seen.merged(&policy).unwrap_err();
        let told = errors[0].render(&policy.files, false);
        assert!(told.contains(why), "{old}{told}");
    }
    for old in [
        "ioctl: cmd == 4\n",
        "read: allow\n",
        "ioctl: cmd == 4 -> allow\n",
    ] {
        let text = seen.merged(&parsed(old)).unwrap();
        assert!(allows(
            &text,
            abi,
            Sight::Structs,
            &with(abi, &ARGUMENTS[0], 5)
        ));
        assert!(!allows(
            &text,
            abi,
            Sight::Structs,
            &with(abi, &ARGUMENTS[0], 6)
        ));
    }
}
