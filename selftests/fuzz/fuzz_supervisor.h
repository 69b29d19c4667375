/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The director of fuzz_calls as the supervisor of its actors.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FUZZ_SUPERVISOR_H
#define RUST_SECCOMP_SELFTESTS_FUZZ_SUPERVISOR_H

#include "fuzz_director.h"

/* Handler of SIGALRM, which ends an ioctl that blocks. */
void on_alarm(int signal);

/* Reads a request from a listener. Returns whether there was one. */
bool receive(struct listener *l);

/* Does anything with a listener. Returns whether a request got an answer by it. */
bool try_listener(struct listener *l);

void close_listener(struct listener *l);

/*
 * An actor waits for an answer of a listener. Does something about it, after which the actor runs
 * again, or has died.
 */
void on_question(struct actor *a, struct listener *l);

#endif /* RUST_SECCOMP_SELFTESTS_FUZZ_SUPERVISOR_H */
