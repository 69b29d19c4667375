#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tests the module in Bochs, on a processor with IBT. Called by qemu/ibt, which see."""

import concurrent.futures
import contextlib
import os
import pathlib
import re
import shutil
import sys
import tempfile

import locks
import tap
import test
import vm

LIST = pathlib.Path(__file__).parents[1] / "selftests/ibt/tests.list"
SELFTESTS = test.BUILD / "selftests-x86_64"
CONTROL = test.BUILD / "noendbr"

# By what functions return: on this processor, and where it is told to track how deep calls are.
THUNKS = {"aligned": "", "stuffed": "spectre_v2=retpoline retbleed=stuff,force"}

# The control module must die of this.
STOPPED = "Missing ENDBR: noendbr_target"


class Job(test.Job):
    """A VM to be run in Bochs, with the files of a directory."""

    boot = vm.IBT_BOOT_TIMEOUT

    def __init__(self, engine, tests, suffix, files, append=""):
        super().__init__("x86_64", engine, tests, f"-ibt-{suffix}")
        self.options = ["--ibt", "--files", str(files), "--append", f"{test.APPEND} {append}"]


def tests():
    """What is run, in this order."""
    lines = LIST.read_text().splitlines()
    return [test.Test(line) for line in lines if line and not line.startswith("#")]


def needed(commands, directory):
    """The names of the files in a directory that shell commands use, and those that scripts among them
    use in turn. To read all would take Bochs a while."""
    found, texts = set(), list(commands)
    while texts:
        for name in re.findall(r"\./([\w.-]+)", texts.pop()):
            file = directory / name
            if name not in found and file.is_file():
                found.add(name)
                if file.suffix == ".sh":
                    texts.append(file.read_text())
    return sorted(found)


@contextlib.contextmanager
def copied(commands, directory):
    """A directory with what the commands need of another one."""
    with tempfile.TemporaryDirectory(prefix="ibt-") as copies:
        with vm.complete(directory):
            for name in needed(commands, directory):
                shutil.copy(directory / name, copies)
        yield copies


def control_outcome(text, status):
    """What came of the control, whose VM has said the text."""
    stopped = status == vm.SPLAT and STOPPED in text
    result = tap.PASS if stopped else tap.FAIL
    return test.Outcome({"the kernel stops a call of what has no ENDBR": result}, text)


def run_control(job):
    with locks.held(test.LOGS / job.name, "qemu/ibt"):
        text, status = test.run_vm(job, job.tests, "debian", test.LOGS / f"{job.name}.console")
    return {"control": control_outcome(text, status)}


def main():
    wanted = tests()
    control = test.Test("control | 60 | both | insmod noendbr.ko")
    test.LOGS.mkdir(parents=True, exist_ok=True)
    report = test.Report()
    with copied([t.command for t in wanted], SELFTESTS) as files:
        jobs = [Job("ours", wanted, name, files, append) for name, append in THUNKS.items()]
        jobs.append(Job("stock", [control], "control", CONTROL))
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            running = {
                pool.submit(run_control, job)
                if job.engine == "stock"
                else pool.submit(test.run_job, job, "debian"): job
                for job in jobs
            }
            outcomes = {}
            for future in concurrent.futures.as_completed(running):
                job = running[future]
                outcomes[job] = future.result()
                report.job(job, outcomes[job])
    for job in jobs:
        for name, outcome in outcomes[job].items():
            report.outcome(f"{job.name} {name}", outcome)
    report.end()


if __name__ == "__main__":
    main()
