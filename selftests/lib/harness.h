/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kselftest harness, to be included in place of kselftest_harness.h.
 *
 * Cases have no time limit of their own that matters: debug kernels and busy hosts are slow, and
 * the limits of tests.list, which take that into account, end what hangs.
 *
 * A program may consist of several files with cases, of which one has TEST_HARNESS_MAIN. Their
 * cases are lists that begin at _fixture_global, which the harness defines in each file that
 * includes it. As a weak symbol it exists once in the program, so each file adds its cases to the
 * same lists. The order is that in which the files are linked. A fixture that several files include
 * from a header is several fixtures of the same name.
 */
#ifndef RUST_SECCOMP_SELFTESTS_HARNESS_H
#define RUST_SECCOMP_SELFTESTS_HARNESS_H

#pragma weak _fixture_global
#include "kselftest_harness.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 9000

#endif /* RUST_SECCOMP_SELFTESTS_HARNESS_H */
