#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs the benchmark on both engines. Called by qemu/bench, which see."""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

BENCH = pathlib.Path("/src/build/bench")
TIMEOUT = 900

# The prefix of a case, and the case that is the same without a filter.
BASES = {
    "compat_allow_": "compat_none_getppid",
    "compat_compare_": "compat_none_getpriority",
    "allow_openat2": "none_openat2_close",
    "allow_fork": "none_fork_exit",
    "allow_32_fork": "none_fork_exit",
    "allow_": "none_getppid",
    "compare_": "none_getpriority",
    "log_": "none_getppid",
    "profile_linear_allowed": "none_getppid",
    "profile_tree_allowed": "none_getppid",
    "profile_linear_personality": "none_personality",
    "profile_tree_personality": "none_personality",
}


def run(arch, engine):
    """Returns the figures of an engine, by case."""
    command = [
        *("python3", "/src/qemu/vm.py", "--arch", arch, "--icount", "--timeout", str(TIMEOUT)),
        *("--files", str(BENCH / arch), "--memory", "1024", "--cpus", "1"),
        *(["--stock"] if engine == "stock" else []),
        *("--", "sh", "-c", "./bench64 . && ./bench32 compat"),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode or "#" in done.stdout:
        sys.exit(f"qemu/bench: {arch} {engine}:\n{done.stdout[-2000:]}{done.stderr}")
    return {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)$", done.stdout, re.M)}


def base_of(case):
    return next((base for prefix, base in BASES.items() if case.startswith(prefix)), None)


def print_table(arch, stock, ours):
    print(f"\n{arch}: instructions per system call; 'above' is what the filters add")
    print(f"{'case':32} {'stock':>9} {'ours':>9} {'ratio':>6} {'above: stock':>13} {'ours':>7}")
    for case, theirs in stock.items():
        our = ours.get(case, 0)
        line = f"{case:32} {theirs:9} {our:9} {our / theirs if theirs else 0:6.2f}"
        base = base_of(case)
        if base:
            line += f" {theirs - stock[base]:13} {our - ours[base]:7}"
        print(line)


def plot(arch, name, title, axis, points):
    """points: by line, pairs of numbers."""
    data = "\n\n\n".join(
        "\n".join(f"{x} {y}" for x, y in line) for line in points.values()
    )
    (BENCH / f"{arch}-{name}.dat").write_text(data + "\n")
    lines = ", ".join(
        f"'{BENCH}/{arch}-{name}.dat' index {i} with linespoints title '{label}'"
        for i, label in enumerate(points)
    )
    script = (
        f"set terminal svg size 800,500 background 'white'; set output '{BENCH}/{arch}-{name}.svg'; "
        f"set title '{arch}: {title}'; set xlabel '{axis}'; set ylabel 'instructions per call'; "
        f"set logscale xy 2; set key top left; set grid; plot {lines}"
    )
    subprocess.run(["gnuplot", "-e", script], check=True)


def plot_all(arch, stock, ours):
    def points(results, pattern):
        found = [(re.fullmatch(pattern, case), value) for case, value in results.items()]
        return sorted((int(match[1]), value) for match, value in found if match)

    cases = {"ALLOW": r"allow_(\d+)", "ERRNO": r"errno_(\d+)", "one argument": r"compare_(\d+)"}
    engines = {"stock": stock, "ours": ours}
    plot(arch, "depth", "cost by stack depth", "filters", {
        f"{label}, {engine}": points(results, pattern)
        for label, pattern in cases.items() for engine, results in engines.items()
    })
    plot(arch, "length", "cost of one argument check by policy length", "instructions", {
        engine: [(2 * x + 6, y) for x, y in points(results, r"compare_after_(\d+)_rules")]
        for engine, results in engines.items()
    })


def main():
    arches = sys.argv[1:]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = {(a, e): pool.submit(run, a, e) for a in arches for e in ("stock", "ours")}
        results = {key: job.result() for key, job in jobs.items()}
    for arch in arches:
        stock, ours = results[arch, "stock"], results[arch, "ours"]
        print_table(arch, stock, ours)
        (BENCH / f"{arch}.json").write_text(json.dumps({"stock": stock, "ours": ours}, indent=1))
        plot_all(arch, stock, ours)


if __name__ == "__main__":
    main()
