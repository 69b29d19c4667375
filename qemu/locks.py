# SPDX-License-Identifier: GPL-2.0
"""The locks of lib.sh, for what is written in Python: see lock and build_in there."""

import contextlib
import fcntl
import os
import sys


@contextlib.contextmanager
def held(path, command, shared=False):
    """Locks path for as long as the context lasts. If it has to wait it says once for whom. Command is
    how others that wait call this one."""
    with open(f"{path}.lock", "a+") as lock:
        mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(lock, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.readline().strip() or "another command"
            name = str(path).removeprefix("/src/")
            print(f"{command}: waiting for {name}, used by {holder}", file=sys.stderr, flush=True)
            fcntl.flock(lock, mode)
        lock.truncate(0)
        lock.write(f"process {os.getpid()} ({command})\n")
        lock.flush()
        yield
