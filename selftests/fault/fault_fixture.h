/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests that run out of memory share, beside fault.h which drives them: the fixture, and
 * filters whose presence can be told.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FAULT_FIXTURE_H
#define RUST_SECCOMP_SELFTESTS_FAULT_FIXTURE_H

#include "ea.h"
#include "fault.h"
#include "harness.h"

#define NEW_LISTENER SECCOMP_FILTER_FLAG_NEW_LISTENER

FIXTURE(fault) {};

FIXTURE_SETUP(fault)
{
	if (!fault_init())
		SKIP(return, "no fault injection in this kernel");
	ASSERT_TRUE(fault_caches(fault_any_cache));
	ASSERT_EQ(0, no_new_privs());
	ea_make_file();
}

FIXTURE_TEARDOWN(fault)
{
}

#define DRIVE(ops) do { \
		for (size_t op_ = 0; op_ < LENGTH(ops); op_++) \
			EXPECT_EQ(0, fault_drive(&(ops)[op_])); \
	} while (0)

#define OP(name_, setup_, run_, verify_, arg_, flags_, ...) { \
		.name = name_, .setup = setup_, .run = run_, .verify = verify_, .arg = arg_, \
		.flags = flags_, .errors = { __VA_ARGS__ }, \
	}

static long errno_of(long ret)
{
	return ret == -1 ? errno : 0;
}

/* A call of openat2() with a struct that these instructions do not like is refused. */
#define REFUSE_BAD_OPEN \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 3), LOAD_EA(20), \
	RET_IF_EQ(0x100, SECCOMP_RET_ERRNO | 1051)

static inline void append_extensible(void)
{
	struct sock_filter insns[] = { LOAD(nr), REFUSE_BAD_OPEN, RET(SECCOMP_RET_ALLOW) };

	CHECK(!APPEND(insns, USE_EA, EA_KNOWN));
}

/* The call openat2("/"), with a struct that the filter does not like. Returns the errno. */
static inline long open_badly(void)
{
	static __u64 bad[EA_ROOM / 8];

	ea_bad(ea_find("openat2"), bad);
	return errno_of(syscall(437, AT_FDCWD, "/", bad, 24));
}

static inline long open_well(void)
{
	static const __u64 good[3];
	long ret = syscall(437, AT_FDCWD, "/", good, 24);

	if (ret >= 0)
		close(ret);
	return errno_of(ret);
}

/* Filters that are there before: the first one looks at an argument, others are constant. */
static inline void install_old(int chain)
{
	struct sock_filter first[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_ERRNO | 1011),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3),
		LOAD_ARG_LO(1),
		RET_IF_EQ(0x5555, SECCOMP_RET_ERRNO | 1012),
		RET(SECCOMP_RET_ALLOW),
	};

	CHECK(!chain || !INSTALL(first, 0));
	for (int i = 1; i < chain; i++)
		CHECK(!install_for(__NR_sched_rr_get_interval, SECCOMP_RET_ERRNO | (1100 + i), 0));
}

static inline void check_old(int chain)
{
	if (!chain)
		return;
	CHECK(errno_of(syscall(__NR_getppid)) == 1011);
	CHECK(errno_of(syscall(__NR_getpriority, 1, 0x5555)) == 1012);
	CHECK(errno_of(syscall(__NR_getpriority, 1, 0x5556)) < 1000);
	if (chain > 1)
		CHECK(errno_of(syscall(__NR_sched_rr_get_interval, 0, 0)) == 1100 + chain - 1);
}

/* The number that the next descriptor will have: it tells if one was lost. */
static inline int next_fd(void)
{
	int fd = dup(0);

	CHECK(fd >= 0);
	close(fd);
	return fd;
}

static long count_filters(pid_t thread)
{
	return proc_status(thread, "Seccomp_filters");
}

/* For the last test of a program; a test in a header would be the first one. */
static void expect_nothing_left(struct __test_metadata *_metadata)
{
	int leaks;

	for (int i = 0; i < 20 && module_references() > 0; i++)
		usleep(500000);
	EXPECT_EQ(0, module_references());
	leaks = find_leaks();
	/* Not all kernels can tell. */
	if (leaks >= 0)
		EXPECT_EQ(0, leaks);
}

#endif /* RUST_SECCOMP_SELFTESTS_FAULT_FIXTURE_H */
