// SPDX-License-Identifier: GPL-2.0
/*
 * Filters of the fault tests whose presence shows in the errno of a call.
 */

#include "fault_filters.h"
#include "leaks.h"

long errno_of(long ret)
{
	return ret == -1 ? errno : 0;
}

void append_extensible(void)
{
	struct sock_filter insns[] = { LOAD(nr), REFUSE_BAD_OPEN, RET(SECCOMP_RET_ALLOW) };

	CHECK(!APPEND(insns, USE_EA, EA_KNOWN));
}

long open_badly(void)
{
	static __u64 bad[EA_ROOM / 8];

	ea_bad(ea_find("openat2"), bad);
	return errno_of(syscall(437, AT_FDCWD, "/", bad, 24));
}

long open_well(void)
{
	static const __u64 good[3];
	long ret = syscall(437, AT_FDCWD, "/", good, 24);

	if (ret >= 0)
		close(ret);
	return errno_of(ret);
}

void install_old(int chain)
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

void check_old(int chain)
{
	if (!chain)
		return;
	CHECK(errno_of(syscall(__NR_getppid)) == 1011);
	CHECK(errno_of(syscall(__NR_getpriority, 1, 0x5555)) == 1012);
	CHECK(errno_of(syscall(__NR_getpriority, 1, 0x5556)) < 1000);
	if (chain > 1)
		CHECK(errno_of(syscall(__NR_sched_rr_get_interval, 0, 0)) == 1100 + chain - 1);
}

int next_fd(void)
{
	int fd = dup(0);

	CHECK(fd >= 0);
	close(fd);
	return fd;
}

long count_filters(pid_t thread)
{
	return proc_status(thread, "Seccomp_filters");
}

void expect_nothing_left(struct __test_metadata *_metadata)
{
	int leaks;

	for (int i = 0; i < 20 && module_references() > 0; i++)
		usleep(500000);
	EXPECT_EQ(0, module_references());
	leaks = find_leaks();
	/* Not all kernels have kmemleak. */
	if (leaks >= 0)
		EXPECT_EQ(0, leaks);
}
