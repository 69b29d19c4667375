// SPDX-License-Identifier: GPL-2.0
/*
 * The cache of extensible arguments: that a call reads what the filters saw, that nobody else can
 * write there, and that calls fail as they do without a filter.
 */

#include "append.h"

#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <time.h>

#include "harness.h"
#include "leaks.h"

#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#ifndef __NR_openat2
#define __NR_openat2 437
#endif
#ifndef __NR_mount_setattr
#define __NR_mount_setattr 442
#endif
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#endif
#ifndef __NR_statmount
#define __NR_statmount 457
#define __NR_listmount 458
#endif
#ifndef __NR_setxattrat
#define __NR_setxattrat 463
#define __NR_getxattrat 464
#endif
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif
#ifndef __NR_file_setattr
#define __NR_file_setattr 469
#endif
#ifndef __NR_listns
#define __NR_listns 470
#endif

/*
 * Confines the caller: openat2() with RESOLVE_BENEATH and clone3() with CLONE_NEWUSER fail with
 * EPERM, all other calls are allowed, those with an extensible argument after a look at it.
 */
static int confine(void)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat2, 0, 2),
		LOAD_EA(offsetof(struct open_how, resolve)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, RESOLVE_BENEATH, 5, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 2),
		LOAD_EA(offsetof(struct clone_args, flags)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 2, 3),
		/* Something that is never there. */
		LOAD_EA(4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xdecafbad, 0, 1),
		RET(SECCOMP_RET_ERRNO | EPERM),
		RET(SECCOMP_RET_ALLOW),
	};

	no_new_privs();
	return APPEND(insns, USE_EA | TAIL_VISIBLE, 88);
}

/* An absolute path, so that it fails with EXDEV if it is to be beneath something. */
static int openat2_with(__u64 resolve, const struct open_how *template)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC, .resolve = resolve };
	int fd = syscall(__NR_openat2, AT_FDCWD, "/", template ?: &how, sizeof(how));

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* How many regions the process has, and where the first one is. */
static int regions(pid_t pid, unsigned long *start, unsigned long *end)
{
	char path[64], line[512];
	int count = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "r");
	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long from, to;

		if (!strstr(line, "seccomp_args") || sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		if (!count++ && start && end) {
			*start = from;
			*end = to;
		}
	}
	if (maps)
		fclose(maps);
	return count;
}

TEST(allowed_and_denied)
{
	ASSERT_EQ(0, confine());
	EXPECT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(0, openat2_with(RESOLVE_NO_MAGICLINKS, NULL));
	EXPECT_EQ(-EPERM, openat2_with(RESOLVE_BENEATH, NULL));
	EXPECT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(1, regions(getpid(), NULL, NULL));
}

static struct open_how shared_how = { .flags = O_RDONLY | O_CLOEXEC };
static volatile bool stop;

static void *flip(void *arg)
{
	volatile __u64 *resolve = &shared_how.resolve;

	while (!stop) {
		*resolve = RESOLVE_BENEATH;
		*resolve = 0;
	}
	return NULL;
}

/* So many attempts, and more, for a minute, until both results of a race were there. */
static bool go_on(int i, int attempts, bool both, time_t start)
{
	return i < attempts / slowness() || (!both && time(NULL) < start + 60);
}

static int race(int attempts, int *results, int one, int other)
{
	const time_t start = time(NULL);
	pthread_t thread;

	stop = false;
	if (pthread_create(&thread, NULL, flip, NULL))
		return -1;
	for (int i = 0; go_on(i, attempts, results[one] && results[other], start); i++) {
		switch (openat2_with(0, &shared_how)) {
		case 0:
			results[0]++;
			break;
		case -EPERM:
			results[1]++;
			break;
		case -EXDEV:
			results[2]++;
			break;
		default:
			results[3]++;
		}
	}
	stop = true;
	pthread_join(thread, NULL);
	return 0;
}

TEST(rewritten_by_a_thread)
{
	int results[4] = {};

	/* It takes both values without a filter, sooner or later. */
	ASSERT_EQ(0, race(20000, results, 0, 2));
	TH_LOG("unfiltered: allowed %d, denied %d, acted upon %d", results[0], results[1],
	       results[2]);
	EXPECT_LT(0, results[0]);
	EXPECT_LT(0, results[2]);

	memset(results, 0, sizeof(results));
	ASSERT_EQ(0, confine());
	ASSERT_EQ(0, race(100000, results, 0, 1));
	TH_LOG("filtered: allowed %d, denied %d, acted upon %d", results[0], results[1],
	       results[2]);
	EXPECT_LT(0, results[0]);
	EXPECT_LT(0, results[1]);
	EXPECT_EQ(0, results[2]);
	EXPECT_EQ(0, results[3]);
}

static void *protect(void *page)
{
	while (!stop) {
		mprotect(page, 4096, PROT_READ | PROT_WRITE);
		mprotect(page, 4096, PROT_NONE);
	}
	return NULL;
}

/* What cannot be read is not read later either. */
TEST(readable_at_times)
{
	struct open_how *how = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int faults = 0, denied = 0, others = 0;
	const time_t start = time(NULL);
	pthread_t thread;

	ASSERT_NE(MAP_FAILED, (void *)how);
	*how = (struct open_how) { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
	ASSERT_EQ(0, confine());
	stop = false;
	ASSERT_EQ(0, pthread_create(&thread, NULL, protect, how));
	for (int i = 0; go_on(i, 50000, faults && denied, start); i++) {
		switch (openat2_with(0, how)) {
		case -EFAULT:
			faults++;
			break;
		case -EPERM:
			denied++;
			break;
		default:
			others++;
		}
	}
	stop = true;
	pthread_join(thread, NULL);
	TH_LOG("unreadable %d, denied %d", faults, denied);
	EXPECT_LT(0, faults);
	EXPECT_LT(0, denied);
	EXPECT_EQ(0, others);
}

static unsigned long region_start, region_end;

static int write_region(void *arg)
{
	*(volatile char *)(region_start + 4096) = 1;
	return 0;
}

static int read_guard(void *arg)
{
	return *(volatile char *)region_start;
}

/* For a new process: 0 if it has no region at first, and one that works later. */
static int look_at_slot(const void *arg)
{
	if (regions(getpid(), NULL, NULL))
		return 1;
	if (openat2_with(0, NULL) || openat2_with(RESOLVE_BENEATH, NULL) != -EPERM)
		return 2;
	return regions(getpid(), NULL, NULL) == 1 ? 0 : 3;
}

TEST(region_cannot_be_changed)
{
	const int advice[] = {
		MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED, MADV_DONTNEED, MADV_FREE,
		MADV_REMOVE, MADV_DOFORK, MADV_MERGEABLE, MADV_HUGEPAGE, MADV_DODUMP,
		MADV_WIPEONFORK, 20 /* COLD */, 21 /* PAGEOUT */, 22 /* POPULATE_READ */,
		23 /* POPULATE_WRITE */, 25 /* COLLAPSE */, 102 /* GUARD_INSTALL */,
	};
	unsigned long start, end, slot, value = ~0UL;
	struct iovec local = { &value, sizeof(value) }, remote;
	char path[64];
	size_t len;
	void *p;
	int fd, pipes[2];

	ASSERT_EQ(0, confine());
	ASSERT_EQ(0, openat2_with(0, NULL));
	ASSERT_EQ(1, regions(getpid(), &region_start, &region_end));
	start = region_start;
	len = region_end - region_start;
	slot = start + 4096;
	p = (void *)start;

	EXPECT_EQ(-1, munmap(p, len));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, munmap((void *)slot, 4096));
	EXPECT_EQ(-1, mprotect(p, len, PROT_READ | PROT_WRITE));
	EXPECT_EQ(-1, mprotect((void *)slot, 4096, PROT_NONE));
	EXPECT_EQ(MAP_FAILED, mremap(p, len, 2 * len, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(p, len, 4096, 0));
	EXPECT_EQ(MAP_FAILED, mremap(p, 0, 4096, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mmap((void *)slot, 4096, PROT_READ | PROT_WRITE,
				   MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, syscall(__NR_remap_file_pages, slot, 4096, 0, 0, 0));
	for (int i = 0; i < LENGTH(advice); i++) {
		madvise(p, len, advice[i]);
		madvise((void *)slot, 4096, advice[i]);
		EXPECT_EQ(-EPERM, openat2_with(RESOLVE_BENEATH, NULL));
		EXPECT_EQ(0, openat2_with(0, NULL)) {
			TH_LOG("after madvise(%d)", advice[i]);
		}
	}
	mlock((void *)slot, 4096);
	mlock(p, len);

	/* The kernel does not write there for anybody. */
	remote = (struct iovec) { (void *)slot, sizeof(value) };
	EXPECT_EQ(-1, process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, pwrite(fd, &value, sizeof(value), slot));
	close(fd);
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, (void *)slot, 8));
	EXPECT_EQ(EFAULT, errno);
	close(fd);
	/* Nor are its pages lent. */
	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EQ(-1, vmsplice(pipes[1], &remote, 1, 0));
	close(pipes[0]);
	close(pipes[1]);
	/* The file cannot be had. */
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", start, start + len);
	EXPECT_EQ(-1, open(path, O_RDONLY));

	ASSERT_EQ(1, regions(getpid(), &start, &end));
	EXPECT_EQ(region_start, start);
	EXPECT_EQ(region_end, end);
	EXPECT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(0, in_child(look_at_slot, NULL));
}

/* Runs fn in a process with the same memory; its wait status. */
static int in_same_memory(int (*fn)(void *))
{
	static char stack[65536] __attribute__((aligned(16)));
	pid_t pid = clone(fn, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	int status = -1;

	if (pid > 0)
		waitpid(pid, &status, 0);
	return status;
}

TEST(region_cannot_be_written_by_the_process)
{
	ASSERT_EQ(0, confine());
	ASSERT_EQ(0, openat2_with(0, NULL));
	ASSERT_EQ(1, regions(getpid(), &region_start, &region_end));
	EXPECT_EQ(SIGSEGV, in_same_memory(write_region) & 0x7f);
	EXPECT_EQ(SIGBUS, in_same_memory(read_guard) & 0x7f);
	EXPECT_EQ(0, openat2_with(0, NULL));
}

TEST(region_cannot_be_written_by_a_tracer)
{
	unsigned long start, end, value = ~0UL;
	int status, fd;
	char path[64];
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		ptrace(PTRACE_TRACEME);
		if (confine() || openat2_with(0, NULL))
			_exit(1);
		raise(SIGSTOP);
		_exit(openat2_with(0, NULL));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(1, regions(pid, &start, &end));
	EXPECT_EQ(-1, ptrace(PTRACE_POKEDATA, pid, start + 4096, value));
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, pwrite(fd, &value, sizeof(value), start + 4096));
	close(fd);
	ptrace(PTRACE_CONT, pid, 0, 0);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

static int call_once(void *arg)
{
	return -openat2_with(0, NULL);
}

static int exhausted(const void *arg)
{
	struct rlimit limit;

	if (confine() || getrlimit(RLIMIT_AS, &limit))
		return 1;
	limit.rlim_cur = 1 << 20;
	if (setrlimit(RLIMIT_AS, &limit))
		return 2;
	if (openat2_with(0, NULL) != -ENOMEM)
		return 3;
	/* Nothing else is denied. */
	if (getppid() <= 0 || close(open("/", O_RDONLY)))
		return 4;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_AS, &limit))
		return 5;
	if (openat2_with(0, NULL) || openat2_with(RESOLVE_BENEATH, NULL) != -EPERM)
		return 6;
	return 0;
}

TEST(no_address_space)
{
	EXPECT_EQ(0, in_child(exhausted, NULL));
}

TEST(locked_memory)
{
	ASSERT_EQ(0, mlockall(MCL_CURRENT | MCL_FUTURE));
	ASSERT_EQ(0, confine());
	EXPECT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(-EPERM, openat2_with(RESOLVE_BENEATH, NULL));
	EXPECT_EQ(0, mlockall(MCL_CURRENT));
	EXPECT_EQ(0, munlockall());
	EXPECT_EQ(0, openat2_with(0, NULL));
}

/* Who locks all memory, and may lock so much: less than a region, or as much as it takes. */
static int locked_to_the_limit(const void *arg)
{
	struct rlimit limit = { 64 << 10, 64 << 20 };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setresuid(65534, 65534, 65534) || confine() ||
	    mlockall(MCL_FUTURE))
		return 1;
	if (openat2_with(0, NULL) != -EAGAIN || openat2_with(RESOLVE_BENEATH, NULL) != -EAGAIN)
		return 2;
	/* Nothing else is denied. */
	if (getppid() <= 0 || close(open("/", O_RDONLY)))
		return 3;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_MEMLOCK, &limit))
		return 4;
	if (openat2_with(0, NULL) || openat2_with(RESOLVE_BENEATH, NULL) != -EPERM)
		return 5;
	return 0;
}

TEST(no_memory_to_lock)
{
	EXPECT_EQ(0, in_child(locked_to_the_limit, NULL));
}

static void *thread_once(void *arg)
{
	bool wrong = openat2_with(0, NULL) || openat2_with(RESOLVE_BENEATH, NULL) != -EPERM;

	return (void *)(long)wrong;
}

static pthread_barrier_t barrier;

static void *thread_all(void *arg)
{
	void *result = thread_once(arg);

	pthread_barrier_wait(&barrier);
	return result;
}

TEST(slots_are_reused)
{
	unsigned long failed = 0;
	pthread_attr_t attr;
	int count, many = 300;
	pthread_t threads[300];
	void *result;

	ASSERT_EQ(0, confine());
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (int i = 0; i < 2000 / slowness(); i++) {
		ASSERT_EQ(0, pthread_create(&threads[0], &attr, thread_once, NULL));
		pthread_join(threads[0], &result);
		failed += (unsigned long)result;
	}
	EXPECT_EQ(0, failed);
	EXPECT_EQ(1, regions(getpid(), NULL, NULL));

	/* So many at once need three regions, and no more the next time. */
	for (int round = 0; round < 3; round++) {
		pthread_barrier_init(&barrier, NULL, many);
		for (int i = 0; i < many; i++)
			ASSERT_EQ(0, pthread_create(&threads[i], &attr, thread_all, NULL));
		for (int i = 0; i < many; i++) {
			pthread_join(threads[i], &result);
			failed += (unsigned long)result;
		}
		pthread_barrier_destroy(&barrier);
		count = regions(getpid(), NULL, NULL);
		EXPECT_EQ(0, failed);
		EXPECT_EQ(3, count);
	}
}

static void *only_denied(void *arg)
{
	long wrong = 0;

	while (!stop)
		wrong += openat2_with(RESOLVE_BENEATH, NULL) != -EPERM;
	return (void *)wrong;
}

TEST(threads_are_separate)
{
	pthread_t thread;
	void *wrong;

	ASSERT_EQ(0, confine());
	stop = false;
	ASSERT_EQ(0, pthread_create(&thread, NULL, only_denied, NULL));
	for (int i = 0; i < 20000 / slowness(); i++)
		ASSERT_EQ(0, openat2_with(0, NULL));
	stop = true;
	pthread_join(thread, &wrong);
	EXPECT_EQ(NULL, wrong);
}

static void *busy(void *arg)
{
	for (;;)
		openat2_with(0, NULL);
	return NULL;
}

TEST(killed_in_the_middle)
{
	const long before = module_references();

	ASSERT_LE(0, before);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();
		int status = 0;

		ASSERT_LE(0, pid);
		if (!pid) {
			pthread_t thread;

			if (confine())
				_exit(1);
			for (int n = 0; n < 8; n++)
				pthread_create(&thread, NULL, busy, NULL);
			busy(NULL);
		}
		while (!regions(pid, NULL, NULL) && !waitpid(pid, &status, WNOHANG))
			usleep(1000);
		/* Those of its filter and of its region. */
		EXPECT_LE(before + 2, module_references());
		usleep(3000 * i);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(SIGKILL, status);
	}
	/* They are given up soon after the last task has gone. */
	for (int i = 0; i < 3000 && module_references() > before; i++)
		usleep(10000);
	EXPECT_GE(before, module_references());
}

static int self_exec(const void *arg)
{
	execl("/proc/self/exe", "ea_region_test", "--exec-child", NULL);
	return 99;
}

static void __attribute__((constructor)) exec_child(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--exec-child"))
		_exit(look_at_slot(NULL));
}

TEST(fork_vfork_and_exec)
{
	pid_t pid;
	int status;

	ASSERT_EQ(0, confine());
	ASSERT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(0, in_child(look_at_slot, NULL));
	EXPECT_EQ(0, in_child(self_exec, NULL));
	EXPECT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(1, regions(getpid(), NULL, NULL));

	/* A child that shares the memory has another slot of the same region, and leaves it. */
	for (int i = 0; i < 300; i++)
		ASSERT_EQ(0, in_same_memory(call_once));
	EXPECT_EQ(1, regions(getpid(), NULL, NULL));
	/* It may go through exec as well. */
	pid = vfork();
	if (!pid) {
		call_once(NULL);
		execl("/proc/self/exe", "ea_region_test", "--exec-child", NULL);
		_exit(98);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, openat2_with(0, NULL));
}

static long clone3_with(__u64 flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };

	return syscall(__NR_clone3, &args, sizeof(args));
}

TEST(clone3_children)
{
	int status;
	long pid;

	ASSERT_EQ(0, confine());
	EXPECT_EQ(-1, clone3_with(CLONE_NEWUSER));
	EXPECT_EQ(EPERM, errno);
	for (int i = 0; i < 10; i++) {
		pid = clone3_with(0);
		if (!pid)
			_exit(look_at_slot(NULL));
		ASSERT_LT(0, pid);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ(-1, clone3_with(CLONE_NEWUSER));
}

/*
 * Calls, each with a struct that it takes, and with many that it does not: the result, the errno
 * and the struct afterwards must be what they are without a filter.
 */
struct call {
	const char *name;
	int nr, pointer, size_argument, size_offset;
	size_t smallest, known;
	long args[6];
	__u64 words[4];
	bool fork;
};

static __u64 result_buffer[64];
#define R ((long)result_buffer)

static const struct call calls[] = {
	{ "clone3", __NR_clone3, 0, 1, -1, 64, 88, {}, { 0, 0, 0, 0 }, true },
	{ "openat2", __NR_openat2, 2, 3, -1, 24, 24, { AT_FDCWD, (long)"/" }, {}, false },
	{ "mount_setattr", __NR_mount_setattr, 3, 4, -1, 32, 32,
	  { AT_FDCWD, (long)"/" }, {}, false },
	{ "open_tree_attr", __NR_open_tree_attr, 3, 4, -1, 32, 32,
	  { AT_FDCWD, (long)"/" }, {}, false },
	{ "file_setattr", __NR_file_setattr, 2, 3, -1, 24, 24,
	  { AT_FDCWD, (long)"/tmp" }, {}, false },
	{ "setxattrat", __NR_setxattrat, 4, 5, -1, 16, 16,
	  { AT_FDCWD, (long)"/tmp", 0, (long)"user.test" }, {}, false },
	{ "getxattrat", __NR_getxattrat, 4, 5, -1, 16, 16,
	  { AT_FDCWD, (long)"/tmp", 0, (long)"user.test" }, {}, false },
	{ "landlock_create_ruleset", __NR_landlock_create_ruleset, 0, 1, -1, 8, 48,
	  {}, { 1 }, false },
	{ "landlock_create_ruleset(flags)", __NR_landlock_create_ruleset, 0, 1, -1, 8, 48,
	  { 0, 0, 1 }, { 1 }, false },
	{ "statmount", __NR_statmount, 0, -1, 0, 24, 32, { 0, R, sizeof(result_buffer), 0 },
	  { 32, 0, 0, 0 }, false },
	{ "listmount", __NR_listmount, 0, -1, 0, 24, 32, { 0, R, 4, 0 },
	  { 32, 0xffffffffffffffffULL, 0, 0 }, false },
	{ "listns", __NR_listns, 0, -1, 0, 32, 32, { 0, R, 4, 0 }, { 32, 0, 0, 0 }, false },
	{ "sched_setattr", __NR_sched_setattr, 1, -1, 0, 48, 56, {}, { 56, 0, 0, 0 }, false },
	{ "sched_setattr(flags)", __NR_sched_setattr, 1, -1, 0, 48, 56, { 0, 0, 1 },
	  { 56, 0, 0, 0 }, false },
	{ "perf_event_open", __NR_perf_event_open, 0, -1, 4, 64, 144, { 0, 0, -1, -1, 0 },
	  { 1 | 144ULL << 32, 0, 0, 0 }, false },
};

struct outcome {
	long value;
	int error;
	__u32 field;
};

enum { PLAIN, LAST_BYTE, BAD_TAIL, FIRST_PAGE_ONLY, NONE, AT_END, ZERO_PAGE, KERNEL, PLACES };

static char *area;

static struct outcome try(const struct call *call, int place, long size)
{
	/* Two pages that can be read, and one that cannot. */
	char *at = area + 4096 - 512;
	struct outcome outcome = {};
	long args[6];

	memset(area, 0, 8192);
	if (place == AT_END)
		at = area + 8192 - call->known;
	if (place == FIRST_PAGE_ONLY)
		/* All but the last bytes. */
		at = area + 8192 - call->known + 8;
	for (int i = 0; i < 4 && at + 8 * i + 8 <= area + 8192 && 8 * i < call->known; i++)
		memcpy(at + 8 * i, &call->words[i], 8);
	if (place == BAD_TAIL)
		at[call->known + 3] = 1;
	if (place == LAST_BYTE)
		/* Of the largest size that there is. */
		at[4095] = 1;
	if (call->size_offset >= 0) {
		__u32 field = size;

		memcpy(at + call->size_offset, &field, 4);
	}
	memcpy(args, call->args, sizeof(args));
	args[call->pointer] = (long)at;
	if (place == NONE)
		args[call->pointer] = (long)area + 8192;
	if (place == ZERO_PAGE)
		args[call->pointer] = 0;
	if (place == KERNEL)
		args[call->pointer] = ~4095L;
	if (call->size_argument >= 0)
		args[call->size_argument] = size;
	errno = 0;
	outcome.value = syscall(call->nr, args[0], args[1], args[2], args[3], args[4], args[5]);
	outcome.error = errno;
	if (call->fork) {
		if (!outcome.value)
			_exit(0);
		if (outcome.value > 0)
			waitpid(outcome.value, NULL, __WALL);
	}
	if (outcome.value > 0) {
		close(outcome.value);
		outcome.value = 1;
	}
	if (call->size_offset >= 0)
		memcpy(&outcome.field, at + call->size_offset, 4);
	return outcome;
}

#define SIZES 14

static long size_of_try(const struct call *call, int i)
{
	const long sizes[SIZES] = {
		call->known, call->smallest, call->smallest - 1, call->smallest + 1, 0, 1, 4,
		call->known - 1, call->known + 1, call->known + 8, 4096, 4097, 1L << 31, -1,
	};

	return sizes[i];
}

static struct outcome plain[LENGTH(calls)][PLACES][SIZES];

TEST(fails_as_without_a_filter)
{
	int done = 0;

	area = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)area);
	ASSERT_EQ(0, mprotect(area + 8192, 4096, PROT_NONE));
	for (int pass = 0; pass < 2; pass++) {
		for (int c = 0; c < LENGTH(calls); c++) {
			for (int p = 0; p < PLACES; p++) {
				for (int s = 0; s < SIZES; s++) {
					struct outcome o, *before = &plain[c][p][s];

					o = try(&calls[c], p, size_of_try(&calls[c], s));
					if (!pass) {
						*before = o;
						continue;
					}
					done++;
					EXPECT_EQ(0, memcmp(&o, before, sizeof(o))) {
						TH_LOG("%s, %d, %ld: %ld %d %u, not %ld %d %u",
						       calls[c].name, p,
						       size_of_try(&calls[c], s), o.value,
						       o.error, o.field, before->value,
						       before->error, before->field);
					}
				}
			}
		}
		if (!pass) {
			for (int c = 0; c < LENGTH(calls); c++)
				TH_LOG("%s: %ld %d", calls[c].name, plain[c][PLAIN][0].value,
				       plain[c][PLAIN][0].error);
			ASSERT_EQ(0, confine());
		}
	}
	TH_LOG("%d compared", done);
}

/* The kernel tells what it knows in the caller's struct, though it reads another. */
TEST(known_size_is_written_back)
{
	struct { __u32 size, policy; __u64 rest[15]; } sched = { .size = 40 };
	struct perf_event_attr perf = { .type = 1, .size = 8 };

	ASSERT_EQ(0, confine());
	EXPECT_EQ(-1, syscall(__NR_sched_setattr, 0, &sched, 0));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(56, sched.size);
	EXPECT_EQ(0, syscall(__NR_sched_setattr, 0, &sched, 0));
	sched.size = 128;
	EXPECT_EQ(0, syscall(__NR_sched_setattr, 0, &sched, 0));
	EXPECT_EQ(128, sched.size);
	sched.rest[10] = 1;
	EXPECT_EQ(-1, syscall(__NR_sched_setattr, 0, &sched, 0));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(56, sched.size);
	EXPECT_EQ(-1, syscall(__NR_perf_event_open, &perf, 0, -1, -1, 0));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(144, perf.size);
}

#ifdef __x86_64__
static long int80(long nr, long a, long b, long c, long d)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
		     : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

/* A 64-bit process makes 32-bit calls, which cannot reach its first region. */
TEST(ia32_calls_of_a_64_bit_process)
{
	char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct open_how *how = (void *)(low + 4096);
	long fd;

	ASSERT_NE(MAP_FAILED, (void *)low);
	memcpy(low, "/", 2);
	ASSERT_EQ(0, confine());
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(0, openat2_with(0, NULL));
		*how = (struct open_how) { .flags = O_RDONLY | O_CLOEXEC };
		/* The upper halves do not count. */
		fd = int80(437, AT_FDCWD, (long)low, (long)how | 1L << 40,
			   sizeof(*how) | 1L << 40);
		EXPECT_LE(0, fd);
		close(fd);
		how->resolve = RESOLVE_BENEATH;
		EXPECT_EQ(-EPERM, int80(437, AT_FDCWD, (long)low, (long)how, sizeof(*how)));
		EXPECT_EQ(-EPERM, openat2_with(RESOLVE_BENEATH, NULL));
	}
	EXPECT_EQ(2, regions(getpid(), NULL, NULL));
}
#endif

TEST_HARNESS_MAIN
