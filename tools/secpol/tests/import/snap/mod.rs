// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tests that a profile of snapd is imported as snap-seccomp and snap-confine take it.

mod agreement;

use std::path::Path;

use secpol::{
    abi::Abi,
    import::{
        snap::{
            self,
            Accounts, //
        },
        Error,
        Imported,
        Options, //
    },
    syntax::display, //
};

use crate::meaning;

/// Some users and groups.
struct Three;

impl Accounts for Three {
    fn user(&self, name: &str) -> Result<u32, String> {
        match name {
            "root" => Ok(0),
            "daemon" => Ok(1),
            "nobody" => Ok(65534),
            _ => Err(format!("this machine has no user {name}")),
        }
    }

    fn group(&self, name: &str) -> Result<u32, String> {
        self.user(name).map(|user| 100 + user)
    }
}

pub fn options(machine: Abi, exact: bool) -> Options {
    Options {
        machines: vec![machine],
        exact,
    }
}

/// What a profile is imported as. A policy that its machine does not take is a failure of the test.
pub fn import(text: &str, options: &Options) -> Result<Imported, Error> {
    let imported = snap::import(Path::new("snap.app.src"), text, options, &Three)?;
    for machine in &options.machines {
        meaning(&display::text(&imported.items), *machine);
    }
    Ok(imported)
}

/// The rules of the policy for arm64 that a profile is, behind its first two lines.
fn rules_of(text: &str) -> String {
    let imported = import(text, &options(Abi::Aarch64, false));
    let imported = imported.unwrap_or_else(|error| panic!("{text}\nis refused: {error}"));
    let policy = display::text(&imported.items);
    let rules = policy.strip_prefix("@default errno(EPERM)\n@arch aarch64, arm\n");
    rules.unwrap_or_else(|| panic!("{policy}")).to_string()
}

fn mistake(text: &str) -> String {
    match import(text, &options(Abi::X86_64, false)) {
        Ok(imported) => panic!("{text}\nis {}", display::text(&imported.items)),
        Err(error) => error.to_string(),
    }
}

#[test]
fn lines() {
    for (text, expected) in [
        ("", ""),
        ("# nothing\n\n#read\n", ""),
        ("read\nwrite\r\n", "read: allow\nwrite: allow\n"),
        (" read  -   - ", "read: allow\n"),
        ("read 3", "read: fd == 3\n"),
        ("read !3", "read: fd != 3\n"),
        ("read <3", "read: fd < 3\n"),
        ("read <=3", "read: fd <= 3\n"),
        ("read >3", "read: fd > 3\n"),
        ("read >=3", "read: fd >= 3\n"),
        // All of the bits.
        (
            "openat - - |O_NOTIFICATION_PIPE",
            "openat: flags & 128 == 128\n",
        ),
        ("mknodat - - |S_IFIFO", "mknodat: mode & 4096 == 4096\n"),
        (
            "mknodat - - 61440|S_IFIFO",
            "mknodat: mode & 61440 == 4096\n",
        ),
        ("mknodat - - 4096|4097", "mknodat: mode & 4096 == 4096\n"),
        (
            "socket AF_UNIX - 0",
            "socket: family == 1 && protocol == 0\n",
        ),
        // Lines for one call are alternatives, and one without arguments is enough.
        (
            "socket AF_UNIX\nsocket PF_INET",
            "socket: family == 1 || family == 2\n",
        ),
        ("socket AF_UNIX\nsocket\nsocket 5", "socket: allow\n"),
        ("setuid u:root", "setuid: uid == 0\n"),
        ("no_such_call what ever\nread", "read: allow\n"),
        // What is denied is denied, whatever is allowed; but what is not allowed has its own errno.
        (
            "ioctl\n~ioctl - TIOCSTI",
            "ioctl: cmd == 21522 -> errno(EACCES) else allow\n",
        ),
        (
            "~ioctl - 4294967295|TIOCSTI\nioctl",
            "ioctl: cmd == 21522 -> errno(EACCES) else allow\n",
        ),
        ("~ioctl - TIOCSTI", ""),
        ("read\n~read", "read: errno(EACCES)\n"),
        ("~read", ""),
        (
            "ioctl - 5\n~ioctl 0",
            "ioctl: { !(cmd == 5) -> errno(EPERM), fd == 0 -> errno(EACCES), allow }\n",
        ),
    ] {
        assert_eq!(rules_of(text), expected, "{text}");
    }
}

/// 32-bit ARM has calls with 16 bits of such a number, and others.
#[test]
fn accounts() {
    let imported = import("fchown - u:daemon g:daemon", &options(Abi::Aarch64, false)).unwrap();
    assert_eq!(
        display::text(&imported.items),
        "@default errno(EPERM)\n@arch aarch64, arm\nfchown: user == 1 && group == 101\n"
    );
    let imported = import("setuid -1", &options(Abi::Aarch64, false)).unwrap();
    assert_eq!(
        display::text(&imported.items),
        "@default errno(EPERM)\n@arch aarch64, arm\n\
         setuid[arch=aarch64]: uid == 0xffffffff\n\
         setuid[arch=arm]: arg0 & 0xffffffff == 0xffffffff\n"
    );
}

#[test]
fn whole_files() {
    let of = |text| display::text(&import(text, &options(Abi::Aarch64, false)).unwrap().items);
    assert_eq!(of("read 3\n  @unrestricted \n"), "@unrestricted\n");
    assert_eq!(of("nonsense\nread x\n@unrestricted"), "@unrestricted\n");
    assert_eq!(of("@unrestricted\n@complain"), "@unrestricted\n");
    // What is denied by name stays so.
    assert_eq!(
        of("read 3\n@complain\n~write\n~dup 1\n"),
        "@default log\n@arch aarch64, arm\nread: fd == 3\nwrite: errno(EACCES)\n\
         dup: fildes == 1 -> errno(EACCES)\n"
    );
    assert_eq!(
        of("#@complain\nread"),
        "@default errno(EPERM)\n@arch aarch64, arm\nread: allow\n"
    );
}

/// On 32-bit x86 libseccomp makes rules for two calls of one.
#[test]
fn parts() {
    let imported = import("socket AF_UNIX\nconnect\n", &options(Abi::X86_64, false)).unwrap();
    assert_eq!(
        display::text(&imported.items),
        "@default errno(EPERM)\n@arch x86_64, i386\nsocket: family == 1\nconnect: allow\n\
         socketcall: call == 1 || call == 3\n"
    );
    assert!(imported
        .notes
        .iter()
        .any(|note| note.starts_with("connect, socket: on i386 also a rule for socketcall")));
}

#[test]
fn mistakes() {
    for (text, expected) in [
        (
            "read\n  \n",
            "2:1: snap-seccomp fails on a line that has blanks alone",
        ),
        ("read x", "1:6: there is no constant x"),
        ("read 3 - 0x10", "1:10: there is no constant 0x10"),
        ("read 4294967296", "1:6: 4294967296 has more than 32 bits"),
        ("read -1", "1:6: read has no negative arguments"),
        (
            "setuid -2147483649",
            "1:8: -2147483649 has more than 32 bits",
        ),
        (
            "setuid >5",
            "1:8: an argument of setuid is compared for equality alone",
        ),
        (
            "setuid |5",
            "1:8: an argument of setuid is compared for equality alone",
        ),
        ("openat AT_FDCWD", "1:8: AT_FDCWD is a negative constant"),
        ("read 1|2|4", "1:6: there is no constant 2|4"),
        ("read |", "1:6: there is no constant "),
        ("setuid u:nemo", "1:8: this machine has no user nemo"),
        ("setgid g:nemo", "1:8: this machine has no user nemo"),
        ("setuid u:Root", "1:8: Root is no name of a user"),
        ("setuid u:$(reboot)", "1:8: $(reboot) is no name of a user"),
        ("read 1 2 3 4 5 6 7", "1:18: a call has at most 6 arguments"),
    ] {
        let told = mistake(text);
        assert!(
            told.starts_with(&format!("snap.app.src:{expected}")),
            "{text}\n{told}"
        );
    }
    let long = format!("read\n#{}", "x".repeat(70_000));
    assert_eq!(
        mistake(&long),
        "snap.app.src:2:1: snap-seccomp reads no line that is as long"
    );
}

#[test]
fn notes() {
    let text = "raed\nread 3\nno\\such\nclone >5\nclone 1\nraed";
    let starts = [
        "raed, no\\\\such: left out: no call of Linux ",
        "calls of programs for other architectures",
        "fd of read: compared at the width that the kernel takes; libseccomp",
    ];
    let notes = import(text, &options(Abi::Aarch64, false)).unwrap().notes;
    for (note, start) in notes.iter().zip(starts) {
        assert!(note.starts_with(start), "{note}");
    }
    assert_eq!(notes.len(), starts.len(), "{notes:?}");
}
