// SPDX-License-Identifier: GPL-2.0
/*
 * Out of memory while the path changes: a thread attaches a filter while another thread puts its
 * own on the first one by TSYNC. The first thread then has to analyse the new path, for which there
 * is no memory. It must not use the tables of the old path: all filters decide.
 *
 * As a 32-bit program this is about the tables of the second ABI.
 *
 * Needs a kernel with fault injection: the debug kernel of qemu/.
 */

#include "fault_fixture.h"

/* A number of no call, which the second thread's filter refuses. */
#define NUMBER 500
/*
 * The second thread's filter comes when the first one's attach has this many allocations left, or
 * fewer: the last four are for its tables.
 */
#define BEFORE 4
/* Attempts that have to hit the window, and attempts at most. */
#define ENOUGH 10
#define ATTEMPTS 500
/* The first thread's fail-nth, which is never reached: it counts allocations. */
#define NEVER (1 << 20)

struct second {
	/* The id and the files of the first thread. */
	int fault_fd, any_fd;
	/* The second thread starts when fail-nth is down to this. */
	int nth;
	volatile bool go, synced;
};

static int read_nth(int fd)
{
	char text[12] = "";

	CHECK(pread(fd, text, sizeof(text) - 1, 0) > 0);
	return atoi(text);
}

static void *synchronize(void *arg)
{
	struct second *second = arg;
	int nth;

	while (!second->go)
		usleep(1000);
	do {
		usleep(1000);
		nth = read_nth(second->fault_fd);
	} while (nth > second->nth);
	/* Fails if it comes too late: the first thread then has a filter of its own. */
	if (install_for(NUMBER, SECCOMP_RET_ERRNO | 1500, SECCOMP_FILTER_FLAG_TSYNC))
		return NULL;
	second->synced = true;
	/* From here on allocations of the first thread fail. */
	fault_write(second->any_fd, 1);
	fault_write(second->fault_fd, 0);
	return NULL;
}

/* Installs a filter that looks at the argument of some calls. */
static long attach_own(void)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpgid, 0, 3),
		LOAD_ARG_LO(0),
		RET_IF_EQ(0x7001, SECCOMP_RET_ERRNO | 1501),
		RET(SECCOMP_RET_ALLOW),
	};

	return INSTALL(insns, 0);
}

/*
 * One attempt, in a process of its own. Counts the allocations unless the second thread comes in
 * between.
 */
static void race(int before)
{
	struct second second = { .nth = fault_report->baseline + before };
	long count[FAULT_KINDS], ret;
	pthread_t thread;
	cpu_set_t one;

	/* Both run on one processor, so the first thread waits while the second one runs. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	CHECK(!sched_setaffinity(0, sizeof(one), &one));
	fault_prepare();
	second.fault_fd = fault_fd;
	second.any_fd = fault_any_fd;
	fault_count(count);
	CHECK(!pthread_create(&thread, NULL, synchronize, &second));
	CHECK(!sched_setscheduler(0, SCHED_IDLE, &(struct sched_param) {}));
	fault_write(fault_fd, NEVER);
	second.go = true;
	ret = attach_own();
	fault_write(fault_any_fd, 0);
	if (!second.synced)
		fault_report->baseline = read_nth(fault_fd);
	fault_write(fault_fd, 0);
	CHECK(!pthread_join(thread, NULL));
	/* The second thread may have come too late. */
	fault_write(fault_any_fd, 0);
	/* The attach succeeds even so: nothing needs the tables. */
	CHECK(!ret);
	fault_count(fault_report->count);
	fault_report->tally.absorbed += fault_report->count[FAULT_SLAB] > count[FAULT_SLAB];
	CHECK(errno_of(syscall(NUMBER)) == (second.synced ? 1500 : ENOSYS));
	CHECK(errno_of(syscall(__NR_getpgid, 0x7001)) == 1501);
	CHECK(errno_of(syscall(__NR_getpgid, 0)) < 1000);
	CHECK(count_filters(gettid_()) == 1 + second.synced);
	_exit(0);
}

/* The number of allocations is always the same. */
static bool is_kmalloc(const char *name)
{
	return !strncmp(name, "kmalloc-", 8);
}

TEST_F(fault, sync)
{
	int attempts = 0, status = 0;

	fault_open_report();
	ASSERT_TRUE(fault_caches(is_kmalloc));
	fault_knob("fail_page_alloc", "min-order", "11");
	fault_probability(100);
	while (fault_report->tally.absorbed < ENOUGH && attempts < ATTEMPTS && !status) {
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			race(attempts % BEFORE);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		attempts++;
	}
	fault_probability(0);
	fault_knob("fail_page_alloc", "min-order", "0");
	printf("# %ld allocations, %ld of %d attempts have no memory on a path that has changed\n",
	       NEVER - fault_report->baseline, fault_report->tally.absorbed, attempts);
	EXPECT_EQ(0, status) {
		printf("# line %d, errno %d\n", fault_report->line, fault_report->error);
	}
	/* Otherwise nothing was tested. */
	EXPECT_LT(0, fault_report->tally.absorbed);
}

/* Must be the last case. */
TEST_F(fault, nothing_is_left)
{
	expect_nothing_left(_metadata);
}

TEST_HARNESS_MAIN
