# SPDX-License-Identifier: MIT OR Apache-2.0
"""The structs behind arguments of system calls: what is where in them, on each ABI."""

import re

from generator import layouts

# The name in the tables, the name in C, and the header.
STRUCTS = (
    ("clone_args", "clone_args", "linux/sched.h"),
    ("open_how", "open_how", "linux/openat2.h"),
    ("mount_attr", "mount_attr", "linux/mount.h"),
    ("file_attr", "file_attr", "linux/fs.h"),
    ("xattr_args", "xattr_args", "linux/xattr.h"),
    ("landlock_ruleset_attr", "landlock_ruleset_attr", "linux/landlock.h"),
    ("mnt_id_req", "mnt_id_req", "linux/mount.h"),
    ("ns_id_req", "ns_id_req", "linux/nsfs.h"),
    ("sched_attr", "sched_attr", "linux/sched/types.h"),
    ("perf_event_attr", "perf_event_attr", "linux/perf_event.h"),
)

# Address families: the prefix of the members, the struct, its header, and the prefix in C.
FAMILIES = (
    ("in", "sockaddr_in", "linux/in.h", "sin_"),
    ("in6", "sockaddr_in6", "linux/in6.h", "sin6_"),
    ("nl", "sockaddr_nl", "linux/netlink.h", "nl_"),
    ("ll", "sockaddr_ll", "linux/if_packet.h", "sll_"),
    ("vm", "sockaddr_vm", "linux/vm_sockets.h", "svm_"),
)

# What members of addresses are called here, where cutting the prefix is not enough; those without
# a name are left out.
RENAMED = {
    "sin_zero": None,
    "__pad": None,
    "sin_addr.s_addr": "addr",
    "sin6_addr.in6_u.u6_addr8": None,
    **{f"sin6_addr.in6_u.u6_addr16{at}": None for at in range(8)},
    **{f"sin6_addr.in6_u.u6_addr32{at}": f"addr{at}" for at in range(4)},
    "nl_pad": None,
    "svm_reserved1": None,
    "svm_zero": None,
}

# Where 64-bit and 32-bit callers' struct of sendmsg() is: no header that programs get has them.
MESSAGES = (
    ("include/linux/socket.h", "user_msghdr"),
    ("include/net/compat.h", "compat_msghdr"),
)

TYPES = """
typedef __u32 compat_uptr_t;
typedef __u32 compat_size_t;
typedef __u32 compat_uint_t;
typedef __s32 compat_int_t;
"""


def c_names():
    """Maps the names of structs in C to those here."""
    names = {c_name: name for name, c_name, _ in STRUCTS}
    return {**names, "sockaddr": "sockaddr", "user_msghdr": "msghdr", "compat_msghdr": "msghdr"}


def program(source):
    """A C program with all structs."""
    headers = [header for *_, header in STRUCTS] + [header for _, _, header, _ in FAMILIES]
    parts = ["#include <linux/types.h>\n#include <linux/socket.h>\n"]
    parts += [f"#include <{header}>\n" for header in headers]
    parts.append(TYPES)
    for path, struct in MESSAGES:
        text = (source / path).read_text()
        parts.append(re.search(rf"^struct {struct} {{.*?^}};\n", text, re.M | re.S).group())
    return "".join(parts)


def addresses(found):
    """Yields the members of a sockaddr: those of each family, and the family itself."""
    yield "family", 0, "u16"
    for family, struct, _, prefix in FAMILIES:
        for c_name, offset, kind in found.members(struct):
            name = RENAMED.get(c_name, c_name.removeprefix(prefix))
            if name == "family":
                assert (offset, kind) == (0, "u16"), (struct, offset, kind)
            elif name:
                yield f"{family}.{name}", offset, kind


def layout(found, is_32):
    """Yields struct, member, offset and type of all, as the kernel reads them from callers."""
    for name, c_name, _ in STRUCTS:
        for member, offset, kind in found.members(c_name):
            yield name, member, offset, kind
    for member, offset, kind in addresses(found):
        yield "sockaddr", member, offset, kind
    message = "compat_msghdr" if is_32 else "user_msghdr"
    for member, offset, kind in found.members(message):
        yield "msghdr", member.removeprefix("msg_"), offset, kind


def sizes(found, is_32):
    """The size of each struct that has one size."""
    result = {name: found.size(c_name) for name, c_name, _ in STRUCTS}
    result["msghdr"] = found.size("compat_msghdr" if is_32 else "user_msghdr")
    return result


def generate(source, compilers):
    """The text of structs.tsv, and by ABI the size of each struct."""
    text = program(source)
    abis, all_sizes = {}, {}
    for abi, compiler in compilers.items():
        found = layouts.Layouts(compiler, text)
        is_32 = abi in ("i386", "arm")
        all_sizes[abi] = sizes(found, is_32)
        for row in layout(found, is_32):
            abis.setdefault(row, []).append(abi)
    # The kernel reads structs other than this one in its own layout from 32-bit callers as well, so
    # that a difference would be one of the programs alone.
    for row, some in abis.items():
        assert len(some) == len(compilers) or row[0] == "msghdr", (row, some)
    lines = []
    for (struct, member, offset, kind), some in sorted(
        abis.items(), key=lambda item: (item[0][0], item[1], item[0][2], item[0][1])
    ):
        names = "*" if len(some) == len(compilers) else ",".join(some)
        lines.append(f"{struct}\t{member}\t{names}\t{offset}\t{kind}\n")
    return "".join(lines), all_sizes
