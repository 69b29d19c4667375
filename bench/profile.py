#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compiles the default profile of containers-common by libseccomp, as a container without extra
capabilities gets it.

    profile.py x86_64|arm64 linear|tree OUTPUT
"""

import errno
import json
import sys

import seccomp

PROFILE = "/usr/share/containers/seccomp.json"

ACTIONS = {
    "SCMP_ACT_ALLOW": lambda rule: seccomp.ALLOW,
    "SCMP_ACT_ERRNO": lambda rule: seccomp.ERRNO(rule.get("errnoRet", errno.EPERM)),
}
OPERATORS = {
    "SCMP_CMP_EQ": seccomp.EQ,
    "SCMP_CMP_NE": seccomp.NE,
    "SCMP_CMP_LT": seccomp.LT,
    "SCMP_CMP_LE": seccomp.LE,
    "SCMP_CMP_GE": seccomp.GE,
    "SCMP_CMP_GT": seccomp.GT,
    "SCMP_CMP_MASKED_EQ": seccomp.MASKED_EQ,
}


def applies(rule, arch):
    """Is the rule for this architecture, and for a container without capabilities?"""
    includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
    return not (
        includes.get("caps")
        or includes.get("minKernel", "0") > "5"
        or arch not in includes.get("arches", [arch])
        or arch in excludes.get("arches", [])
    )


def argument(arg):
    operator = OPERATORS[arg["op"]]
    if operator == seccomp.MASKED_EQ:
        return seccomp.Arg(arg["index"], operator, arg["value"], arg.get("valueTwo", 0))
    return seccomp.Arg(arg["index"], operator, arg["value"])


def main():
    machine, form, output = sys.argv[1:]
    arch = {"x86_64": "amd64", "arm64": "arm64"}[machine]
    with open(PROFILE, encoding="ascii") as file:
        profile = json.load(file)
    default = ACTIONS[profile["defaultAction"]]({"errnoRet": profile.get("defaultErrnoRet", 1)})
    filters = seccomp.SyscallFilter(default)
    wanted = {"amd64": seccomp.Arch.X86_64, "arm64": seccomp.Arch.AARCH64}[arch]
    if not filters.exist_arch(wanted):
        filters.add_arch(wanted)
        filters.remove_arch(seccomp.Arch.NATIVE)
    filters.set_attr(seccomp.Attr.CTL_OPTIMIZE, 2 if form == "tree" else 1)
    for rule in profile["syscalls"]:
        if not applies(rule, arch):
            continue
        action = ACTIONS[rule["action"]](rule)
        if action == default:
            continue
        for name in rule.get("names", []):
            try:
                number = seccomp.resolve_syscall(wanted, name)
            except ValueError:
                continue
            # What the architecture does not have.
            if number < 0:
                continue
            filters.add_rule(action, name, *(argument(arg) for arg in rule.get("args") or []))
    with open(output, "wb") as file:
        filters.export_bpf(file)


if __name__ == "__main__":
    main()
