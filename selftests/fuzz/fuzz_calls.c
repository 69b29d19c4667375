// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences of calls of the interface that both engines have, with the outcome of each step.
 *
 *	fuzz_calls [-a] [SEQUENCES [SEED]]
 *
 * The output is the same on both, to the letter; fuzz.sh compares. With -a filters are installed by
 * SECCOMP_APPEND_FILTER, which does not change the output.
 *
 * A sequence has a director, which is not confined, and actors (fuzz_actor.h), which are. They are
 * in a pid namespace of their own, without address space randomization, and only one of them runs
 * at a time: the director gives an order and waits until it is carried out, the actor has died, has
 * stopped for its tracer, or asks a listener. The director is the tracer and the supervisor, so all
 * that happens is a function of the seed.
 */

#include "fuzz_order.h"
#include "fuzz_steps.h"
#include "fuzz_supervisor.h"
#include "fuzz_tasks.h"

#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>

enum { STEPS = 26 };

static void __attribute__((noreturn)) direct(__u64 seed)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct slot *first = &shared->slots[0];
	long pid;

	random_seed(seed);
	fuzz_choose();
	sigaction(SIGALRM, &action, NULL);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL)) {
		say("mount: %m\n");
		exit(1);
	}
	memset(shared, 0, sizeof(*shared));
	fflush(stdout);
#ifdef __x86_64__
	pid = RAW_CALL(__NR_clone, CLONE_TIDS | SIGCHLD, 0, (unsigned long)&first->born,
		       (unsigned long)&first->tid);
#else
	pid = RAW_CALL(__NR_clone, CLONE_TIDS | SIGCHLD, 0, (unsigned long)&first->born, 0,
		       (unsigned long)&first->tid);
#endif
	if (!pid) {
		*my_owner() = first;
		act(first);
	}
	adopt(&actors[0], false);
	first->value = SIGSYS;
	order(&actors[0], ORDER_SIGNAL);
	first->value = SIGUSR1;
	order(&actors[0], ORDER_SIGNAL);
	if (one_in(2))
		CALL(&actors[0], __NR_prctl, PR_SET_NO_NEW_PRIVS, 1);
	for (int i = 0; i < STEPS && !stuck && somebody(); i++)
		step();
	say("%lu steps\n", step_count);
	fflush(stdout);
	_exit(stuck ? 2 : 0);
}

/* The program that an actor executes continues as this actor. */
static void __attribute__((noreturn)) go_on(int number)
{
	struct slot *me = &shared->slots[number];

	if (mmap(SHARED_AT, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 SHARED_FD, 0) != SHARED_AT)
		RAW_CALL(__NR_exit_group, 9);
	*my_owner() = me;
	me->tid = me->born;
	RAW_CALL(__NR_set_tid_address, (unsigned long)&me->tid);
	me->calls[0].result = 7777;
	me->made = MAX_CALLS + 1;
	__atomic_store_n(&me->done, me->ordered, __ATOMIC_RELEASE);
	futex_wake(&me->done);
	act(me);
}

int main(int argc, char **argv)
{
	static const struct rlimit no_core = {}, files = { 256, 256 };
	unsigned long sequences = 100, failed = 0;
	__u64 seed = 1;
	int fd;

	if (argc == 3 && !strcmp(argv[1], "--actor"))
		go_on(atoi(argv[2]));
	if (argc > 1 && (!strcmp(argv[1], "-a") || !strcmp(argv[1], "-m"))) {
		appending = argv[1][1] == 'a';
		argc--;
		argv++;
	}
	if (!(personality(0xffffffff) & ADDR_NO_RANDOMIZE)) {
		/* All addresses must be the same in each run. */
		char *arguments[] = {
			"fuzz_calls", NULL, argc > 1 ? argv[1] : "100",
			argc > 2 ? argv[2] : "1", NULL,
		};

		arguments[1] = appending ? "-a" : "-m";
		personality(ADDR_NO_RANDOMIZE);
		execve("/proc/self/exe", arguments, (char *[]){ NULL });
		return 1;
	}
	if (argc > 1)
		sequences = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	for (fd = 3; fd < 64; fd++)
		close(fd);
	fd = memfd_create("fuzz", 0);
	if (fd < 0 || dup2(fd, SHARED_FD) < 0 || close(fd) ||
	    ftruncate(SHARED_FD, sizeof(*shared)) ||
	    mmap(SHARED_AT, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 SHARED_FD, 0) != SHARED_AT) {
		printf("shared memory: %m\n");
		return 1;
	}
	setrlimit(RLIMIT_CORE, &no_core);
	setrlimit(RLIMIT_NOFILE, &files);
	while (sequences--) {
		int status = 0;
		long pid;

		printf("sequence %llu\n", (unsigned long long)seed);
		fflush(stdout);
		pid = RAW_CALL(__NR_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD);
		if (!pid)
			direct(seed);
		if (waitpid(pid, &status, 0) != pid || status)
			failed++;
		seed++;
	}
	return failed ? 1 : 0;
}
