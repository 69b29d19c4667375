// SPDX-License-Identifier: MIT OR Apache-2.0

//! Which values are accepted: those that the kernel's type of a field has.

use std::path::Path;

use proptest::{
    prelude::*,
    sample::select, //
};
use secpol::{
    abi::Abi,
    groups::NoGroups,
    policy::{
        Policy,
        Target, //
    }, //
};

use crate::agree::{
    Forms,
    Refused, //
};

/// A call, a field of it, the field's bits, and whether it is signed.
const FIELDS: [(&str, &str, u32, bool); 9] = [
    ("open", "mode", 16, false),
    ("ioctl", "cmd", 32, false),
    ("access", "mode", 32, true),
    ("mmap", "prot", 64, false),
    ("lseek", "offset", 64, true),
    ("sched_setattr", "uattr.sched_nice", 32, true),
    ("connect", "addr.ll.pkttype", 8, false),
    ("connect", "addr.in.port", 16, false),
    ("openat2", "size(how)", 64, false),
];

/// Is the only rule accepted?
fn is_accepted(rule: &str) -> bool {
    match Forms::of(rule, Target::new(Abi::X86_64)) {
        Ok(_) => true,
        Err(Refused::Wrong(messages)) => {
            let expected = |message: &String| {
                message.starts_with("this is no value of ")
                    || message == "this has more bits than any field"
            };
            assert!(messages.iter().all(expected), "{rule}: {messages:?}");
            false
        }
        Err(why) => panic!("{why:?}"),
    }
}

fn edge() -> impl Strategy<Value = i128> {
    let power = select(vec![0u32, 1, 7, 8, 15, 16, 31, 32, 63, 64]);
    (power, -2i128..=2, any::<bool>()).prop_map(|(power, more, negative)| {
        let edge = (1i128 << power) + more;
        let edge = if negative { -edge } else { edge };
        edge.clamp(i64::MIN.into(), u64::MAX.into())
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// All bits are accepted where they alone count, values of the type where their order does.
    #[test]
    fn numbers(
        (call, field, bits, signed) in select(FIELDS.to_vec()),
        operator in select(vec!["==", "!=", "in", "<", "<=", ">", ">="]),
        masked in any::<bool>(),
        value in edge(),
    ) {
        let ordered = operator.starts_with(['<', '>']);
        let (half, whole) = (1i128 << (bits - 1), 1i128 << bits);
        let accepted = match (ordered, signed && !masked) {
            (false, _) => -half..whole,
            (true, true) => -half..half,
            (true, false) => 0..whole,
        };
        let mask = if masked { " & 1" } else { "" };
        let rule = format!("{call}: {field}{mask} {operator} {value}\n");
        prop_assert_eq!(is_accepted(&rule), accepted.contains(&value), "{}", rule);
    }

    /// A complement is accepted if the bits that are left out are.
    #[test]
    fn complements(
        (call, field, bits, _) in select(FIELDS.to_vec()),
        operator in select(vec!["==", "in", "<", ">="]),
        value in edge(),
    ) {
        let value = value.abs();
        let rule = format!("{call}: {field} {operator} ~{value}\n");
        prop_assert_eq!(is_accepted(&rule), value < 1 << bits, "{}", rule);
    }
}

/// Bits do not get lost.
#[test]
fn shifts() {
    assert!(is_accepted("mmap: len == 1 << 63\n"));
    assert!(!is_accepted("mmap: len == 2 << 63\n"));
    assert!(!is_accepted("mmap: len == (1 << 63) << 63\n"));
    assert!(!is_accepted("mmap: len == ((1 << 63) << 63) << 1\n"));
    assert!(!is_accepted("mmap: len == ((1 << 63) << 63) << 2\n"));
    assert!(!is_accepted("mmap: len & ((3 << 63) << 63) << 3 == 0\n"));
    assert!(is_accepted("mmap: len == ~0 << 63\n"));
}

/// Wherever it stands, a rule of a call's own decides what two groups cannot agree on.
#[test]
fn groups() {
    let two = "@group a read write\n@group b read\n@a: errno(1)\n@b: fd == 1\n";
    let forms = |text: &str| Forms::of(text, Target::new(Abi::X86_64));
    let Err(Refused::Wrong(messages)) = forms(two) else {
        panic!("both are accepted");
    };
    assert_eq!(messages, ["there are two rules for read"]);
    assert!(forms(&format!("{two}read: fd == 2\n")).is_ok());
    assert!(forms(&format!("read: fd == 2\n{two}")).is_ok());
    // It even makes up for a rule of a group that makes no sense for the call.
    assert!(forms("@group a read pipe\n@a: buf == 0\npipe: allow\n").is_ok());
    assert!(forms("@group a read pipe\n@a: buf == 0\n").is_err());
}

/// `arg2` is the third register, also of prctl(), whose second argument has that name.
#[test]
fn counted_arguments() {
    let remarks = |rule: &str| {
        let policy = Policy::parse(Path::new("p"), rule.to_string()).map_err(|_| ());
        let made = policy.and_then(|policy| {
            let rules = policy.rules(&Target::new(Abi::X86_64), &NoGroups);
            rules.map_err(|_| ())
        });
        let remarks = made.map(|made| made.remarks).unwrap_or_default();
        remarks
            .into_iter()
            .map(|told| told.message)
            .collect::<Vec<_>>()
    };
    assert_eq!(remarks("prctl: arg2 == 1\n"), ["arg2 counts from arg0"]);
    assert_eq!(remarks("prctl: arg1 == 1 && option == 2\n"), [""; 0]);
    assert_eq!(remarks("read: arg2 == 1\n"), [""; 0]);
}
