/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations that run out of memory, at one place after another.
 *
 * fault_drive() tries an operation with its nth fault for n = 1, 2, ... until it succeeds without
 * reaching the nth. Each attempt is in a process of its own, which checks the state after it. The
 * kernel counts the faults by kind, which determines the errors that are right.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FAULT_H
#define RUST_SECCOMP_SELFTESTS_FAULT_H

#include "fault_inject.h"

/*
 * All of the first fault_all places are tried, of those beyond only one in fault_step (FAULT_STEP
 * in the environment), for slow machines.
 */
extern int fault_step, fault_all;

/* The thread with the faults may not live to report them: the kernel's count is consulted. */
#define FAULT_COUNTED 1
/*
 * The operation may kill the process by SIGKILL or SIGSEGV when it fails; or the C library ends a
 * program with 127 at its start.
 */
#define FAULT_DEADLY 2
/* The process ends by SIGSYS, whatever fails. */
#define FAULT_SIGSYS 4
/* The operation may fail without faults too; with faults it has to fail in the same way. */
#define FAULT_ANY_RESULT 8
/* No random faults, which children would inherit. */
#define FAULT_NTH_ONLY 16
/* A new process for each attempt, as one that fails may have done a part of the operation. */
#define FAULT_FRESH 32
/*
 * The process shares the memory of the test, which is faster: the operation leaves nothing there.
 */
#define FAULT_SHARED 64
/* There may be no place where the operation can fail. */
#define FAULT_MAY_BE_NONE 128

struct fault_op {
	const char *name;
	/* Called once, in the process that does the operation. May be NULL. */
	void (*setup)(const void *arg);
	/* The operation, with FAULTY() around it. Returns minus an errno if it fails. */
	long (*run)(const void *arg);
	/* Checks that the state is right after this result. May be NULL. */
	void (*verify)(const void *arg, long result);
	const void *arg;
	unsigned int flags;
	/* Errors that are right beside ENOMEM without memory and EFAULT without a copy. */
	int errors[4];
};

/* In the process that does it: the operation. */
extern const struct fault_op *fault_current;

/* Has one attempt after another of an operation fail. Returns how many of them went wrong. */
int fault_drive(const struct fault_op *op);

#endif /* RUST_SECCOMP_SELFTESTS_FAULT_H */
