/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A thread that the C library does not know of.
 */
#ifndef RUST_SECCOMP_SELFTESTS_RAW_THREAD_H
#define RUST_SECCOMP_SELFTESTS_RAW_THREAD_H

#include <linux/types.h>

/*
 * clone(flags, stack, parent_tid, NULL, child_tid); the child runs raw_thread_main() on the stack.
 * The return value does not tell who is the child, as a filter may answer the call with 0: the
 * stack pointer does.
 */
long raw_thread(unsigned long flags, void *stack, __u32 *parent_tid, __u32 *child_tid);

/* To be defined by the program; does not return. */
void raw_thread_main(void);

#endif /* RUST_SECCOMP_SELFTESTS_RAW_THREAD_H */
