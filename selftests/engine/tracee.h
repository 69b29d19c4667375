/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process that is traced, and what its tracer does to its system calls.
 */
#ifndef RUST_SECCOMP_SELFTESTS_TRACEE_H
#define RUST_SECCOMP_SELFTESTS_TRACEE_H

#include "common.h"

#include "harness.h"

/*
 * Forks a child that is traced with these ptrace options, installs a filter that does "value" for
 * system call nr, makes the call, with -1, and exits with its errno. Returns the child's pid; it
 * runs towards its first stop.
 */
pid_t traced_child(struct __test_metadata *_metadata, int nr, __u32 value, unsigned int flags,
		   int options);

/* Changes the number of the call that the tracee is about to make; -1 skips the call, with EDOM. */
void change_number(struct __test_metadata *_metadata, pid_t pid, int nr);

#endif /* RUST_SECCOMP_SELFTESTS_TRACEE_H */
