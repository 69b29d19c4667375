// SPDX-License-Identifier: GPL-2.0
/*
 * What a filter sees of a call: numbers out of range, numbers of other ABIs, arguments. Part of
 * engine_test; must pass on the built-in engine as well.
 */

#include "engine_child.h"

#include "harness.h"

/* Numbers beyond the end of any system call table. */
TEST(numbers_out_of_range)
{
	static const long numbers[] = {
		-1, -101, INT32_MIN, 473, 511, 512, 513, 1 << 16,
#ifndef __arm__ /* some are private calls there, and the rest raises SIGILL */
		0x3fffffff, 0x12345678, INT32_MAX,
#endif
	};
	struct sock_filter allow[] = { RET(SECCOMP_RET_ALLOW) };

	no_new_privs();
	ASSERT_EQ(0, INSTALL(allow, 0));
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		errno = 0;
		EXPECT_EQ(-1, syscall(numbers[i], 0, 0, 0, 0, 0, 0));
		EXPECT_EQ(ENOSYS, errno) {
			TH_LOG("number %ld", numbers[i]);
		}
	}
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		if (numbers[i] == -1)
			continue; /* the entry code takes it for "skip this call" */
		ASSERT_EQ(0, install_for(numbers[i], SECCOMP_RET_ERRNO | (i + 1), 0));
		EXPECT_EQ(-1, syscall(numbers[i], 0, 0, 0, 0, 0, 0));
		EXPECT_EQ((int)i + 1, errno) {
			TH_LOG("number %ld", numbers[i]);
		}
	}
}

#ifdef __x86_64__
/* x32 numbers carry bit 30, and are x86_64 to the filter. */
TEST(x32)
{
	struct sock_filter insns[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		RET(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
		RET_IF_EQ(__NR_getppid | 0x40000000, SECCOMP_RET_ERRNO | 32),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_ERRNO | 64),
		RET(SECCOMP_RET_ALLOW),
	};

	no_new_privs();
	ASSERT_EQ(0, INSTALL(insns, 0));
	EXPECT_EQ(-1, syscall(__NR_getppid));
	EXPECT_EQ(64, errno);
	EXPECT_EQ(-1, syscall(__NR_getppid | 0x40000000));
	EXPECT_EQ(32, errno);
}

static volatile long vsyscall_seen;

/* The vsyscall page is missing with vsyscall=none, Debian's default. */
TEST(vsyscall)
{
	long (*vtime)(long *) = (void *)0xffffffffff600400;
	FILE *maps = fopen("/proc/self/maps", "r");
	bool present = false;
	char line[256];

	while (maps && fgets(line, sizeof(line), maps))
		present |= !!strstr(line, "[vsyscall]");
	if (!present)
		SKIP(return, "no vsyscall page (vsyscall=none)");
	no_new_privs();
	ASSERT_EQ(0, install_for(__NR_time, SECCOMP_RET_ERRNO | 5, 0));
	vsyscall_seen = vtime(NULL);
	EXPECT_EQ(-5, vsyscall_seen);
}
#endif

#if defined(__x86_64__)
/* Commit cf6cb56ef244: filters do not see the calls of the kernel's own uprobe trampolines. */
static void call_as_a_trampoline(void *nr)
{
	no_new_privs();
	if (install_for((long)nr, SECCOMP_RET_KILL_PROCESS, 0))
		_exit(77);
	/* Fails, or gets SIGILL, as this is no trampoline. */
	syscall((long)nr);
}

TEST(uprobe_trampolines_are_exempt)
{
	for (long nr = 335; nr <= 336; nr++) {
		int status = status_of_child(call_as_a_trampoline, (void *)nr);

		EXPECT_FALSE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
			TH_LOG("%ld: status %#x", nr, status);
		}
		EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 77);
	}
}

static long int80(long nr)
{
	long result;

	asm volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(0), "c"(0), "d"(0) : "memory");
	return result;
}

/* CVE-2009-0835: the ABI of a call decides what its number means. */
TEST(numbers_belong_to_their_abi)
{
	struct sock_filter insns[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 4, 0),
		/* In the 64-bit ABI 110 is getppid(), in the 32-bit one iopl(). */
		LOAD(nr),
		RET_IF_EQ(110, SECCOMP_RET_ERRNO | 21),
		RET(SECCOMP_RET_ALLOW),
		/* In the 32-bit ABI 64 is getppid(), in the 64-bit one semget(). */
		LOAD(nr),
		RET_IF_EQ(64, SECCOMP_RET_ERRNO | 22),
		RET(SECCOMP_RET_ALLOW),
	};

	ASSERT_EQ(0, no_new_privs());
	if (int80(20) != getpid())
		SKIP(return, "no 32-bit system calls here");
	ASSERT_EQ(0, INSTALL(insns, 0));
	EXPECT_EQ(-1, syscall(110));
	EXPECT_EQ(21, errno);
	EXPECT_EQ(-22, int80(64));
	EXPECT_EQ(-1, syscall(64, 77, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_NE(-21, int80(110));
	EXPECT_EQ(getpid(), int80(20));
}
#endif

/* A filter finds each argument of the call in its words of seccomp_data. */
TEST(every_argument_word)
{
	/* The upper halves of a 32-bit caller's arguments are zero. */
	static const unsigned long long all[6] = {
		0x1111111122222222, 0x3333333344444444, 0x5555555566666666,
		0x7777777788888888, 0x99999999aaaaaaaa, 0xbbbbbbbbcccccccc,
	};
	struct sock_filter insns[64];
	unsigned long args[6];
	size_t n = 0;

	for (int i = 0; i < 6; i++)
		args[i] = all[i];
	insns[n++] = (struct sock_filter)LOAD(nr);
	insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x4567, 1, 0);
	insns[n++] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	insns[n++] = (struct sock_filter)LOAD(arch);
	insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH_NATIVE, 1, 0);
	insns[n++] = (struct sock_filter)RET(SECCOMP_RET_ERRNO | 90);
	for (int i = 0; i < 12; i++) {
		__u32 half = (unsigned long long)args[i / 2] >> (i % 2 * 32);

		insns[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			offsetof(struct seccomp_data, args) + 4 * i);
		insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, half, 1, 0);
		insns[n++] = (struct sock_filter)RET(SECCOMP_RET_ERRNO | (i + 1));
	}
	insns[n++] = (struct sock_filter)RET(SECCOMP_RET_ERRNO | 99);
	no_new_privs();
	ASSERT_EQ(0, install(insns, n, 0));
	EXPECT_EQ(-1, syscall(0x4567, args[0], args[1], args[2], args[3], args[4], args[5]));
	EXPECT_EQ(99, errno);
	for (int i = 0; i < 12; i++) {
		unsigned long a[6];

		if (i % 2 && sizeof(long) == 4)
			continue;
		memcpy(a, args, sizeof(a));
		a[i / 2] ^= 1UL << (i % 2 * 32 + 7) % (8 * sizeof(long));
		EXPECT_EQ(-1, syscall(0x4567, a[0], a[1], a[2], a[3], a[4], a[5]));
		EXPECT_EQ(i + 1, errno);
	}
}
