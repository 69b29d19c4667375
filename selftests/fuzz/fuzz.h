/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random filter programs, and the numbers and calls that they are about, for the fuzzers.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FUZZ_H
#define RUST_SECCOMP_SELFTESTS_FUZZ_H

#include "append.h"
#include "random.h"

#define fallthrough __attribute__((__fallthrough__))

/* A random number, mostly one at which something may begin or end. */
__u64 edge(void);

/* Calls that do no harm, whatever their arguments. */
static const int fuzz_calls[] = {
	__NR_getpid, __NR_getppid, __NR_gettid, __NR_getuid, __NR_geteuid, __NR_getgid,
	__NR_getegid, __NR_getpgid, __NR_getsid, __NR_getpriority, __NR_sched_get_priority_max,
	__NR_sched_get_priority_min, __NR_sched_getscheduler, __NR_umask,
	500, 511, 512, 513, 600, 4096, -1, -2, -512,
#ifndef __arm__
	/* x32's bit. Large numbers are fatal on 32-bit Arm. */
	0x40000000 | __NR_getpid, 0x40000200, INT32_MAX,
#endif
};

/* Calls with an effect, which the fuzzers make with care, and filters may refuse. */
static const int fuzz_control[] = {
	__NR_prctl, __NR_clone, __NR_clone3, __NR_execve, __NR_ptrace, __NR_rt_sigaction,
	__NR_rt_sigprocmask, __NR_setresuid, __NR_tgkill, __NR_brk, __NR_set_tid_address,
};

struct program {
	struct sock_filter insns[96];
	__u32 len;
	/* It has the same meaning when it is appended (SECCOMP_APPEND_FILTER). */
	bool portable;
	/* It allows the calls that the fuzzers themselves need. */
	bool polite;
};

/*
 * The calls and values that all filters of a sequence compare with, so that some comparisons hold.
 */
extern int fuzz_favourites[5];
extern __u32 fuzz_values[4];

/* Chooses these. */
void fuzz_choose(void);

/* What a filter may return; it kills once in 16 times. */
__u32 fuzz_return(void);

/* What a filter may compare with. */
__u32 fuzz_constant(void);

extern const __u16 fuzz_jumps[5];

/* Makes a random program; one in ten is spoilt, and the kernel refuses most of these. */
void fuzz_program(struct program *p);

#endif /* RUST_SECCOMP_SELFTESTS_FUZZ_H */
