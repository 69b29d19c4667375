// SPDX-License-Identifier: GPL-2.0
/*
 * Fault injection: what of the kernel fails in which thread.
 */

#include "fault.h"

#include <glob.h>

#define FAULT_DEBUG "/sys/kernel/debug/"

static const char *const fault_names[FAULT_KINDS] = {
	"failslab", "fail_page_alloc", "fail_usercopy"
};

int fault_knob(const char *name, const char *knob, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), FAULT_DEBUG "%s/%s", name, knob);
	return write_file(path, value);
}

long fault_knob_value(const char *name, const char *knob, long missing)
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

bool fault_caches(bool (*is_wanted)(const char *name))
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

/*
 * But for those whose failures are none of ours: kmemleak's own, and that of the fields of trace
 * events, without which the kernel warns of each module that has an event (event_define_fields()).
 */
bool fault_any_cache(const char *name)
{
	return strncmp(name, "kmemleak", 8) && strcmp(name, "ftrace_event_field");
}

void fault_probability(unsigned int percent)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", percent);
	fault_knob("failslab", "probability", text);
	fault_knob("fail_page_alloc", "probability", text);
}

void fault_space(long bytes)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", bytes);
	fault_knob("failslab", "space", text);
}

bool fault_init(void)
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
		/* Some kinds have fewer knobs. */
		for (size_t i = 0; i < LENGTH(knobs); i++)
			fault_knob(fault_names[kind], knobs[i][0], knobs[i][1]);
	}
	if (getenv("FAULT_STEP"))
		fault_step = atoi(getenv("FAULT_STEP"));
	return fault_step > 0;
}

void fault_count(volatile long *count)
{
	for (int kind = 0; kind < FAULT_KINDS; kind++)
		count[kind] = FAULT_BUDGET -
			fault_knob_value(fault_names[kind], "times", FAULT_BUDGET);
}

volatile struct fault_report *fault_report;

void fault_open_report(void)
{
	if (!fault_report)
		fault_report = mmap(NULL, sizeof(*fault_report), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset((void *)fault_report, 0, sizeof(*fault_report));
}

int fault_nth;
__thread int fault_fd = -1, fault_any_fd = -1;

void fault_write(int fd, int n)
{
	char text[12];
	int len = snprintf(text, sizeof(text), "%d", n);

	/* If the fault hits the copy of this number the next try succeeds. */
	while (write(fd, text, len) != len && errno == EFAULT)
		;
}

/*
 * Maps the pages of the stack that are used while faults are armed. A page that is written for the
 * first time then, and gets no memory, is tried again: for ever, if every allocation fails.
 */
static __attribute__((noinline)) void fault_map_stack(void)
{
	volatile char stack[4 * 4096];

	for (size_t i = 0; i < sizeof(stack); i += 4096)
		stack[i] = 0;
	stack[sizeof(stack) - 1] = 0;
}

void fault_arm(void)
{
	fault_map_stack();
	if (fault_nth < 0)
		fault_write(fault_any_fd, 1);
	else
		fault_write(fault_fd, fault_nth);
}

void fault_disarm(void)
{
	int error = errno;
	char text[12] = "";

	if (fault_nth < 0) {
		fault_write(fault_any_fd, 0);
	} else if (fault_nth) {
		/* The kernel formats the counter before the copies of this read count. */
		ssize_t len = pread(fault_fd, text, sizeof(text), 0);

		fault_report->consumed = len > 0 && atoi(text) == 0;
		fault_write(fault_fd, 0);
	}
	fault_nth = 0;
	errno = error;
}

void fault_prepare(void)
{
	int nth = fault_nth;

	fault_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	fault_any_fd = open("/proc/thread-self/make-it-fail", O_RDWR | O_CLOEXEC);
	CHECK(fault_fd >= 0 && fault_any_fd >= 0);
	/* Maps the pages that arming itself needs. */
	fault_nth = 0;
	fault_arm();
	syscall(-1);
	fault_disarm();
	fault_nth = nth;
}
