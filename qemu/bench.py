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
    "ea_openat2": "none_openat2_close",
    "ea_32_openat2": "none_openat2_close",
    "ea_clone3": "later_clone3_exit",
    "ea_of_another_openat2": "none_openat2_close",
    "ea_of_another_clone3": "later_clone3_exit",
    "ea_connect": "none_connect",
    "allow_connect": "none_connect",
    "allow_clone3": "none_clone3_exit",
    "append_allow_": "none_getppid",
    "append_compare": "none_getpriority",
    "allow_fork": "none_fork_exit",
    "allow_32_fork": "none_fork_exit",
    "allow_": "none_getppid",
    "compare_": "none_getpriority",
    "log_": "none_getppid",
    "profile_linear_allowed": "none_getppid",
    "profile_tree_allowed": "none_getppid",
    "profile_secpol_allowed": "none_getppid",
    "profile_linear_personality": "none_personality",
    "profile_tree_personality": "none_personality",
    "profile_secpol_personality": "none_personality",
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
    for case in [case for case in ours if case not in stock]:
        line = f"{case:32} {'-':>9} {ours[case]:9} {'-':>6}"
        base = base_of(case)
        if base:
            line += f" {'-':>13} {ours[case] - ours[base]:7}"
        print(line)


def plot(arch, name, title, axis, ticks, cases, engines):
    """cases: by label, of each engine, pairs of numbers."""
    colours = ["#1b6ca8", "#c0392b", "#2e8b57"]
    data, lines = [], []
    for colour, (label, of_engine) in zip(colours, cases.items()):
        for engine in engines:
            points = "\n".join(f"{x} {y}" for x, y in of_engine[engine])
            dashes, point = ("1", 7) if engine == "ours" else ("'--'", 6)
            lines.append(
                f"'{BENCH}/{arch}-{name}.dat' index {len(data)} with linespoints "
                f"linecolor '{colour}' linewidth 2 dashtype {dashes} pointtype {point} "
                f"pointsize 0.7 title '{label}, {engine}'"
            )
            data.append(points)
    (BENCH / f"{arch}-{name}.dat").write_text("\n\n\n".join(data) + "\n")
    script = f"""
        set terminal svg size 1000,500 noenhanced background 'white' font 'sans,13'
        set output '{BENCH}/{arch}-{name}.svg'
        set title '{arch}: {title}'
        set xlabel '{axis}'
        set ylabel 'instructions, whole call (both axes logarithmic)'
        set logscale xy
        set xtics ({ticks})
        set ytics (200, 300, 500, 700, 1000, 2000, 3000, 5000, 7000, 10000)
        set yrange [200:10000]
        set key outside right center samplen 3
        set grid linecolor '#dddddd'
        set border 3
        set tics nomirror
        plot {", ".join(lines)}
    """
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def plot_all(arch, results):
    def points(pattern, position=int):
        return {
            engine: sorted(
                (position(match[1]), value)
                for case, value in of_engine.items()
                if (match := re.fullmatch(pattern, case))
            )
            for engine, of_engine in results.items()
        }

    plot(
        arch, "depth", "cost by number of filters", "filters", "1, 2, 4, 8, 16, 32, 64",
        {
            "one argument compared": points(r"compare_(\d+)"),
            "allowed": points(r"allow_(\d+)"),
            "refused": points(r"errno_(\d+)"),
        },
        results,
    )
    plot(
        arch, "length", "cost by length of the filter, its last rule being that for the call",
        "instructions of the filter", "1, 4, 8, 16, 38, 134, 518, 1024, 2054, 4096",
        {
            "one argument compared": points(r"compare_after_(\d+)_rules", lambda n: 2 * int(n) + 6),
            "allowed": points(r"allow_after_(\d+)_insns"),
            "refused": points(r"errno_after_(\d+)_insns"),
        },
        results,
    )


def main():
    arches = sys.argv[1:]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = {(a, e): pool.submit(run, a, e) for a in arches for e in ("stock", "ours")}
        results = {key: job.result() for key, job in jobs.items()}
    for arch in arches:
        stock, ours = results[arch, "stock"], results[arch, "ours"]
        print_table(arch, stock, ours)
        (BENCH / f"{arch}.json").write_text(json.dumps({"stock": stock, "ours": ours}, indent=1))
        plot_all(arch, {"stock": stock, "ours": ours})


if __name__ == "__main__":
    main()
