// SPDX-License-Identifier: GPL-2.0
/*
 * The slots of a region: threads and processes, many and short-lived, have their own and leave
 * them. Part of ea_region_test.
 */

#include "ea_region.h"

#include "harness.h"
#include "leaks.h"

static volatile bool stop;

static void *thread_once(void *arg)
{
	bool wrong = openat2_with(0, NULL) || openat2_with(RESOLVE_BENEATH, NULL) != -EPERM;

	return (void *)(long)wrong;
}

static pthread_barrier_t barrier;

static void *thread_all(void *arg)
{
	void *result = thread_once(arg);

	pthread_barrier_wait(&barrier);
	return result;
}

TEST(slots_are_reused)
{
	unsigned long failed = 0;
	pthread_attr_t attr;
	int count, many = 300;
	pthread_t threads[300];
	void *result;

	ASSERT_EQ(0, confine());
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (int i = 0; i < 2000 / slowness(); i++) {
		ASSERT_EQ(0, pthread_create(&threads[0], &attr, thread_once, NULL));
		pthread_join(threads[0], &result);
		failed += (unsigned long)result;
	}
	EXPECT_EQ(0, failed);
	EXPECT_EQ(1, regions(getpid(), NULL, NULL));

	/* This many threads need three regions, and no more regions the next time. */
	for (int round = 0; round < 3; round++) {
		pthread_barrier_init(&barrier, NULL, many);
		for (int i = 0; i < many; i++)
			ASSERT_EQ(0, pthread_create(&threads[i], &attr, thread_all, NULL));
		for (int i = 0; i < many; i++) {
			pthread_join(threads[i], &result);
			failed += (unsigned long)result;
		}
		pthread_barrier_destroy(&barrier);
		count = regions(getpid(), NULL, NULL);
		EXPECT_EQ(0, failed);
		EXPECT_EQ(3, count);
	}
}

/* Nothing is copied for a call for which the filter cannot come to a load. */
TEST(no_slot_without_a_load)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat2, 0, 1),
		LOAD_EA(offsetof(struct open_how, resolve)),
		RET(SECCOMP_RET_ALLOW),
	};
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t child;

	no_new_privs();
	ASSERT_EQ(0, APPEND(insns, USE_EA, 24));
	child = syscall(__NR_clone3, &args, sizeof(args));
	if (!child)
		_exit(0);
	ASSERT_LT(0, child);
	ASSERT_EQ(child, waitpid(child, NULL, 0));
	EXPECT_EQ(0, regions(getpid(), NULL, NULL));
	EXPECT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(1, regions(getpid(), NULL, NULL));
}

static void *only_denied(void *arg)
{
	long wrong = 0;

	while (!stop)
		wrong += openat2_with(RESOLVE_BENEATH, NULL) != -EPERM;
	return (void *)wrong;
}

TEST(threads_are_separate)
{
	pthread_t thread;
	void *wrong;

	ASSERT_EQ(0, confine());
	stop = false;
	ASSERT_EQ(0, pthread_create(&thread, NULL, only_denied, NULL));
	for (int i = 0; i < 20000 / slowness(); i++)
		ASSERT_EQ(0, openat2_with(0, NULL));
	stop = true;
	pthread_join(thread, &wrong);
	EXPECT_EQ(NULL, wrong);
}

static void *busy(void *arg)
{
	for (;;)
		openat2_with(0, NULL);
	return NULL;
}

TEST(killed_in_the_middle)
{
	const long before = module_references();

	ASSERT_LE(0, before);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		int status = 0;

		ASSERT_LE(0, pid);
		if (!pid) {
			pthread_t thread;

			if (confine())
				_exit(1);
			for (int n = 0; n < 8; n++)
				pthread_create(&thread, NULL, busy, NULL);
			busy(NULL);
		}
		while (!regions(pid, NULL, NULL) && !waitpid(pid, &status, WNOHANG))
			usleep(1000);
		/* References by its filter and its region. */
		EXPECT_LE(before + 2, module_references());
		usleep(3000 * i);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(SIGKILL, status);
	}
	/* The kernel drops them soon after the last task has ended. */
	for (int i = 0; i < 3000 && module_references() > before; i++)
		usleep(10000);
	EXPECT_GE(before, module_references());
}

static int self_exec(const void *arg)
{
	execl("/proc/self/exe", "ea_region_test", "--exec-child", NULL);
	return 99;
}

static void __attribute__((constructor)) exec_child(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--exec-child"))
		_exit(look_at_slot(NULL));
}

TEST(fork_vfork_and_exec)
{
	pid_t pid;
	int status;

	ASSERT_EQ(0, confine());
	ASSERT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(0, in_child(look_at_slot, NULL));
	EXPECT_EQ(0, in_child(self_exec, NULL));
	EXPECT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(1, regions(getpid(), NULL, NULL));

	/* A child that shares the memory has another slot of the same region, and leaves it. */
	for (int i = 0; i < 300; i++)
		ASSERT_EQ(0, in_same_memory(call_once));
	EXPECT_EQ(1, regions(getpid(), NULL, NULL));
	/* It may go through exec as well. */
	pid = vfork();
	if (!pid) {
		call_once(NULL);
		execl("/proc/self/exe", "ea_region_test", "--exec-child", NULL);
		_exit(98);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, openat2_with(0, NULL));
}

static long clone3_with(__u64 flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };

	return syscall(__NR_clone3, &args, sizeof(args));
}

TEST(clone3_children)
{
	int status;
	long pid;

	ASSERT_EQ(0, confine());
	EXPECT_EQ(-1, clone3_with(CLONE_NEWUSER));
	EXPECT_EQ(EPERM, errno);
	for (int i = 0; i < 10; i++) {
		pid = clone3_with(0);
		if (!pid)
			_exit(look_at_slot(NULL));
		ASSERT_LT(0, pid);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ(-1, clone3_with(CLONE_NEWUSER));
}
