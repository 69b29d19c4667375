// SPDX-License-Identifier: GPL-2.0
/*
 * The region with the copies of extensible arguments: nobody but the kernel can write to it, move
 * it or take it away, and calls without one fail.
 */

#include "ea_region.h"

#include "harness.h"

TEST(allowed_and_denied)
{
	ASSERT_EQ(0, confine());
	EXPECT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(0, openat2_with(RESOLVE_NO_MAGICLINKS, NULL));
	EXPECT_EQ(-EPERM, openat2_with(RESOLVE_BENEATH, NULL));
	EXPECT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(1, regions(getpid(), NULL, NULL));
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

	/* No system call writes there. */
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
	/* Its pages cannot be spliced. */
	ASSERT_EQ(0, pipe(pipes));
	EXPECT_EQ(-1, vmsplice(pipes[1], &remote, 1, 0));
	close(pipes[0]);
	close(pipes[1]);
	/* The file behind the mapping cannot be opened. */
	snprintf(path, sizeof(path), "/proc/self/map_files/%lx-%lx", start, start + len);
	EXPECT_EQ(-1, open(path, O_RDONLY));

	ASSERT_EQ(1, regions(getpid(), &start, &end));
	EXPECT_EQ(region_start, start);
	EXPECT_EQ(region_end, end);
	EXPECT_EQ(0, openat2_with(0, NULL));
	EXPECT_EQ(0, in_child(look_at_slot, NULL));
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
	/* Everything else works. */
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

/* A process that locks all its memory, with a limit below or above the size of a region. */
static int locked_to_the_limit(const void *arg)
{
	struct rlimit limit = { 64 << 10, 64 << 20 };

	if (setrlimit(RLIMIT_MEMLOCK, &limit) || setresuid(65534, 65534, 65534) || confine() ||
	    mlockall(MCL_FUTURE))
		return 1;
	if (openat2_with(0, NULL) != -EAGAIN || openat2_with(RESOLVE_BENEATH, NULL) != -EAGAIN)
		return 2;
	/* Everything else works. */
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

#ifdef __x86_64__
static long int80(long nr, long a, long b, long c, long d)
{
	long ret;

	asm volatile("int $0x80" : "=a"(ret) : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d)
		     : "r8", "r9", "r10", "r11", "memory");
	return ret;
}

/* 32-bit calls of a 64-bit process need another region, as they cannot reach the first one. */
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
		/* The upper halves of registers are ignored. */
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
