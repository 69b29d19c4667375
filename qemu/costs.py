#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What it takes to install filters, on both engines, in instructions.

costs.py ARCH GENERATIONS SIZE    searches for the filter that costs most beside the built-in engine

What is searched for is the largest part of what a filter may cost: twice what it costs with the
built-in engine, and 50,000 instructions. The first generation is random, made by the host's
generator; each further one comes of the worst so far by small changes. The worst of all are kept in
bench/costly.txt, which "make test" runs.
"""

import concurrent.futures
import pathlib
import random
import struct
import subprocess
import sys

import tap

SOURCE = pathlib.Path("/src")
KEPT = SOURCE / "bench/costly.txt"
BUILD = SOURCE / "build/costs"
COMPILERS = {"x86_64": "gcc", "arm64": "aarch64-linux-gnu-gcc"}

# How many are kept.
MOST = 12

# How the cost is limited: by so many times the built-in engine's, and so many instructions.
TIMES, MORE = 2, 50000

LD, ALU_ADD, JEQ, RET, RET_A = 0x20, 0x04, 0x15, 0x06, 0x16
NR, PLACE, ARGUMENT = 0, 8, 56
ALLOW, TRACE = 0x7FFF0000, 0x7FF00000


def rules(word, count):
    """A list that compares a word of the data with constants, as in the filters of debuggers."""
    prog = [(LD, 0, 0, word)]
    for i in range(count):
        prog += [(JEQ, 0, 1, 0x70000000 + 16 * i), (RET, 0, 0, TRACE | i)]
    return prog + [(RET, 0, 0, ALLOW)]


def sums(word, count):
    """Arithmetic on a word, which is returned."""
    return [(LD, 0, 0, word)] + [(ALU_ADD, 0, 0, i) for i in range(count)] + [(RET_A, 0, 0, 0)]


def families():
    """Filters of known shapes, by name."""
    made = {}
    for word, name in ((NR, "number"), (PLACE, "place"), (ARGUMENT, "argument")):
        for count in (0, 2, 4, 10, 20, 32, 128):
            made[f"{2 * count + 2} instructions, by {name}"] = rules(word, count)
        for count in (1, 10, 100, 400):
            made[f"{count + 2} instructions, sums of the {name}"] = sums(word, count)
    return made


def parse(text):
    """Programs by name: a line that begins with # names what follows."""
    programs, name = {}, None
    for line in text.splitlines():
        if line.startswith("#"):
            name = line[1:].strip()
            programs[name] = []
        elif line:
            programs[name].append(tuple(int(field, 16) for field in line.split()))
    return {name: prog for name, prog in programs.items() if prog}


def unparse(programs):
    lines = ["# SPDX-License-Identifier: GPL-2.0"]
    for name, prog in programs.items():
        lines.append(f"# {name}")
        lines += ["%04x %02x %02x %08x" % insn for insn in prog]
    return "\n".join(lines) + "\n"


def kept():
    return parse(KEPT.read_text()) if KEPT.exists() else {}


def measure(arch, programs, rounds=7):
    """For each program a pair of figures, the built-in engine's and ours; None if one fails."""
    files = BUILD / arch
    files.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            *(COMPILERS[arch], "-static", "-O2", "-Wall", "-I/src/include", "-I/src/include/uapi"),
            *("-o", str(files / "install"), "/src/bench/install.c"),
        ],
        check=True,
    )
    with open(files / "programs", "wb") as out:
        for prog in programs.values():
            out.write(struct.pack("<I", len(prog)))
            out.write(b"".join(struct.pack("<HBBI", *insn) for insn in prog))

    def run(engine):
        command = [
            *("python3", "/src/qemu/vm.py", "--arch", arch, "--icount", "--cpus", "1"),
            *("--timeout", "1800", "--files", str(files), "--memory", "1024"),
            *(["--stock"] if engine == "stock" else []),
            *("--", "./install", "programs", str(rounds)),
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        (files / f"{engine}.log").write_text(done.stdout + done.stderr)
        figures = [line.split() for line in done.stdout.splitlines()]
        return [int(fields[2]) for fields in figures if len(fields) == 3], done.returncode

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        (stock, failed), (ours, also_failed) = pool.map(run, ("stock", "ours"))
    if failed or also_failed or not len(stock) == len(ours) == len(programs):
        return None
    return dict(zip(programs, zip(stock, ours)))


def limit(stock):
    return TIMES * stock + MORE


def cases(arch):
    """The cases of the test: each filter costs what it may."""
    programs = {**families(), **kept()}
    figures = measure(arch, programs)
    if figures is None:
        return {"all filters are installed": tap.FAIL}, "see build/costs"
    results, said = {}, []
    for name, (stock, ours) in figures.items():
        fine = 0 < stock and 0 < ours <= limit(stock)
        results[name] = tap.PASS if fine else tap.FAIL
        said.append(f"# {name}: {ours} of {limit(stock)}, {stock} with the built-in engine")
    said += [f"not ok {name}" for name, result in results.items() if result == tap.FAIL]
    return results, "\n".join(said)


def is_admitted(prog):
    """Whether the kernel would take it, as far as jumps, cells and divisions go."""
    for pc, (code, jt, jf, k) in enumerate(prog):
        room = len(prog) - pc - 1
        if (code & 7 == 5 and code != 5 and max(jt, jf) >= room) or (code == 5 and k >= room):
            return False
        if code in (0x64, 0x74) and k >= 32 or code == 0x34 and not k:
            return False
    return prog[-1][0] in (RET, RET_A)


def changed(prog, rng):
    """A program that is a little different."""
    while True:
        new = list(prog)
        for _ in range(rng.choice((1, 1, 2, 5))):
            at = rng.randrange(len(new))
            kind = rng.randrange(6)
            if kind == 0 and len(new) < 600:
                new[at:at] = new[at : at + rng.choice((1, 2, 8, 32))]
            elif kind == 1 and len(new) > 4:
                del new[at : at + rng.choice((1, 2, 4))]
            elif kind == 2:
                code, jt, jf, _ = new[at]
                new[at] = (code, jt, jf, rng.choice((0, 1, 5, 59, 437, 511, 1 << 30, 4 * at % 64)))
            elif kind == 3:
                new[at] = (LD, 0, 0, rng.choice((NR, 4, PLACE, 16, ARGUMENT)))
            elif kind == 4:
                new[at] = (rng.choice((0x15, 0x25, 0x35, 0x45)), rng.randrange(4), 0, rng.randrange(512))
            else:
                new[at] = rng.choice(((0x07, 0, 0, 0), (0x87, 0, 0, 0), (0x0C, 0, 0, 0), (RET_A, 0, 0, 0)))
        if new and is_admitted(new):
            return new


def generated(count, seed):
    """Random programs of the host's generator."""
    command = ["build/host/release/fuzz", "--print", str(count), "--seed", str(seed)]
    return parse(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def search(arch, generations, size):
    rng = random.Random(0)
    worst = {**kept(), **{name: prog for name, prog in families().items() if len(prog) < 150}}
    programs = {**worst, **generated(size, rng.randrange(1 << 30))}
    for generation in range(generations):
        figures = measure(arch, programs, 3)
        if figures is None:
            sys.exit("costs: see build/costs")
        part = {name: ours / limit(stock) for name, (stock, ours) in figures.items() if stock}
        order = sorted(part, key=lambda name: -part[name])
        worst = {name: programs[name] for name in order[:MOST]}
        print(f"{generation}: {part[order[0]]:.3f} of what it may cost: {order[0]}", flush=True)
        programs = dict(worst)
        for i in range(size):
            parent = worst[rng.choice(order[:MOST])]
            programs[f"searched for, {generation}.{i}"] = changed(parent, rng)
    known = families()
    keep = {name: prog for name, prog in worst.items() if name not in known}
    KEPT.write_text(unparse(keep))


if __name__ == "__main__":
    search(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
