// SPDX-License-Identifier: GPL-2.0
/*
 * Seccomp as it is in mainline, where upstream's suite does not look: precedence, limits,
 * inheritance, death, flags, modes. Must pass on the built-in engine as well.
 */

#include "engine_child.h"

#include <linux/bpf_common.h>

#include "harness.h"

/*
 * All pairs of actions that let the task live, the older filter first: the lower value wins, and
 * of equals the newer filter's data.
 */
TEST(precedence_and_ties)
{
	/* In falling precedence. The errno of getppid() tells which one won; 0 if the call ran. */
	static const __u32 actions[] = {
		SECCOMP_RET_ERRNO | 11,
		SECCOMP_RET_TRACE, /* without a tracer: ENOSYS */
		SECCOMP_RET_LOG,
		SECCOMP_RET_ALLOW,
	};
	static const int results[] = { 11, ENOSYS, 0, 0 };

	for (size_t old = 0; old < LENGTH(actions); old++) {
		for (size_t new = 0; new < LENGTH(actions); new++) {
			int status;
			pid_t pid = fork();

			ASSERT_LE(0, pid);
			if (!pid) {
				no_new_privs();
				/* A newer ERRNO has the data 12, for the tie. */
				__u32 newer = actions[new] + (new == 0);

				if (install_for(__NR_getppid, actions[old], 0) ||
				    install_for(__NR_getppid, newer, 0))
					_exit(255);
				errno = 0;
				syscall(__NR_getppid);
				_exit(errno);
			}
			ASSERT_EQ(pid, waitpid(pid, &status, 0));
			ASSERT_TRUE(WIFEXITED(status));
			EXPECT_EQ(new == 0 ? 12 : results[old < new ? old : new],
				  WEXITSTATUS(status)) {
				TH_LOG("%#x below %#x", actions[old], actions[new]);
			}
		}
	}
}

static void kill_and_errno(void *order)
{
	no_new_privs();
	install_for(__NR_getppid, order ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | 1, 0);
	install_for(__NR_getppid, order ? SECCOMP_RET_ERRNO | 1 : SECCOMP_RET_KILL_PROCESS, 0);
	syscall(__NR_getppid);
}

TEST(kill_beats_errno)
{
	for (long order = 0; order < 2; order++) {
		int status = status_of_child(kill_and_errno, (void *)order);

		ASSERT_TRUE(WIFSIGNALED(status));
		EXPECT_EQ(SIGSYS, WTERMSIG(status));
	}
}

static void unknown_action(void *value)
{
	no_new_privs();
	install_for(__NR_getppid, (unsigned long)value, 0);
	syscall(__NR_getppid);
}

/* An unknown action kills the process, at either end of the range of values. */
TEST(unknown_actions_kill)
{
	static const __u32 values[] = {
		0x00010000, 0x00060000, 0x7ffe0000, 0x80010000, 0xffff0000,
	};

	for (size_t i = 0; i < LENGTH(values); i++) {
		int status = status_of_child(unknown_action, (void *)(unsigned long)values[i]);

		ASSERT_TRUE(WIFSIGNALED(status)) {
			TH_LOG("value %#x", values[i]);
		}
		EXPECT_EQ(SIGSYS, WTERMSIG(status));
	}
}

TEST(errno_is_capped)
{
	no_new_privs();
	ASSERT_EQ(0, install_for(__NR_getppid, SECCOMP_RET_ERRNO | 0xffff, 0));
	EXPECT_EQ(-1, syscall(__NR_getppid));
	EXPECT_EQ(4095, errno);
}

/* An errno of 0 skips the call, which then returns 0. */
TEST(errno_zero)
{
	no_new_privs();
	ASSERT_EQ(0, install_for(__NR_getppid, SECCOMP_RET_ERRNO, 0));
	EXPECT_EQ(0, syscall(__NR_getppid));
}

/*
 * A path may have 32768 instructions, and each filter below the newest costs 4 more. Translated
 * programs count: 4094 moves, an exit, and the prologue.
 */
TEST(path_limit)
{
	static struct sock_filter insns[BPF_MAXINSNS];
	int count = 0, small;

	no_new_privs();
	for (int i = 0; i < BPF_MAXINSNS - 1; i++)
		insns[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, i);
	insns[BPF_MAXINSNS - 1] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	while (!install(insns, BPF_MAXINSNS, 0))
		count++;
	EXPECT_EQ(ENOMEM, errno);
	EXPECT_LE(6, count);
	EXPECT_GE(7, count);
	for (small = 0; !install(insns + BPF_MAXINSNS - 1, 1, 0); small++)
		;
	EXPECT_EQ(ENOMEM, errno);
	/* The rest of the path, of which each filter takes at least 1 + 4. */
	EXPECT_LE(1, small);
	EXPECT_GE(4096 / 5, small);
	EXPECT_EQ(count + small, proc_status(getpid(), "Seccomp_filters"));
}

/* Each filter of a stack refuses one more call. */
TEST(deep_stack)
{
	no_new_privs();
	for (int i = 0; i < 64; i++) {
		struct sock_filter insns[] = {
			LOAD(nr),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3),
			LOAD_ARG_LO(1),
			RET_IF_EQ(i + 100, SECCOMP_RET_ERRNO | (i + 1)),
			RET(SECCOMP_RET_ALLOW),
		};

		ASSERT_EQ(0, INSTALL(insns, 0));
	}
	EXPECT_EQ(64, proc_status(getpid(), "Seccomp_filters"));
	for (int i = 0; i < 64; i++) {
		EXPECT_EQ(-1, syscall(__NR_getpriority, 77, i + 100));
		EXPECT_EQ(i + 1, errno);
	}
	EXPECT_EQ(-1, syscall(__NR_getpriority, 77, 164));
	EXPECT_EQ(EINVAL, errno);
}

static int cloned(void *arg)
{
	(void)arg;
	errno = 0;
	syscall(__NR_getppid);
	return errno;
}

static void *thread(void *arg)
{
	(void)arg;
	return (void *)(long)cloned(NULL);
}

TEST(inheritance)
{
	static char stack[65536] __attribute__((aligned(16)));
	__maybe_unused char count[] = "exit $(grep -c Seccomp_filters:.*2 /proc/self/status)";
	__maybe_unused char *argv[] = { "sh", "-c", count, NULL };
	pthread_t tid;
	void *result;
	pid_t pid;
	int status;

	no_new_privs();
	ASSERT_EQ(0, install_for(__NR_getppid, SECCOMP_RET_ERRNO | 21, 0));
	ASSERT_EQ(0, install_for(__NR_sched_yield, SECCOMP_RET_ALLOW, 0));
	EXPECT_EQ(2, proc_status(getpid(), "Seccomp"));

	pid = fork();
	if (!pid)
		_exit(cloned(NULL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(21, WEXITSTATUS(status));

	pid = clone(cloned, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(21, WEXITSTATUS(status));

	ASSERT_EQ(0, pthread_create(&tid, NULL, thread, NULL));
	ASSERT_EQ(0, pthread_join(tid, &result));
	EXPECT_EQ(21, (long)result);

#ifndef __arm__ /* getppid() has the number of the 64-bit shell's write() there */
	pid = fork();
	if (!pid) {
		execv("/bin/sh", argv);
		_exit(255);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(1, WEXITSTATUS(status));
#endif
}

static void *dies(void *arg)
{
	(void)arg;
	syscall(__NR_getppid);
	return NULL;
}

static void thread_is_killed(void *arg)
{
	pthread_t tid;

	(void)arg;
	no_new_privs();
	if (install_for(__NR_getppid, SECCOMP_RET_KILL_THREAD, 0))
		_exit(1);
	/* The killed thread never tells pthread_join(), so wait for it to vanish. */
	if (pthread_create(&tid, NULL, dies, NULL))
		_exit(2);
	for (int i = 0; i < 1000 && proc_status(getpid(), "Threads") != 1; i++)
		usleep(10000);
	_exit(proc_status(getpid(), "Threads") == 1 ? 42 : 3);
}

TEST(kill_thread_spares_the_others)
{
	int status = status_of_child(thread_is_killed, NULL);

	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(42, WEXITSTATUS(status));
}

TEST_SIGNAL(kill_thread_kills_the_last, SIGSYS)
{
	no_new_privs();
	ASSERT_EQ(0, install_for(__NR_getppid, SECCOMP_RET_KILL_THREAD, 0));
	syscall(__NR_getppid);
}

/* No handler survives a kill. */
static void survivor(int signal)
{
	(void)signal;
	_exit(0);
}

TEST_SIGNAL(kill_process_beats_a_handler, SIGSYS)
{
	signal(SIGSYS, survivor);
	no_new_privs();
	ASSERT_EQ(0, install_for(__NR_getppid, SECCOMP_RET_KILL_PROCESS, 0));
	syscall(__NR_getppid);
}

/*
 * Commit 495ac3069a62: the kernel marks a task that it kills, which can then make no call whatever
 * becomes of the signal. The mark shows in /proc while the task is a zombie.
 */
TEST(killed_for_good)
{
	static const __u32 kills[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, 0x60000 };

	for (size_t i = 0; i < LENGTH(kills); i++) {
		siginfo_t info;
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid)
			unknown_action((void *)(unsigned long)kills[i]);
		ASSERT_EQ(0, waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
		EXPECT_EQ(3, proc_status(pid, "Seccomp"));
		EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	}
}

TEST(flags_are_probed_by_fault)
{
	unsigned int known[] = {
		SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC |
			SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
	};
	unsigned int wrong[] = {
		1 << 6, 1 << 7, 1U << 31, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER,
	};

	for (size_t i = 0; i < LENGTH(known); i++) {
		EXPECT_EQ(-1, seccomp(SECCOMP_SET_MODE_FILTER, known[i], NULL));
		EXPECT_EQ(EFAULT, errno);
	}
	for (size_t i = 0; i < LENGTH(wrong); i++) {
		EXPECT_EQ(-1, seccomp(SECCOMP_SET_MODE_FILTER, wrong[i], NULL));
		EXPECT_EQ(EINVAL, errno);
	}
}

TEST(bad_programs)
{
	static struct sock_filter many[BPF_MAXINSNS + 1];
	struct sock_filter packet[] = { BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), RET(0) };
	struct sock_filter half[] = { BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), RET(0) };
	struct sock_filter crooked[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RET(0) };
	struct sock_filter past[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RET(0) };
	struct sock_filter mod[] = { BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), RET(0) };
	struct sock_filter by_zero[] = { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET(0) };
	struct sock_filter endless[] = { BPF_STMT(BPF_LD | BPF_IMM, 0) };
	struct sock_filter jump[] = { BPF_STMT(BPF_JMP | BPF_JA, 1), RET(0) };
	struct sock_filter memory[] = { BPF_STMT(BPF_LD | BPF_MEM, 3), RET(0) };
	struct sock_fprog progs[] = {
		{ .len = 0, .filter = many }, { .len = BPF_MAXINSNS + 1, .filter = many },
		FPROG(packet), FPROG(half), FPROG(crooked), FPROG(past), FPROG(mod), FPROG(by_zero),
		FPROG(endless), FPROG(jump), FPROG(memory),
	};
	struct sock_fprog unreadable = { .len = 1, .filter = (void *)8 };

	for (size_t i = 0; i <= BPF_MAXINSNS; i++)
		many[i] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	no_new_privs();
	for (size_t i = 0; i < LENGTH(progs); i++) {
		EXPECT_EQ(-1, seccomp(SECCOMP_SET_MODE_FILTER, 0, &progs[i])) {
			TH_LOG("program %zu", i);
		}
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, seccomp(SECCOMP_SET_MODE_FILTER, 0, &unreadable));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, proc_status(getpid(), "Seccomp"));
	EXPECT_EQ(0, proc_status(getpid(), "Seccomp_filters"));
}

TEST(privilege)
{
	struct sock_filter allow[] = { RET(SECCOMP_RET_ALLOW) };

	ASSERT_EQ(0, setresuid(1000, 1000, 1000));
	EXPECT_EQ(-1, INSTALL(allow, 0));
	EXPECT_EQ(EACCES, errno);
	no_new_privs();
	EXPECT_EQ(0, INSTALL(allow, 0));
}

TEST(modes_do_not_mix)
{
	struct sock_filter allow[] = { RET(SECCOMP_RET_ALLOW) };

	no_new_privs();
	ASSERT_EQ(0, INSTALL(allow, 0));
	EXPECT_EQ(2, prctl(PR_GET_SECCOMP));
	EXPECT_EQ(-1, seccomp(SECCOMP_SET_MODE_STRICT, 0, NULL));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &FPROG(allow), 0, 0));
	EXPECT_EQ(2, proc_status(getpid(), "Seccomp_filters"));
}

static void strict(void *by_prctl)
{
	if (by_prctl)
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
	else
		seccomp(SECCOMP_SET_MODE_STRICT, 0, NULL);
	if (write(2, "", 0))
		syscall(__NR_exit, 1);
	syscall(__NR_getpid);
	syscall(__NR_exit, 2);
}

TEST(strict_mode)
{
	for (long by_prctl = 0; by_prctl < 2; by_prctl++) {
		int status = status_of_child(strict, (void *)by_prctl);

		ASSERT_TRUE(WIFSIGNALED(status));
		EXPECT_EQ(SIGKILL, WTERMSIG(status));
	}
}

TEST_HARNESS_MAIN
