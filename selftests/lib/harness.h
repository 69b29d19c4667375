/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kselftest harness, with time for kernels that look for bugs and for busy hosts: what hangs is
 * stopped by the limits of tests.list, which know of those.
 */
#ifndef RUST_SECCOMP_SELFTESTS_HARNESS_H
#define RUST_SECCOMP_SELFTESTS_HARNESS_H

#include "kselftest_harness.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 9000

#endif /* RUST_SECCOMP_SELFTESTS_HARNESS_H */
