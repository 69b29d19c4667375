/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The director of fuzz_calls as the tracer of its actors.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FUZZ_TRACER_H
#define RUST_SECCOMP_SELFTESTS_FUZZ_TRACER_H

#include "fuzz_director.h"

/*
 * Lets an actor that has stopped go on: PTRACE_CONT, PTRACE_SYSCALL or PTRACE_DETACH, with a
 * signal.
 */
void resume(struct actor *a, int request, long data);

/* Reads some filters of an actor that has stopped, and their metadata. */
void look_at_filters(struct actor *a);

/* An actor has stopped. Does something about it, after which the actor runs again, or has died. */
void on_stop(struct actor *a);

#endif /* RUST_SECCOMP_SELFTESTS_FUZZ_TRACER_H */
