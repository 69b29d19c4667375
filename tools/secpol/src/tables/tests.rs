// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is known of the calls from elsewhere, looked up in the tables.

use std::collections::HashSet;

use super::{
    extensible::extensible_calls,
    *, //
};
use crate::abi::Abi::{
    self,
    Aarch64,
    Arm,
    I386,
    X86_64, //
};

/// The type of the argument of a call.
fn kind(abi: Abi, name: &str, argument: &str) -> Type {
    let call = call(abi, name).unwrap();
    call.argument(argument).unwrap().1.kind
}

/// A number of this width.
fn plain(bytes: u8, signed: bool) -> Type {
    Type {
        bytes,
        signed,
        pointer: false,
        structure: None,
    }
}

#[test]
fn numbers() {
    for (name, expected) in [
        ("openat2", [437; 4]),
        ("read", [0, 3, 63, 3]),
        ("execve", [59, 11, 221, 11]),
        ("seccomp", [317, 354, 277, 383]),
    ] {
        for (abi, number) in Abi::ALL.into_iter().zip(expected) {
            let call = call(abi, name).unwrap();
            assert_eq!((call.name, call.number), (name, number));
            assert_eq!(call_by_number(abi, number), Some(call));
        }
    }
    assert_eq!(call(Aarch64, "open"), None);
    assert_eq!(call(X86_64, "mmap2"), None);
    // The other ABI's.
    assert_eq!(call(X86_64, "socketcall"), None);
    assert!(call(X86_64, "arch_prctl").is_some());
    // Outside of the table of ARM.
    assert_eq!(call(Arm, "set_tls").unwrap().number, 0xf_0005);
    assert_eq!(call(Aarch64, "set_tls"), None);
    // Of x32.
    assert_eq!(call_by_number(X86_64, 512), None);
    // Of 64-bit calls in the table that all new architectures share.
    assert_eq!(call_by_number(Aarch64, 222).unwrap().name, "mmap");
    assert_eq!(call_by_number(Aarch64, 244), None);
    assert!(call(Aarch64, "renameat").is_some());
}

#[test]
fn numbers_and_names_are_unique_and_sorted() {
    for abi in Abi::ALL {
        let all: Vec<&Call> = calls(abi).collect();
        assert!(all.len() > 300, "{abi:?}");
        assert!(all.is_sorted_by(|a, b| a.number < b.number), "{abi:?}");
        let names: HashSet<&str> = all.iter().map(|call| call.name).collect();
        assert_eq!(names.len(), all.len(), "{abi:?}");
    }
}

#[test]
fn names_of_calls() {
    assert!(is_call_name("mmap2"));
    assert!(is_call_name("openat2"));
    assert!(!is_call_name("sys_openat2"));
    assert!(call_names().is_sorted_by(|a, b| a < b));
    assert!(call_names().any(|name| name == "socketcall"));
}

#[test]
fn types_of_arguments() {
    for abi in Abi::ALL {
        let long = if abi.is_64_bit() { 8 } else { 4 };
        assert_eq!(kind(abi, "fchmod", "mode"), plain(2, false));
        assert_eq!(kind(abi, "ioctl", "cmd"), plain(4, false));
        assert_eq!(kind(abi, "ioctl", "arg"), plain(long, false));
        assert_eq!(kind(abi, "openat", "dfd"), plain(4, true));
        let uargs = Type {
            bytes: long,
            signed: false,
            pointer: true,
            structure: Some("clone_args"),
        };
        assert_eq!(kind(abi, "clone3", "uargs"), uargs);
        assert_eq!(kind(abi, "sendmsg", "msg").structure, Some("msghdr"));
    }
    assert_eq!(kind(X86_64, "mmap", "prot"), plain(8, false));
    assert_eq!(kind(I386, "mmap2", "prot"), plain(4, false));
    // A 64-bit number of a 32-bit caller.
    assert_eq!(kind(X86_64, "pread64", "pos"), plain(8, true));
    assert_eq!(kind(Arm, "pread64", "pos_hi"), plain(4, false));
    // uid16.c
    assert_eq!(kind(I386, "setuid", "uid"), plain(2, false));
    assert_eq!(kind(X86_64, "setuid", "uid"), plain(4, false));
}

#[test]
fn order_of_arguments() {
    let names = |abi, name| -> Vec<&str> {
        let arguments = call(abi, name).unwrap().arguments.as_ref().unwrap();
        arguments.iter().map(|argument| argument.name).collect()
    };
    let tid = "child_tidptr";
    // CONFIG_CLONE_BACKWARDS
    assert_eq!(names(X86_64, "clone")[3..], [tid, "tls"]);
    assert_eq!(names(Aarch64, "clone")[3..], ["tls", tid]);
    assert_eq!(names(I386, "clone")[3..], ["tls_val", tid]);
    assert_eq!(names(Arm, "clone")[3..], ["tls", tid]);
    assert_eq!(names(I386, "mmap"), ["arg"]);
    assert_eq!(names(X86_64, "getpid"), [""; 0]);
    assert_eq!(names(X86_64, "exit_group"), ["error_code"]);
    assert_eq!(call(X86_64, "tuxcall").unwrap().arguments, None);
}

#[test]
fn no_call_has_more_than_six_arguments() {
    for call in Abi::ALL.into_iter().flat_map(calls) {
        assert!(call.arguments.iter().flatten().count() <= 6, "{call:?}");
    }
}

#[test]
fn aliases() {
    assert_eq!(alias("openat", "dirfd"), Some("dfd"));
    assert_eq!(alias("openat", "pathname"), Some("filename"));
    assert_eq!(alias("connect", "addr"), Some("uservaddr"));
    assert_eq!(alias("ioctl", "request"), Some("cmd"));
    assert_eq!(alias("ioctl", "cmd"), None);
    let index = |abi, name, argument| call(abi, name)?.argument(argument).map(|found| found.0);
    assert_eq!(index(X86_64, "clone", "flags"), Some(0));
    assert_eq!(index(X86_64, "clone", "tls"), Some(4));
    assert_eq!(index(I386, "clone", "tls"), Some(3));
    assert_eq!(index(X86_64, "clone", "tls_val"), None);
    assert_eq!(index(X86_64, "openat", "resolve"), None);
}

#[test]
fn aliases_are_of_arguments() {
    let mut before = None;
    for row @ [name, manual, kernel] in rows(include_str!("../../tables/aliases.tsv")) {
        assert!(before < Some(row), "{row:?} is not in order");
        before = Some(row);
        let arguments = |abi| call(abi, name).and_then(|call| call.arguments.as_ref());
        let mut some = Abi::ALL.into_iter().filter_map(arguments);
        assert!(
            some.any(|arguments| {
                let has = |name| arguments.iter().any(|argument| argument.name == name);
                has(kernel) && !has(manual)
            }),
            "{row:?}"
        );
    }
}

#[test]
fn offsets_of_members() {
    let offset = |structure, path, abi| member(structure, path, abi).unwrap().offset;
    for abi in Abi::ALL {
        assert_eq!(offset("open_how", "resolve", abi), 16);
        assert_eq!(offset("clone_args", "cgroup", abi), 80);
        let (name, flags) = if abi.is_64_bit() { (8, 48) } else { (4, 24) };
        assert_eq!(offset("msghdr", "flags", abi), flags);
        assert_eq!(member("msghdr", "name", abi).unwrap().bytes, name);
        // The word of bit-fields.
        assert_eq!(offset("perf_event_attr", "flags", abi), 40);
        // In a struct in a struct, and in a union.
        assert_eq!(offset("perf_event_attr", "config1", abi), 56);
    }
    assert_eq!(member("open_how", "beneath", X86_64), None);
    assert_eq!(member("stat", "mode", X86_64), None);
}

#[test]
fn members_of_addresses() {
    let of = |offset, bytes, signed, big_endian| {
        Some(Member {
            offset,
            bytes,
            signed,
            big_endian,
        })
    };
    let find = |path| member("sockaddr", path, Aarch64);
    assert_eq!(find("family"), of(0, 2, false, false));
    assert_eq!(find("in.port"), of(2, 2, false, true));
    assert_eq!(find("in.addr"), of(4, 4, false, true));
    assert_eq!(find("in6.addr3"), of(20, 4, false, true));
    assert_eq!(find("in6.scope_id"), of(24, 4, false, false));
    assert_eq!(find("nl.groups"), of(8, 4, false, false));
    assert_eq!(find("ll.ifindex"), of(4, 4, true, false));
    assert_eq!(find("vm.port"), of(4, 4, false, false));
    // Eight bytes that are no number.
    assert_eq!(find("ll.addr"), None);
    assert!(members("sockaddr").all(|path| path != "ll.addr"));
    assert_eq!(
        members("open_how").collect::<Vec<_>>(),
        ["flags", "mode", "resolve"]
    );
    assert_eq!(members("stat").count(), 0);
}

#[test]
fn extensible_arguments() {
    let clone3 = extensible("clone3").unwrap();
    assert_eq!((clone3.argument, clone3.structure), ("uargs", "clone_args"));
    assert_eq!((clone3.known, clone3.kind), (88, Kind::Struct));
    let connect = extensible("connect").unwrap();
    assert_eq!(
        (connect.argument, connect.kind),
        ("uservaddr", Kind::Buffer)
    );
    assert_eq!((connect.known, connect.known_on(Arm)), (128, 128));
    let sendmsg = extensible("sendmsg").unwrap();
    assert_eq!((sendmsg.kind, sendmsg.known), (Kind::Fixed, 56));
    assert_eq!((sendmsg.known_on(X86_64), sendmsg.known_on(I386)), (56, 28));
    assert_eq!(extensible("openat"), None);
}

#[test]
fn extensible_arguments_have_members() {
    for (name, extensible) in extensible_calls() {
        for abi in Abi::ALL {
            let kind = kind(abi, name, extensible.argument);
            assert_eq!(kind.structure, Some(extensible.structure), "{name}");
            let mut places = members(extensible.structure).map(|path| {
                let member = member(extensible.structure, path, abi).unwrap();
                member.offset + u32::from(member.bytes)
            });
            assert!(places.all(|end| end <= extensible.known_on(abi)), "{name}");
            assert!(members(extensible.structure).count() > 2, "{name}");
        }
    }
}

#[test]
fn values_of_constants() {
    for (name, value) in [
        ("EPERM", 1),
        ("AF_INET6", 10),
        ("AF_UNIX", 1),
        ("AT_FDCWD", -100),
        ("SOCK_STREAM", 1),
        ("SOCK_CLOEXEC", 0o2000000),
        ("SHUT_RDWR", 2),
        ("CLONE_NEWUSER", 0x1000_0000),
        ("CLONE_CLEAR_SIGHAND", 1 << 32),
        ("TIOCSTI", 0x5412),
        ("PROT_EXEC", 4),
        ("RESOLVE_BENEATH", 8),
        ("PR_SET_NO_NEW_PRIVS", 38),
        ("VMADDR_CID_ANY", 0xffff_ffff),
        ("KEY_SPEC_SESSION_KEYRING", -3),
        ("S_ISUID", 0o4000),
        ("MNT_DETACH", 2),
        ("MSG_NOSIGNAL", 0x4000),
        ("R_OK", 4),
        ("SECCOMP_SET_MODE_FILTER", 1),
        ("IPPROTO_TCP", 6),
        ("BPF_PROG_LOAD", 5),
        ("TCGETS2", 0x802c_542a),
    ] {
        for abi in Abi::ALL {
            assert_eq!(constant(abi, name), Some(value), "{name} {abi:?}");
        }
    }
    let on_each = |name| Abi::ALL.map(|abi| constant(abi, name));
    let [x86, arm] = [Some(0o200000), Some(0o40000)];
    assert_eq!(on_each("O_DIRECTORY"), [x86, x86, arm, arm]);
    let [long, short] = [Some(u64::MAX.into()), Some(u32::MAX.into())];
    assert_eq!(on_each("RLIM_INFINITY"), [long, short, long, short]);
    assert_eq!(
        on_each("ARCH_SET_FS"),
        [Some(0x1002), Some(0x1002), None, None]
    );
    assert_eq!(on_each("PROT_BTI"), [None, None, Some(0x10), None]);
    // What is no number, and what only keeps a header from being read twice.
    assert_eq!(on_each("XATTR_NAME_CAPS"), [None; 4]);
    assert_eq!(on_each("_UAPI_LINUX_SCHED_H"), [None; 4]);
    assert_eq!(on_each("EPERMM"), [None; 4]);
}

#[test]
fn names_of_constants() {
    assert!(constant_names().is_sorted_by(|a, b| a < b));
    assert!(constant_names().any(|name| name == "PROT_BTI"));
    let lines = include_str!("../../tables/constants.tsv").lines().count();
    assert_eq!(constant_names().count(), lines);
}

#[test]
fn names_of_errors() {
    assert_eq!(errno_name(1), Some("EPERM"));
    assert_eq!(errno_name(11), Some("EAGAIN"));
    assert_eq!(errno_name(95), Some("EOPNOTSUPP"));
    assert_eq!(errno_name(0), None);
    assert_eq!(errno_name(4095), None);
    for (number, name) in (0..200).filter_map(|number| Some((number, errno_name(number)?))) {
        for abi in Abi::ALL {
            assert_eq!(constant(abi, name), Some(number.into()), "{name}");
        }
    }
}

#[test]
fn version() {
    assert_eq!(KERNEL, "7.3");
}
