// SPDX-License-Identifier: MIT OR Apache-2.0

//! What io_uring's filters say of requests, policy by policy.

use std::path::Path;

use secpol::{
    abi::Abi,
    call::Call,
    groups::NoGroups,
    policy::{
        Made,
        Policy,
        Target, //
    },
    simulate,
    uring::{
        Filters,
        Operation,
        Verdict, //
    },
};

const AF_UNIX: u64 = 1;
const AF_INET: u64 = 2;
const AF_INET6: u64 = 10;
const SOCK_STREAM: u64 = 1;
const SOCK_DGRAM: u64 = 2;
/// What 64-bit x86 kernels add to the flags of each file that is opened.
const O_LARGEFILE: u64 = 0o100_000;
const O_CREAT: u64 = 0o100;
const O_TRUNC: u64 = 0o1000;
const RESOLVE_BENEATH: u64 = 8;

/// What is made of a policy's rules, and what is told of it.
fn made(rules: &str, machine: Abi) -> (Filters, Vec<String>) {
    let text = format!("@default errno(EPERM)\n{rules}\n");
    let policy = Policy::parse(Path::new("p"), text.clone()).expect(&text);
    let made = policy.io_uring(&Target::new(machine), &NoGroups);
    let Made { made, remarks } = made.expect(&text).expect("has @io_uring");
    let remarks = remarks.iter().map(|remark| remark.line(&policy.files));
    (made, remarks.collect())
}

fn filters(rules: &str) -> Filters {
    made(rules, Abi::X86_64).0
}

fn verdict(filters: &Filters, operation: &str) -> Verdict {
    let (number, _) = Operation::from_name(operation).expect(operation);
    filters.filters[usize::from(number)].verdict()
}

/// Is a request allowed whose union of `struct io_uring_bpf_ctx` starts with these words of 64
/// bits?
fn allows(filters: &Filters, operation: &str, union: [u64; 3]) -> bool {
    let (number, _) = Operation::from_name(operation).expect(operation);
    let mut seen = Call {
        instruction_pointer: number.into(),
        ..Call::default()
    };
    seen.arguments[..3].copy_from_slice(&union);
    let insns = &filters.filters[usize::from(number)].insns;
    let end = simulate::run(insns, &seen, 0).expect("the kernel takes it");
    end.ret != 0
}

/// An address: family, port and the first 32 bits behind them, as the context has them.
fn address(family: u64, port: u16, address: [u8; 4]) -> [u64; 3] {
    let address = u32::from_le_bytes(address);
    let port = u64::from(port.to_be());
    [family | (port << 32), address.into(), 0]
}

#[test]
fn files() {
    let filters = filters(
        "@io_uring openat openat2
         openat: flags in O_RDONLY|O_CLOEXEC
         openat2: how.flags in O_CREAT|O_CLOEXEC && how.mode in 0644
                  && how.resolve == RESOLVE_BENEATH"
            .replace("\n                  ", " ")
            .as_str(),
    );
    for (operation, union, allowed) in [
        ("openat", [O_LARGEFILE, 0, 0], true),
        ("openat", [0, 0, 0], true),
        ("openat", [O_LARGEFILE | O_TRUNC, 0, 0], false),
        ("openat", [O_LARGEFILE | O_CREAT, 0o644, 0], false),
        (
            "openat2",
            [O_LARGEFILE | O_CREAT, 0o644, RESOLVE_BENEATH],
            true,
        ),
        ("openat2", [O_LARGEFILE, 0, RESOLVE_BENEATH], true),
        (
            "openat2",
            [O_LARGEFILE | O_CREAT, 0o666, RESOLVE_BENEATH],
            false,
        ),
        ("openat2", [O_LARGEFILE | O_CREAT, 0o644, 0], false),
        (
            "openat2",
            [O_LARGEFILE | O_CREAT, 0o644, RESOLVE_BENEATH | (1 << 32)],
            false,
        ),
        (
            "openat2",
            [O_LARGEFILE | (1 << 32), 0o644, RESOLVE_BENEATH],
            false,
        ),
        (
            "openat2",
            [O_LARGEFILE | O_TRUNC, 0, RESOLVE_BENEATH],
            false,
        ),
    ] {
        assert_eq!(
            allows(&filters, operation, union),
            allowed,
            "{operation} {union:x?}"
        );
    }
    assert_eq!(filters.count(Verdict::Depends), 2);
    assert_eq!(filters.count(Verdict::Refused), 63);
}

/// The kernel adds O_LARGEFILE to what a 32-bit program opens, which that has not asked for.
#[test]
fn files_of_32_bit_programs() {
    let rule = "openat: flags in O_RDONLY|O_CLOEXEC";
    let both = filters(&format!("@arch x86_64 i386\n@io_uring openat\n{rule}"));
    assert!(!allows(&both, "openat", [O_LARGEFILE, 0, 0]));
    let both = filters(&format!(
        "@arch x86_64 i386\n@io_uring openat\n{rule}|O_LARGEFILE"
    ));
    assert!(allows(&both, "openat", [O_LARGEFILE, 0, 0]));
    assert!(!allows(&both, "openat", [O_LARGEFILE | O_TRUNC, 0, 0]));
}

#[test]
fn sockets() {
    let filters = filters(
        "@io_uring socket
         socket: family == AF_UNIX && type & SOCK_TYPE_MASK == SOCK_STREAM && protocol == 0",
    );
    for (family, kind, protocol, allowed) in [
        (AF_UNIX, SOCK_STREAM, 0, true),
        (AF_INET, SOCK_STREAM, 0, false),
        (AF_UNIX, SOCK_DGRAM, 0, false),
        (AF_UNIX, SOCK_STREAM, 6, false),
    ] {
        let union = [family | (kind << 32), protocol, 0];
        assert_eq!(allows(&filters, "socket", union), allowed, "{union:x?}");
    }
}

/// The kernel does not tell filters of SOCK_CLOEXEC and SOCK_NONBLOCK.
#[test]
fn flags_of_sockets() {
    for (rule, allowed) in [
        ("type == SOCK_STREAM", false),
        ("type in SOCK_STREAM|SOCK_CLOEXEC", false),
        ("type in SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK", true),
        ("type & SOCK_CLOEXEC != 0", false),
        ("type & SOCK_CLOEXEC == 0 -> errno(EACCES), allow", false),
        ("type & SOCK_DGRAM != 0 -> errno(EACCES), allow", true),
        ("type == SOCK_DGRAM -> errno(EACCES), allow", true),
        ("type == SOCK_STREAM -> errno(EACCES), allow", false),
    ] {
        let filters = filters(&format!("@io_uring socket\nsocket: {{ {rule} }}"));
        let union = [AF_UNIX | (SOCK_STREAM << 32), 0, 0];
        assert_eq!(allows(&filters, "socket", union), allowed, "{rule}");
    }
}

#[test]
fn addresses() {
    let filters = filters(
        "@io_uring connect
         connect: { addr.family == AF_UNIX, addr.in.addr == 127.0.0.1 && addr.in.port == 443, \
         addr.in6.port == 22 && addr.in6.scope_id == 0, addr.in6.port >= 8080 }",
    );
    let home = [127, 0, 0, 1];
    for (union, allowed) in [
        (address(AF_UNIX, 0, [0; 4]), true),
        (address(AF_INET, 443, home), true),
        (address(AF_INET, 444, home), false),
        (address(AF_INET, 443, [127, 0, 0, 2]), false),
        (address(AF_INET6, 8080, [0; 4]), true),
        (address(AF_INET6, 8079, [0; 4]), false),
        // What it is beside that is not seen.
        (address(AF_INET6, 22, [0; 4]), false),
        (address(0, 0, [0; 4]), false),
        (address(16, 443, home), false),
    ] {
        assert_eq!(allows(&filters, "connect", union), allowed, "{union:x?}");
    }
}

/// Of a short address the kernel copies the family alone.
#[test]
fn short_addresses() {
    let filters = filters(
        "@io_uring connect\nconnect: { addr.in.port == 22 -> errno(EACCES), allow }", //
    );
    assert!(allows(&filters, "connect", address(AF_INET, 443, [0; 4])));
    assert!(!allows(&filters, "connect", address(AF_INET, 22, [0; 4])));
    assert!(!allows(&filters, "connect", address(AF_INET, 0, [0; 4])));
    assert!(allows(&filters, "connect", address(AF_INET6, 0, [0; 4])));
    assert!(!allows(&filters, "connect", address(0, 0, [0; 4])));
}

#[test]
fn what_is_not_seen() {
    for (rules, operation, expected) in [
        (
            "read: allow\npread64: allow\npreadv2: allow",
            "read",
            Verdict::Allowed,
        ),
        (
            "read: fd == 0\npread64: allow\npreadv2: allow",
            "read",
            Verdict::Refused,
        ),
        ("read: allow\npread64: allow", "read", Verdict::Refused),
        (
            "close: fd == 0 -> allow else allow",
            "close",
            Verdict::Allowed,
        ),
        (
            "close: { fd == 0 -> errno(EPERM), allow }",
            "close",
            Verdict::Refused,
        ),
        ("close: log", "close", Verdict::Refused),
        ("close: notify", "close", Verdict::Refused),
        ("sendmsg: msg.name == NULL", "sendmsg", Verdict::Refused),
        ("openat2: size(how) == 24", "openat2", Verdict::Refused),
        ("openat: arg2 == 0", "openat", Verdict::Refused),
        ("ioctl: allow", "uring_cmd", Verdict::Refused),
        ("ioctl: allow", "nop", Verdict::Refused),
    ] {
        let filters = filters(&format!("@io_uring like-calls\n{rules}"));
        assert_eq!(verdict(&filters, operation), expected, "{rules}");
    }
}

#[test]
fn named_operations() {
    let filters = filters("@io_uring nop close\nclose: allow\nshutdown: allow");
    for (operation, expected) in [
        ("nop", Verdict::Allowed),
        ("close", Verdict::Allowed),
        ("shutdown", Verdict::Refused),
        ("timeout", Verdict::Refused),
    ] {
        assert_eq!(verdict(&filters, operation), expected, "{operation}");
    }
    assert_eq!(filters.count(Verdict::Refused), 63);
}

#[test]
fn policies_that_refuse_nothing() {
    for rules in [
        "@unrestricted\n@io_uring nop",
        "@complain\n@io_uring nop\nread: errno(EPERM)",
    ] {
        let (filters, remarks) = made(rules, Abi::X86_64);
        assert_eq!(filters.count(Verdict::Allowed), 65, "{rules}");
        assert_eq!(
            remarks.first().map(String::as_str),
            Some("p:2:1: note: io_uring's operations are allowed, and not logged: its filters cannot log")
        );
    }
}

#[test]
fn what_is_told() {
    let (_, remarks) = made(
        "@io_uring read openat like-calls\nread: fd == 0\npread64: allow\npreadv2: allow
         connect: { addr.in6.port == 22 && addr.in6.scope_id == 1, addr.in.port == 22 }
         accept4: allow\naccept: allow",
        Abi::X86_64,
    );
    assert_eq!(
        remarks,
        [
            "p:2:16: warning: the operation openat is always refused",
            "p:2:11: warning: the operation read is always refused",
            "p:3:7: note: io_uring's filters do not see fd == 0, which read tests: the operations \
             read_fixed, read, read_multishot are refused",
            "p:6:21: note: io_uring's filters do not see uservaddr.in6.scope_id == 1, which connect \
             tests: the operation connect is refused where that decides",
        ]
    );
}

#[test]
fn mistakes() {
    for (text, expected) in [
        (
            "@io_uring opnat2",
            "p:1:11: error: io_uring has no operation opnat2",
        ),
        (
            "@io_uring read\n@io_uring read",
            "p:2:11: error: read is there twice",
        ),
        (
            "@io_uring like-calls like-calls",
            "p:1:22: error: like-calls is there twice",
        ),
    ] {
        let policy = Policy::parse(Path::new("p"), text.to_string()).expect(text);
        let errors = policy.io_uring(&Target::new(Abi::X86_64), &NoGroups);
        let errors = errors.expect_err(text);
        assert_eq!(errors[0].line(&policy.files), expected);
    }
    let policy = Policy::parse(Path::new("p"), "read: allow".to_string()).expect("a policy");
    let made = policy.io_uring(&Target::new(Abi::X86_64), &NoGroups);
    assert!(made.expect("is right").is_none());
}
