# SPDX-License-Identifier: MIT OR Apache-2.0
"""The functions behind system calls, as the kernel's source defines them."""

import os
import re

# Where the kernel defines system calls that x86 and ARM have.
DIRECTORIES = (
    "arch/x86/entry",
    "arch/x86/kernel",
    "arch/x86/mm",
    "arch/arm64",
    "block",
    "drivers/char",
    "drivers/pci",
    "fs",
    "init",
    "io_uring",
    "ipc",
    "kernel",
    "mm",
    "net",
    "security",
)

# What is built instead of other files by kernels without an MMU or without timers.
OTHER_KERNELS = {"mm/nommu.c", "kernel/time/posix-stubs.c"}

# The options that choose among definitions of one function, by ABI.
OPTIONS = {
    "x86_64": {"CONFIG_X86_64"},
    "i386": {"CONFIG_X86_64", "CONFIG_OLD_SIGSUSPEND3"},
    "aarch64": {"CONFIG_ARM64", "CONFIG_CLONE_BACKWARDS"},
    "arm": {"CONFIG_ARM64", "CONFIG_CLONE_BACKWARDS", "CONFIG_OLD_SIGSUSPEND3"},
}

# Macros for an argument of 64 bits in two registers, of a little-endian machine.
PAIRS = {"SC_ARG64", "compat_arg_u64_dual", "arg_u32p"}

DEFINITION = re.compile(r"^[ \t]*(COMPAT_)?SYSCALL(32)?_DEFINE([0-6])\(", re.M)


def without_comments(text):
    """The C source without comments; lines keep their numbers."""
    return re.sub(
        r"/\*.*?\*/", lambda comment: "\n" * comment.group().count("\n"), text, flags=re.S
    )


def split(text):
    """Splits what follows an opening parenthesis at its commas, up to the closing parenthesis."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        if character == "(":
            depth += 1
        elif character == ")":
            if depth == 0:
                return [part.strip() for part in [*parts, text[start:at]]]
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    raise ValueError(f"a definition does not end: {text[:60]}")


def pairs(words):
    """The name and type of each argument, of SYSCALL_DEFINE's arguments behind the first."""
    arguments = []
    rest = iter(words)
    for word in rest:
        macro = re.match(r"(\w+)\((\w+)\)$", word)
        if macro:
            if macro.group(1) not in PAIRS:
                raise ValueError(f"{word}: the macro is not known")
            name = macro.group(2)
            arguments += [(f"{name}_lo", "u32"), (f"{name}_hi", "u32")]
        else:
            arguments.append((next(rest), word))
    return arguments


def condition(lines):
    """The options that the innermost #if around the end of these lines wants and excludes.

    None if the #if is of another sort than those of OPTIONS.
    """
    stack = []
    for line in lines:
        directive = re.match(r"\s*#\s*(ifdef|ifndef|if|elif|else|endif)\b(.*)", line)
        if not directive:
            continue
        word, rest = directive.groups()
        if word in ("ifdef", "ifndef", "if"):
            stack.append([(word, rest)])
        elif word == "endif":
            stack.pop()
        else:
            stack[-1].append((word, rest))
    if not stack:
        return set(), set()
    chain = [(word, re.findall(r"\bCONFIG_\w+", rest)) for word, rest in stack[-1]]
    excluded = {options[0] for _, options in chain[:-1] if options}
    word, options = chain[-1]
    if word == "else":
        return set(), excluded
    if word == "ifndef" or len(options) != 1:
        return None
    return set(options), excluded


class Definitions:
    """All definitions of the source."""

    def __init__(self, source):
        self.found = {}
        for directory in DIRECTORIES:
            for path, _, files in sorted(os.walk(source / directory)):
                for file in sorted(files):
                    if file.endswith(".c"):
                        self._read(source, os.path.join(path, file))

    def _read(self, source, path):
        relative = os.path.relpath(path, source)
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        if relative in OTHER_KERNELS or "SYSCALL" not in text:
            return
        text = without_comments(text)
        for match in DEFINITION.finditer(text):
            compat, both, count = match.groups()
            name, *words = split(text[match.end() :])
            arguments = pairs(words)
            assert len(arguments) == int(count), (relative, name)
            function = f"{'compat_' if compat or both else ''}sys_{name}"
            lines = text[: match.start()].splitlines()
            self.found.setdefault(function, []).append((relative, lines, arguments))

    def arguments(self, function, abi):
        """The name and type of each argument of this function, or None if it is not defined."""
        arch = "arch/x86/" if abi in ("x86_64", "i386") else "arch/arm64/"
        if function == "sys_personality" and abi == "aarch64":
            # By a macro of arch/arm64/kernel/sys.c.
            function = "sys_arm64_personality"
        here = [
            found
            for found in self.found.get(function, [])
            if not found[0].startswith("arch/") or found[0].startswith(arch)
        ]
        if not here:
            return None
        if all(found[2] == here[0][2] for found in here):
            return here[0][2]
        chosen = []
        for _, lines, arguments in here:
            wants = condition(lines)
            if wants and wants[0] <= OPTIONS[abi] and not wants[1] & OPTIONS[abi]:
                chosen.append(arguments)
        if len(chosen) != 1:
            raise ValueError(f"{abi}: {function} has {len(chosen)} definitions")
        return chosen[0]
