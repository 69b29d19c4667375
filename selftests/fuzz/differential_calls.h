/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The random calls of differential: all harmless, whatever their arguments.
 */
#ifndef RUST_SECCOMP_SELFTESTS_DIFFERENTIAL_CALLS_H
#define RUST_SECCOMP_SELFTESTS_DIFFERENTIAL_CALLS_H

#include "differential_filters.h"

struct call {
	long nr; /* the whole register */
	unsigned long args[6];
	const struct extensible *extensible;
	__u8 argument[MAX_ARGUMENT];
};

/* A call with an extensible argument that fails, or does nothing that matters. */
struct extensible {
	int nr;
	/* Which arguments; the size is -1 if it is a field of the struct, at this offset. */
	int pointer, size, offset;
	/* Then: what a size of zero means, and the smallest size. */
	int zero, smallest;
	/* The pointer may be NULL without effect. */
	bool null;
	unsigned long args[6];
};

/* Where the extensible argument of a call is when the call is made. */
extern __u8 buffer[MAX_ARGUMENT];

/* Calls that are harmless, and numbers that are no calls. */
static const int numbers[] = {
	__NR_getpid, __NR_getppid, __NR_gettid, __NR_getuid, __NR_geteuid, __NR_getgid,
	__NR_getegid, __NR_getpgid, __NR_getsid, __NR_getpriority, __NR_sched_get_priority_max,
	__NR_sched_get_priority_min, __NR_sched_getscheduler,
	/* Unassigned numbers: at the end of tables of 512, and beyond. */
	500, 507, 510, 511, 512, 513, 600, 4096, 0xffff,
	/* Negative numbers, among them -1, "no call". */
	-1, -2, -512, -0x10000, INT32_MIN, INT32_MIN + 39,
#ifndef __arm__
	/* x32's bit, with numbers of calls and others. Large numbers are fatal on 32-bit Arm. */
	0x40000000 | __NR_getpid, 0x40000000 | __NR_getppid, 0x40000000 | 511, 0x40000200,
	INT32_MAX,
#endif
#ifdef __x86_64__
	/* uprobe(2), which filters do not see; it fails outside of a trampoline. */
	336,
#endif
};

extern struct call calls[MAX_CALLS];

/* Makes random calls. */
void make_calls(void);

#endif /* RUST_SECCOMP_SELFTESTS_DIFFERENTIAL_CALLS_H */
