// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is said of texts that mean nothing, and of what nobody means.

use secpol::import::minijail::Dialect::{
    Python,
    C, //
};

use super::mistake;

#[test]
fn of_minijail0() {
    for (text, expected) in [
        ("read", "1:1: there is no : behind the call"),
        ("read:", "1:1: nothing is said of the call"),
        ("\nraed: 1", "2:1: x86_64 has no call raed"),
        ("read: 1\n mmap2: 1", "2:2: x86_64 has no call mmap2"),
        (
            "read: 1\nwrite: 1\nread: 1",
            "3:1: there is another line for read, at dir/a.policy:1:7",
        ),
        ("read: 1 # all", "1:7: an argument is one of arg0 to arg5"),
        (
            "read: 1\r\nwrite: 1\r",
            "1:7: this is not argN OPERATOR VALUE",
        ),
        ("read: allow", "1:7: this is not argN OPERATOR VALUE"),
        ("read: arg0 = 1", "1:12: there is no operator ="),
        ("read: arg6 == 1", "1:7: an argument is one of arg0 to arg5"),
        (
            "read: fd == 1 && arg0 == 2",
            "1:7: an argument is one of arg0 to arg5",
        ),
        (
            "read: arg0 == 1 &&",
            "1:19: this is not argN OPERATOR VALUE",
        ),
        ("read: || arg0 == 1", "1:7: this is not argN OPERATOR VALUE"),
        (
            "read: arg0 == O_CREAT | O_EXCL",
            "1:23: a value has no blanks in it",
        ),
        (
            "read: arg0 == O_CRAET",
            "1:15: there is no constant O_CRAET",
        ),
        ("read: arg0 == 08", "1:15: 08 is no number of 64 bits"),
        (
            "read: arg0 == 18446744073709551616",
            "1:15: 18446744073709551616 is no number of 64",
        ),
        ("read: arg0 == (1", "1:15: a ( is not closed"),
        (
            "read: arg0 == (1)2",
            "1:15: there is something behind the )",
        ),
        ("read: arg0 == 1|", "1:15: there is nothing behind the |"),
        ("read: arg0 == |1", "1:15: there is no value"),
        ("read: arg0 == ~", "1:15: there is no value"),
        ("read: arg0 == ~~1", "1:15: there is no constant ~1"),
        ("read: arg0 == 1; deny", "1:18: this is not return ERRNO"),
        (
            "read: arg0 == 1; return 1; return 2",
            "1:27: there is another part behind it",
        ),
        (
            "read: return 1 2",
            "1:16: minijail0 passes over what is here",
        ),
        ("read: returned 1", "1:7: this is not return ERRNO"),
        (
            "read: return -1",
            "1:14: an errno is a number from 0 to 4095",
        ),
        (
            "read: return 4096",
            "1:14: an errno is a number from 0 to 4095",
        ),
        ("read: ;", "1:7: there is no condition"),
        ("@default trap", "1:1: minijail0 knows no @default"),
        ("@includes ./b", "1:1: minijail0 knows no @includes"),
        (
            "@include b",
            "1:1: a path that is included starts with / or ./",
        ),
        ("@include ./none", "1:1: cannot read ./none: not there"),
        (
            "read: arg0 == 1 || \\\n arg0 = 2",
            "2:7: there is no operator =",
        ),
        ("read: 1\nwrite: 1\\", "2:1: this line does not end"),
        ("read: 1\n\0", "2:1: there is a zero byte"),
        (
            "{ read, write }: 1",
            "1:1: x86_64 has no call { read, write }",
        ),
    ] {
        let told = mistake(text, C, &[]);
        assert!(
            told.starts_with(&format!("dir/a.policy:{expected}")),
            "{text}\n{told}"
        );
    }
    let deep = format!("read: arg0 == {}1{}", "(".repeat(200), ")".repeat(200));
    assert!(mistake(&deep, C, &[]).ends_with("there are too many parentheses"));
    let files = [("./b", "write: 1\nread: 2"), ("/c", "@include ./b")];
    assert_eq!(
        mistake("@include ./b", C, &files),
        "./b:2:7: this is not argN OPERATOR VALUE"
    );
    assert_eq!(
        mistake("@include /c", C, &files),
        "/c:1:1: a file that is included cannot include another"
    );
}

#[test]
fn of_the_compiler() {
    for (text, expected) in [
        ("read", "1:5: expected is a : behind the call"),
        ("read:", "1:6: expected is an action"),
        ("raed: 1", "1:1: x86_64 has no call raed"),
        ("read: 2", "1:7: this is not an action"),
        ("read: 1 2", "1:9: expected is the end of the line"),
        ("read: deny", "1:7: this is not an action"),
        ("read: arg0 = 1", "1:12: expected is an operator"),
        ("read: arg6 == 1", "1:7: an argument is one of arg0 to arg5"),
        ("read: arg0 == 1 &&", "1:19: expected is an argument"),
        ("read: arg0 == ~~1", "1:16: expected is a number or a constant"),
        ("read: arg0 == 1|", "1:17: expected is a number or a constant"),
        ("read: arg0 == (1", "1:17: expected is a )"),
        ("read: arg0 == O_CRAET", "1:15: there is no constant O_CRAET"),
        ("read: arg0 == -9223372036854775809", "1:15: -9223372036854775809 is no number of 64"),
        ("read: arg0 == 1;", "1:17: expected is an action"),
        ("read: return", "1:13: expected is a number or a constant"),
        ("read: return 4096", "1:14: an errno is a number from 0 to 4095"),
        ("read: { 1", "1:10: expected is } behind what is said of the call"),
        ("{ read, write: 1", "1:14: expected is } behind the calls"),
        ("{ read, read }: arg0 == 1", "1:15: read is there twice before it"),
        ("read[arch]: 1", "1:10: expected is a = behind the key"),
        ("read[arch=arm;arch=x86]: 1", "1:15: this key is there twice"),
        ("io@android: 1", "1:1: groups of calls cannot be imported"),
        ("@denylist\nread: 1", "2:7: a @denylist has no action but return"),
        ("@denylist\nread: arg0 == 1; kill", "2:18: a @denylist has no action but return"),
        ("@denylist\nread: return 1\n@default trap", "3:1: in a @denylist this is for the listed"),
        ("read: return 5\n@denylist\nread: allow", "3:7: a @denylist has no action but return"),
        ("@default allow", "1:10: the default cannot let calls through"),
        ("@default errno", "1:10: expected is kill, kill-process"),
        ("@include b", "1:10: expected is a path that starts with / or ./"),
        ("@include ./none", "1:10: cannot read dir/none: not there"),
        ("read: 1\n$", "2:1: this is none of the language's words"),
        ("ré: 1", "1:2: this is none of the language's words"),
        ("read: 1 \\", "1:1: this line does not end"),
        ("read: 1 # \\\n", "1:1: this line does not end"),
        ("read: 1\nread: 1", "2:5: what is at dir/a.policy:1:5 decides about read before"),
        (
            "write: 1\nread: allow\nread: arg0 == 1; return 5",
            "3:5: what is at dir/a.policy:2:5 decides about read before",
        ),
        // The compiler makes `read: allow` of it.
        (
            "read: { arg0 == 1; return 5, allow }",
            "1:5: of read, the compiler forgets this, because it is allowed without a condition at \
             dir/a.policy:1:5",
        ),
    ] {
        let told = mistake(text, Python, &[]);
        assert!(told.starts_with(&format!("dir/a.policy:{expected}")), "{text}\n{told}");
    }
    let deep = format!("read: arg0 == {}1{}", "(".repeat(200), ")".repeat(200));
    assert!(mistake(&deep, Python, &[]).ends_with("there are too many parentheses"));
    let files = [
        ("dir/b", "@include ./b"),
        ("dir/c", "@include ./d\n".repeat(2000).leak()),
    ];
    assert_eq!(
        mistake("@include ./b", Python, &files),
        "dir/b:1:10: more than 9 files include each other"
    );
    let files = [files[1], ("dir/d", "# nothing")];
    assert_eq!(
        mistake("@include ./c", Python, &files),
        "dir/c:1000:10: there are more than 1000 files to include"
    );
}
