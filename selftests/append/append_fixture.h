/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of SECCOMP_APPEND_FILTER.
 */
#ifndef RUST_SECCOMP_SELFTESTS_APPEND_FIXTURE_H
#define RUST_SECCOMP_SELFTESTS_APPEND_FIXTURE_H

#include "append.h"
#include "harness.h"

__maybe_unused static struct sock_filter allow[] = { RET(SECCOMP_RET_ALLOW) };

FIXTURE(append) {};

FIXTURE_SETUP(append)
{
	ASSERT_EQ(0, no_new_privs());
}

FIXTURE_TEARDOWN(append)
{
}

/*
 * A system call whose number has all the bits of the register. Returns what the register holds
 * then: minus the error, if there is one.
 */
static inline long raw_syscall(unsigned long nr, long a, long b)
{
#if defined(__x86_64__)
	register unsigned long rax asm("rax") = nr;

	asm volatile("syscall" : "+r"(rax) : "D"(a), "S"(b) : "rcx", "r11", "memory");
	return rax;
#elif defined(__aarch64__)
	register unsigned long x8 asm("x8") = nr;
	register long x0 asm("x0") = a;
	register long x1 asm("x1") = b;

	asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	return x0;
#else
	long ret = syscall(nr, a, b);

	return ret < 0 ? -errno : ret;
#endif
}

#endif /* RUST_SECCOMP_SELFTESTS_APPEND_FIXTURE_H */
