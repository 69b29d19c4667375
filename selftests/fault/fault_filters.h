/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Filters of the fault tests whose presence shows in the errno of a call, and other state that a
 * failed operation must leave alone. All of it is for the process that does the operation
 * (CHECK()).
 */
#ifndef RUST_SECCOMP_SELFTESTS_FAULT_FILTERS_H
#define RUST_SECCOMP_SELFTESTS_FAULT_FILTERS_H

#include "ea.h"
#include "fault.h"
#include "harness.h"

#define NEW_LISTENER SECCOMP_FILTER_FLAG_NEW_LISTENER

/* The errno of a system call that returned this; 0 if it succeeded. */
long errno_of(long ret);

/* Instructions that refuse, with 1051, a call of openat2() with the struct of open_badly(). */
#define REFUSE_BAD_OPEN \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 3), LOAD_EA(20), \
	RET_IF_EQ(0x100, SECCOMP_RET_ERRNO | 1051)

/* Appends a filter that consists of these. */
void append_extensible(void);

/* Calls openat2("/"), with a struct that such a filter refuses, or allows. Returns the errno. */
long open_badly(void);
long open_well(void);

/* Installs some filters: the first one looks at an argument, the others are constant. */
void install_old(int chain);

/* Checks that these filters are in force. */
void check_old(int chain);

/* The lowest free descriptor: it changes when an operation leaks one. */
int next_fd(void);

/* The number of filters of a thread, as /proc has it. */
long count_filters(pid_t thread);

/*
 * Expects that nothing refers to the module and that kmemleak, if the kernel has it, finds nothing.
 * For the last case of a program.
 */
void expect_nothing_left(struct __test_metadata *_metadata);

#endif /* RUST_SECCOMP_SELFTESTS_FAULT_FILTERS_H */
