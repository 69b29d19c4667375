# SPDX-License-Identifier: MIT OR Apache-2.0
"""The constants: macros and enumerators of the kernel's headers, evaluated by its compilers."""

import re
import struct
import sys

from generator import compiler, definitions, headers

NAME = re.compile(r"[A-Z][A-Z0-9]\w*$|[A-Z]_\w+$")

# What the structs of some headers are made of.
BEFORE = """
#include <linux/types.h>
#include <linux/socket.h>
#include <linux/time.h>
#include <linux/blktrace_api.h>
#include <asm/termbits.h>
#define sockaddr_storage __kernel_sockaddr_storage
"""


def internal(source):
    """What C libraries have copies of, as C: (macros and enums), and the names in it."""
    lines = []
    for path, (prefixes, enums) in headers.INTERNAL.items():
        text = definitions.without_comments((source / path).read_text()).replace("\\\n", " ")
        for enum in enums:
            lines.append(re.search(rf"^enum {enum} {{.*?^}};$", text, re.M | re.S).group())
        # Of a macro that depends on the configuration, the definition that programs know is first.
        known = set()
        for name, value in re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+(.+)$", text, re.M):
            if name.startswith(prefixes) and name not in known:
                known.add(name)
                lines.append(f"#define {name} {value}")
    return "\n".join(lines) + "\n"


def program(source, abi):
    """A C program with all headers."""
    names = headers.UAPI + headers.OWN[compiler.ARCHES[abi]]
    includes = "".join(f"#include <{name}>\n" for name in names)
    return BEFORE + internal(source) + includes + headers.LIBC


def is_wanted(path, abi):
    """Are names wanted that the header of this path defines?"""
    if path == "in.c":
        return True
    if "/asm-generic/" in path:
        return not path.endswith(headers.COMMON)
    names = headers.UAPI + headers.OWN[compiler.ARCHES[abi]]
    return any(path.endswith("/" + name) for name in names)


def candidates(text, abi):
    """The names of macros and enumerators in what the preprocessor says."""
    names, parts, wanted = set(), [], False
    for line in text.splitlines():
        marker = re.match(r'# \d+ "([^"]*)"', line)
        macro = re.match(r"#define (\w+) (.+)", line)
        if marker:
            wanted = is_wanted(marker.group(1), abi)
        elif macro and wanted:
            names.add(macro.group(1))
        elif wanted and not line.startswith("#"):
            parts.append(line)
    for body in re.findall(r"\benum\b(?: \w+)?\s*{([^}]*)}", "\n".join(parts)):
        # Commas in the expression of a value leave parts that are no names.
        names.update(part.split("=")[0].strip() for part in body.split(","))
    return sorted(name for name in names if NAME.match(name) and not name.endswith("_H"))


def evaluate(tool, text, names):
    """The values of those names that are integer constants."""
    first = text.count("\n") + 1
    options = ["-c", "-O0", "-fno-toplevel-reorder", "-ftrack-macro-expansion=0"]
    left = list(names)
    # A mistake in one line may hide others, and make correct ones look wrong.
    while True:
        lines = "".join(
            f'_Static_assert((({name}) | 1) != 0, ""); '
            f'__attribute__((section("values"), used)) static const unsigned long long '
            f"value_of_{name}[] = {{({name}), ({name}) < 0}};\n"
            for name in left
        )
        works, messages = tool.run(options, text + lines)
        if works:
            break
        numbers = {
            int(number) for number in re.findall(r"^in\.c:(\d+):\d+: error:", messages, re.M)
        }
        kept = [name for at, name in enumerate(left) if first + at not in numbers]
        if len(kept) == len(left):
            raise RuntimeError(f"{tool.abi}: {messages}")
        left = kept
    out = tool.directory / "values"
    tool.tool("objcopy", "-O", "binary", "-j", "values", str(tool.directory / "out"), str(out))
    pairs = list(struct.iter_unpack("<QQ", out.read_bytes()))
    assert len(pairs) == len(left), tool.abi
    return {
        name: value - (negative << 64) for name, (value, negative) in zip(left, pairs, strict=True)
    }


def errnos(tool):
    """The text of errnos.tsv: numbers of errors and the names that are not those of others."""
    out = tool.compile(["-E", "-dM"], "#include <asm/errno.h>\n")
    found = re.findall(r"^#define (E[A-Z0-9]+) (\d+)$", out.read_text(), re.M)
    rows = sorted((int(number), name) for name, number in found)
    assert len({number for number, _ in rows}) == len(rows), rows
    return "".join(f"{number}\t{name}\n" for number, name in rows)


def generate(source, compilers):
    """The text of constants.tsv."""
    values = {}
    for abi, tool in compilers.items():
        text = program(source, abi)
        preprocessed = tool.compile(["-E", "-dD"], text).read_text()
        names = candidates(preprocessed, abi)
        found = evaluate(tool, text, names)
        print(f"{abi}: {len(found)} of {len(names)} names are constants", file=sys.stderr)
        for name, value in found.items():
            values.setdefault(name, {})[abi] = value
    lines = []
    for name, by_abi in sorted(values.items()):
        if len(by_abi) == len(compilers) and len(set(by_abi.values())) == 1:
            lines.append(f"{name}\t{next(iter(by_abi.values()))}\n")
        else:
            some = "\t".join(f"{abi}={value}" for abi, value in by_abi.items())
            lines.append(f"{name}\t{some}\n")
    return "".join(lines)
