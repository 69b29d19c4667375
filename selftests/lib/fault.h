/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations that are made to run out of memory, at one place after another.
 *
 * The kernel lets the nth attempt to allocate, or to copy from or to user memory, of one thread
 * fail (fail-nth, see Documentation/fault-injection/). fault_drive() tries an operation for
 * n = 1, 2, ... until it is through without coming to the nth, in a process of its own, which
 * judges the state after it. What has failed the kernel counts, for each kind: so it is known which
 * errors may be.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FAULT_H
#define RUST_SECCOMP_SELFTESTS_FAULT_H

#include "common.h"

#include <glob.h>
#include <limits.h>
#include <time.h>

#define FAULT_DEBUG "/sys/kernel/debug/"
#define FAULT_BUDGET 1000000000L

enum fault_kind { FAULT_SLAB, FAULT_PAGE, FAULT_COPY, FAULT_KINDS };

static const char *const fault_names[FAULT_KINDS] = {
	"failslab", "fail_page_alloc", "fail_usercopy"
};

static inline int fault_knob(const char *name, const char *knob, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), FAULT_DEBUG "%s/%s", name, knob);
	return write_file(path, value);
}

/* What a knob says, or missing if there is none. It can be read once each time it is opened. */
static inline long fault_knob_value(const char *name, const char *knob, long missing)
{
	char path[128], text[32] = "";
	long value = missing;
	int fd;

	snprintf(path, sizeof(path), FAULT_DEBUG "%s/%s", name, knob);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return missing;
	if (read(fd, text, sizeof(text) - 1) > 0)
		value = strtol(text, NULL, 0);
	close(fd);
	return value;
}

/*
 * Has the allocations from these caches fail, and be counted, and from no others. The kernel has to
 * run with slab_nomerge, or there are some for which it cannot be said: then it returns false.
 */
static inline bool fault_caches(bool (*is_wanted)(const char *name))
{
	bool done = true;
	char path[256];
	glob_t caches;

	glob("/sys/kernel/slab/*", 0, NULL, &caches);
	for (size_t i = 0; i < caches.gl_pathc; i++) {
		const char *name = caches.gl_pathv[i] + strlen("/sys/kernel/slab/");

		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/failslab", name);
		done &= !write_file(path, is_wanted(name) ? "1" : "0");
	}
	globfree(&caches);
	return !fault_knob("failslab", "cache-filter", "Y") && done;
}

/* What kmemleak allocates for itself, with each object of others, is nobody's concern. */
static inline bool fault_any_cache(const char *name)
{
	return strncmp(name, "kmemleak", 8);
}

/* Any allocation of a task with make-it-fail fails with this probability, in percent. */
static inline void fault_probability(unsigned int percent)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", percent);
	fault_knob("failslab", "probability", text);
	fault_knob("fail_page_alloc", "probability", text);
}

/* Of a task with make-it-fail, slab allocations fail for good after so many bytes. */
static inline void fault_space(long bytes)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", bytes);
	fault_knob("failslab", "space", text);
}

/*
 * Beyond the first places only one of so many is tried: FAULT_STEP in the environment, for slow
 * machines.
 */
static int fault_step = 1;

static int fault_all = 32;

static inline int fault_next(int nth)
{
	return nth + (nth < fault_all ? 1 : fault_step);
}

/* Turns the knobs; false if this kernel has none. */
static inline bool fault_init(void)
{
	static const char *const knobs[][2] = {
		{ "probability", "0" }, { "interval", "1" }, { "verbose", "0" },
		{ "task-filter", "Y" }, { "times", "1000000000" }, { "ignore-gfp-wait", "N" },
		{ "ignore-gfp-highmem", "N" }, { "min-order", "0" },
	};

	if (access("/proc/thread-self/fail-nth", W_OK) || access(FAULT_DEBUG "failslab", F_OK) ||
	    access(FAULT_DEBUG "fail_page_alloc", F_OK))
		return false;
	for (int kind = 0; kind < FAULT_KINDS; kind++) {
		/* Some have fewer of them. */
		for (size_t i = 0; i < LENGTH(knobs); i++)
			fault_knob(fault_names[kind], knobs[i][0], knobs[i][1]);
	}
	if (getenv("FAULT_STEP"))
		fault_step = atoi(getenv("FAULT_STEP"));
	return fault_step > 0;
}

/* How often each kind has failed until now. */
static inline void fault_count(volatile long *count)
{
	for (int kind = 0; kind < FAULT_KINDS; kind++)
		count[kind] = FAULT_BUDGET -
			fault_knob_value(fault_names[kind], "times", FAULT_BUDGET);
}

/* What came of all attempts. */
struct fault_tally {
	long injected[FAULT_KINDS], refused, absorbed, killed;
};

/* What a process that does the operation tells; it is shared with it. */
struct fault_report {
	/* What the operation returned, an errno if negative; NO_RESULT if it did not return. */
	long result;
	/* Which attempt that was, and if it came to that. */
	int nth;
	bool consumed;
	/* What is wrong, and where a check failed, and errno then. */
	const char *wrong;
	long value;
	int line, error;
	/* Without any faults. */
	long baseline;
	/* What has failed before it. */
	long count[FAULT_KINDS];
	struct fault_tally tally;
};

#define NO_RESULT LONG_MIN

static volatile struct fault_report *fault_report;

/* In the process that does the operation: ends it unless the condition holds. */
#define CHECK(condition) do { \
		if (!(condition)) { \
			fault_report->error = errno; \
			fault_report->line = __LINE__; \
			_exit(1); \
		} \
	} while (0)

/* What is to fail in the next operation: the nth, or, if it is -1, any. 0: nothing. */
static int fault_nth;
static __thread int fault_fd = -1, fault_any_fd = -1;

static inline void fault_write(int fd, int n)
{
	char text[12];
	int len = snprintf(text, sizeof(text), "%d", n);

	/* When the copying of this itself is made to fail it works the next time. */
	while (write(fd, text, len) != len && errno == EFAULT)
		;
}

/* From here on, to fault_disarm(), the thread has faults. */
static inline void fault_arm(void)
{
	if (fault_nth < 0)
		fault_write(fault_any_fd, 1);
	else
		fault_write(fault_fd, fault_nth);
}

/* Tells if the nth was reached. */
static inline void fault_disarm(void)
{
	int error = errno;
	char text[12] = "";

	if (fault_nth < 0) {
		fault_write(fault_any_fd, 0);
	} else if (fault_nth) {
		/* It is read before it is counted down for the sake of this itself. */
		ssize_t len = pread(fault_fd, text, sizeof(text), 0);

		fault_report->consumed = len > 0 && atoi(text) == 0;
		fault_write(fault_fd, 0);
	}
	fault_nth = 0;
	errno = error;
}

/* Once in each thread that will have faults, in advance. */
static inline void fault_prepare(void)
{
	int nth = fault_nth;

	fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	fault_any_fd = open("/proc/thread-self/make-it-fail", O_RDWR | O_CLOEXEC);
	CHECK(fault_fd >= 0 && fault_any_fd >= 0);
	/* Pages that the process itself needs for this are there then. */
	fault_nth = 0;
	fault_arm();
	syscall(-1);
	fault_disarm();
	fault_nth = nth;
}

/* A call with faults, the first time that it is made: what it returns, or minus the error. */
#define FAULTY(call) ({ \
		long ret_; \
		fault_arm(); \
		ret_ = (call); \
		ret_ = ret_ == -1 ? -errno : ret_; \
		fault_disarm(); \
		ret_; \
	})

/* The thread that has the faults may not live to tell: the kernel's count does. */
#define FAULT_COUNTED 1
/*
 * The operation may kill the process, SIGKILL or SIGSEGV, when it fails; or the C library ends it
 * with 127 at the start of a program.
 */
#define FAULT_DEADLY 2
/* It ends by SIGSYS, whatever fails. */
#define FAULT_SIGSYS 4
/* It may fail without faults too, and is to fail in the same way. */
#define FAULT_ANY_RESULT 8
/* Children would inherit that any allocation is to fail. */
#define FAULT_NTH_ONLY 16
/* Each attempt in a new process, as what has failed may have got somewhere. */
#define FAULT_FRESH 32
/* There is nothing of the process's memory in it, which is shared. That is faster. */
#define FAULT_SHARED 64
/* There may be nothing in it that can fail. */
#define FAULT_MAY_BE_NONE 128

struct fault_op {
	const char *name;
	/* In the process that will do it. */
	void (*setup)(const void *arg);
	/* Does it, with FAULTY(): returns a negative errno if it fails. */
	long (*run)(const void *arg);
	/* The state is as it must be after this result. */
	void (*verify)(const void *arg, long result);
	const void *arg;
	unsigned int flags;
	/* Errors beyond ENOMEM for want of memory, and EFAULT for user memory. */
	int errors[4];
};

/* At most so many attempts; so many with random faults; so many without memory from there on. */
#define FAULT_MOST 20000
#define FAULT_RANDOM 8
#define FAULT_POINTS (fault_step > 10 ? 6 : 24)

static inline bool fault_is_error(const struct fault_op *op, long result, const long *failed)
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

/* Takes down what came of an attempt. Tells if the operation was refused, for a good reason. */
static inline bool fault_judge(const struct fault_op *op)
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

static const struct fault_op *fault_current;

/* Does the operation, in a process of its own, until it is not refused any more. */
static inline int fault_child(void *unused)
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

/* Attempts from the nth on, in one process. Returns 1 if something is wrong. */
static inline int fault_attempt(const struct fault_op *op, int nth)
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

/* An empty report. */
static inline void fault_open_report(void)
{
	if (!fault_report)
		fault_report = mmap(NULL, sizeof(*fault_report), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset((void *)fault_report, 0, sizeof(*fault_report));
}

/* Makes one attempt after another of an operation fail. Returns how many went wrong. */
static inline int fault_drive(const struct fault_op *op)
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
	/* Without a fault: it works, or it has a result of its own. */
	wrong = fault_attempt(op, 0) ? 5 : 0;
	/* What it allocates differs a little from time to time. */
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
	 * kvrealloc() tries twice, so one failure is not enough for it. Where those points are is
	 * known once the operation has been done with more memory than it takes.
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

/* How many refer to the module; -1 if it is not loaded. */
static inline long module_references(void)
{
	FILE *modules = fopen("/proc/modules", "r");
	long count = -1, value;
	char line[512];

	while (modules && fgets(line, sizeof(line), modules))
		if (sscanf(line, "rust_seccomp %*d %ld", &value) == 1)
			count = value;
	if (modules)
		fclose(modules);
	return count;
}

#define KMEMLEAK FAULT_DEBUG "kmemleak"

/*
 * Has kmemleak look, and shows what it finds that is of the module, or was allocated by one of the
 * programs here. Returns how many objects that are, or -1 if it cannot be told.
 */
static inline int find_leaks(void)
{
	static char object[16384];
	char line[512];
	FILE *leaks;
	int found = 0;
	bool more;

	/* What RCU frees has to be gone, and what is younger than five seconds is not shown. */
	sleep(6);
	if (write_file(KMEMLEAK, "scan"))
		return -1;
	sleep(6);
	if (write_file(KMEMLEAK, "scan"))
		return -1;
	leaks = fopen(KMEMLEAK, "r");
	if (!leaks)
		return -1;
	do {
		more = fgets(line, sizeof(line), leaks);
		if (!more || !strncmp(line, "unreferenced object", 19)) {
			if (strstr(object, "rust_seccomp") || strstr(object, "comm \"fault_")) {
				found++;
				for (char *at = strtok(object, "\n"); at; at = strtok(NULL, "\n"))
					printf("# %s\n", at);
			}
			object[0] = '\0';
		}
		if (more && strlen(object) + strlen(line) < sizeof(object))
			strcat(object, line);
	} while (more);
	fclose(leaks);
	return found;
}

#endif /* RUST_SECCOMP_SELFTESTS_FAULT_H */
