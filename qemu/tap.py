# SPDX-License-Identifier: GPL-2.0
"""Reads the Test Anything Protocol as kselftests write it, and writes it for tests of what is here."""

import re
import sys

PASS, FAIL, SKIP = "pass", "fail", "skip"

_RESULT = re.compile(r"^(not )?ok (\d+)(?: -)? ?(.*)$", re.M)
_PLAN = re.compile(r"^1\.\.(\d+)", re.M)


def parse(text):
    """The result of each test, by its name; of those that were planned and never heard of, FAIL."""
    results, heard = {}, 0
    for failed, number, rest in _RESULT.findall(text):
        heard += 1
        name, _, directive = f" {rest}".partition(" # ")
        if directive.upper().startswith(("SKIP", "XFAIL")):
            result = SKIP
        else:
            result = FAIL if failed else PASS
        name = name.strip() or number
        if name in results:
            name = f"{name} ({number})"
        results[name] = result
    plan = _PLAN.search(text)
    planned = int(plan[1]) if plan else None
    if planned is None and results:
        results["has a plan"] = FAIL
    elif planned is not None and heard < planned:
        results[f"runs all of its {planned} tests, not {heard}"] = FAIL
    return results


def reasons(text, lines=12):
    """The results that are failures, each after the last lines of what was said before it."""
    said, found = [], []
    for line in text.splitlines():
        said.append(line)
        result = _RESULT.match(line)
        if result and result[1]:
            found += said[-lines - 1 :]
        if result:
            said = []
    return found


def report(cases):
    """Prints the result of each case, a name and whether it is good, and exits with 0 if all are."""
    failed, number = False, 0
    for number, (name, good) in enumerate(cases, 1):
        # Behind a hash there would be a directive.
        print(f"{'ok' if good else 'not ok'} {number} {name.replace('#', '')}")
        failed |= not good
    print(f"1..{number}")
    sys.exit(failed)
