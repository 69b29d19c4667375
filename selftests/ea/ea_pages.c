// SPDX-License-Identifier: GPL-2.0
/*
 * ea_pages [ROUNDS]: the kernel frees the pages that hold extensible arguments when their process
 * goes away, be it killed in the middle of calls, by exec, or by exit. They are whole pages, so
 * neither slab statistics nor kmemleak would show a leak.
 */

#include "ea.h"

#include <limits.h>

#include "kselftest.h"

#define THREADS 8
/* Processes that live at the same time, to prove that the measurement sees their pages. */
#define HELD 100

static const struct ea_call *openat2;

/* Threads that have made a call, in memory shared with the child. */
static int *called;

/* KiB of free pages in the lists of each CPU, which MemFree does not include. */
static long kept_by_cpus(void)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	long pages = 0, count;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %ld", &count) == 1)
			pages += count;
	if (file)
		fclose(file);
	return pages * 4;
}

/* KiB of memory in use that no line of /proc/meminfo accounts for. */
static long unaccounted(void)
{
	static const char * const keys[] = {
		"MemFree", "Buffers", "Cached", "SwapCached", "AnonPages", "Slab", "KernelStack",
		"PageTables", "SecPageTables", "Percpu",
	};
	FILE *file = fopen("/proc/meminfo", "r");
	char key[64];
	long used = -kept_by_cpus(), value;

	while (file && fscanf(file, "%63[^:]: %ld%*[^\n]\n", key, &value) == 2) {
		if (!strcmp(key, "MemTotal"))
			used += value;
		for (size_t i = 0; i < LENGTH(keys); i++)
			if (!strcmp(key, keys[i]))
				used -= value;
	}
	if (file)
		fclose(file);
	return used;
}

/* The same after late frees: waits until it is at most "enough", for some time. */
static long settled(long enough)
{
	long used = 0;

	for (int i = 0; i < 10; i++) {
		sleep(1);
		sync();
		write_file("/proc/sys/vm/drop_caches", "3");
		used = unaccounted();
		if (i > 1 && used <= enough)
			break;
	}
	return used;
}

static void *calls(void *arg)
{
	const bool once = arg;
	__u8 how[EA_ROOM] = {};

	if (ea_do(openat2, how, 24))
		_exit(2);
	__atomic_fetch_add(called, 1, __ATOMIC_RELEASE);
	while (!once)
		ea_do(openat2, how, 24);
	for (;;)
		pause();
}

static void await_calls(int count)
{
	while (__atomic_load_n(called, __ATOMIC_ACQUIRE) < count)
		usleep(1000);
}

/*
 * Starts threads that make calls, for ever or once, under a filter for openat2() or another call.
 */
static void start(const struct ea_call *filtered, bool once)
{
	pthread_t thread;

	if (ea_install_word(filtered, filtered->bad, SECCOMP_RET_ALLOW, TAIL_VISIBLE))
		_exit(1);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, calls, once ? called : NULL))
			_exit(3);
}

enum { KILLED, EXEC, EXIT, ENDS };

/* Has a process end in this way while its threads make calls. Returns whether it did. */
static bool process(int end)
{
	int status;
	pid_t pid;

	__atomic_store_n(called, 0, __ATOMIC_RELAXED);
	pid = fork();
	if (!pid) {
		start(openat2, false);
		await_calls(THREADS);
		if (end == EXIT)
			_exit(0);
		if (end == EXEC)
			_exit(execl("/proc/self/exe", "ea_pages", "--again", NULL));
		calls(NULL);
	}
	if (end == KILLED) {
		/* Fails if the process ended by itself. */
		while (__atomic_load_n(called, __ATOMIC_ACQUIRE) <= THREADS &&
		       !waitpid(pid, &status, WNOHANG))
			usleep(1000);
		kill(pid, SIGKILL);
	}
	return waitpid(pid, &status, 0) == pid &&
	       (end == KILLED ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL : !status);
}

/* The program that is executed takes a page in the new address space as well. */
static int again(void)
{
	__u8 how[EA_ROOM] = {};

	return ea_do(openat2, how, 24) ? 4 : 0;
}

/* KiB that these processes take while they live, beside memory that is accounted for. */
static bool held(const struct ea_call *filtered, long *used)
{
	const long before = settled(LONG_MAX);
	pid_t pids[HELD];
	int status, started = 0;
	bool all = false;

	__atomic_store_n(called, 0, __ATOMIC_RELAXED);
	for (; started < HELD; started++) {
		pids[started] = fork();
		if (!pids[started]) {
			start(filtered, true);
			for (;;)
				pause();
		}
		if (pids[started] < 0)
			break;
		while (__atomic_load_n(called, __ATOMIC_ACQUIRE) < (started + 1) * THREADS) {
			if (waitpid(pids[started], &status, WNOHANG))
				goto out;
			usleep(1000);
		}
	}
	all = started == HELD;
	*used = settled(LONG_MAX) - before;
out:
	for (int i = 0; i < started; i++)
		kill(pids[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	return all;
}

int main(int argc, char **argv)
{
	const int rounds = argc > 1 ? atoi(argv[1]) : 1000;
	const long leak = rounds * (THREADS * 4L);
	long before, after, without = 0, with = 0;
	bool ended[ENDS] = { true, true, true }, all;
	static const char * const ends[] = { "killed", "exec", "exit" };

	openat2 = ea_find("openat2");
	if (argc > 1 && !strcmp(argv[1], "--again"))
		return again();
	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft_print_header();
	ksft_set_plan(ENDS + 2);
	no_new_privs();
	called = mmap(NULL, sizeof(*called), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	/* The first process fills caches, which stay. */
	for (int i = 0; i < rounds / 10; i++)
		process(i % ENDS);

	all = held(ea_find("mount_setattr"), &without) && held(openat2, &with);
	ksft_print_msg("%d processes: %ld KiB, with pages %ld KiB\n", HELD, without, with);
	ksft_test_result(all && with - without > HELD * THREADS * 4 * 3 / 4,
			 "pages are seen while they are in use\n");

	before = settled(LONG_MAX);
	for (int i = 0; i < rounds; i++)
		ended[i % ENDS] &= process(i % ENDS);
	after = settled(before + leak / 4);
	for (int i = 0; i < ENDS; i++)
		ksft_test_result(ended[i], "processes end: %s\n", ends[i]);
	ksft_print_msg("%ld KiB before, %ld KiB after; a leak would be %ld KiB\n", before, after,
		       leak);
	ksft_test_result(after < before + leak / 4, "the pages are free again\n");
	ksft_finished();
}
