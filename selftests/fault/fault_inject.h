/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fault injection: what of the kernel fails in which thread (see Documentation/fault-injection/ of
 * the kernel), and the report that a process under test shares with the test.
 *
 * A thread asks for its nth fault (fail-nth): its nth attempt to allocate memory, or to copy from
 * or to user memory, fails. Or any of them fails with some probability (make-it-fail).
 */
#ifndef RUST_SECCOMP_SELFTESTS_FAULT_INJECT_H
#define RUST_SECCOMP_SELFTESTS_FAULT_INJECT_H

#include "common.h"

#include <limits.h>

/* What the knob "times" begins with: the kernel counts it down by one with each fault. */
#define FAULT_BUDGET 1000000000L

enum fault_kind { FAULT_SLAB, FAULT_PAGE, FAULT_COPY, FAULT_KINDS };

/*
 * Sets all knobs to their defaults here and reads FAULT_STEP from the environment. Returns false if
 * this kernel has no fault injection.
 */
bool fault_init(void);

/* Writes to a knob in debugfs: /sys/kernel/debug/<name>/<knob>. Returns 0 or -errno. */
int fault_knob(const char *name, const char *knob, const char *value);

/* The number that a knob holds, or "missing" if the kernel has no such knob. */
long fault_knob_value(const char *name, const char *knob, long missing);

/*
 * Restricts slab faults to the caches that is_wanted() chooses by name. Returns false if caches of
 * the running kernel share their memory, and so cannot be told apart: it needs slab_nomerge.
 */
bool fault_caches(bool (*is_wanted)(const char *name));

/*
 * For fault_caches(): all caches but kmemleak's own, which it allocates from along with the others.
 */
bool fault_any_cache(const char *name);

/* Has any allocation of a thread with make-it-fail fail with this probability, in percent. */
void fault_probability(unsigned int percent);

/* Has all slab allocations of a thread with make-it-fail fail after this many bytes. */
void fault_space(long bytes);

/* Fills in how many faults of each kind there have been since fault_init(). */
void fault_count(volatile long *count);

/* What came of all attempts of an operation. */
struct fault_tally {
	long injected[FAULT_KINDS], refused, absorbed, killed;
};

/* What the process that does an operation reports, in memory that it shares with the test. */
struct fault_report {
	/* What the operation returned, minus an errno if it failed; NO_RESULT before it returns. */
	long result;
	/* The number of the attempt, and whether the thread has come to its nth fault. */
	int nth;
	bool consumed;
	/* What is wrong, if anything; the line of the check that failed, and errno then. */
	const char *wrong;
	long value;
	int line, error;
	/* The result without any faults. */
	long baseline;
	/* Faults before this attempt. */
	long count[FAULT_KINDS];
	struct fault_tally tally;
};

#define NO_RESULT LONG_MIN

extern volatile struct fault_report *fault_report;

/* Maps the report if need be, and empties it. */
void fault_open_report(void);

/* In the process that does the operation: ends it, with a report, unless the condition holds. */
#define CHECK(condition) do { \
		if (!(condition)) { \
			fault_report->error = errno; \
			fault_report->line = __LINE__; \
			_exit(1); \
		} \
	} while (0)

/*
 * What fails in the next operation: the nth attempt; any, at random, if it is -1; nothing if it is
 * 0.
 */
extern int fault_nth;

/* The thread's files fail-nth and make-it-fail. */
extern __thread int fault_fd, fault_any_fd;

/* Opens them. Each thread that will have faults calls this once, in advance. */
void fault_prepare(void);

/* Writes a number to one of them; tries again if the copy of the number itself fails. */
void fault_write(int fd, int n);

/* The thread has faults from here to fault_disarm(), which reports whether the nth was reached. */
void fault_arm(void);
void fault_disarm(void);

/* Makes a call with faults, unless there was one before. The result, or minus the error. */
#define FAULTY(call) ({ \
		long ret_; \
		fault_arm(); \
		ret_ = (call); \
		ret_ = ret_ == -1 ? -errno : ret_; \
		fault_disarm(); \
		ret_; \
	})

#endif /* RUST_SECCOMP_SELFTESTS_FAULT_INJECT_H */
