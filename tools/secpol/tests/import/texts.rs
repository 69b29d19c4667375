// SPDX-License-Identifier: MIT OR Apache-2.0

//! Texts that are almost what other tools read, and random ones: each is refused in one line, or
//! imported.

use proptest::{
    collection::vec,
    prelude::*,
    sample::{
        select,
        Index, //
    }, //
};
use secpol::{
    abi::Abi,
    import::{
        minijail::Dialect,
        Error,
        Imported, //
    }, //
};

use crate::places;

/// Texts with all that there is.
const TEXTS: [&str; 4] = [
    "# comment\nread: 1\nwrite: arg0 == 1 && arg2 <= 0x10 || arg1 != ~(1|O_CREAT); return EBADF\n\
     mmap: arg2 in ~PROT_EXEC || \\\n arg2 & -1\ndup: return 7\n@include ./b\n@frequency ./c\n",
    "# comment\n@default kill-process\nread: allow # all\n\
     { write, kill[arch=x86_64,arm;a=b] }: {\\\n arg0==1; return 1, arg2 in 7 | 0x8; log, trap }\n\
     dup: arg0 == -1; kill\n@include ./b\n",
    "# comment\nread\nioctl - !TIOCSTI\n~ioctl - 4294967295|TIOCLINUX\nsetuid u:root\n\
     chown - g:root -1\nsocket AF_UNIX |1 <=5 >3\nno_such_call 1\n@complain\n",
    "\u{feff}[Unit]\nA=b\n[Service]\n; comment\nExecStart=+/bin/a\n\
     SystemCallFilter=@basic-io \\\n# more\n openat\nSystemCallFilter=~read:EPERM write:kill\n\
     SystemCallErrorNumber=EACCES\nSystemCallArchitectures=native x86\nSystemCallLog=~read\n\
     RestrictAddressFamilies=~AF_UNIX AF_INET\nRestrictNamespaces=~user net\n\
     MemoryDenyWriteExecute=yes\nLockPersonality=no\nPersonality=x86\n",
];

/// What takes the place of something else.
const PIECES: &[&str] = &[
    "",
    " ",
    "\n",
    "\\\n",
    "\r\n",
    "\t",
    "\0",
    "\u{fffd}",
    "é",
    "#",
    ":",
    ";",
    ",",
    "|",
    "||",
    "&",
    "&&",
    "==",
    "=",
    "~",
    "!",
    "(",
    ")",
    "((((",
    "{",
    "}",
    "[",
    "]",
    "@",
    "-",
    "<",
    ">",
    "\"",
    "'",
    "0",
    "1",
    "-1",
    "08",
    "0x",
    "4095",
    "4096",
    "4294967296",
    "18446744073709551616",
    "arg0",
    "arg6",
    "in",
    "return",
    "allow",
    "kill",
    "read",
    "socketcall",
    "u:",
    "g:root",
    "@default",
    "@include",
    "./b",
    "/",
    "@unrestricted",
    "@known",
    "EPERM",
    "AF_MAX",
    "yes",
    "[Service]",
];

fn import_all(text: &str) -> Vec<Result<Imported, Error>> {
    use crate::{
        minijail as mj,
        snap,
        systemd, //
    };
    let files = mj::Memory::new(&[("./b", "dup2: 1\n"), ("dir/b", "dup2: 1\n")]);
    let mut all = Vec::new();
    for exact in [false, true] {
        for dialect in [Dialect::C, Dialect::Python] {
            all.push(mj::import(text, &mj::options(dialect, exact), &files));
        }
        all.push(snap::import(text, &snap::options(Abi::X86_64, exact)));
        all.push(systemd::import(text, &systemd::options(Abi::X86_64, exact)));
    }
    all
}

fn is_handled(text: &str) -> Result<(), TestCaseError> {
    for imported in import_all(text) {
        let told = match imported {
            Err(error) => error.to_string(),
            Ok(Imported { notes, .. }) => {
                prop_assert!(!notes.iter().any(|note| note.contains(char::is_control)));
                continue;
            }
        };
        prop_assert!(!told.is_empty() && told.len() < 500, "{told}");
        prop_assert!(!told.contains(char::is_control), "{told:?}");
        // The file, the line and the column.
        let mut parts = told.splitn(4, ':');
        prop_assert!(parts.next().is_some_and(|file| !file.is_empty()), "{told}");
        for _ in 0..2 {
            let number = parts.next().and_then(|part| part.parse::<usize>().ok());
            prop_assert!(number.is_some_and(|number| number > 0), "{told}");
        }
    }
    Ok(())
}

/// Each text is what one importer takes.
#[test]
fn the_texts_themselves() {
    for (text, place) in TEXTS.iter().zip([0, 1, 2, 3]) {
        let imported = import_all(text).swap_remove(place);
        assert!(imported.is_ok(), "{text}\n{imported:?}");
    }
}

/// Nothing takes for ever: as long a text as anyone has.
#[test]
fn long_texts() {
    let many = |part: &str| part.repeat(200_000 / part.len());
    for text in [
        many("("),
        many("read: 1\n"),
        format!("read: {}arg0 == 1", many("arg0 == 1 || ")),
        format!("read: {{ {} 1 }}", many("arg0 == 1; log, ")),
        format!("{{ {} read }}: 1", many("read, ")),
        format!("[Service]\n{}", many("SystemCallFilter=~read\n")),
        format!("[Service]\nSystemCallFilter={}", many("@basic-io ")),
        format!("[Service]\nA={}", many("\\\n")),
        many("\\\n"),
        many("read 1\n"),
        many("~read - >5\n"),
    ] {
        // That it returns is what is tested; and that nobody takes it for nothing at all.
        let refused = import_all(&text).iter().filter(|it| it.is_err()).count();
        assert!(refused > 0, "{}", &text[..40]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn one_piece_is_another(
        text in select(&TEXTS[..]),
        place in any::<Index>(),
        piece in select(PIECES),
    ) {
        let places = places(text);
        let start = place.index(places.len() - 1);
        let (before, after) = (&text[..places[start]], &text[places[start + 1]..]);
        is_handled(&format!("{before}{piece}{after}"))?;
    }

    #[test]
    fn one_piece_more(
        text in select(&TEXTS[..]),
        place in any::<Index>(),
        piece in select(PIECES),
    ) {
        let places = places(text);
        let (before, after) = text.split_at(places[place.index(places.len())]);
        is_handled(&format!("{before}{piece}{after}"))?;
    }

    #[test]
    fn cut_and_joined(
        one in select(&TEXTS[..]),
        other in select(&TEXTS[..]),
        from in any::<Index>(),
        to in any::<Index>(),
    ) {
        let (starts, ends) = (places(one), places(other));
        let (from, to) = (starts[from.index(starts.len())], ends[to.index(ends.len())]);
        is_handled(&format!("{}{}", &one[..from], &other[to..]))?;
    }

    #[test]
    fn pieces(pieces in vec(select(PIECES), 0..30)) {
        is_handled(&pieces.concat())?;
        is_handled(&pieces.join(" "))?;
    }

    #[test]
    fn random_bytes(bytes in vec(any::<u8>(), 0..200)) {
        is_handled(&String::from_utf8_lossy(&bytes))?;
    }
}
