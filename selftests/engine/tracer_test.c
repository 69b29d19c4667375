// SPDX-License-Identifier: GPL-2.0
/*
 * Seccomp and ptrace: calls that a tracer changes, who may suspend filters, and who may read them.
 * Must pass on the built-in engine as well.
 */

#include "tracee.h"

#include "harness.h"

TEST(tracer_skips)
{
	pid_t pid = traced_child(_metadata, __NR_getppid, SECCOMP_RET_TRACE | 0x77, 0,
				 PTRACE_O_TRACESECCOMP);
	unsigned long message;
	int status;

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_SECCOMP << 8, status >> 8);
	ASSERT_EQ(0, ptrace(PTRACE_GETEVENTMSG, pid, 0, &message));
	EXPECT_EQ(0x77, message);
	change_number(_metadata, pid, -1);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EDOM, WEXITSTATUS(status));
}

/* CVE-2019-2054: the filters decide on the call that a tracer has changed. */
TEST(tracer_cannot_get_around_the_filter)
{
	pid_t pid = fork();
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		struct sock_filter insns[] = {
			LOAD(nr),
			RET_IF_EQ(__NR_getppid, SECCOMP_RET_TRACE),
			RET_IF_EQ(__NR_getuid, SECCOMP_RET_ERRNO | 19),
			RET(SECCOMP_RET_ALLOW),
		};

		no_new_privs();
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		INSTALL(insns, 0);
		errno = 0;
		syscall(__NR_getppid);
		_exit(errno);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_SECCOMP << 8, status >> 8);
	change_number(_metadata, pid, __NR_getuid);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(19, WEXITSTATUS(status));
}

TEST(suspended_by_a_tracer)
{
	pid_t pid;
	int status;

	if (geteuid())
		SKIP(return, "needs CAP_SYS_ADMIN");
	pid = traced_child(_metadata, __NR_getppid, SECCOMP_RET_KILL_PROCESS, 0,
			   PTRACE_O_SUSPEND_SECCOMP);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/* CVE-2022-30594: PTRACE_SEIZE let anybody suspend seccomp. */
TEST(suspending_takes_privilege)
{
	pid_t pid = fork();
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		pid_t child;

		if (setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 1000))
			_exit(1);
		child = fork();
		if (!child) {
			pause();
			_exit(0);
		}
		if (!ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_SUSPEND_SECCOMP))
			_exit(2);
		status = errno == EPERM ? 0 : 3;
		kill(child, SIGKILL);
		_exit(status);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif
#ifndef PTRACE_SECCOMP_GET_METADATA
#define PTRACE_SECCOMP_GET_METADATA 0x420d
#endif

/* A child that is confined by "filters" filters, the second of which logs, and stopped. */
static pid_t stopped_child(struct __test_metadata *_metadata, int filters)
{
	pid_t pid = fork();
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) || no_new_privs())
			_exit(254);
		for (int i = 0; i < filters; i++)
			if (install_for(__NR_getppid, SECCOMP_RET_ERRNO | i,
					i == 1 ? SECCOMP_FILTER_FLAG_LOG : 0))
				_exit(255);
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	return pid;
}

/* Checkpoint and restore reads the filters of a task by number; the oldest one is number 0. */
TEST(inspection_by_a_tracer)
{
	struct sock_filter insns[8];
	/* struct seccomp_metadata, and what is behind it */
	__u64 data[3];
	pid_t pid;

	if (geteuid())
		SKIP(return, "needs CAP_SYS_ADMIN");
	pid = stopped_child(_metadata, 0);
	EXPECT_EQ(-1, ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 0, insns));
	EXPECT_EQ(EINVAL, errno);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);

	pid = stopped_child(_metadata, 3);
	for (long i = 0; i < 3; i++) {
		ASSERT_EQ(4, ptrace(PTRACE_SECCOMP_GET_FILTER, pid, i, NULL));
		memset(insns, 0, sizeof(insns));
		ASSERT_EQ(4, ptrace(PTRACE_SECCOMP_GET_FILTER, pid, i, insns));
		/* The program as it was written, not as the kernel translated it. */
		EXPECT_EQ(BPF_LD | BPF_W | BPF_ABS, insns[0].code);
		EXPECT_EQ(SECCOMP_RET_ERRNO | i, insns[2].k);
		EXPECT_EQ(SECCOMP_RET_ALLOW, insns[3].k);
		EXPECT_EQ(0, insns[4].code);

		data[0] = i;
		data[1] = ~0ULL;
		data[2] = ~0ULL;
		ASSERT_EQ(16, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(data), data));
		EXPECT_EQ(i, data[0]);
		EXPECT_EQ(i == 1 ? SECCOMP_FILTER_FLAG_LOG : 0, data[1]);
		EXPECT_EQ(~0ULL, data[2]);
	}
	EXPECT_EQ(-1, ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 3, NULL));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, ptrace(PTRACE_SECCOMP_GET_FILTER, pid, -1L, NULL));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 0, 8));
	EXPECT_EQ(EFAULT, errno);

	data[0] = 1;
	data[1] = ~0ULL;
	EXPECT_EQ(8, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, 8, data));
	EXPECT_EQ(~0ULL, data[1]);
	EXPECT_EQ(-1, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, 7, data));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(data), 8));
	EXPECT_EQ(EFAULT, errno);
	data[0] = 3;
	EXPECT_EQ(-1, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(data), data));
	EXPECT_EQ(ENOENT, errno);

	/* A tracer that is confined itself may not read filters. */
	ASSERT_EQ(0, install_for(__NR_getppid, SECCOMP_RET_ALLOW, 0));
	data[0] = 0;
	EXPECT_EQ(-1, ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 0, insns));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(data), data));
	EXPECT_EQ(EACCES, errno);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_HARNESS_MAIN
