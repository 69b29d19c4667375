// SPDX-License-Identifier: GPL-2.0
/*
 * ea_attack [ATTEMPTS] [MILLISECONDS] [SEED]: a thread makes calls with extensible arguments under
 * a filter, while another thread attacks the argument, or the copy of it.
 *
 * The call must never act on bytes that the filter has not seen. The outcome tells: with the struct
 * that the filter forbids the victim's call has a result that it has for no other reason.
 *
 * Each attack lasts MILLISECONDS with each victim. Some are tried on supervisors as well: one that
 * reads the struct from the caller's memory before it lets the call continue must be broken, except
 * with a SEED, which is for runs beside other load. At last the quickest victim goes on until there
 * were ATTEMPTS in all.
 */

#include "ea_attack_supervisors.h"
#include "stalled_page.h"

#include <linux/io_uring.h>

#include "kselftest.h"

/* Plays an attack with each victim, with two delays each. */
static void test_attack(const struct attack *attack, double seconds)
{
	static const unsigned int delays[] = { 0, 40, 600 };
	bool held = true;
	unsigned long allowed = 0, refused = 0;

	if (cannot_be(attack)) {
		ksft_test_result_skip("attack: %s\n", attack->name);
		return;
	}
	for (size_t i = 0; i < LENGTH(victims); i++) {
		/* A random delay (0) for all victims, and the fixed ones in turn. */
		for (size_t j = 0; j < 2; j++) {
			held &= play(&victims[i], attack, j ? delays[1 + i % 2] : 0, seconds, -1UL);
			held &= !record->broken && !record->let_through;
			held &= has_zeros(attack) || !record->other;
			allowed += record->allowed;
			refused += record->refused;
			say(attack->name, victims[i].name);
		}
	}
	/* There was an attack only if the filter has seen both structs. */
	ksft_test_result(held && allowed && refused, "attack: %s\n", attack->name);
}

/* A tracer, which may write to the victim's memory. */
static int poke(void *arg)
{
	struct scenario *s = arg;
	pid_t victim = record->pid;
	int file, status;
	char path[32];

	for (int i = 0; i < 30 && !s->stop; i++) {
		__u8 *slot = s->region + PAGE;
		struct iovec local = { s->forbidden, EA_ROOM }, remote = { slot, EA_ROOM };

		MUST_FAIL(process_vm_writev(victim, &local, 1, &remote, 1, 0));
		snprintf(path, sizeof(path), "/proc/%d/mem", victim);
		file = open(path, O_RDWR | O_CLOEXEC);
		if (file < 0)
			return 2;
		MUST_FAIL(pwrite(file, s->forbidden, EA_ROOM, (off_t)(uintptr_t)slot));
		close(file);
		if (ptrace(PTRACE_SEIZE, victim, 0, 0) ||
		    ptrace(PTRACE_INTERRUPT, victim, 0, 0) ||
		    waitpid(victim, &status, __WALL) != victim)
			return 3;
		MUST_FAIL(ptrace(PTRACE_POKEDATA, victim, slot, 0x10000000));
		MUST_FAIL(ptrace(PTRACE_POKEDATA, victim, slot + 16, 0));
		/* The tracer can write to other pages. */
		if (ptrace(PTRACE_POKEDATA, victim, s->spare[0], i))
			return 4;
		if (ptrace(PTRACE_DETACH, victim, 0, 0))
			return 5;
		record->moves++;
	}
	return 0;
}

/* A child with the memory of its parent, which attacks the parent's slot. */
static int attack_from_sibling(void *arg)
{
	struct scenario *s = arg;

	for (int i = 0; i < 3000 && !s->stop; i++) {
		attack_slot(s);
		record->moves++;
	}
	return 0;
}

static void test_sibling(const char *name, int (*sibling)(void *), int flags, double seconds)
{
	int status;
	pid_t pid;

	memset(record, 0, sizeof(*record));
	pid = fork();
	if (!pid) {
		static struct scenario s;
		const double end = now() + 4 * seconds;
		char *stack = malloc(64 << 10);
		pid_t child;
		int failed = set_scene(&s, &victims[0], &attacks[0], 0) ?: learn_results(&s);

		if (failed)
			_exit(failed);
		no_new_privs();
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
		if (filter_for(&s, SECCOMP_RET_ALLOW) ||
		    attempt(&s, s.page + s.offset) != s.allowed_result)
			_exit(24);
		s.region = find_region();
		record->pid = getpid();
		child = clone(sibling, stack + (64 << 10), flags | SIGCHLD, &s);
		if (child < 0)
			_exit(25);
		for (int i = 0; now() < end ||
		     (now() < end + PATIENCE && !(record->moves && both_seen())); i++) {
			if (!(flags & CLONE_VM))
				set_word(&s, i & 1);
			count_attempt(&s, attempt(&s, s.page + s.offset));
			if (waitpid(child, &status, WNOHANG) == child)
				_exit(status ? 100 + WEXITSTATUS(status) : 0);
		}
		s.stop = true;
		kill(child, SIGKILL);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	say(name, victims[0].name);
	if (status)
		printf("# status %x\n", status);
	ksft_test_result(!status && !record->broken && !record->let_through && !record->other &&
			 record->moves && both_seen(), "attack: %s\n", name);
}

/* Neither io_uring nor userfaultfd may register the slot. */
static int register_slot(void)
{
	struct io_uring_params params = {};
	struct scenario s;
	struct iovec buffer;
	int ring, failed;

	failed = set_scene(&s, &victims[0], &attacks[0], 0) ?: learn_results(&s);
	if (failed)
		return failed;
	no_new_privs();
	if (filter_for(&s, SECCOMP_RET_ALLOW) ||
	    attempt(&s, s.page + s.offset) != s.allowed_result)
		return 24;
	s.region = find_region();
	s.page = s.region + PAGE;
	if (stall(s.page, PAGE, O_NONBLOCK) >= 0)
		return 1;
	ring = syscall(425, 4, &params);
	if (ring < 0)
		return errno == ENOSYS || errno == EPERM ? KSFT_SKIP : 2;
	buffer = (struct iovec) { s.page, PAGE };
	if (!syscall(427, ring, 0 /* IORING_REGISTER_BUFFERS */, &buffer, 1))
		return 3;
	return errno == EFAULT ? 0 : 5;
}

static void test_registered(void)
{
	const char *name = "attack: the copy as a registered buffer";
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(register_slot());
	waitpid(pid, &status, 0);
	if (status == KSFT_SKIP << 8)
		ksft_test_result_skip("%s: no io_uring\n", name);
	else if (status)
		ksft_test_result_fail("%s: %x\n", name, status);
	else
		ksft_test_result_pass("%s\n", name);
}

static void report(bool skip, bool passed, const char *what, const struct victim *victim,
		   const struct attack *attack)
{
	if (skip && !passed)
		ksft_test_result_skip("%s: %s, %s\n", what, victim->name, attack->name);
	else
		ksft_test_result(passed, "%s: %s, %s\n", what, victim->name, attack->name);
}

/* Victims and attacks with which the race is quickly won. */
static const struct {
	int victim, attack;
} pairs[] = {
	{ 0, 0 }, { CHEAPEST, 0 }, { CONNECT, 0 }, { 3, 0 }, { 1, 3 }, { 0, 8 },
};

/*
 * The naive supervisor must be broken: it shows that the race can be won. Beside other load (a SEED
 * was given), it gets more time, and the case is skipped if that is not enough.
 */
static void test_supervisors(double seconds, bool need_not_win)
{
	for (size_t i = 0; i < LENGTH(pairs); i++) {
		const struct victim *victim = &victims[pairs[i].victim];
		const struct attack *attack = &attacks[pairs[i].attack];
		const bool skip = cannot_be(attack);
		bool played;

		played = !skip && play_supervised(victim, attack, true,
						  need_not_win ? 60 : 20);
		if (played)
			say("by readv", victim->name);
		report(skip || (played && need_not_win), played && record->broken,
		       "a supervisor that reads the caller's memory is broken", victim, attack);
		played = !skip && play_supervised(victim, attack, false, 4 * seconds);
		if (played)
			say("by RECV_APPEND", victim->name);
		report(skip, played && !record->broken && record->allowed,
		       "one that reads the notification is not", victim, attack);
	}
}

int main(int argc, char **argv)
{
	unsigned long wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 1050000;
	double seconds = (argc > 2 ? atof(argv[2]) : 400) / 1000;
	unsigned long long number = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	unsigned long attempts;
	bool held = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (number)
		seed = (number ^ number >> 32) | 1;
	record = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ea_make_file();
	ksft_print_header();
	ksft_set_plan(LENGTH(attacks) + 4 + 2 * LENGTH(pairs));
	for (size_t i = 0; i < LENGTH(attacks); i++)
		test_attack(&attacks[i], seconds);
	test_sibling("by a tracer", poke, 0, seconds);
	test_sibling("by a sibling", attack_from_sibling, CLONE_VM | CLONE_FILES, seconds);
	test_registered();
	test_supervisors(seconds, number);
	for (int delay = 0; total < wanted && held; delay = delay ? 0 : 100) {
		attempts = total;
		held = play(&victims[CHEAPEST], &attacks[0], delay, 20, 200000) &&
		       !record->broken && !record->other;
		say("rewrite", victims[CHEAPEST].name);
		held &= total > attempts;
	}
	ksft_test_result(held, "%lu attempts in all\n", total);
	ksft_finished();
}
