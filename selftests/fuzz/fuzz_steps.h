/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of fuzz_calls: a random actor does something random, or something is done to it.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FUZZ_STEPS_H
#define RUST_SECCOMP_SELFTESTS_FUZZ_STEPS_H

#include "fuzz_director.h"

/* A random actor that can take orders; NULL if there is none. */
struct actor *somebody(void);

void step(void);

#endif /* RUST_SECCOMP_SELFTESTS_FUZZ_STEPS_H */
