/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A child for calls that may be deadly.
 */
#ifndef RUST_SECCOMP_SELFTESTS_ENGINE_CHILD_H
#define RUST_SECCOMP_SELFTESTS_ENGINE_CHILD_H

#include "common.h"

/* Calls fn() in a child, which then exits with 0. Returns the child's wait status. */
int status_of_child(void (*fn)(void *), void *arg);

#endif /* RUST_SECCOMP_SELFTESTS_ENGINE_CHILD_H */
