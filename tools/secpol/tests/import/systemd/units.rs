// SPDX-License-Identifier: MIT OR Apache-2.0

//! What settings become.

use secpol::{
    abi::Abi,
    syntax::display, //
};

use super::{
    import,
    options,
    policy_of, //
};

#[test]
fn nothing() {
    for text in [
        "[Service]\nExecStart=/bin/true\n",
        "[Unit]\nSystemCallFilter=read\n[Service]\n# SystemCallFilter=read\n;LockPersonality=yes\n",
        "[Service]\nSystemCallFilter=read\nSystemCallFilter=\nLockPersonality=no\n",
        "[Service]\nRestrictNamespaces=no\nProtectHostname=private\n",
        "[Service]\nSystemCallFilter=~\nSystemCallLog=~\nRestrictAddressFamilies=~\n",
        "\u{feff}[Service]\nSystemCallErrorNumber=EPERM\n[Install]\nLockPersonality=yes\n",
    ] {
        let imported = import(text, &options(Abi::X86_64, false)).unwrap();
        assert_eq!(display::text(&imported.items), "@unrestricted\n", "{text}");
    }
}

#[test]
fn deny_lists() {
    let head = "@default allow\n@arch x86_64\n";
    for (settings, expected) in [
        ("SystemCallFilter=~read", "read: kill\n"),
        (
            "SystemCallFilter=~read\nSystemCallErrorNumber=EACCES",
            "read: errno(EACCES)\n",
        ),
        (
            "SystemCallErrorNumber=kill\nSystemCallFilter=~read:13",
            "read: errno(EACCES)\n",
        ),
        (
            "SystemCallErrorNumber=1\nSystemCallFilter=~read:kill write nonsense",
            "read: kill\nwrite: errno(EPERM)\n",
        ),
        (
            "SystemCallFilter=~@basic-io\nSystemCallFilter=read write",
            "close: kill\n",
        ),
        (
            "SystemCallFilter=~@basic-io:5",
            "read: errno(EIO)\nwrite: errno(EIO)\nclose: errno(EIO)\n",
        ),
        ("SystemCallFilter=\\\n # a comment\n ~read", "read: kill\n"),
        ("SystemCallLog=read", "read: log\n"),
        (
            "SystemCallLog=read\nSystemCallFilter=~read write",
            "read: kill\nwrite: kill\n",
        ),
        (
            "ProtectClock=yes",
            "settimeofday: errno(EPERM)\nclock_settime: errno(EPERM)\n",
        ),
        (
            "PrivateDevices=1",
            "iopl: errno(EPERM)\nioperm: errno(EPERM)\n",
        ),
        (
            "ProtectKernelModules=ON",
            "init_module: errno(EPERM)\nfinit_module: errno(EPERM)\n",
        ),
        ("ProtectKernelLogs=true", "syslog: errno(EPERM)\n"),
        ("ProtectKernelTunables=y", "_sysctl: errno(EPERM)\n"),
        (
            "ProtectHostname=yes",
            "sethostname: errno(EPERM)\nsetdomainname: errno(EPERM)\n",
        ),
        (
            "ProtectHostname=yes:box",
            "sethostname: errno(EPERM)\nsetdomainname: errno(EPERM)\n",
        ),
        (
            "LockPersonality=yes",
            "personality: personality == 0 else errno(EPERM)\n",
        ),
        (
            "LockPersonality=yes\nPersonality=x86",
            "personality: personality == 8 else errno(EPERM)\n",
        ),
        (
            "RestrictRealtime=yes",
            "sched_setscheduler: policy == 0 || policy == 3 || policy == 5 else errno(EPERM)\n",
        ),
        (
            "MemoryDenyWriteExecute=yes",
            "mmap: prot & 6 == 6 -> errno(EPERM)\n\
             mprotect: prot & 4 != 0 -> errno(EPERM)\n\
             shmat: shmflg & 32768 != 0 -> errno(EPERM)\n\
             pkey_mprotect: prot & 4 != 0 -> errno(EPERM)\n",
        ),
        (
            "RestrictAddressFamilies=AF_UNIX AF_INET\nRestrictAddressFamilies=~AF_INET",
            "socket: family == 1 else errno(EAFNOSUPPORT)\n",
        ),
        (
            "RestrictAddressFamilies=none",
            "socket: errno(EAFNOSUPPORT)\n",
        ),
        (
            "RestrictAddressFamilies=AF_UNSPEC",
            "socket: errno(EAFNOSUPPORT)\n",
        ),
        (
            "RestrictAddressFamilies=~AF_PACKET AF_NETLINK",
            "socket: family == 16 || family == 17 -> errno(EAFNOSUPPORT)\n",
        ),
        (
            "RestrictNamespaces=yes",
            "clone: clone_flags & 0x7e020000 != 0 -> errno(EPERM)\n\
             unshare: unshare_flags & 0x7e020000 != 0 -> errno(EPERM)\n\
             setns: errno(EPERM)\nclone3: errno(ENOSYS)\n",
        ),
        (
            "RestrictNamespaces=~user",
            "clone: clone_flags & 0x10000000 != 0 -> errno(EPERM)\n\
             unshare: unshare_flags & 0x10000000 != 0 -> errno(EPERM)\n\
             setns: flags == 0 || flags & 0x10000000 != 0 -> errno(EPERM)\n\
             clone3: errno(ENOSYS)\n",
        ),
    ] {
        assert_eq!(
            policy_of(settings),
            format!("{head}{expected}"),
            "{settings}"
        );
    }
    // Two ways to say it, and a third that implies it.
    let modes = policy_of("RestrictSUIDSGID=yes");
    assert_eq!(policy_of("DynamicUser=yes\nRestrictSUIDSGID=no"), modes);
    for rule in [
        "\nchmod: mode & 3072 != 0 -> errno(EPERM)\n",
        "\nopen: flags & 64 != 0 && mode & 3072 != 0 -> errno(EPERM)\n",
        "\nopenat2: errno(ENOSYS)\n",
        "\nfchmodat2: mode & 3072 != 0 -> errno(EPERM)\n",
    ] {
        assert!(modes.contains(rule), "{modes}");
    }
    assert_eq!(modes.lines().count(), 14, "{modes}");
}

#[test]
fn allow_lists() {
    let policy = policy_of("SystemCallFilter=read\nSystemCallErrorNumber=EPERM");
    assert_eq!(
        policy,
        "@default errno(EPERM)\n@kernel 7.3\n@unknown errno(ENOSYS)\n@arch x86_64\nread: allow\n\
         execve: allow\nexit_group: allow\nlandlock_create_ruleset: errno(ENOSYS)\n\
         landlock_add_rule: errno(ENOSYS)\nlandlock_restrict_self: errno(ENOSYS)\n"
    );
    let policy = policy_of(
        "SystemCallFilter=@basic-io openat2 landlock_add_rule\n\
         SystemCallFilter=~close write:EACCES\nRestrictSUIDSGID=yes\nSystemCallLog=read",
    );
    for (rule, is_there) in [
        ("@default kill\n@kernel 7.3\n@unknown errno(ENOSYS)\n", true),
        ("\nread: log\n", true),
        ("\nwrite: errno(EACCES)\n", true),
        ("\nclose:", false),
        ("\nopenat2: errno(ENOSYS)\n", true),
        // Its mode is not looked at where it is refused anyway.
        ("\nchmod:", false),
        ("\nlandlock_add_rule: allow\n", true),
        ("\nlandlock_restrict_self: errno(ENOSYS)\n", true),
    ] {
        assert_eq!(policy.contains(rule), is_there, "{rule}: {policy}");
    }
    // The kernel's answer for what there is not is that of the unit.
    let policy = policy_of("SystemCallFilter=read\nSystemCallErrorNumber=ENOSYS");
    assert_eq!(
        policy,
        "@default errno(ENOSYS)\n@arch x86_64\nread: allow\nexecve: allow\nexit_group: allow\n"
    );
}

#[test]
fn arches() {
    let of = |settings: &str, machine| {
        let text = format!("[Service]\n{settings}\n");
        let imported = import(&text, &options(machine, false)).unwrap();
        display::text(&imported.items)
    };
    for (arches, x86_64, aarch64) in [
        ("", "x86_64, i386", "aarch64, arm"),
        ("native", "x86_64", "aarch64"),
        ("x86", "x86_64, i386", "aarch64"),
        (
            "x86-64 x32 arm\nSystemCallArchitectures=mips",
            "x86_64",
            "aarch64, arm",
        ),
        (
            "x86\nSystemCallArchitectures=\nSystemCallArchitectures=arm64",
            "x86_64",
            "aarch64",
        ),
    ] {
        let settings = format!("SystemCallFilter=~read\nSystemCallArchitectures={arches}");
        for (machine, names) in [(Abi::X86_64, x86_64), (Abi::Aarch64, aarch64)] {
            let expected = format!("@default allow\n@arch {names}\nread: kill\n");
            assert_eq!(of(&settings, machine), expected, "{arches}");
        }
    }
    assert_eq!(
        of("SystemCallArchitectures=native", Abi::X86_64),
        "@default allow\n@arch x86_64\n"
    );
    // On 32-bit x86 mmap() is the older of two, and socket() part of another.
    let policy = of(
        "MemoryDenyWriteExecute=yes\nRestrictAddressFamilies=AF_UNIX",
        Abi::X86_64,
    );
    for rule in [
        "mmap[arch=x86_64]: prot & 6 == 6 -> errno(EPERM)\n",
        "mmap[arch=i386]: errno(EPERM)\n",
        "mmap2: prot & 6 == 6 -> errno(EPERM)\n",
        "socket[arch=x86_64]: family == 1 else errno(EAFNOSUPPORT)\n",
        "shmat[arch=x86_64]: shmflg & 32768 != 0 -> errno(EPERM)\n",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
}

#[test]
fn notes() {
    let text = "[Service]\nExecStart=-+/bin/a\nMemoryDenyWriteExecute=yes\nLockPersonality=yes\n\
                RestrictAddressFamilies=AF_UNIX\nSystemCallFilter=read raed\n";
    let notes = import(text, &options(Abi::X86_64, false)).unwrap().notes;
    let starts = [
        "drop-ins of the unit and the manager's own configuration are not read",
        "commands with a +",
        "calls of programs for other architectures",
        "MemoryDenyWriteExecute=: ",
        "LockPersonality=: to PER_LINUX",
        "RestrictAddressFamilies=: not for programs for i386",
        "SystemCallFilter=: systemd lets write through",
        "raed: left out: no call of Linux ",
    ];
    assert_eq!(notes.len(), starts.len(), "{notes:?}");
    for (note, start) in notes.iter().zip(starts) {
        assert!(note.starts_with(start), "{note}");
    }
}
