// SPDX-License-Identifier: MIT OR Apache-2.0

//! The command: what it prints, and how it ends. That it runs programs is tested where there is a
//! kernel to test it on, in the VM.

mod filters;
mod pages;
mod rings;
mod streams;

use std::{
    fs,
    path::{
        Path,
        PathBuf, //
    },
    process::{
        Command,
        Output, //
    },
};

/// A directory with policies, of this test alone.
struct Directory(PathBuf);

impl Directory {
    fn new(test: &str, policies: &[(&str, &str)]) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        for (name, text) in policies {
            fs::write(path.join(name), text).unwrap();
        }
        Self(path)
    }

    /// Runs the command here.
    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_secpol"))
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap()
    }

    /// Checks how the command ends, and what it prints.
    #[track_caller]
    fn expect(&self, arguments: &[&str], status: i32, stdout: &str, stderr: &str) {
        let output = self.run(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&output.stderr), stderr, "{arguments:?}");
        assert_eq!(text(&output.stdout), stdout, "{arguments:?}");
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
    }
}

const SMALL: &str = "\
@default errno(EPERM)
read: fd == 0
exit_group: allow
";

#[test]
fn check() {
    let here = Directory::new("check", &[("small.pol", SMALL)]);
    let machine = ["--machine", "x86_64"];
    here.expect(
        &["check", "small.pol", machine[0], machine[1]],
        0,
        "12 instructions\n",
        "",
    );
}

#[test]
fn mistakes() {
    let here = Directory::new(
        "mistakes",
        &[
            ("wrong.pol", "read: fd = 0\nraed: allow\n"),
            (
                "names.pol",
                "raed: allow\nread: fdd == 0\nopen: flags == O_RDONYL\n",
            ),
            ("circle.pol", "@include circle.pol\n"),
            ("apart.pol", "@include missing.pol\n"),
            ("twice.pol", "read: allow\nread: log\n"),
            ("wide.pol", "ioctl: cmd == 0x100005412\n"),
            ("kernel.pol", "@unknown errno(ENOSYS)\n"),
        ],
    );
    for (policy, said) in [
        (
            "wrong.pol",
            "wrong.pol:1:10: error: expected an operator (==, !=, <, <=, >, >= or in), found `=`\n",
        ),
        (
            "names.pol",
            "names.pol:1:1: error: there is no system call raed\n\
             names.pol:2:7: error: read has no argument fdd\n\
             names.pol:3:16: error: there is no constant O_RDONYL\n",
        ),
        ("circle.pol", "circle.pol:1:10: error: circle.pol includes itself\n"),
        (
            "apart.pol",
            "apart.pol:1:10: error: cannot read missing.pol: No such file or directory (os error 2)\n",
        ),
        ("twice.pol", "twice.pol:2:1: error: there are two rules for read\n"),
        (
            "wide.pol",
            "wide.pol:1:15: error: this is no value of unsigned 32 bits\n",
        ),
        (
            "kernel.pol",
            "kernel.pol:1:10: error: @unknown needs @kernel: which calls are known?\n",
        ),
    ] {
        for command in ["check", "compile", "explain"] {
            here.expect(
                &[command, "--short", "--machine", "x86_64", policy],
                2,
                "",
                said,
            );
        }
    }
    here.expect(
        &["compile", "none.pol"],
        2,
        "",
        "error: cannot read none.pol: No such file or directory (os error 2)\n\n",
    );
}

#[test]
fn nothing_is_written_for_a_wrong_policy() {
    let here = Directory::new("nothing", &[("wrong.pol", "read\n")]);
    let output = here.run(&["compile", "wrong.pol", "-o", "out"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!here.0.join("out").exists());
}

#[test]
fn ways_around() {
    let policy = "\
@default errno(EPERM)
openat2: how.resolve & RESOLVE_BENEATH != 0
openat: allow
io_uring_setup: allow
";
    let here = Directory::new("around", &[("open.pol", policy)]);
    here.expect(
        &["check", "--short", "--machine", "x86_64", "open.pol"],
        1,
        "18 instructions, for rust_seccomp\n",
        "open.pol:3:9: warning: openat2 is tested, and openat, which opens files as well, is \
         allowed whatever it does\n\
         open.pol:4:17: warning: openat2 is tested, and io_uring_setup is allowed: no filter sees \
         what a ring does\n",
    );
}

#[test]
fn profiles() {
    let policy = "\
@default errno(EPERM)
@kernel 7.3
@unknown errno(ENOSYS)
read: allow
write: fd == 1 -> allow else kill
@fallback clone3 errno(ENOSYS)
clone3: uargs.flags == 0
";
    let here = Directory::new(
        "profile",
        &[
            ("a.pol", policy),
            ("b.pol", "@arch x86_64, i386\n"),
            ("c.pol", "read: trap(3)\n"),
        ],
    );
    let compile = |policy| here.run(&["compile", "--format", "oci", "--machine", "x86_64", policy]);
    let output = compile("a.pol");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "note: calls that are not known get the default, errno(EPERM), or what the runtime puts \
         before the filter; the policy says errno(ENOSYS)\n"
    );
    let profile = String::from_utf8(output.stdout).unwrap();
    for part in [
        "\"read\"",
        "SCMP_ACT_KILL_PROCESS",
        "\"errnoRet\": 38",
        "SCMP_ARCH_X86_64",
    ] {
        assert!(profile.contains(part), "{part} in {profile}");
    }
    fs::write(here.0.join("a.json"), &profile).unwrap();
    let imported = here.run(&["import", "--from", "oci", "--arch", "x86_64", "a.json"]);
    let imported = String::from_utf8(imported.stdout).unwrap();
    assert!(imported.contains("clone3: errno(ENOSYS)\n"), "{imported}");
    for (policy, why) in [
        ("b.pol", "socketcall() and ipc()"),
        ("c.pol", "cannot say trap(3)"),
    ] {
        let output = compile(policy);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn what_has_no_effect() {
    let policy = "@default allow\nuretprobe: kill\n@group probes uretprobe\n@probes: kill\n";
    let here = Directory::new("probe", &[("probe.pol", policy)]);
    here.expect(
        &["check", "--short", "--machine", "x86_64", "probe.pol"],
        0,
        "8 instructions\n",
        "probe.pol:2:1: note: no filter is asked about uretprobe: the rule has no effect\n",
    );
}

#[test]
fn what_openat2_alone_has_is_no_way_around() {
    let check = |rule: &str, status: i32, around: &str| {
        let policy = format!("@default errno(EPERM)\nopenat: allow\nopenat2: {rule}\n");
        let here = Directory::new("newer", &[("open.pol", &policy)]);
        let output = here.run(&["check", "--short", "--machine", "x86_64", "open.pol"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{rule}: {said}");
        assert!(said.contains(around), "{rule}: {said}");
    };
    for rule in [
        "how.resolve in RESOLVE_BENEATH|RESOLVE_IN_ROOT",
        "how.resolve == 0 && how.flags & OPENAT2_REGULAR == 0",
        "how.resolve < 8",
        "!(how.resolve != 0)",
    ] {
        check(rule, 0, "");
    }
    let around = "openat2 is tested, and openat, which";
    for rule in [
        "how.resolve != 0",
        "how.resolve == 0 && how.flags & O_CREAT == 0",
        "how.resolve == 0 && how.mode & 06000 == 0",
        "how.resolve == 0 && dfd != 3",
        "how.flags in O_CLOEXEC",
        "!(how.resolve == 0)",
    ] {
        check(rule, 1, around);
    }
}

#[test]
fn calls() {
    let here = Directory::new(
        "calls",
        &[
            ("small.pol", SMALL),
            (
                "calls.txt",
                "# What should be.\nread(fd=0) -> allow\nread(fd=1) -> errno(EPERM)\n",
            ),
            ("wrong.txt", "read(fd=1) -> allow\n"),
        ],
    );
    let test = |arguments: &[&'static str]| {
        [
            &["test", "--short", "--machine", "x86_64", "small.pol"],
            arguments,
        ]
        .concat()
    };
    here.expect(
        &test(&["read(fd=0)", "write()"]),
        0,
        "allow\tsmall.pol:2\nerrno(EPERM)\tsmall.pol:1\n",
        "",
    );
    here.expect(&test(&["--file", "calls.txt"]), 0, "", "");
    here.expect(
        &test(&["--file", "wrong.txt"]),
        1,
        "",
        "wrong.txt:1:1: error: errno(EPERM), but expected was allow\n\
         1 of 1 are not as expected\n",
    );
    here.expect(
        &test(&["read(fdd=0)"]),
        2,
        "",
        "command line:1:6: error: read has no argument fdd\n",
    );
    // Another architecture than those of the policy.
    here.expect(&test(&["read[arch=i386](fd=0)"]), 0, "kill\t\n", "");
}

#[test]
fn formats() {
    let here = Directory::new("formats", &[("1-small.pol", "@default kill\n")]);
    let compile = |format| {
        [
            "compile",
            "--machine",
            "x86_64",
            "1-small.pol",
            "--format",
            format,
        ]
    };
    here.expect(
        &compile("c"),
        0,
        "#include <linux/filter.h>\n\n\
         static const struct sock_filter policy_1_small[] = {\n\
         \t{ 0x06, 0, 0, 0x80000000 },\n\
         };\n",
        "",
    );
    here.expect(
        &compile("rust"),
        0,
        "/// A filter for seccomp: code, jt, jf and k of each `struct sock_filter`.\n\
         pub const POLICY_1_SMALL: [(u16, u8, u8, u32); 1] = [\n    \
         (0x06, 0, 0, 0x80000000),\n\
         ];\n",
        "",
    );
    here.expect(
        &compile("listing"),
        0,
        "   0  return kill  1-small.pol:1\n",
        "",
    );
    let raw = here.run(&compile("raw"));
    assert_eq!(raw.stdout, [6, 0, 0, 0, 0, 0, 0, 0x80]);
}

#[test]
fn without_the_module() {
    let policy = "@fallback clone3 errno(ENOSYS)\nclone3: uargs.flags == 0\n";
    let here = Directory::new(
        "stock",
        &[
            ("falls.pol", policy),
            ("stands.pol", "clone3: uargs.flags == 0\n"),
        ],
    );
    let stock = ["--stock", "--short", "--machine", "x86_64"];
    let told = [&["test"], &stock[..], &["falls.pol", "clone3()"]].concat();
    here.expect(&told, 0, "errno(ENOSYS)\tfalls.pol:1\n", "");
    let told = [&["compile"], &stock[..], &["stands.pol"]].concat();
    here.expect(
        &told,
        2,
        "",
        "stands.pol:1:1: error: this kernel's filters cannot see what the rule for clone3 looks at\n",
    );
}

#[test]
fn imports() {
    let here = Directory::new(
        "imports",
        &[
            ("a.policy", "read: arg0 == 0; return EBADF\n"),
            ("wrong.policy", "read: 1\nraed: 1\n"),
            ("a.src", "read 3\n"),
            ("a.service", "[Service]\nProtectHostname=yes\n"),
        ],
    );
    let import = |from: &'static str, more: &[&'static str]| {
        [&["import", "--arch", "x86_64", "--from", from], more].concat()
    };
    for (arguments, policy) in [
        (
            import("minijail", &["--dialect", "c", "a.policy"]),
            "@default kill-thread\n@arch x86_64\nread: fd == 0 else errno(EBADF)\n",
        ),
        (
            import("minijail", &["--dialect", "py", "--exact", "a.policy"]),
            "@default kill-thread\n@arch x86_64\nread: arg0 == 0 -> errno(EBADF)\n",
        ),
        (
            import("snap", &["a.src"]),
            "@default errno(EPERM)\n@arch x86_64, i386\nread: fd == 3\n",
        ),
        (
            import("systemd", &["a.service"]),
            "@default allow\n@arch x86_64, i386\nsethostname: errno(EPERM)\n\
             setdomainname: errno(EPERM)\n",
        ),
    ] {
        here.expect(&arguments, 0, policy, "");
    }
    for (arguments, said) in [
        (
            import("minijail", &["--dialect", "c", "wrong.policy"]),
            "secpol: wrong.policy:2:1: x86_64 has no call raed\n",
        ),
        (
            import("minijail", &["a.policy"]),
            "secpol: --dialect c or --dialect py is missing: minijail0 and \
             compile_seccomp_policy.py make different filters of a policy\n",
        ),
        (
            import(
                "minijail",
                &["--arch", "aarch64", "--dialect", "c", "a.policy"],
            ),
            "secpol: a policy of minijail is for one machine\n",
        ),
        (
            import("snap", &["--dialect", "c", "a.src"]),
            "secpol: --dialect is for --from minijail\n",
        ),
        (
            import("systemd", &["--cap", "CAP_KILL", "a.service"]),
            "secpol: --cap and --caps are for --from oci\n",
        ),
        (
            import("systemd", &["a.src"]),
            "secpol: a.src:1:1: there is no [Service]\n",
        ),
    ] {
        here.expect(&arguments, 2, "", said);
    }
}
