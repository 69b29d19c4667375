# SPDX-License-Identifier: GPL-2.0
"""Time as a process has had it: without what it was kept waiting for a processor by others.

The kernel counts how long each thread ran and how long it was ready to run and did not, in
/proc/<pid>/task/<tid>/schedstat. Without such a file nothing counts as lost.
"""

import pathlib
import re
import time

# Seconds after which it is looked again.
INTERVAL = 1.0

# Whatever others do, a tenth of the time counts, so that every limit is reached at last.
MOST_LOST = 0.9


def threads_of(pid):
    """How many seconds each thread of a process has run and has waited, by its number."""
    threads = {}
    for file in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            ran, waited, _ = file.read_text().split()
        except (OSError, ValueError):
            # It has just ended.
            continue
        threads[file.parent.name] = int(ran) / 1e9, int(waited) / 1e9
    return threads


def lost(seconds, ran, waited):
    """How much of an interval a process has lost whose threads ran and waited for so long in it.

    If they do nothing but compute, they get the share ran / (ran + waited) of what they would get
    alone. If they sleep for most of the time they have lost no more than they waited.
    """
    if not waited:
        return 0.0
    return min(waited, seconds * waited / (ran + waited), seconds * MOST_LOST)


class Clock:
    """Tells how long a process has lived, and how much of that it has lost."""

    def __init__(self, threads, now=time.monotonic):
        self.threads, self.now = threads, now
        self.start = self.looked = now()
        self.seen = {}
        self.lived = self.waited = 0.0

    def seconds(self):
        """How long it had lived, without what it had lost, at the last look. This looks every INTERVAL:
        what was lost since then is not known yet."""
        now = self.now()
        if now - self.looked >= INTERVAL:
            threads = self.threads()
            before = {thread: self.seen.get(thread, (0.0, 0.0)) for thread in threads}
            ran, waited = (
                sum(figures[i] - before[thread][i] for thread, figures in threads.items())
                for i in (0, 1)
            )
            self.waited += lost(now - self.looked, ran, waited)
            self.looked, self.seen = now, threads
        self.lived = now - self.start
        return self.looked - self.start - self.waited


def tell(lived, waited):
    return f"{lived:.0f} s, of which {waited:.0f} s waiting for a processor"


def heard(text):
    """What tell() was told, if it is what a text ends with; else zeros."""
    told = re.search(r"(\d+) s, of which (\d+) s waiting for a processor\s*$", text)
    return tuple(map(int, told.groups())) if told else (0, 0)
