#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of splat.py: prints TAP."""

import re
import sys

import splat


def main():
    cases = []
    for pattern, line in splat.PATTERNS.items():
        cases.append((f"finds {pattern!r}", bool(re.search(pattern, line))))
        found = splat.find(f"harmless\n[    1.0] {line}\nafter")
        cases.append((f"reports {line!r}", found == f"[    1.0] {line}\nafter"))
    for line in splat.HARMLESS:
        cases.append((f"passes {line!r}", splat.find(f"[    1.0] {line}") is None))
    print(f"1..{len(cases)}")
    for number, (name, good) in enumerate(cases, 1):
        print(f"{'ok' if good else 'not ok'} {number} {name.replace('#', '')}")
    sys.exit(not all(good for _, good in cases))


if __name__ == "__main__":
    main()
