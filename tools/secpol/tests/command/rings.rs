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
