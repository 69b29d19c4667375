# SPDX-License-Identifier: GPL-2.0
"""What a kernel says when something is wrong with it."""

import re

# Each pattern with a line it is for; splat_test.py checks that it finds it.
PATTERNS = {
    r"\bBUG: ": "BUG: kernel NULL pointer dereference, address: 0000000000000000",
    r"\bBUG \S+ \(": "BUG kmalloc-64 (Not tainted): Right Redzone overwritten",
    r"kernel BUG at ": "kernel BUG at kernel/seccomp.c:1410!",
    r"\bWARNING: ": "WARNING: CPU: 1 PID: 77 at kernel/fork.c:542 free_task+0x1/0x2",
    r"\bOops\b": "Oops: Oops: 0002 [#1] SMP NOPTI",
    r"Internal error: ": "Internal error: Oops - BTI: 0000000036000001 [#1] SMP",
    r"Unable to handle kernel ": "Unable to handle kernel paging request at virtual address 0",
    r"Unexpected kernel .* at EL1": "Unexpected kernel single-step exception at EL1",
    r"Kernel panic - not syncing": "Kernel panic - not syncing: sysrq triggered crash",
    r"general protection fault, ": "general protection fault, probably for non-canonical address",
    r"Missing ENDBR": "Missing ENDBR: rsc_entry_do_seccomp+0x0/0x50",
    r"(rcu|RCU).*\bstall": "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
    r"soft lockup": "watchdog: BUG: soft lockup - CPU#0 stuck for 26s!",
    r"hard LOCKUP": "CPU1: Watchdog detected hard LOCKUP on cpu 1",
    r"INFO: task .* blocked for more than": "INFO: task sh:1 blocked for more than 120 seconds.",
    r"INFO: .*(lock|deadlock|rcu)": "INFO: possible recursive locking detected",
    r"INFO: trying to register non-static key": "INFO: trying to register non-static key.",
    r"turning off the locking": "turning off the locking correctness validator.",
    r"suspicious RCU usage": "kernel/seccomp.c:1 suspicious RCU usage",
    r"scheduling while atomic": "scheduling while atomic: sh/1/0x00000002",
    r"sleeping function called from": "sleeping function called from invalid context at mm/slab.h",
    r"refcount_t: ": "refcount_t: underflow; use-after-free.",
    r"KASAN: ": "KASAN: slab-use-after-free in rsc_permit_syscall+0x1/0x2",
    r"KCSAN: ": "KCSAN: data-race in a / b",
    r"UBSAN: ": "UBSAN: array-index-out-of-bounds in kernel/x.c:1:2",
    r"list_(add|del) corruption": "list_del corruption. prev->next should be ffff",
    r"kmemleak: \d+ new suspected": "kmemleak: 3 new suspected memory leaks (see ...)",
    r"Objects remaining (in|on) ": "Objects remaining on __kmem_cache_shutdown()",
    r"rust_kernel: panicked at": "rust_kernel: panicked at rust/engine/permit.rs:1:2:",
    r"unregister_netdevice: waiting": "unregister_netdevice: waiting for lo to become free.",
    r"stack guard page was hit": "BUG: TASK stack guard page was hit at 0",
    r"detected (buffer|field-spanning)": "detected buffer overflow in strcpy",
    # One of the above may have been among them.
    r"printk messages dropped": "** 131 printk messages dropped **",
    r"bad: scheduling from the idle": "bad: scheduling from the idle thread!",
}

# Lines that look like one of the above and are none.
HARMLESS = (
    "clocksource: Watchdog remote CPU 1 read timed out",
    "rust_seccomp: loading out-of-tree module taints kernel.",
    "rust_seccomp: module verification failed: signature and/or required key missing",
    "traps: sb[171] general protection fault ip:401233 sp:7fff815777e0 error:0 in sb[1233]",
    "audit: type=1326 audit(1.0:1): auid=1 comm=\"lockdep_test\" sig=31 code=0x80000000",
    "Spectre V2 : WARNING is not spelled with a colon here",
    "x86/mm: Checked W+X mappings: passed, no W+X pages found.",
)

SPLAT = re.compile("|".join(f"(?:{p})" for p in PATTERNS))

# KCSAN finds races all over the kernel. Ours are those in which a function of ours is seen, be it as
# a caller. In the others there may be lines of another processor.
KCSAN_REPORT = re.compile(r"^[^\n]*BUG: KCSAN: .*?^[^\n]*={60,}\s*?$", re.M | re.S)
OURS = re.compile(r"\[rust_seccomp\]|\brsc_")

# Lines after the first that are worth showing.
CONTEXT = 60


def without_foreign_race(report):
    """Of a report of KCSAN, what counts."""
    if OURS.search(report[0]):
        return report[0]
    return "\n".join(line for line in report[0].splitlines()[1:] if SPLAT.search(line))


def find(log):
    """Returns the first splat in the console's LOG with what follows, or None."""
    log = KCSAN_REPORT.sub(without_foreign_race, log)
    lines = log.splitlines()
    for number, line in enumerate(lines):
        if SPLAT.search(line):
            return "\n".join(lines[number : number + CONTEXT])
    return None
