// SPDX-License-Identifier: GPL-2.0
/*
 * How calls, installation and memory are measured.
 */

#include "bench.h"
#include "../selftests/lib/memory.h"

#include <fnmatch.h>
#include <time.h>

static int rounds = ROUNDS;
static clockid_t measured = CLOCK_PROCESS_CPUTIME_ID;

static unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(measured, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static unsigned long long best_of(body run, long count)
{
	unsigned long long best = ~0ULL;

	run(count);
	for (int i = 0; i < rounds; i++) {
		unsigned long long start = now(), empty, taken;

		run(count);
		taken = now() - start;
		/* Less what the measuring takes. */
		start = now();
		empty = now() - start;
		taken = (taken - empty) / count;
		if (taken < best)
			best = taken;
	}
	return best;
}

void fail(const char *what)
{
	printf("# %s: %m\n", what);
	_exit(1);
}

void must(int ret, const char *what)
{
	if (ret < 0)
		fail(what);
}

const char *pattern = "*";

bool wanted(const char *name)
{
	return !fnmatch(pattern, name, 0);
}

void measure(const char *name, void (*setup)(long), long arg, body run, long count)
{
	int status;
	pid_t pid;

	if (!wanted(name))
		return;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		no_new_privs();
		if (setup)
			setup(arg);
		printf("%s %llu\n", name, best_of(run, count));
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status)
		printf("# %s: status %#x\n", name, status);
}

void measure_children(const char *name, void (*setup)(long), long arg, body run)
{
	measured = CLOCK_MONOTONIC;
	rounds = 300;
	measure(name, setup, arg, run, 1);
	rounds = ROUNDS;
	measured = CLOCK_PROCESS_CPUTIME_ID;
}

void measure_forks(const char *name, void (*setup)(long), long arg)
{
	measure_children(name, setup, arg, call_fork);
}

void measure_install(const char *name, struct sock_filter *insns, size_t len, int below,
		     bool appended)
{
	unsigned long long best = ~0ULL;

	if (!wanted(name))
		return;
	for (int i = 0; i < ROUNDS; i++) {
		unsigned long long taken = 0;
		int pipes[2];
		pid_t pid;

		if (pipe(pipes))
			fail("pipe");
		pid = fork();
		if (!pid) {
			unsigned long long start;

			no_new_privs();
			allow(below);
			start = now();
			must(appended ? append(insns, len, 0, 0) : install(insns, len, 0), name);
			taken = now() - start;
			must(write(pipes[1], &taken, sizeof(taken)), "write");
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		if (read(pipes[0], &taken, sizeof(taken)) == sizeof(taken) && taken < best)
			best = taken;
		close(pipes[0]);
		close(pipes[1]);
	}
	printf("%s %llu\n", name, best);
}

void measure_memory(const char *name, struct sock_filter *insns, size_t len)
{
	enum { PROCESSES = 5, FILTERS = 30 };
	pid_t pids[PROCESSES];
	int said[2], go[2];
	long before, after;
	char byte;

	if (!wanted(name))
		return;
	if (pipe(said) || pipe(go))
		fail("pipe");
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		no_new_privs();
		must(write(said[1], "", 1), "write");
		must(read(go[0], &byte, 1), "read");
		for (int n = 0; n < FILTERS; n++) {
			/* Which qemu/bench takes for a failure, in the end. */
			if (install(insns, len, 0))
				printf("# %s: %m\n", name);
		}
		must(write(said[1], "", 1), "write");
		pause();
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++)
		must(read(said[0], &byte, 1), "read");
	/* For late frees. */
	sleep(2);
	before = memory_used();
	for (int i = 0; i < PROCESSES; i++)
		must(write(go[1], "", 1), "write");
	for (int i = 0; i < PROCESSES; i++)
		must(read(said[0], &byte, 1), "read");
	sleep(2);
	after = memory_used();
	for (int i = 0; i < PROCESSES; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	sleep(1);
	printf("%s %ld\n", name, (after - before) / (PROCESSES * FILTERS));
}
