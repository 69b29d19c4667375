#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of ibt.py and bochs.py, without Bochs: prints TAP."""

import os
import pathlib
import pty
import tempfile
import tty

import bochs
import ibt
import tap
import vm

DIED = "qemu/vm: the kernel complains:\n[   20.1] Missing ENDBR: noendbr_target+0x0/0x5 [noendbr]\n"
WARNED = "qemu/vm: the kernel complains:\n[   20.1] WARNING: kernel/fork.c:542\n"


def control(text, status):
    return list(ibt.control_outcome(text, status).cases.values())


def needed(*commands):
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        for name in "a_test", "b_test", "helper", "other", "tap.sh":
            (directory / name).touch()
        (directory / "c_test.sh").write_text(". ./tap.sh\ncheck 'it works' ./helper -n 1 ./gone\n")
        (directory / "helper").write_text("./other")
        return ibt.needed(commands, directory)


def screen_is_read():
    """Whether a program that writes more to its terminal than fits there is never kept waiting."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    with tempfile.TemporaryDirectory() as directory:
        said = pathlib.Path(directory) / "said"
        said.touch()
        screen = bochs.Screen(said)
        screen.read()
        said.write_text(f'Bochs connected to screen "{os.ttyname(theirs)}"\n')
        try:
            for _ in range(100):
                screen.read()
                os.write(ours, b"x" * 1000)
        except BlockingIOError:
            return False
        return True


def cases():
    yield "the control is stopped", control(DIED, vm.SPLAT) == [tap.PASS]
    yield "it is not if it has ended", control(DIED, 0) == [tap.FAIL]
    yield "nor if the kernel complains of something else", control(WARNED, vm.SPLAT) == [tap.FAIL]
    yield "nor if time is up", control("", vm.TIMEOUT) == [tap.FAIL]
    yield "nor if the machine does not start", control("", vm.NO_VERDICT) == [tap.FAIL]

    yield "what commands name is copied", needed("./a_test -t b", "./b_test") == ["a_test", "b_test"]
    wanted = ["c_test.sh", "helper", "tap.sh"]
    yield "and what scripts name", needed(". ./tap.sh && ./c_test.sh 3") == wanted
    yield "and nothing else", needed("true") == []

    menu = bochs.menu("a=b   c='d' e;f")
    yield "GRUB takes each word as it is", "/vmlinuz 'a=b' 'c='\\''d'\\''' 'e;f'\n" in menu
    yield "the terminal of Bochs is read", screen_is_read()
    tests = ibt.tests()
    yield "the first test looks for IBT", tests[0].command == "./ibt_test.sh"
    yield "all are for the module", all(test.how == "ours" for test in tests)


if __name__ == "__main__":
    tap.report(cases())
