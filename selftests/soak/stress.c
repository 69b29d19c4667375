// SPDX-License-Identifier: GPL-2.0
/*
 * Many tasks with a filter each, stacks as deep and filters as long as possible. Each call gets the
 * verdict of its own task's filters, and the memory is free when the tasks have ended.
 *
 *	stress TASKS STACKS
 *
 * To save memory the tasks share everything, errno included, so they make system calls without the
 * C library.
 */

#include "common.h"
#include "raw_call.h"
#include <linux/futex.h>
#include <sys/sysinfo.h>

enum {
	STACK_SIZE = 16384,
	/* The kernel keeps freed memory for reuse, so only many tasks show what one takes. */
	BARE_TASKS = 10000,
	/*
	 * Filters that are freed at the same time. The kernel starts a worker for each program, and
	 * all but one wait: with a hundred thousand, for longer than the hung-task detector allows.
	 */
	FILTERS_AT_ONCE = 10000,
};

/* Confines the calling task, and makes calls. Returns whether the results are right. */
typedef bool confine_fn(int number);

static confine_fn *confine;
/* The tasks before this one may end. */
static int go;
static int ready, wrong;
static int cases, failed;

static long call(long nr, long a, long b, long c, long d)
{
	unsigned long args[6] = { a, b, c, d };

	return raw_call(nr, args);
}

static void check(bool right, const char *what, long memory)
{
	printf("%s %d %s\n", right ? "ok" : "not ok", ++cases, what);
	if (memory)
		printf("# %s: %ld bytes each\n", what, memory);
	failed |= !right;
}

static struct sysinfo system_now(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info;
}

/* Memory that is in use, in bytes. */
static long memory_used(void)
{
	struct sysinfo info = system_now();

	return (info.totalram - info.freeram) * info.mem_unit;
}

/* The number of BPF programs, each of which has memory of its own. */
static int programs(void)
{
	FILE *areas = fopen("/proc/vmallocinfo", "r");
	char line[256];
	int count = 0;

	while (areas && fgets(line, sizeof(line), areas))
		count += strstr(line, " bpf_prog_alloc") || strstr(line, " bpf_prog_realloc");
	if (areas)
		fclose(areas);
	return count;
}

/* Memory in use after late frees: when it changes by less than a MiB in three seconds. */
static long memory_settled(void)
{
	long before, used = memory_used();

	do {
		before = used;
		sleep(3);
		write_file("/proc/sys/vm/drop_caches", "3");
		used = memory_used();
	} while (labs(used - before) > 1 << 20);
	return used;
}

/*
 * Waits until there are no more than "count" tasks, but for a few; returns whether that came about.
 * The kernel starts up to a thousand workers on each CPU to free programs: they have memory, too,
 * and stay for five minutes.
 */
static bool tasks_go_down_to(int count)
{
	for (int i = 0; system_now().procs > count + 50; i++) {
		if (i == 150)
			return false;
		sleep(3);
	}
	return true;
}

/*
 * The kernel frees programs one after the other, long after their tasks have gone. Reading the list
 * of a hundred thousand takes long, and keeps it from that.
 */
static bool programs_go_down_to(int count)
{
	for (int i = 0; programs() > count; i++) {
		if (i == 60)
			return false;
		sleep(6);
		memory_settled();
	}
	return true;
}

static int count_of(const int *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static int task(void *argument)
{
	int number = (long)argument, until;
	bool right = confine(number);

	__atomic_fetch_add(right ? &ready : &wrong, 1, __ATOMIC_RELAXED);
	while ((until = count_of(&go)) <= number)
		call(__NR_futex, (long)&go, FUTEX_WAIT, until, 0);
	call(__NR_exit, 0, 0, 0, 0);
	return 0;
}

/* Without a filter the call fails, as there is no such "which". */
static bool nothing(int number)
{
	return call(__NR_getpriority, number + 10, 0, 0, 0) == -EINVAL;
}

/* Ends the tasks, some after the others. */
static void end(int count, int filters)
{
	int ended = 0, at_once = FILTERS_AT_ONCE / filters;

	while (ended < count) {
		int until = count - ended > at_once ? ended + at_once : count;

		__atomic_store_n(&go, until, __ATOMIC_RELAXED);
		syscall(__NR_futex, &go, FUTEX_WAKE, count, NULL, NULL, 0);
		for (; ended < until; ended++)
			wait(NULL);
		memory_settled();
	}
}

/* The bytes that a task without a filter takes; 0 until this is measured. */
static long bare;

/*
 * Starts tasks with that many filters each, waits until all are ready and ends them. Returns the
 * memory that each used beyond a bare one.
 */
static long run(int count, int filters, confine_fn *function, const char *what)
{
	char *stacks = mmap(NULL, (size_t)count * STACK_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	long before, each;
	int started = 0, programs_before = programs();

	if (stacks == MAP_FAILED) {
		check(false, "memory for stacks", 0);
		return 0;
	}
	confine = function;
	ready = 0;
	wrong = 0;
	go = 0;
	before = memory_settled();
	for (int i = 0; i < count; i++) {
		char *stack = stacks + (i + 1L) * STACK_SIZE;

		if (clone(task, stack, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGCHLD,
			  (void *)(long)i) < 0)
			break;
		started++;
	}
	while (count_of(&ready) + count_of(&wrong) < started)
		usleep(10000);
	if (programs() < programs_before + count * filters)
		check(false, "there is a program for each filter", 0);
	each = (memory_settled() - before) / count - bare;
	end(started, filters ? filters : 1);
	munmap(stacks, (size_t)count * STACK_SIZE);
	if (!programs_go_down_to(programs_before))
		check(false, "their programs are free", 0);
	/* A few reuse what the kernel kept of earlier ones. */
	check(started == count && ready == count, what,
	      count * (filters ? filters : 1) < BARE_TASKS / 2 ? 0 : each);
	return each;
}

static long put_on(struct sock_filter *insns, size_t len)
{
	struct sock_fprog prog = { .len = len, .filter = insns };

	return call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&prog, 0);
}

/* A filter that refuses getpriority() with this "which". */
static long put_on_for(int which, int error)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3),
		LOAD_ARG_LO(0),
		RET_IF_EQ(which, SECCOMP_RET_ERRNO | error),
		RET(SECCOMP_RET_ALLOW),
	};

	return put_on(insns, LENGTH(insns));
}

static bool one_filter(int number)
{
	int error = number % 4000 + 1;

	return !put_on_for(number + 10, error) &&
	       call(__NR_getpriority, number + 10, 0, 0, 0) == -error &&
	       call(__NR_getpriority, number + 11, 0, 0, 0) == -EINVAL;
}

static bool deep_stack(int number)
{
	for (int i = 0; i < 64; i++)
		if (put_on_for(i + 10, number % 1000 + i + 1))
			return false;
	for (int i = 0; i < 64; i++)
		if (call(__NR_getpriority, i + 10, 0, 0, 0) != -(number % 1000 + i + 1))
			return false;
	return call(__NR_getpriority, 74, 0, 0, 0) == -EINVAL;
}

static struct sock_filter longest[BPF_MAXINSNS];

/* A filter of 4096 instructions, of which the last ones decide. */
static void make_longest(void)
{
	struct sock_filter end[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 1),
		RET(SECCOMP_RET_ERRNO | ERANGE),
		RET(SECCOMP_RET_ALLOW),
	};
	size_t n = 0;

	longest[n++] = (struct sock_filter)LOAD(nr);
	while (n < BPF_MAXINSNS - LENGTH(end)) {
		longest[n] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							  10000 + n, 0, 1);
		longest[n + 1] = (struct sock_filter)RET(SECCOMP_RET_ERRNO | EDOM);
		n += 2;
	}
	memcpy(&longest[BPF_MAXINSNS - LENGTH(end)], end, sizeof(end));
}

/*
 * As many of the longest filters as a path takes: 32768 translated instructions, of which a jump
 * and a return take three.
 */
static bool long_filters(int number)
{
	(void)number;
	for (int i = 0; i < 5; i++)
		if (put_on(longest, BPF_MAXINSNS))
			return false;
	return put_on(longest, BPF_MAXINSNS) == -ENOMEM &&
	       call(__NR_getpriority, 0, 0, 0, 0) == -ERANGE && call(__NR_getppid, 0, 0, 0, 0) > 0;
}

int main(int argc, char **argv)
{
	int tasks = argc > 1 ? atoi(argv[1]) : 10000;
	int stacks = argc > 2 ? atoi(argv[2]) : 1000;
	int most = tasks > BARE_TASKS ? tasks : BARE_TASKS;
	int tasks_before = system_now().procs;
	long before, after;
	char limit[32];

	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(limit, sizeof(limit), "%d", 2 * most + 4096);
	write_file("/proc/sys/kernel/threads-max", limit);
	write_file("/proc/sys/kernel/pid_max", "100000");
	setrlimit(RLIMIT_NPROC, &(struct rlimit){ 2 * most, 2 * most });
	no_new_privs();
	make_longest();
	run(BARE_TASKS, 0, nothing, "tasks without a filter, to warm up");
	bare = run(BARE_TASKS, 0, nothing, "tasks without a filter");
	run(tasks, 1, one_filter, "tasks with a filter of their own, beyond that");
	/* The first tasks fill caches, which stay. */
	check(tasks_go_down_to(tasks_before), "the kernel's workers end", 0);
	before = memory_settled();
	run(stacks, 64, deep_stack, "tasks with 64 filters of their own, beyond that");
	run(stacks < 1000 ? 10 : stacks / 100, 5, long_filters,
	    "tasks with five filters of 4096 instructions");
	check(tasks_go_down_to(tasks_before), "the kernel's workers end again", 0);
	after = memory_settled();
	printf("# %ld KiB before, %ld KiB after\n", before / 1024, after / 1024);
	check(after < before + (32 << 20), "the memory is free again", 0);
	printf("1..%d\n", cases);
	return failed;
}
