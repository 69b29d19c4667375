#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes the tables here from the source of the kernel.

generate.py SOURCE OUTPUT           writes them to the directory OUTPUT
generate.py --check SOURCE TABLES   says which of TABLES are not as they would be made
"""

import pathlib
import re
import sys
import tempfile

sys.dont_write_bytecode = True

from generator import arguments, calls, compiler, constants, structs  # noqa: E402

ENGINE = pathlib.Path(__file__).resolve().parent / "../../../rust/logic/syscalls.rs"


def version(source):
    """The kernel's version, without that of the stable series."""
    makefile = (source / "Makefile").read_text()
    numbers = [
        re.search(rf"^{word} = (\d+)$", makefile, re.M).group(1)
        for word in ("VERSION", "PATCHLEVEL")
    ]
    return ".".join(numbers) + "\n"


def generate(source):
    """The tables: text by name of the file."""
    with tempfile.TemporaryDirectory() as directory:
        compilers = {abi: compiler.Compiler(abi, source, directory) for abi in compiler.ABIS}
        layouts, sizes = structs.generate(source, compilers)
        values = constants.generate(source, compilers)
        errnos = constants.errnos(compilers["x86_64"])
    numbers = calls.generate(source, structs.c_names())
    return {
        "version": version(source),
        "calls.tsv": numbers,
        "structs.tsv": layouts,
        "arguments.tsv": arguments.generate(ENGINE.read_text(), numbers, sizes),
        "constants.tsv": values,
        "errnos.tsv": errnos,
    }


def main(words):
    """Does what the command line says; returns the exit status."""
    check = words[:1] == ["--check"]
    paths = [pathlib.Path(word).resolve() for word in words[check:]]
    if len(paths) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    source, tables = paths
    status = 0
    for name, text in generate(source).items():
        path = tables / name
        if not check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path}: not what the source of the kernel gives")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
