#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests of the limits in vm.py and clock.py, with other programs in QEMU's place: prints TAP."""

import contextlib
import io
import pathlib
import subprocess
import tempfile

import clock
import tap
import vm

BEGIN = "echo '@@ begin test 1' >output; echo up >verdict;"
BUSY = "while :; do :; done"


def run(script, timeout=30, boot_timeout=30):
    """Returns what vm.run() does, for a shell script in place of QEMU, on processor 0."""
    output = io.TextIOWrapper(io.BytesIO())
    with tempfile.TemporaryDirectory() as work, contextlib.redirect_stdout(output):
        command = ["taskset", "-c", "0", "sh", "-c", f"cd {work}; {script}"]
        return vm.run(command, pathlib.Path(work), timeout, boot_timeout)


def passes(threads, seconds):
    """What a clock tells after so many seconds. In each the threads ran and waited for so long."""
    passed = 0
    time = clock.Clock(
        lambda: {i: (ran * passed, waited * passed) for i, (ran, waited) in enumerate(threads)},
        lambda: passed,
    )
    for passed in range(1, seconds + 1):
        told = time.seconds()
    return round(told, 1)


def refuses_unfinished():
    build = pathlib.Path("/src/build")
    errors = io.StringIO()
    with tempfile.TemporaryDirectory(dir=build) as directory, contextlib.redirect_stderr(errors):
        try:
            with vm.complete(directory):
                pass
            (pathlib.Path(directory) / "unfinished").touch()
            with vm.complete(directory):
                return False
        except SystemExit as exited:
            return exited.code == vm.NO_VERDICT
        finally:
            pathlib.Path(f"{directory}.lock").unlink()


def cases():
    yield "alone time is time", passes([(1, 0), (0.3, 0)], 100) == 100
    yield "asleep as well", passes([(0, 0)], 100) == 100
    yield "half a processor is half the time", passes([(0.5, 0.5)], 100) == 50
    yield "also for two", passes([(0.5, 0.5), (0.5, 0.5)], 100) == 50
    yield "who mostly sleeps loses what it waits", passes([(0.01, 0.01)], 100) == 99
    yield "a tenth always counts", passes([(0, 1)], 100) == 10
    yield "what was told is heard", clock.heard(f"qemu/vm: {clock.tell(12.3, 4)}\n") == (12, 4)
    yield "what was not is not", clock.heard("something else") == (0, 0)

    late, _ = run("exit 3")
    yield "what ends is not late", late == ""
    late, time = run(f"{BEGIN} sleep 60")
    yield "a hang is ended", late == "test timed out" and time.lived < 10
    late, _ = run(f"{BEGIN} sleep 0.5; echo '@@ end test' >>output; sleep 2")
    yield "what has ended has no limit", late == ""
    late, _ = run(f"{BEGIN} sleep 0.7; echo '@@ begin other 5' >>output; sleep 1")
    yield "each has its own", late == ""
    late, time = run("echo up >verdict; sleep 60", timeout=1)
    yield "there is one for all", late == "timed out" and time.lived < 10
    late, _ = run("sleep 60", boot_timeout=1)
    yield "and one for the boot", late == "timed out before it was up"

    # Three others on the same processor.
    others = [subprocess.Popen(["taskset", "-c", "0", "sh", "-c", BUSY]) for _ in range(3)]
    try:
        late, time = run(f"{BEGIN} {BUSY}")
        told = f"{late}, {clock.tell(time.lived, time.waited)}"
        yield f"a busy hang is ended on a busy processor: {told}", late == "test timed out"
        yield "after it has had its time", time.lived > 4 and time.waited > time.lived / 2
        late, time = run(f"{BEGIN} sleep 60")
        yield "and a hang that sleeps at once", late == "test timed out" and time.lived < 10
    finally:
        for other in others:
            other.kill()
    yield "what is being built, or was interrupted, is not used", refuses_unfinished()


if __name__ == "__main__":
    tap.report(cases())
