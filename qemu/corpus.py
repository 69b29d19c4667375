#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A guided fuzzer's inputs as files, as it wants them, and as lines of one file, for the repository.

    corpus.py unpack FILE DIRECTORY
    corpus.py pack FILE DIRECTORY
"""

import hashlib
import pathlib
import sys


def main():
    what, file, directory = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    if what == "unpack":
        directory.mkdir(parents=True, exist_ok=True)
        for line in file.read_text().splitlines() if file.exists() else []:
            data = bytes.fromhex(line)
            (directory / hashlib.sha1(data).hexdigest()).write_bytes(data)
    else:
        lines = {path.read_bytes().hex() for path in directory.iterdir()}
        file.write_text("".join(f"{line}\n" for line in sorted(lines, key=lambda l: (len(l), l))))


if __name__ == "__main__":
    main()
