#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A guided fuzzer's inputs as files, as it wants them, and as lines of one file, for the repository.

    corpus.py unpack FILE DIRECTORY
    corpus.py pack FILE DIRECTORY
"""

import hashlib
import pathlib
import sys

HEAD = "# Generated: what the guided fuzzer keeps, a program a line. See qemu/fuzz."


def main():
    what, file, directory = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    if what == "unpack":
        directory.mkdir(parents=True, exist_ok=True)
        lines = file.read_text().splitlines() if file.exists() else []
        for line in (line for line in lines if not line.startswith("#")):
            data = bytes.fromhex(line)
            (directory / hashlib.sha1(data).hexdigest()).write_bytes(data)
    else:
        lines = {path.read_bytes().hex() for path in directory.iterdir()}
        lines = sorted(lines, key=lambda line: (len(line), line))
        file.write_text("".join(f"{line}\n" for line in [HEAD, *lines]))


if __name__ == "__main__":
    main()
