// SPDX-License-Identifier: MIT OR Apache-2.0

//! Policies that say what rings may do.

use crate::Directory;

/// What is told of rings, and written.
#[test]
fn rings() {
    let policy = "\
@default errno(EPERM)
@io_uring like-calls nop tee
openat2: how.resolve & RESOLVE_BENEATH != 0
openat: flags == 0
read: fd == 0
close: allow
io_uring_setup: allow
";
    let plain = policy.replace("@io_uring like-calls nop tee\n", "");
    let alone = policy.replace("io_uring_setup: allow\n", "");
    let here = Directory::new(
        "rings",
        &[
            ("rings.pol", policy),
            ("plain.pol", &plain),
            ("oci.pol", &policy.replace("openat2", "#")),
            ("alone.pol", &alone.replace("openat2", "#")),
        ],
    );
    let in_vain = "rings.pol:2:26: warning: the operation tee is always refused\n";
    let machine = ["--short", "--machine", "x86_64"];
    here.expect(
        &[&["check"], machine.as_slice(), &["rings.pol"]].concat(),
        0,
        "24 instructions, for rust_seccomp\n\
         io_uring: 2 operations allowed, 2 by what they ask for, 61 refused\n",
        &format!(
            "{in_vain}rings.pol:5:7: note: io_uring's filters do not see fd == 0, which read \
             tests: the operations read_fixed, read, read_multishot are refused\n"
        ),
    );
    let compile = |arguments: &[&str]| {
        let output = here.run(&[&["compile"], machine.as_slice(), arguments].concat());
        (
            output.status.code(),
            output.stdout,
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (_, _, said) = compile(&["rings.pol", "-o", "calls.bpf"]);
    assert!(
        said.starts_with("note: what rings may do is in what --io-uring writes\n"),
        "{said}"
    );
    let (status, listing, said) = compile(&["rings.pol", "--io-uring", "--format", "listing"]);
    assert_eq!((status, said.as_str()), (Some(0), in_vain));
    let listing = String::from_utf8(listing).unwrap();
    for part in [
        "nop: allowed\nreadv: refused  rings.pol:1\n",
        "close: allowed\n",
        "openat:\n   0  A = flags\n   1  if A & 0xffff7fff goto 2 else 3\n   \
         2  return refused  rings.pol:1\n   3  return allowed\n",
        "openat2:\n   0  A = resolve\n   1  if A & 0x8 goto 2 else 3\n",
        "uring_cmd128: refused\n",
    ] {
        assert!(listing.contains(part), "{part} in {listing}");
    }
    let (status, raw, _) = compile(&["rings.pol", "--io-uring"]);
    assert_eq!(status, Some(0));
    records(&raw);
    for (format, part) in [
        (
            "c",
            "\t/* IORING_OP_OPENAT2 */\n\t{ 28, 2, 4, 24, rings_io_uring_on_openat2 },\n",
        ),
        (
            "rust",
            "    (28, 2, 24, &RINGS_IO_URING_ON_OPENAT2), // IORING_OP_OPENAT2\n",
        ),
    ] {
        let (status, text, _) = compile(&["rings.pol", "--io-uring", "--format", format]);
        let text = String::from_utf8(text).unwrap();
        assert!(status == Some(0) && text.contains(part), "{part} in {text}");
    }
    for (arguments, why) in [
        (
            ["plain.pol", "--io-uring", "--format", "c"].as_slice(),
            "secpol: plain.pol has no @io_uring, so there are no filters of io_uring\n",
        ),
        (
            &["rings.pol", "--io-uring", "--format", "oci"],
            "secpol: an OCI profile cannot have filters of io_uring\n",
        ),
        (
            &["oci.pol", "--format", "oci"],
            "secpol: an OCI profile cannot have filters of io_uring, and the policy lets \
             io_uring_setup through\n",
        ),
    ] {
        let (status, text, said) = compile(arguments);
        assert_eq!((status, text.len(), said.as_str()), (Some(2), 0, why));
    }
    assert_eq!(compile(&["alone.pol", "--format", "oci"]).0, Some(0));
}

/// Reads what is written of filters of io_uring.
fn records(mut bytes: &[u8]) {
    for opcode in 0..65 {
        let word = |place: usize| u32::from_le_bytes(bytes[place..place + 4].try_into().unwrap());
        let (flags, length) = (word(4), word(8) as usize);
        let (looks, is_last) = ([18, 28].contains(&opcode), opcode == 64);
        assert_eq!(word(0), opcode);
        assert_eq!(flags, 2 * u32::from(looks) + u32::from(is_last), "{opcode}");
        assert_eq!(word(12), if looks { 24 } else { 0 }, "{opcode}");
        let insns = &bytes[16..][..8 * length];
        if !looks {
            let allowed = u8::from([0, 19].contains(&opcode));
            assert_eq!(insns, [6, 0, 0, 0, allowed, 0, 0, 0], "{opcode}");
        }
        bytes = &bytes[16 + 8 * length..];
    }
    assert!(bytes.is_empty());
}

const POLICY: &str = "\
@default errno(EPERM)
@io_uring like-calls nop
openat2: how.resolve & RESOLVE_BENEATH != 0
openat: flags & (O_ACCMODE|O_CREAT) == O_RDONLY
connect: addr.in.addr == 127.0.0.1 && addr.in.port == 443
socket: family == AF_INET
close: allow
io_uring_setup: allow
";

const X86_64: [&str; 3] = ["--short", "--machine", "x86_64"];

#[test]
fn what_rings_may_do_is_told() {
    let here = Directory::new("explained", &[("rings.pol", POLICY)]);
    let calls = "openat,openat2,connect,socket,close,nop,timeout";
    let arguments = [&["explain"], &X86_64[..], &["rings.pol", "--call", calls]].concat();
    let output = here.run(&arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let (_, rings) = text.split_once("\nio_uring:\n").unwrap();
    assert_eq!(
        rings,
        "  connect:
    addr.family == AF_INET && addr.in.port == 443 && addr.in.addr == 127.0.0.1 -> allow
    errno(EACCES)
  openat:
    flags & (O_WRONLY|O_RDWR|O_CREAT) == 0 -> allow
    errno(EACCES)
  openat2:
    how.resolve & RESOLVE_BENEATH != 0 -> allow
    errno(EACCES)
  socket:
    family == AF_INET -> allow
    errno(EACCES)
  allow:
    nop, close
  errno(EACCES):
    timeout
"
    );
    let output = here.run(&[&["explain"], &X86_64[..], &["rings.pol"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains(" operations that Linux 7.3 does not have\n"),
        "{text}"
    );
}

#[test]
fn requests_of_rings_are_tried() {
    let plain = POLICY.replace("@io_uring like-calls nop\n", "");
    let here = Directory::new("tried", &[("rings.pol", POLICY), ("plain.pol", &plain)]);
    let test = |policy: &'static str, calls: &[&'static str]| {
        [&["test"], &X86_64[..], &[policy], calls].concat()
    };
    let address = "io_uring:connect(addr={family=AF_INET, in.addr=127.0.0.1, in.port=443})";
    here.expect(
        &test(
            "rings.pol",
            &[
                "io_uring:openat(flags=O_RDONLY|O_CLOEXEC)",
                "io_uring:openat(flags=O_WRONLY)",
                "io_uring:openat2(how={resolve=RESOLVE_BENEATH})",
                "io_uring:openat2()",
                address,
                "io_uring:socket(domain=AF_INET, type=SOCK_STREAM|SOCK_CLOEXEC)",
                "io_uring:nop()",
                "io_uring:read()",
                "io_uring:timeout()",
                "io_uring:openat(flags=O_WRONLY) -> errno(EACCES)",
            ],
        ),
        0,
        "allow\t\nerrno(EACCES)\trings.pol:1\nallow\t\nerrno(EACCES)\trings.pol:1\nallow\t\n\
         allow\t\nallow\t\nerrno(EACCES)\trings.pol:1\nerrno(EACCES)\t\n",
        "",
    );
    here.expect(
        &test("plain.pol", &["io_uring:timeout()"]),
        0,
        "allow\t\n",
        "",
    );
    here.expect(
        &test("rings.pol", &["io_uring:close() -> errno(EACCES)"]),
        1,
        "",
        "command line:1:1: error: allow, but expected was errno(EACCES)\n\
         1 of 1 are not as expected\n",
    );
    for (call, said) in [
        (
            "io_uring:closed()",
            "1:10: error: io_uring has no operation closed\n",
        ),
        (
            "io_uring:openat(dfd=3)",
            "1:17: error: filters of io_uring do not see dfd of openat\n",
        ),
        (
            "io_uring:close(fd=3)",
            "1:16: error: filters of io_uring do not see fd of close\n",
        ),
        (
            "io_uring:openat[arch=i386]()",
            "1:22: error: filters of io_uring do not see which architecture's program asks\n",
        ),
        (
            "io_uring:socket(type=0x100000)",
            "1:1: error: the kernel refuses this before it asks a filter\n",
        ),
    ] {
        let said = format!("command line:{said}");
        here.expect(&test("rings.pol", &[call]), 2, "", &said);
    }
}

#[test]
fn policies_differ_about_rings() {
    let here = Directory::new(
        "differ",
        &[
            ("rings.pol", POLICY),
            ("less.pol", &POLICY.replace(" nop\n", "\n")),
            (
                "plain.pol",
                &POLICY.replace("@io_uring like-calls nop\n", ""),
            ),
            ("other.pol", &POLICY.replace("BENEATH", "IN_ROOT")),
            ("none.pol", &POLICY.replace("io_uring_setup: allow\n", "")),
        ],
    );
    let diff = |policies: &[&'static str]| [&["diff"], &X86_64[..], policies].concat();
    here.expect(&diff(&["rings.pol", "rings.pol"]), 0, "", "");
    here.expect(
        &diff(&["rings.pol", "less.pol"]),
        1,
        "io_uring:\n  nop: stricter\n    allow -> errno(EACCES)\n",
        "",
    );
    here.expect(
        &diff(&["rings.pol", "less.pol", "--stricter"]),
        0,
        "io_uring:\n  nop: stricter\n    allow -> errno(EACCES)\n",
        "",
    );
    let told = |policies: &[&'static str], parts: &[&str]| {
        let output = here.run(&diff(policies));
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}");
        for part in parts {
            assert!(text.contains(part), "{part} in {text}");
        }
        text
    };
    told(
        &["rings.pol", "other.pol"],
        &[
            "\nio_uring:\n  openat2: stricter, looser\n",
            "    how.resolve & (RESOLVE_BENEATH|RESOLVE_IN_ROOT) == RESOLVE_BENEATH: \
             allow -> errno(EACCES)\n",
        ],
    );
    // Nothing holds rings then.
    told(
        &["rings.pol", "plain.pol"],
        &["\n  connect: looser\n", "timeout"],
    );
    // There are none then.
    told(
        &["rings.pol", "none.pol"],
        &["  nop, close: stricter\n    allow -> errno(EACCES)\n"],
    );
    // Neither says anything of them.
    let text = told(&["none.pol", "plain.pol"], &["io_uring_setup: looser\n"]);
    assert!(!text.contains("\nio_uring:"), "{text}");
}
