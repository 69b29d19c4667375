# SPDX-License-Identifier: MIT OR Apache-2.0
"""The extensible arguments, of which the engine's list says how large they are."""

import re

KINDS = {
    "argument": "struct",
    "field": "struct",
    "old_field": "struct",
    "buffer": "buffer",
    "Size::Fixed": "fixed",
}

CALL = re.compile(
    r"ExtensibleCall::new\(\s*\"(?P<name>\w+)\",\s*\d+,\s*"
    r"\((?P<pointer>\d+), (?P<kind>[\w:]+)\((?P<value>[\d, ]+)\)\),\s*\(\d+, (?P<known>\w+)\)"
)


def generate(engine, calls, sizes):
    """The text of arguments.tsv: of the engine's list, calls.tsv and the sizes of structs."""
    most = int(re.search(r"const BUFFER_MAX: usize = (\d+);", engine).group(1))
    found = [match.groupdict() for match in CALL.finditer(engine)]
    assert len(found) == engine.count("ExtensibleCall::new("), "not all of CALLS is understood"
    lines = []
    for call in found:
        arguments = {
            row[3].split()[int(call["pointer"])]
            for row in (line.split("\t") for line in calls.splitlines())
            if row[2] == call["name"]
        }
        assert len(arguments) == 1, (call, arguments)
        argument, kind = arguments.pop().split(":")
        struct = kind.removeprefix("ptr=")
        assert struct != kind, (call, kind)
        known = most if call["known"] == "BUFFER_MAX" else int(call["known"])
        compat = int(call["value"]) if call["kind"] == "Size::Fixed" else known
        for abi, by_struct in sizes.items():
            size = compat if abi in ("i386", "arm") else known
            if struct in by_struct:
                # A struct may have members since that the call does not take.
                assert size <= by_struct[struct], (call, by_struct[struct])
        row = (call["name"], argument, struct, known, KINDS[call["kind"]], compat)
        lines.append("\t".join(map(str, row)) + "\n")
    return "".join(sorted(lines))
