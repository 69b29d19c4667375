// SPDX-License-Identifier: GPL-2.0
/*
 * User notification: answers and descriptors that come while a signal, or a task with a higher
 * priority, keeps the task from taking them. Part of notify_test; must pass on the built-in engine
 * as well.
 */

#include "notify_calls.h"

#include "harness.h"

/*
 * Binds the caller to a processor, with a real-time priority that keeps lower ones from running; 0
 * is that of ordinary tasks.
 */
static int pin_to(int processor, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	cpu_set_t only;

	CPU_ZERO(&only);
	CPU_SET(processor, &only);
	return sched_setaffinity(0, sizeof(only), &only) ||
	       sched_setscheduler(0, priority ? SCHED_FIFO : SCHED_OTHER, &param);
}

/* Asks how many descriptors the supervisor installed, and then for one more. */
static void count_descriptors(void *arg)
{
	int before = open_descriptors();
	long given, last;

	if (pin_to(1, 1))
		_exit(3);
	given = syscall(__NR_getppid);
	if (open_descriptors() != before + given)
		_exit(1);
	last = syscall(__NR_getppid);
	if (fcntl(last, F_GETFD) < 0 || open_descriptors() != before + given + 1)
		_exit(2);
	_exit(0);
}

static volatile int hog; /* 1 while it runs */

static void *hog_the_second(void *arg)
{
	(void)arg;
	if (pin_to(1, 50))
		return (void *)1;
	hog = 1;
	while (hog == 1)
		;
	return NULL;
}

static bool is_asleep(pid_t tid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(file);
	}
	return state == 'S' || state == 'D';
}

/* Keeps the task, which is bound to the second processor, from running. */
static pthread_t start_hogging(pid_t pid)
{
	pthread_t thread;

	/* It must be asleep, so that it does not hold the filter's lock. */
	while (!is_asleep(pid))
		usleep(1000);
	hog = 0;
	pthread_create(&thread, NULL, hog_the_second, NULL);
	while (!hog)
		usleep(1000);
	return thread;
}

static void stop_hogging(pthread_t thread)
{
	hog = 2;
	pthread_join(thread, NULL);
}

/* As add_fd(), while the task cannot run and a signal comes. */
static int add_fd_in_vain(pid_t pid, int listener, __u64 id, __u32 flags)
{
	/* Repeated, as on a busy machine the first signal may come before the call. */
	struct itimerval soon = { { 0, 30000 }, { 0, 30000 } }, never = { };
	pthread_t thread;
	sigset_t alarm;
	int ret;

	/* The signal must not go to the other thread. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	thread = start_hogging(pid);
	setitimer(ITIMER_REAL, &soon, NULL);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	ret = add_fd(listener, id, 0, flags, 0, O_CLOEXEC) < 0 ? -errno : 0;
	setitimer(ITIMER_REAL, &never, NULL);
	stop_hogging(thread);
	return ret;
}

#define RT_RUNTIME "/proc/sys/kernel/sched_rt_runtime_us"

/* Without the limit on real-time threads, which may then take all of a processor's time. */
FIXTURE(realtime)
{
	char runtime[32];
};

FIXTURE_SETUP(realtime)
{
	int fd;

	if (geteuid() || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "needs root and two processors");
	fd = open(RT_RUNTIME, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, read(fd, self->runtime, sizeof(self->runtime) - 1));
	close(fd);
	ASSERT_EQ(0, write_file(RT_RUNTIME, "-1"));
}

FIXTURE_TEARDOWN(realtime)
{
	EXPECT_EQ(0, write_file(RT_RUNTIME, self->runtime));
}

/*
 * A signal interrupts a supervisor that waits for a descriptor to be installed. The kernel then
 * does not install it later, and the request can still be answered.
 */
TEST_F(realtime, interrupted_supervisor)
{
	struct sigaction action = { .sa_handler = nothing };
	struct seccomp_notif notif;
	int listener;
	pid_t pid;

	sigaction(SIGALRM, &action, NULL);
	pid = asking_child(count_descriptors, NULL, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			   &listener);
	ASSERT_EQ(0, receive(listener, &notif));
	EXPECT_EQ(-EINTR, add_fd_in_vain(pid, listener, notif.id, 0));
	EXPECT_LE(0, add_fd(listener, notif.id, 0, 0, 0, 0));
	EXPECT_EQ(-EINTR, add_fd_in_vain(pid, listener, notif.id, 0));
	EXPECT_EQ(0, answer(listener, notif.id, 1, 0, 0));

	ASSERT_EQ(0, receive(listener, &notif));
	EXPECT_EQ(-EINTR, add_fd_in_vain(pid, listener, notif.id, SECCOMP_ADDFD_FLAG_SEND));
	EXPECT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif.id));
	EXPECT_LE(0, add_fd(listener, notif.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(0, exit_status(pid));
}

/* The state that task and supervisor of answer_among_signals() share. */
struct flooded {
	long count, got; /* what the last call has returned */
	int flags; /* of the signal's handler */
	bool descriptors; /* are the answers */
};

/* Makes numbered calls; a call that a signal interrupts is made again with its number. */
static void ask_among_signals(void *arg)
{
	struct flooded *flooded = arg;
	struct sigaction action = { .sa_handler = nothing, .sa_flags = flooded->flags };
	int before = open_descriptors();

	pin_to(0, 0);
	sigaction(SIGUSR1, &action, NULL);
	for (long n = 0; n < flooded->count; n++) {
		long got;

		do {
			got = syscall(__NR_getppid, n);
		} while (got == -1 && errno == EINTR);
		flooded->got = got;
		if (flooded->descriptors && (fcntl(got, F_GETFD) != FD_CLOEXEC || close(got)))
			_exit(1);
	}
	_exit(open_descriptors() == before ? 0 : 2);
}

/* Waits for the next request. Returns whether it is that of the call after this one. */
static bool receive_next(struct __test_metadata *_metadata, int listener,
			 struct seccomp_notif *notif)
{
	__u64 id = notif->id;

	do {
		/* An event of the task, not its end. */
		ASSERT_EQ(POLLIN, events(listener, LONG_ENOUGH));
		/* A signal may have withdrawn the request. */
	} while (receive(listener, notif) && errno == ENOENT);
	return notif->id == id + 1;
}

/*
 * Answers after a signal has woken the task and before the task takes the filter's lock to look for
 * an answer. On one processor the supervisor can preempt the task there: it sleeps for as long as
 * the task needs to get there, and adapts that time whenever it comes too late.
 */
static void answer_among_signals(struct __test_metadata *_metadata, bool descriptors, int flags)
{
	struct flooded *flooded = mmap(NULL, sizeof(*flooded), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec needed = { 0, 20000 };
	struct seccomp_notif notif = {};
	long expected = 0;
	int listener;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, flooded);
	flooded->count = 1000 / slowness();
	flooded->flags = flags;
	flooded->descriptors = descriptors;
	pid = asking_child(ask_among_signals, flooded, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			   &listener);
	ASSERT_LE(0, listener);
	pin_to(0, 1);
	for (long n = 0; n < flooded->count; n++) {
		if (n % 2) {
			/* The signal comes before the request is read ... */
			ASSERT_EQ(POLLIN, events(listener, LONG_ENOUGH));
			kill(pid, SIGUSR1);
			nanosleep(&needed, NULL);
			if (!receive_next(_metadata, listener, &notif))
				needed.tv_nsec -= needed.tv_nsec / 8;
			else if (needed.tv_nsec < 10000000)
				needed.tv_nsec += needed.tv_nsec / 8 + 100;
		} else {
			/* ... or after. */
			receive_next(_metadata, listener, &notif);
			kill(pid, SIGUSR1);
			nanosleep(&needed, NULL);
		}
		/* An answered call is not made again: the task has got the answer. */
		ASSERT_EQ(n, notif.data.args[0]);
		if (n)
			ASSERT_EQ(expected, flooded->got);
		/* A request that was read is not withdrawn. */
		if (descriptors) {
			expected = add_fd(listener, notif.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0,
					  O_CLOEXEC);
			ASSERT_LE(0, expected);
		} else {
			expected = n + 1000;
			ASSERT_EQ(0, answer(listener, notif.id, expected, 0, 0));
		}
		if (n % 3 == 0)
			kill(pid, SIGUSR1);
	}
	EXPECT_EQ(0, exit_status(pid));
	EXPECT_EQ(expected, flooded->got);
	close(listener);
	munmap(flooded, sizeof(*flooded));
}

/* Commit cce436aafc2a: a signal that comes before the task takes its answer does not lose it. */
TEST(answers_among_signals)
{
	answer_among_signals(_metadata, false, SA_RESTART);
	answer_among_signals(_metadata, false, 0);
}

TEST(descriptors_among_signals)
{
	answer_among_signals(_metadata, true, SA_RESTART);
	answer_among_signals(_metadata, true, 0);
}

static void *inject_one(void *arg)
{
	struct injection *one = arg;

	__atomic_store_n(&one->thread, gettid_(), __ATOMIC_RELEASE);
	if (add_fd(one->listener, one->id, one->fd, 0, 0, O_CLOEXEC) >= 0)
		return NULL;
	return (void *)(long)errno;
}

/*
 * Queues two descriptors and answers before the task can run. Counts, in results, those that were
 * installed and those that came to nothing.
 */
static void answer_before_installing(struct __test_metadata *_metadata, int *results)
{
	pthread_t hogging, threads[2];
	struct injection injection;
	struct seccomp_notif notif;
	pid_t pid;

	pid = asking_child(count_descriptors, NULL, 0, &injection.listener);
	ASSERT_EQ(0, receive(injection.listener, &notif));
	injection.id = notif.id;
	injection.fd = 0;
	/* Until both are queued and the answer is given, the task cannot run. */
	hogging = start_hogging(pid);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, inject_one, &injection);
	usleep(100000);
	EXPECT_EQ(0, answer(injection.listener, notif.id, 1, 0, 0));
	stop_hogging(hogging);
	for (int i = 0; i < 2; i++) {
		void *result;

		pthread_join(threads[i], &result);
		/* On a busy machine a thread may come too late. */
		if ((long)result == EINPROGRESS || (long)result == ENOENT)
			continue;
		EXPECT_TRUE(!result || (long)result == ESRCH);
		results[!!result]++;
	}
	ASSERT_EQ(0, receive(injection.listener, &notif));
	EXPECT_LE(0, add_fd(injection.listener, notif.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(0, exit_status(pid));
	close(injection.listener);
}

/* Of the descriptors that are queued when the answer comes, one is installed and the rest fails. */
TEST_F(realtime, answered_before_installing)
{
	int results[2] = {};

	/* On a busy machine the task may run after all, and install both. */
	for (int tries = 0; tries < 10 && (results[0] != 1 || results[1] != 1); tries++) {
		memset(results, 0, sizeof(results));
		answer_before_installing(_metadata, results);
	}
	EXPECT_EQ(1, results[0]);
	EXPECT_EQ(1, results[1]);
}

/*
 * A request whose descriptor waits to be installed takes no answer with another one. A request that
 * was answered, and whose task cannot run yet, takes neither.
 */
TEST_F(realtime, one_answer)
{
	struct injection one = { .fd = 0 };
	pthread_t hogging, thread;
	struct seccomp_notif notif;
	void *result;
	pid_t pid;

	pid = asking_child(count_descriptors, NULL, 0, &one.listener);
	ASSERT_EQ(0, receive(one.listener, &notif));
	one.id = notif.id;
	hogging = start_hogging(pid);
	pthread_create(&thread, NULL, inject_one, &one);
	while (!__atomic_load_n(&one.thread, __ATOMIC_ACQUIRE) || !is_asleep(one.thread))
		usleep(1000);
	EXPECT_EQ(-1, add_fd(one.listener, one.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(0, ioctl(one.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &one.id));
	stop_hogging(hogging);
	pthread_join(thread, &result);
	EXPECT_EQ(NULL, result);

	hogging = start_hogging(pid);
	EXPECT_EQ(0, answer(one.listener, one.id, 1, 0, 0));
	EXPECT_EQ(-1, answer(one.listener, one.id, 2, 0, 0));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(-1, add_fd(one.listener, one.id, 0, 0, 0, 0));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(-1, add_fd(one.listener, one.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(-1, ioctl(one.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &one.id));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(0, events(one.listener, 0));
	stop_hogging(hogging);

	ASSERT_EQ(0, receive(one.listener, &notif));
	EXPECT_LE(0, add_fd(one.listener, notif.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(0, exit_status(pid));
}
