#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs the selftests in VMs and compares the engines. Called by qemu/test, which see."""

import argparse
import concurrent.futures
import fnmatch
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import clock
import costs
import locks
import tap
import vm

BUILD = pathlib.Path("/src/build")
LOGS = BUILD / "test"

# Tests of what runs the others, which need no VM.
SCRIPTS = {
    "splat": ["python3", "qemu/splat_test.py"],
    "rooms": ["python3", "qemu/rooms_test.py"],
    "limits": ["python3", "qemu/vm_test.py"],
    "series": ["python3", "qemu/rfc_test.py"],
    "bochs": ["python3", "qemu/ibt_test.py"],
    "lib": ["qemu/lib_test.sh"],
}

# What is tested by cargo, without a VM.
WORKSPACES = ("host", "tools")

# A profile of a package of the toolchain root, which tests of secpol read.
PROFILE = "/usr/share/containers/seccomp.json"

# What some tests need: audit records, and vsyscalls that can be called.
APPEND = "audit=1 vsyscall=xonly"

# A kernel that looks for bugs is slower by about this much. It also is what random tests do less.
SLOWNESS = {"debian": 1, "debug": 10, "kcsan": 10, "rfc": 1}

# What tests may ask for, besides an architecture or a kernel by its name.
FEATURES = {
    "debian": ("module",),
    "debug": ("module", "faults"),
    "kcsan": ("module", "faults"),
    "rfc": (),
}

BEGIN, END = "@@ begin ", "@@ end "

# The status of a program all of whose cases are skipped.
KSFT_SKIP = "4"

# To be counted up when results come to be read in another way.
GENERATION = b"3"


class Test:
    """A line of tests.list."""

    def __init__(self, line):
        self.name, seconds, self.how, self.command = (field.strip() for field in line.split("|"))
        self.seconds = int(seconds)
        self.how, _, self.where = self.how.partition("-")

    def is_wanted(self, pattern):
        """Whether its name matches the shell pattern, or begins with that word and is not long."""
        family = re.match(rf"{re.escape(pattern)}(_|32$)", self.name)
        return fnmatch.fnmatch(self.name, pattern) or (family and self.how != "long")

    @property
    def compared(self):
        """Whether it runs on the built-in engine as well."""
        return self.how in ("upstream", "both")

    def begin(self, text):
        """Where it begins in the output of a VM, if it does."""
        return re.search(rf"^{BEGIN}{re.escape(self.name)} \d+$", text, re.M)

    def end(self, text):
        return re.search(rf"^{END}{re.escape(self.name)} (\d+) (\S+) (\S+)$", text, re.M)

    def is_late(self, text):
        """Whether vm.py has ended the VM because of it."""
        return re.search(rf"^qemu/vm: {re.escape(self.name)} timed out", text, re.M)


class Job:
    """A VM to be run: some tests on one engine of one architecture."""

    # Seconds for the boot.
    boot = 60

    def __init__(self, arch, engine, tests, suffix=""):
        self.arch, self.engine, self.tests = arch, engine, tests
        self.name = f"{arch}-{engine}{suffix}"
        # Of vm.py.
        self.options = ["--files", str(BUILD / f"selftests-{arch}"), "--append", APPEND]
        # How long its VMs ran, and waited for a processor meanwhile.
        self.lived = self.waited = 0

    @property
    def seconds(self):
        return sum(test.seconds for test in self.tests)


class Outcome:
    """What came of a test: its cases, by name, each tap.PASS, FAIL or SKIP; and how long it took."""

    def __init__(self, cases, output="", seconds=0.0):
        self.cases, self.output, self.seconds = cases, output, seconds

    def count(self, result):
        return list(self.cases.values()).count(result)


def guest_script(tests, slowness):
    """The shell commands that run the tests one by one. They say where each begins and ends, and to
    vm.py, which ends the VM if a test takes longer, how long it may take."""
    lines = [f"export SLOWNESS={slowness}"]
    for test in tests:
        command = test.command.replace("'", "'\\''")
        lines += [
            f"echo '{BEGIN}{test.name} {test.seconds * slowness}'; read start rest </proc/uptime",
            f"sh -c '{command}' 2>&1",
            "status=$?; read end rest </proc/uptime; echo",
            f'echo "{END}{test.name} $status $start $end"',
        ]
    # What the tests leave behind must not keep the VM from ending, nor its status from being told.
    return "\n".join(lines + ["exit 0"])


def run_vm(job, tests, kernel, console):
    """Runs some tests in a VM. Returns what it said, and its status."""
    slowness = SLOWNESS[kernel]
    stock = job.engine != "ours"
    timeout = (job.boot + sum(test.seconds for test in tests)) * slowness
    command = [
        *("python3", "/src/qemu/vm.py", "--arch", job.arch, "--kernel", kernel),
        *("--timeout", str(timeout), "--time", "--log", str(console)),
        *job.options,
        *(["--stock"] if stock else []),
        *("--", "sh", "-c", guest_script(tests, slowness)),
    ]
    log = console.with_suffix(".log")
    with open(log, "wb") as out:
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT).returncode
    text = log.read_text(errors="replace")
    lived, waited = clock.heard(text)
    job.lived, job.waited = job.lived + lived, job.waited + waited
    return text, status


def run_job(job, kernel):
    """Returns an Outcome for each test of the job, by name. A test that takes too long ends its VM; the
    tests after it run in another one."""
    outcomes, tests, vms = {}, job.tests, 0
    with locks.held(LOGS / job.name, "qemu/test"):
        while tests:
            vms += 1
            console = LOGS / f"{job.name}{f'-{vms}' if vms > 1 else ''}.console"
            text, status = run_vm(job, tests, kernel, console)
            late = None
            if status == vm.TIMEOUT:
                late = next((i for i, test in enumerate(tests) if test.is_late(text)), None)
            if late is None:
                return outcomes | read_outcomes(tests, text, status)
            outcomes |= read_outcomes(tests[: late + 1], text)
            tests = tests[late + 1 :]
    return outcomes


def read_outcomes(tests, text, status=0):
    """Splits the output of a VM by test."""
    outcomes = {}
    for test in tests:
        begin, end = test.begin(text), test.end(text)
        if not begin:
            outcomes[test.name] = Outcome({"begins": tap.FAIL}, "the VM has ended before")
            continue
        output = text[begin.end() : end.start() if end else len(text)]
        cases = tap.parse(output)
        if test.is_late(text):
            cases["ends in time"] = tap.FAIL
        elif not end:
            cases["ends"] = tap.FAIL
        elif end[1] not in ("0", KSFT_SKIP) and tap.FAIL not in cases.values():
            cases[f"exits with 0, not {end[1]}"] = tap.FAIL
        elif not cases and test.how == "upstream":
            # Some of them speak no TAP.
            cases["exits with 0"] = tap.PASS if end[1] == "0" else tap.SKIP
        elif not cases:
            cases["says something"] = tap.FAIL
        seconds = float(end[3]) - float(end[2]) if end else 0.0
        outcomes[test.name] = Outcome(cases, output, seconds)
    # A splat shows when the VM has ended, and may be anyone's: the log tells.
    if status:
        ended = text.rsplit(END, 1)[-1]
        outcomes[f"VM exits with 0, not {status}"] = Outcome({"": tap.FAIL}, ended)
    return outcomes


def baseline_path(job, kernel, test):
    """Where the built-in engine's results of a test are kept: it does not change."""
    files = [BUILD / f"selftests-{job.arch}" / word for word in test.command.split()]
    version = pathlib.Path(f"/k/{job.arch}-{kernel}/version").read_bytes()
    key = hashlib.sha256(GENERATION + version + test.command.encode())
    for path in filter(pathlib.Path.is_file, files):
        key.update(path.read_bytes())
    key = key.hexdigest()
    return LOGS / f"baseline-{job.name}-{test.name}-{key[:16]}.json"


def load_baseline(job, kernel, test):
    try:
        return Outcome(json.loads(baseline_path(job, kernel, test).read_text()))
    except (OSError, ValueError):
        return None


def save_baseline(job, kernel, test, outcome):
    path = baseline_path(job, kernel, test)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(outcome.cases, indent=1))
    part.rename(path)


def save_baselines(job, kernel, outcomes):
    """Keeps what a VM with the built-in engine has told, unless something was wrong with it."""
    if job.engine != "stock" or len(outcomes) > len(job.tests):
        return
    for test in job.tests:
        # What is ours has to pass.
        late = "ends in time" in outcomes[test.name].cases
        if not late and (test.how == "upstream" or not outcomes[test.name].count(tap.FAIL)):
            save_baseline(job, kernel, test, outcomes[test.name])


def run_cargo_tests(directory):
    """Runs the tests of the cargo workspace in a directory, which need no VM, and returns an Outcome."""
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(BUILD / directory),
        "SECPOL_OCI_PROFILES": PROFILE,
        "SECPOL_PODMAN_PROFILE": PROFILE,
    }
    manifest = ["--manifest-path", f"/src/{directory}/Cargo.toml", "--locked"]
    command = ["cargo", "test", "--workspace", *manifest]
    log = LOGS / f"{directory}.log"

    # Compiling takes a minute or two, beside other jobs much longer. Nothing here waits for events.
    def cargo(*arguments, timeout=3600):
        with open(log, "wb") as out:
            subprocess.run(
                [*arguments], env=environment, stdout=out, stderr=subprocess.STDOUT, timeout=timeout
            )
        return log.read_text(errors="replace")

    try:
        # What was fetched once will do, without a network.
        with locks.held(LOGS / directory, "qemu/test"):
            tests = [*command, "--offline", "--", "--include-ignored"]
            output = cargo(*tests)
            if "running " not in output:
                output = cargo("cargo", "fetch", *manifest)
                output = cargo(*tests)
    except subprocess.TimeoutExpired:
        return Outcome({"ends in time": tap.FAIL}, log.read_text(errors="replace"))
    meaning = {"ok": tap.PASS, "FAILED": tap.FAIL, "ignored": tap.SKIP}
    cases = {
        name: meaning[result]
        for name, result in re.findall(r"^test (\S+)(?: - .*)? \.\.\. (\w+)", output, re.M)
    }
    # Without this there may have been more.
    if not cases or not re.search(r"^test result: ", output, re.M) or "error:" in output:
        cases["all are built and run"] = tap.FAIL
    return Outcome(cases, output)


class Report:
    """Counts, and says what failed."""

    def __init__(self):
        self.count = {tap.PASS: 0, tap.FAIL: 0, tap.SKIP: 0}
        self.failures = []
        self.flaky = 0
        self.start = time.monotonic()

    def say(self, message):
        print(f"{time.monotonic() - self.start:4.0f}s  {message}", flush=True)

    def case(self, where, name, result, why=""):
        self.count[result] += 1
        if result == tap.FAIL:
            self.failures.append(f"FAILED  {where}: {name}{' (' + why + ')' if why else ''}")
            self.say(self.failures[-1])

    def job(self, job, outcomes):
        """Says that a VM has ended, how long it took, and which of its tests took longest."""
        cases = sum(len(outcome.cases) for outcome in outcomes.values())
        longest = sorted(outcomes.items(), key=lambda item: -item[1].seconds)[:3]
        times = ", ".join(f"{name} {outcome.seconds:.0f} s" for name, outcome in longest)
        self.say(f"{job.name}: {cases} cases in {clock.tell(job.lived, job.waited)}; {times}")

    def outcome(self, where, outcome):
        failed = tap.FAIL in outcome.cases.values()
        for name, result in outcome.cases.items():
            self.case(where, name, result)
        if failed:
            said = outcome.output.splitlines()[-25:]
            print("\n".join(f"        {line}" for line in said))
            reasons = tap.reasons(outcome.output)[-25:] or said
            self.failures += [f"        {line}" for line in reasons]

    def end(self):
        """Says what there is to say at the end, and exits."""
        # Once more where a reader of the last lines alone sees them.
        for failure in self.failures:
            print(failure)
        if self.flaky:
            print(f"{self.flaky} failed at first, and passed alone")
        count = self.count
        print(f"{count[tap.PASS]} passed, {count[tap.FAIL]} failed, {count[tap.SKIP]} skipped")
        sys.exit(1 if count[tap.FAIL] or not count[tap.PASS] else 0)


def rerun(arch, kernel, test, case):
    """Runs one case alone, on both engines: whether ours passes, or the built-in one does not."""
    command = test.command
    if " " not in command:
        command += f" -r {case}"
    alone = Test(f"{test.name} | {test.seconds} | upstream | {command}")
    results = {}
    for engine in "ours", "stock":
        job = Job(arch, engine, [alone], f"-{case}")
        outcomes = run_job(job, kernel)
        results[engine] = outcomes[test.name].cases.get(case)
        if len(outcomes) > 1:
            return False, "splat"
    return (
        results["ours"] == tap.PASS or results["stock"] == tap.FAIL,
        f"alone: ours {results['ours']}, stock {results['stock']}",
    )


def compare(report, arch, kernel, test, stock, ours):
    """An upstream test: ours must pass what the built-in engine passes."""
    where = f"{arch} {test.name}"
    # The VM has not lived to see it, so there is nothing to compare.
    late = {"ends in time"} - stock.cases.keys()
    if ({"begins", "ends"} | late) & ours.cases.keys():
        report.outcome(where, Outcome({"begins and ends": tap.FAIL}, ours.output))
        return
    agreed = exempt = 0
    for case in list(stock.cases) + [c for c in ours.cases if c not in stock.cases]:
        theirs, our = stock.cases.get(case), ours.cases.get(case)
        if our == tap.PASS:
            agreed += 1
            report.case(where, case, tap.PASS)
        elif our == theirs or theirs == tap.FAIL:
            agreed += 1
            exempt += theirs == tap.FAIL
            report.case(where, case, tap.SKIP)
        else:
            # Some upstream tests have time limits that are tight under emulation.
            passed, why = rerun(arch, kernel, test, case)
            agreed += passed
            if passed:
                report.flaky += 1
                report.say(f"FLAKY  {where}: {case} ({why})")
            report.case(where, case, tap.PASS if passed else tap.FAIL, f"stock {theirs}, {why}")
    total = max(len(stock.cases), len(ours.cases))
    failed = f"; {exempt} fail on that one" if exempt else ""
    report.say(f"{where}: {agreed} of {total} cases agree with the stock engine{failed}")


def make_jobs(arch, tests, kernel):
    """The VMs for an architecture, and the built-in engine's results that are known."""
    known = {}
    stock_tests = []
    tests = [test for test in tests if test.where in ("", arch, kernel, *FEATURES[kernel])]
    for test in filter(lambda test: test.compared, tests):
        outcome = load_baseline(Job(arch, "stock", []), kernel, test)
        if outcome:
            known[test.name] = outcome
        else:
            stock_tests.append(test)
    ours = [test for test in tests if test.compared or test.how == "ours"]
    jobs = [Job(arch, "stock", stock_tests), Job(arch, "ours", ours)]
    jobs += [
        Job(arch, "solo", [test], f"-{test.name}") for test in tests if test.how in ("solo", "long")
    ]
    return [job for job in jobs if job.tests], known


def main():
    parser = argparse.ArgumentParser(prog="qemu/test", description=__doc__)
    parser.add_argument("--arch", action="append", required=True)
    parser.add_argument("--kernel", default="debian")
    parser.add_argument("--only", default="*")
    parser.add_argument("--long", action="store_true")
    args = parser.parse_args()

    lines = pathlib.Path("/src/selftests/tests.list").read_text().splitlines()
    tests = [Test(line) for line in lines if line and not line.startswith("#")]
    tests = [t for t in tests if t.is_wanted(args.only)]
    if not args.long and args.only == "*":
        tests = [t for t in tests if t.how != "long"]
    elif args.long:
        # A kernel that looks for bugs is for those that are meant for it.
        where = "" if args.kernel == "debian" else args.kernel
        tests = [t for t in tests if t.how == "long" and t.where == where]
    # What needs no VM.
    cargo = [w for w in WORKSPACES if fnmatch.fnmatch(w, args.only) and not args.long]
    scripts = [name for name in SCRIPTS if fnmatch.fnmatch(name, args.only)]
    # What is counted in instructions, on both engines.
    counted = fnmatch.fnmatch("costs", args.only) and args.kernel == "debian" and not args.long
    if not (tests or cargo or scripts or counted):
        sys.exit(f"qemu/test: no test is called '{args.only}'")
    LOGS.mkdir(parents=True, exist_ok=True)

    report = Report()
    for name in scripts:
        done = subprocess.run(SCRIPTS[name], capture_output=True, text=True)
        report.outcome(name, Outcome(tap.parse(done.stdout), done.stdout + done.stderr))
    jobs, known = [], {}
    for arch in args.arch:
        some, known[arch] = make_jobs(arch, tests, args.kernel)
        jobs += some
        if known[arch]:
            report.say(f"{arch}: the built-in engine's results of {len(known[arch])} tests are known")
    if not (jobs or cargo or scripts or counted):
        sys.exit(f"qemu/test: '{args.only}' is not for this kernel or architecture")
    jobs.sort(key=lambda job: -job.seconds)
    outcomes = {}
    with concurrent.futures.ThreadPoolExecutor(max(1, os.cpu_count())) as pool:
        cargo_tests = {name: pool.submit(run_cargo_tests, name) for name in cargo}
        cost_tests = {arch: pool.submit(costs.cases, arch) for arch in args.arch if counted}
        running = {pool.submit(run_job, job, args.kernel): job for job in jobs}
        for future in concurrent.futures.as_completed(running):
            job = running[future]
            outcomes[job.name] = future.result()
            # At once: a run that is interrupted has then not been in vain.
            save_baselines(job, args.kernel, outcomes[job.name])
            report.job(job, outcomes[job.name])

    for name, test in cargo_tests.items():
        report.outcome(name, test.result())
        report.say(f"{name}: done")
    for arch, test in cost_tests.items():
        report.outcome(f"{arch} costs", Outcome(*test.result()))
        report.say(f"{arch} costs: done")
    for job in jobs:
        for name, outcome in outcomes[job.name].items():
            test = next((test for test in job.tests if test.name == name), None)
            upstream = test is not None and test.how == "upstream"
            if not upstream:
                report.outcome(f"{job.name} {name}", outcome)
            elif job.engine == "stock":
                known[job.arch][name] = outcome
    for job in jobs:
        for test in job.tests:
            if job.engine == "ours" and test.how == "upstream":
                stock = known[job.arch].get(test.name, Outcome({}))
                compare(report, job.arch, args.kernel, test, stock, outcomes[job.name][test.name])

    report.end()


if __name__ == "__main__":
    main()
