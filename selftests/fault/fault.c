// SPDX-License-Identifier: GPL-2.0
/*
 * Operations that run out of memory, at one place after another.
 */

#include "fault.h"

#include <time.h>

/*
 * Limits: attempts; attempts with random faults; attempts that run out of memory from one point on.
 */
#define FAULT_MOST 20000
#define FAULT_RANDOM 8
#define FAULT_POINTS (fault_step > 10 ? 6 : 24)

int fault_step = 1, fault_all = 32;

static int fault_next(int nth)
{
	return nth + (nth < fault_all ? 1 : fault_step);
}

static bool fault_is_error(const struct fault_op *op, long result, const long *failed)
{
	if (result == -ENOMEM && (failed[FAULT_SLAB] || failed[FAULT_PAGE]))
		return true;
	if (result == -EFAULT && failed[FAULT_COPY])
		return true;
	for (size_t i = 0; i < LENGTH(op->errors); i++)
		if (op->errors[i] && result == -op->errors[i])
			return true;
	return false;
}

/* Evaluates an attempt. Returns whether the operation failed with a right error. */
static bool fault_judge(const struct fault_op *op)
{
	volatile struct fault_report *report = fault_report;
	long result = report->result, sum = 0, failed[FAULT_KINDS];

	fault_count(failed);
	for (int kind = 0; kind < FAULT_KINDS; kind++) {
		failed[kind] -= report->count[kind];
		report->count[kind] += failed[kind];
		sum += failed[kind];
	}
	if (op->flags & FAULT_COUNTED || report->nth < 0)
		report->consumed = sum > 0;
	for (int kind = 0; kind < FAULT_KINDS && report->consumed; kind++)
		report->tally.injected[kind] += failed[kind];
	if (!report->nth)
		report->baseline = result;
	if (result == NO_RESULT || result >= 0 || result == report->baseline) {
		if (result < 0 && result != NO_RESULT && !(op->flags & FAULT_ANY_RESULT)) {
			report->wrong = "it does not work";
			report->value = result;
		}
		report->tally.absorbed += report->consumed;
		return false;
	}
	report->tally.refused++;
	if (!report->consumed)
		report->wrong = "it fails without a fault";
	else if (!fault_is_error(op, result, failed))
		report->wrong = "the error is wrong";
	report->value = result;
	return !report->wrong;
}

const struct fault_op *fault_current;

/* The process that does the operation, with one fault after another until it succeeds. */
static int fault_child(void *unused)
{
	const struct fault_op *op = fault_current;
	volatile struct fault_report *report = fault_report;
	bool refused;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fault_prepare();
	fault_nth = 0;
	if (op->setup)
		op->setup(op->arg);
	for (;;) {
		report->consumed = false;
		fault_nth = report->nth;
		report->result = op->run(op->arg);
		fault_nth = 0;
		if (!(op->flags & FAULT_COUNTED)) {
			refused = fault_judge(op);
			if (report->wrong)
				_exit(1);
		} else {
			refused = report->result < 0;
		}
		if (op->verify)
			op->verify(op->arg, report->result);
		if (!refused || report->nth <= 0 || op->flags & FAULT_COUNTED)
			break;
		if (op->flags & FAULT_FRESH) {
			long result = op->run(op->arg);

			CHECK(result == report->baseline || result >= 0);
			if (op->verify)
				op->verify(op->arg, result);
			break;
		}
		report->nth = fault_next(report->nth);
	}
	_exit(0);
}

/* Attempts from the nth fault on, in one process. Returns 1 if something is wrong. */
static int fault_attempt(const struct fault_op *op, int nth)
{
	static char stack[1 << 18] __attribute__((aligned(16)));
	volatile struct fault_report *report = fault_report;
	int status = -1;
	pid_t pid;

	report->nth = nth;
	report->result = NO_RESULT;
	report->consumed = false;
	report->wrong = NULL;
	report->line = 0;
	fault_current = op;
	if (op->flags & FAULT_SHARED)
		pid = clone(fault_child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD,
			    NULL);
	else
		pid = fork();
	if (!pid)
		fault_child(NULL);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		report->wrong = "there is no process";
	if (op->flags & FAULT_COUNTED && !report->line)
		fault_judge(op);

	if (report->line) {
		report->wrong = "a check fails";
		report->value = report->line;
	} else if (op->flags & FAULT_SIGSYS) {
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
			report->wrong = "it is not killed";
	} else if (WIFSIGNALED(status)) {
		report->tally.killed++;
		if (!(op->flags & FAULT_DEADLY && report->consumed &&
		      (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGSEGV))) {
			report->wrong = "it is killed by";
			report->value = WTERMSIG(status);
		}
	} else if (WEXITSTATUS(status) == 127 && op->flags & FAULT_DEADLY && report->consumed) {
		report->tally.killed++;
	} else if (WEXITSTATUS(status) && !report->wrong) {
		report->wrong = "it ends with";
		report->value = WEXITSTATUS(status);
	}
	if (!report->wrong)
		return 0;
	printf("# %s, n = %d: %s (%ld; errno %d, result %ld)\n", op->name, report->nth,
	       report->wrong, report->value, report->error, report->result);
	return 1;
}

int fault_drive(const struct fault_op *op)
{
	int wrong, through = 0, nth, last = 0;
	long bytes = 0;
	volatile struct fault_tally *tally;
	struct timespec start, end;

	fault_open_report();
	tally = &fault_report->tally;
	fault_count(fault_report->count);
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &start);
	/* Without a fault the operation succeeds, or has a result of its own. */
	wrong = fault_attempt(op, 0) ? 5 : 0;
	/* The number of allocations varies a little. */
	for (nth = 1; through < 3 && nth < FAULT_MOST && wrong < 5;) {
		wrong += fault_attempt(op, nth);
		through = fault_report->consumed ? 0 : through + 1;
		last = fault_report->nth;
		nth = fault_next(last);
	}
	for (int i = 0; i < FAULT_RANDOM && !(op->flags & FAULT_NTH_ONLY) && wrong < 5; i++) {
		fault_probability(i < 1 ? 100 : i < 5 ? 20 : 4);
		wrong += fault_attempt(op, -1);
		fault_probability(0);
	}
	/*
	 * kvrealloc() tries twice, so a single fault does not make it fail. A first attempt, with
	 * enough memory, tells how many bytes the operation takes; the others run out of memory
	 * before that.
	 */
	for (int i = -1; i < FAULT_POINTS && !(op->flags & FAULT_NTH_ONLY) && wrong < 5; i++) {
		fault_space(i < 0 ? FAULT_BUDGET : bytes * i / FAULT_POINTS);
		fault_knob("failslab", "probability", "100");
		wrong += fault_attempt(op, -1);
		fault_knob("failslab", "probability", "0");
		if (i < 0)
			bytes = FAULT_BUDGET - fault_knob_value("failslab", "space", 0);
		fault_space(0);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	printf("# %s: %ld faults injected (slab %ld, pages %ld, copies %ld), n to %d, %ld s: ",
	       op->name, tally->injected[0] + tally->injected[1] + tally->injected[2],
	       tally->injected[0], tally->injected[1], tally->injected[2], last,
	       (long)(end.tv_sec - start.tv_sec));
	printf("%ld refused, %ld absorbed, %ld killed\n", tally->refused, tally->absorbed,
	       tally->killed);
	fflush(stdout);
	if (!(op->flags & FAULT_MAY_BE_NONE) &&
	    !(tally->refused + tally->absorbed + tally->killed)) {
		printf("# %s: this has tested nothing\n", op->name);
		wrong = 1;
	}
	return wrong;
}
