# SPDX-License-Identifier: MIT OR Apache-2.0
"""The system calls of each ABI: numbers from the kernel's tables, arguments from its source."""

import pathlib
import re
import sys

from generator import definitions

# The tables, and the tags of the lines in them that the ABI uses.
TABLES = {
    "x86_64": ("arch/x86/entry/syscalls/syscall_64.tbl", {"common", "64"}),
    "i386": ("arch/x86/entry/syscalls/syscall_32.tbl", {"i386"}),
    # The tags are completed from arch/arm64/kernel/Makefile.syscalls.
    "aarch64": ("arch/arm64/tools/syscall_64.tbl", {"common", "64"}),
    "arm": ("arch/arm64/tools/syscall_32.tbl", {"common", "32"}),
}

# The arguments of the calls that ARM has outside of its table, as do_compat_cache_op() and
# compat_arm_syscall() of arch/arm64/kernel/sys_compat.c take them from the registers.
ARM_PRIVATE = {
    "cacheflush": [("start", "unsigned long"), ("end", "unsigned long"), ("flags", "int")],
    "set_tls": [("value", "unsigned long")],
}

# Types of a fixed width.
WIDTHS = {
    "int": "s32",
    "unsigned int": "u32",
    "unsigned": "u32",
    "u32": "u32",
    "__u32": "u32",
    "__s32": "s32",
    "__u64": "u64",
    "umode_t": "u16",
    "old_uid_t": "u16",
    "old_gid_t": "u16",
    "uid_t": "u32",
    "gid_t": "u32",
    "qid_t": "u32",
    "pid_t": "s32",
    "clockid_t": "s32",
    "timer_t": "s32",
    "mqd_t": "s32",
    "rwf_t": "s32",
    "key_t": "s32",
    "key_serial_t": "s32",
    "loff_t": "s64",
    # No enumerator is negative.
    "enum landlock_rule_type": "u32",
    "compat_size_t": "u32",
    "compat_ulong_t": "u32",
    "compat_aio_context_t": "u32",
    "compat_long_t": "s32",
    "compat_ssize_t": "s32",
    "compat_pid_t": "s32",
    "compat_off_t": "s32",
    "compat_mode_t": "u16",
}

# Types as wide as a pointer: 64-bit callers', and 32-bit callers'.
LONGS = {
    "unsigned long": ("u64", "u32"),
    "size_t": ("u64", "u32"),
    "aio_context_t": ("u64", "u32"),
    "old_sigset_t": ("u64", "u32"),
    "long": ("s64", "s32"),
    "off_t": ("s64", "s32"),
}

# Types that are pointers and do not look like it.
POINTERS = {"compat_uptr_t", "cap_user_header_t", "cap_user_data_t", "__sighandler_t"}


class UnknownType(Exception):
    """A type of an argument that is in none of the lists here."""


def kind_of(declared, abi, structs):
    """The type of an argument in calls.tsv. `structs` maps the C names of structs to ours."""
    plain = re.sub(r"\b(const|__user)\b", " ", declared)
    plain = " ".join(plain.split())
    if "*" in plain:
        struct = re.match(r"struct (\w+) ?\*$", plain)
        known = structs.get(struct.group(1)) if struct else None
        return f"ptr={known}" if known else "ptr"
    if plain in POINTERS:
        return "ptr"
    is_32 = abi in ("i386", "arm")
    if plain in LONGS:
        return LONGS[plain][is_32]
    if plain not in WIDTHS:
        raise UnknownType(f"{abi}: type '{declared}' of an argument is not known")
    width = WIDTHS[plain]
    if is_32 and width.endswith("64"):
        raise UnknownType(f"{abi}: '{declared}' is wider than the registers of a 32-bit caller")
    return width


def entries(source, abi):
    """Yields number, name and function of each call; the function is None if there is none."""
    path, tags = TABLES[abi]
    if abi == "aarch64":
        makefile = (source / "arch/arm64/kernel/Makefile.syscalls").read_text()
        tags = tags | set(re.search(r"^syscall_abis_64 \+=(.*)$", makefile, re.M).group(1).split())
    for line in (source / path).read_text().splitlines():
        fields = line.split()
        if not fields or fields[0].startswith("#") or fields[1] not in tags:
            continue
        number, _, name, *functions = fields
        native = functions[0] if functions else None
        compat = functions[1] if len(functions) > 1 and functions[1] != "-" else None
        function = compat if abi in ("i386", "arm") and compat else native
        yield int(number), name, None if function == "sys_ni_syscall" else function


def arm_private(source):
    """Yields number and name of each call that ARM has outside of its table."""
    header = (source / "arch/arm64/include/asm/unistd.h").read_text()
    base = int(re.search(r"__ARM_NR_COMPAT_BASE\s+(0x[0-9a-f]+)", header).group(1), 16)
    pattern = r"__ARM_NR_compat_(\w+)\s+\(__ARM_NR_COMPAT_BASE \+ (\d+)\)"
    for name, offset in re.findall(pattern, header):
        yield base + int(offset), name


def encode(arguments, abi, structs):
    """The last column of calls.tsv."""
    if arguments is None:
        return "?"
    names = [name for name, _ in arguments]
    assert len(set(names)) == len(names), names
    words = (f"{name}:{kind_of(declared, abi, structs)}" for name, declared in arguments)
    return " ".join(words) or "-"


def generate(source, structs):
    """The text of calls.tsv."""
    found = definitions.Definitions(pathlib.Path(source))
    lines = []
    for abi in TABLES:
        rows = []
        for number, name, function in entries(source, abi):
            arguments = None
            if function:
                arguments = found.arguments(function, abi)
                if arguments is None:
                    print(f"{abi}: {name}: {function} is defined nowhere", file=sys.stderr)
            rows.append((number, name, encode(arguments, abi, structs)))
        if abi == "arm":
            for number, name in arm_private(source):
                rows.append((number, name, encode(ARM_PRIVATE[name], abi, structs)))
        rows.sort()
        lines += [f"{abi}\t{number}\t{name}\t{arguments}\n" for number, name, arguments in rows]
    return "".join(lines)
