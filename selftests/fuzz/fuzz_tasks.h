/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of fuzz_calls that make actors, change what they are, and end them.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FUZZ_TASKS_H
#define RUST_SECCOMP_SELFTESTS_FUZZ_TASKS_H

#include "fuzz_director.h"

/* Makes an actor of the task that an actor has made, if there is one: a thread, or a process. */
void adopt(struct actor *a, bool thread);

void do_thread(struct actor *a);
void do_fork(struct actor *a);
void do_exec(struct actor *a);
void do_privileges(struct actor *a);
void do_signals(struct actor *a);
void do_end(struct actor *a);

#endif /* RUST_SECCOMP_SELFTESTS_FUZZ_TASKS_H */
