#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of splat.py: prints TAP."""

import re

import splat
import tap


KCSAN_REPORT = """[    5.0] {line}
[    5.0] BUG: KCSAN: data-race in a / b
[    5.0] write to 0xffff888012345678 of 8 bytes by task 71 on cpu 1:
[    5.0]  a+0x10/0x20
[    5.0]  {caller}
[    5.0] {line}
[    5.0] after"""


def main():
    cases = []
    for caller, is_found in ("rsc_permit_syscall+0x1/0x2", True), ("__schedule+0x1/0x2", False):
        log = KCSAN_REPORT.format(line="=" * 66, caller=caller)
        cases.append((f"a race below {caller} counts: {is_found}", bool(splat.find(log)) == is_found))
    log = KCSAN_REPORT.format(line="=" * 66, caller="Oops: from another processor")
    cases.append(("what is said in the middle of a race counts", "Oops" in (splat.find(log) or "")))
    for pattern, line in splat.PATTERNS.items():
        cases.append((f"finds {pattern!r}", bool(re.search(pattern, line))))
        found = splat.find(f"harmless\n[    1.0] {line}\nafter")
        cases.append((f"reports {line!r}", found == f"[    1.0] {line}\nafter"))
    for line in splat.HARMLESS:
        cases.append((f"passes {line!r}", splat.find(f"[    1.0] {line}") is None))
    tap.report(cases)


if __name__ == "__main__":
    main()
