/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers (splitmix64): the seed determines all that a fuzzer does.
 */
#ifndef RUST_SECCOMP_SELFTESTS_RANDOM_H
#define RUST_SECCOMP_SELFTESTS_RANDOM_H

#include "common.h"

/* To be called before the first number is asked for. */
void random_seed(__u64 seed);

/* 64 random bits. */
__u64 bits(void);

/* A number from 0 to n - 1. */
__u32 below(__u32 n);

/* True with a probability of 1/n. */
bool one_in(__u32 n);

/* A random element. */
#define PICK(array) ((array)[below(LENGTH(array))])

#endif /* RUST_SECCOMP_SELFTESTS_RANDOM_H */
