#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of rfc.py: prints TAP."""

import pathlib
import tempfile

import rfc
import tap

EDIT = """diff --git a/kernel/seccomp.c b/kernel/seccomp/filter.c
similarity index 99%
rename from kernel/seccomp.c
rename to kernel/seccomp/filter.c
index 1..2 100644
--- a/kernel/seccomp.c
+++ b/kernel/seccomp/filter.c
@@ -1 +1 @@
-a
+b
diff --git a/init/Kconfig b/init/Kconfig
--- a/init/Kconfig
+++ b/init/Kconfig
"""


def raises(function, *arguments):
    try:
        function(*arguments)
    except rfc.SeriesError:
        return True
    return False


def fill(top):
    """A repository with an engine and a series of two patches."""
    for name in ("rust/logic/mod.rs", "rust/logic/bpf/insn.rs", "rust/main.rs", "helpers/a.c"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(name)
    for name, copies, edit in (
        ("one", "rust/logic kernel/engine/\nrust/main.rs kernel/engine/seccomp.rs\n", EDIT),
        ("two", "# helpers\nhelpers/*.c kernel/engine/\n", ""),
    ):
        directory = top / "rfc/patches" / name
        directory.mkdir(parents=True)
        (directory / "message").write_text(f"{name}\n")
        (directory / "copies").write_text(copies)
        (directory / "edit.patch").write_text(edit)
    (top / "rfc/series").write_text("# in order\none\ntwo\n")


def cases(top):
    fill(top)
    one, two = patches = rfc.read_series(top / "rfc")
    yield "the series is read in order", [p.name for p in patches] == ["one", "two"]
    yield "what is edited or renamed", set(one.edited()) == {"kernel/seccomp.c", "init/Kconfig"}
    yield "a directory is copied whole, a file under another name", {
        place for _, place in rfc.targets(one.copies, top)
    } == {
        "kernel/engine/logic/mod.rs",
        "kernel/engine/logic/bpf/insn.rs",
        "kernel/engine/seccomp.rs",
    }
    yield "a pattern is copied", [p for _, p in rfc.targets(two.copies, top)] == ["kernel/engine/a.c"]
    yield "what is not there cannot be copied", raises(lambda: list(rfc.expand("rust/none.rs", top)))
    yield "a copy needs a target", raises(rfc.parse_copies, "rust/logic\n", "one")
    yield "nothing is forked", not raises(rfc.complain_of_forks, patches, top)
    said = "0001-a.patch:5: WARNING:LONG_LINE: too long\ntotal: 0 errors\n"
    found = rfc.complaints("one", said)
    yield "a complaint has a type", list(found) == [("one", "LONG_LINE")]
    yield "a note explains it", rfc.read_notes("# why\none LONG_LINE a table\n") == found.keys()
    edit = top / "rfc/patches/two/edit.patch"
    edit.write_text("--- a/kernel/seccomp/filter.c\n+++ b/kernel/seccomp/filter.c\n")
    base = rfc.needed(rfc.read_series(top / "rfc"), top)
    yield "the kernel has what no patch has brought", base == {"kernel/seccomp.c", "init/Kconfig"}
    edit.write_text("--- a/kernel/engine/logic/mod.rs\n+++ b/kernel/engine/logic/mod.rs\n")
    yield "a copy must not be edited", raises(rfc.complain_of_forks, rfc.read_series(top / "rfc"), top)
    (top / "rfc/series").write_text("one\n" * (rfc.MOST + 1))
    yield "too many patches", raises(rfc.read_series, top / "rfc")


def main():
    with tempfile.TemporaryDirectory() as directory:
        tap.report(cases(pathlib.Path(directory)))


if __name__ == "__main__":
    main()
