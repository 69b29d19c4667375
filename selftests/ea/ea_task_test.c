// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: what filters decide holds when a call is interrupted, in children, after
 * exec, and in many threads.
 */

#include "ea_fixture.h"

/* A call that a signal interrupts and the kernel restarts is filtered again. */
static __u8 *interrupted_how;
static int interruption;

static void interrupt(int signal)
{
	if (interruption == 0)
		interrupted_how[16] = 1;
	else
		interrupted_how[1] = O_NONBLOCK >> 8;
}

static int restarted(const void *arg)
{
	const struct ea_call *call = ea_find("openat2");
	struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESTART };
	struct itimerval timer = { .it_value.tv_usec = 200000, .it_interval.tv_usec = 200000 };
	long args[6];

	unlink("/tmp/ea_fifo");
	if (mkfifo("/tmp/ea_fifo", 0600))
		return 1;
	interruption = *(const int *)arg;
	interrupted_how = calloc(1, 64);
	sigaction(SIGALRM, &action, NULL);
	if (ea_install_word(call, (struct ea_word) { 16, 1 }, SECCOMP_RET_ALLOW, 0))
		return 2;
	ea_args(call, interrupted_how, 24, args);
	args[1] = (long)"/tmp/ea_fifo";
	setitimer(ITIMER_REAL, &timer, NULL);
	if (ea_run(call, args) != (interruption ? 0 : -4000))
		return 3;
	return 0;
}

TEST_F(ea, restarted)
{
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(0, in_child(restarted, &i));
}

/* A new task starts without a copy, however it was made. */
static int children(const void *arg)
{
	const struct ea_call *clone3 = ea_find("clone3"), *openat2 = ea_find("openat2");
	static __u8 good[EA_ROOM], bad[EA_ROOM], how[EA_ROOM], bad_how[EA_ROOM];
	const long plain = ea_do(openat2, how, 24);
	int status;
	pid_t pid;

	ea_good(clone3, good);
	ea_bad(clone3, bad);
	ea_bad(openat2, bad_how);
	if (ea_install_word(clone3, clone3->bad, SECCOMP_RET_ALLOW, 0) ||
	    ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0))
		return 1;
	for (int i = 0; i < 50; i++) {
		switch (i % 3) {
		case 0:
			pid = syscall(435, good, 88);
			break;
		case 1:
			pid = fork();
			break;
		default:
			/* In the same address space. */
			pid = vfork();
		}
		if (pid < 0)
			return 2;
		if (!pid) {
			/* The refused call again, another one, and an allowed one. */
			if (ea_do(clone3, bad, 88) != -4000 ||
			    ea_do(openat2, bad_how, 24) != -4000 ||
			    ea_do(openat2, how, 24) != plain || ea_do(clone3, good, 88))
				_exit(1);
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			return 10 + i % 3;
		if (ea_do(openat2, bad_how, 24) != -4000 || ea_do(openat2, how, 24) != plain)
			return 4;
	}
	return 0;
}

TEST_F(ea, children)
{
	EXPECT_EQ(0, in_child(children, NULL));
}

/* After exec: the filters are the same, the slot is another one. */
__attribute__((constructor)) static void after_exec(void)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 how[EA_ROOM];
	const char *turn = getenv("EA_EXEC");
	char next[16];

	if (!turn)
		return;
	ea_bad(openat2, how);
	if (ea_do(openat2, how, 24) != -4000)
		_exit(1);
	ea_good(openat2, how);
	if (ea_do(openat2, how, 24) != 0)
		_exit(2);
	if (!atoi(turn))
		_exit(0);
	snprintf(next, sizeof(next), "%d", atoi(turn) - 1);
	setenv("EA_EXEC", next, 1);
	execl("/proc/self/exe", "ea_task_test", NULL);
	_exit(3);
}

static void *exec_in_thread(void *arg)
{
	__u8 how[EA_ROOM] = {};

	ea_do(ea_find("openat2"), how, 24);
	execl("/proc/self/exe", "ea_task_test", NULL);
	return NULL;
}

static int exec(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 how[EA_ROOM] = {};
	pthread_t thread;

	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0) || ea_do(openat2, how, 24))
		return 10;
	setenv("EA_EXEC", "3", 1);
	if (arg) {
		pthread_create(&thread, NULL, exec_in_thread, NULL);
		pthread_join(thread, NULL);
	}
	execl("/proc/self/exe", "ea_task_test", NULL);
	return 11;
}

TEST_F(ea, exec)
{
	EXPECT_EQ(0, in_child(exec, NULL));
	EXPECT_EQ(0, in_child(exec, self));
}

/* Threads, more than there are slots in a region, each with arguments of its own. */
#define THREADS 150
#define ROUNDS 40

static pthread_barrier_t all_threads;

static void *opens(void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	const long number = (long)arg;
	/* A thread's calls succeed, are refused by the filter, or are refused by the kernel. */
	static const long results[] = { 0, -4000, -EINVAL };
	__u8 how[EA_ROOM] = {};

	if (number % 3 == 1)
		ea_bad(openat2, how);
	else if (number % 3 == 2)
		how[23] = 1;
	pthread_barrier_wait(&all_threads);
	for (int i = 0; i < ROUNDS; i++)
		if (ea_do(openat2, how, 24) != results[number % 3])
			return (void *)1;
	/* All have a slot at the same time. */
	pthread_barrier_wait(&all_threads);
	return NULL;
}

static int threads(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	pthread_t threads[THREADS];
	pthread_attr_t attr;
	int failed = 0;

	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0))
		return 1;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (int turn = 0; turn < 2; turn++) {
		pthread_barrier_init(&all_threads, NULL, THREADS);
		for (long i = 0; i < THREADS; i++)
			if (pthread_create(&threads[i], &attr, opens, (void *)i))
				return 2;
		for (int i = 0; i < THREADS; i++) {
			void *result;

			pthread_join(threads[i], &result);
			failed += !!result;
		}
	}
	return failed;
}

TEST_F(ea, threads)
{
	EXPECT_EQ(0, in_child(threads, NULL));
}

TEST_HARNESS_MAIN
