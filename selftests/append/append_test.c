// SPDX-License-Identifier: GPL-2.0
/*
 * SECCOMP_APPEND_FILTER and what can be asked of it, all but extensible arguments (ea_*_test.c).
 */

#include "append.h"

#include <elf.h>
#include <linux/ptrace.h>

#include "harness.h"

static struct sock_filter allow[] = { RET(SECCOMP_RET_ALLOW) };

FIXTURE(append) {};

FIXTURE_SETUP(append)
{
	ASSERT_EQ(0, no_new_privs());
}

FIXTURE_TEARDOWN(append)
{
}

TEST_F(append, features)
{
	struct {
		struct seccomp_features features;
		__u64 more[600];
	} got;
	const unsigned int size = sizeof(got.features);

	memset(&got, 0xff, sizeof(got));
	ASSERT_EQ(0, seccomp(SECCOMP_GET_FEATURES, size, &got));
	EXPECT_EQ(0x7f, got.features.operations);
	EXPECT_EQ(8, got.features.actions);
	EXPECT_EQ(4096, got.features.extensible_arg_max);
	EXPECT_EQ(0x3f, got.features.filter_flags);
	EXPECT_EQ(0xf0000003fULL, got.features.append_flags);
	EXPECT_EQ(0xd, got.features.data_features & ~SECCOMP_DATA_FEATURE_PKEY);
	EXPECT_EQ(~0ULL, got.more[0]);

	/* What the kernel does not know is zeroed. */
	memset(&got, 0xff, sizeof(got));
	ASSERT_EQ(0, seccomp(SECCOMP_GET_FEATURES, size + 16, &got));
	EXPECT_EQ(0x7f, got.features.operations);
	EXPECT_EQ(0, got.more[0]);
	EXPECT_EQ(0, got.more[1]);
	EXPECT_EQ(~0ULL, got.more[2]);
	EXPECT_EQ(0, seccomp(SECCOMP_GET_FEATURES, 4096, &got));
	EXPECT_EQ(0, got.more[506]);

	EXPECT_EQ(-1, seccomp(SECCOMP_GET_FEATURES, 0, &got));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_GET_FEATURES, size - 1, &got));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_GET_FEATURES, 4097, &got));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_GET_FEATURES, size, NULL));
	EXPECT_EQ(EFAULT, errno);
	/* Asking has no effect. */
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
}

TEST_F(append, size_of_the_struct)
{
	const unsigned int size = sizeof(struct seccomp_append_filter);
	struct sock_fprog prog = FPROG(allow);
	struct {
		struct seccomp_append_filter append;
		__u8 tail[4200];
	} args = { .append.filter = (uintptr_t)&prog };
	static const unsigned int small[] = { 0, 1, 8, 23 };
	static const unsigned int fine[] = { 24, 25, 32, 4095, 4096 };

	for (size_t i = 0; i < LENGTH(small); i++) {
		EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, small[i], &args));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, 4097, &args));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, size, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
	for (size_t i = 0; i < LENGTH(fine); i++)
		EXPECT_EQ(0, seccomp(SECCOMP_APPEND_FILTER, fine[i], &args));
	EXPECT_EQ(LENGTH(fine), proc_status(getpid(), "Seccomp_filters"));

	args.tail[7] = 1;
	EXPECT_EQ(0, seccomp(SECCOMP_APPEND_FILTER, size + 7, &args));
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, size + 8, &args));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, 4096, &args));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(LENGTH(fine) + 1, proc_status(getpid(), "Seccomp_filters"));
}

/* All combinations of the flags that go without a listener, and each unknown one. */
TEST_F(append, flags)
{
	static const __u64 known[] = {
		SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_TSYNC_ESRCH, WANT_NR_HIGH, WANT_ARCH, USE_EA, TAIL_VISIBLE,
	};
	unsigned int installed = 0;

	for (unsigned int set = 0; set < 1 << LENGTH(known); set++) {
		__u64 flags = 0;
		bool fine;

		for (size_t i = 0; i < LENGTH(known); i++)
			flags |= set >> i & 1 ? known[i] : 0;
		fine = !(flags & TAIL_VISIBLE) || flags & USE_EA;
		errno = 0;
		EXPECT_EQ(fine ? 0 : -1, APPEND(allow, flags, 0));
		EXPECT_EQ(fine ? 0 : EINVAL, errno);
		installed += fine;
		/* A size needs the flag. */
		EXPECT_EQ(flags & USE_EA ? 0 : -1, APPEND(allow, flags, 24));
		installed += !!(flags & USE_EA);
	}
	EXPECT_EQ(installed, proc_status(getpid(), "Seccomp_filters"));
	for (int bit = 0; bit < 64; bit++) {
		if (0xf0000003fULL >> bit & 1)
			continue;
		EXPECT_EQ(-1, APPEND(allow, 1ULL << bit, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, APPEND(allow, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, APPEND(allow, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER,
			     0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, APPEND(allow, USE_EA, 4096));
	EXPECT_EQ(-1, APPEND(allow, USE_EA, 4097));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, APPEND(allow, USE_EA, 1ULL << 32));
	EXPECT_EQ(E2BIG, errno);
}

/* A filter understands whole words, as it loads no less. */
TEST_F(append, part_of_a_word)
{
	static const __u64 odd[] = { 1, 2, 3, 5, 22, 90, 4093, 4094, 4095 };

	for (size_t i = 0; i < LENGTH(odd); i++) {
		EXPECT_EQ(-1, APPEND(allow, USE_EA, odd[i]));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, APPEND(allow, USE_EA | TAIL_VISIBLE, odd[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
}

TEST_F(append, bad_filters)
{
	struct sock_fprog prog = FPROG(allow);
	struct seccomp_append_filter args = {};
	struct sock_filter no_return[] = { LOAD(nr) };
	struct sock_filter bad_code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), RET(SECCOMP_RET_ALLOW)
	};
	struct sock_filter unset_cell[] = {
		BPF_STMT(BPF_LD | BPF_MEM, 3), RET(SECCOMP_RET_ALLOW)
	};
	struct sock_filter far_jump[] = {
		BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), RET(SECCOMP_RET_ALLOW)
	};
	static struct sock_filter longest[4097];

	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, sizeof(args), &args));
	EXPECT_EQ(EFAULT, errno);
	args.filter = (uintptr_t)&prog;
	prog.filter = NULL;
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, sizeof(args), &args));
	EXPECT_EQ(EFAULT, errno);
	prog.len = 0;
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, sizeof(args), &args));
	EXPECT_EQ(EINVAL, errno);
#define REFUSED(insns) do { \
		EXPECT_EQ(-1, APPEND(insns, 0, 0)); \
		EXPECT_EQ(EINVAL, errno); \
	} while (0)
	REFUSED(no_return);
	REFUSED(bad_code);
	REFUSED(unset_cell);
	REFUSED(far_jump);
	for (size_t i = 0; i < LENGTH(longest); i++)
		longest[i] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	REFUSED(longest);
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
	EXPECT_EQ(0, append(longest, 4096, 0, 0));
}

static int appends_unprivileged(const void *arg)
{
	if (setuid(65534))
		return 255;
	errno = 0;
	return APPEND(allow, 0, 0) ? errno : 0;
}

/* Without memory for compiled code it is ENOMEM, not what machines answer that do not compile. */
TEST_F(append, no_memory_for_code)
{
	static const char limit[] = "/proc/sys/net/core/bpf_jit_limit";
	char old[32] = "";
	int fd = open(limit, O_RDONLY), error;

	if (fd < 0 || read(fd, old, sizeof(old) - 1) <= 0)
		SKIP(return, "no limit for compiled code");
	close(fd);
	ASSERT_EQ(0, in_child(appends_unprivileged, NULL));
	ASSERT_EQ(0, write_file(limit, "1"));
	error = in_child(appends_unprivileged, NULL);
	EXPECT_EQ(0, write_file(limit, old));
	EXPECT_EQ(ENOMEM, error);
	EXPECT_EQ(0, in_child(appends_unprivileged, NULL));
}

/* The last offset that is tried: there is nothing behind the largest argument. */
#define LAST_OFFSET (OFFSET(extensible_arg) + SECCOMP_EXTENSIBLE_ARG_MAX + 8)
/* So many offsets a process, as each that is admitted is a filter more. */
#define OFFSETS 128

struct offsets {
	__u32 first;
	/* What the filter says it understands; -1 if it does not look at arguments. */
	int understood;
	/* Of those that are admitted, and no others, one in so many; and which. */
	__u32 step, which;
};

static int try_offsets(const void *arg)
{
	const struct offsets *test = arg;
	const bool uses = test->understood >= 0;
	const __u64 size = uses ? test->understood : 0;
	const __u32 argument = OFFSET(extensible_arg);

	for (__u32 at = test->first; at < test->first + OFFSETS && at <= LAST_OFFSET; at++) {
		struct sock_filter insns[] = { LOAD_AT(at), RET(SECCOMP_RET_ALLOW) };
		bool fine = at % 4 == 0 && at + 4 <= argument + size;

		/* Others would be as good, and are many. */
		if (at % 4 && at > 160 && (at < argument - 36 || at > argument + 24))
			continue;
		if (fine && at > argument + 24 && at % 64)
			continue;
		if (fine && at > 160 && at / 4 % test->step != test->which)
			continue;
		errno = 0;
		if (APPEND(insns, uses ? USE_EA : 0, size) != (fine ? 0 : -1) ||
		    errno != (fine ? 0 : EINVAL)) {
			printf("# offset %u of %d: %d\n", at, test->understood, errno);
			return 1;
		}
		/* Other filters are as they were. */
		errno = 0;
		fine = at % 4 == 0 && at < sizeof(struct seccomp_data);
		if (at < 200 && (INSTALL(insns, 0) != (fine ? 0 : -1) ||
				 errno != (fine ? 0 : EINVAL)))
			return 2;
	}
	return 0;
}

/* A load is admitted at every multiple of four that the filter says it understands. */
TEST_F(append, every_offset)
{
	static const int understood[] = { -1, 0, 4, 24, 88, SECCOMP_EXTENSIBLE_ARG_MAX };
	/* A kernel that looks for bugs takes long for each. */
	struct offsets test = { .step = slowness() };

	for (size_t i = 0; i < LENGTH(understood); i++) {
		test.understood = understood[i];
		test.which = i % test.step;
		for (test.first = 0; test.first <= LAST_OFFSET; test.first += OFFSETS)
			EXPECT_EQ(0, in_child(try_offsets, &test));
	}
}

/* Calls with three others tell 12 bits each of the word that a filter sees at an offset. */
static const int tellers[] = { __NR_getppid, __NR_getpgid, __NR_getsid };

static int tell_word(__u32 offset, __u64 flags, __u64 ea_size)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, tellers[0], 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, tellers[1], 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, tellers[2], 6, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD_AT(offset),
		BPF_JUMP(BPF_JMP | BPF_JA, 5, 0, 0),
		LOAD_AT(offset),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 12),
		BPF_JUMP(BPF_JMP | BPF_JA, 2, 0, 0),
		LOAD_AT(offset),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 24),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfff),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};

	return APPEND(insns, flags, ea_size);
}

/* A system call by number, with all of the register under the caller's control. */
static long raw_syscall(unsigned long nr, long a, long b)
{
#if defined(__x86_64__)
	register unsigned long rax asm("rax") = nr;

	asm volatile("syscall" : "+r"(rax) : "D"(a), "S"(b) : "rcx", "r11", "memory");
	return rax;
#elif defined(__aarch64__)
	register unsigned long x8 asm("x8") = nr;
	register long x0 asm("x0") = a;
	register long x1 asm("x1") = b;

	asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	return x0;
#else
	long ret = syscall(nr, a, b);

	return ret < 0 ? -errno : ret;
#endif
}

static __u32 told(unsigned long nr_high)
{
	__u32 word = 0;

	for (int i = 2; i >= 0; i--)
		word = word << 12 | -raw_syscall(nr_high | tellers[i], 0x1111, 0x2222);
	return word;
}

struct sight {
	__u64 flags, ea_size;
	__u32 offset, expected;
	unsigned long nr_high;
};

static int sees(const void *arg)
{
	const struct sight *sight = arg;
	__u32 word;

	if (tell_word(sight->offset, sight->flags, sight->ea_size))
		return 2;
	word = told(sight->nr_high);
	if (word == sight->expected)
		return 0;
	printf("# offset %u, flags %llx: %x, not %x\n", sight->offset,
	       (unsigned long long)sight->flags, word, sight->expected);
	return 1;
}

#define SEES(offset_, flags_, ea_size_, expected_) \
	EXPECT_EQ(0, in_child(sees, &(struct sight) { \
		.offset = (offset_), .flags = (flags_), .ea_size = (ea_size_), \
		.expected = (expected_) }))

TEST_F(append, constant_fields)
{
	static const __u64 sizes[] = { 0, 24, 4096 };

	SEES(4, 0, 0, ARCH_NATIVE);
	SEES(16, 0, 0, 0x1111);
	SEES(24, 0, 0, 0x2222);
	SEES(OFFSET(size), 0, 0, 1136);
	SEES(OFFSET(size) + 4, 0, 0, 0);
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		SEES(OFFSET(size), USE_EA, sizes[i], 1136 + sizes[i]);
		SEES(OFFSET(size), USE_EA | TAIL_VISIBLE, sizes[i], 1136 + sizes[i]);
		/* These calls have no extensible argument. */
		SEES(OFFSET(features), USE_EA, sizes[i], 0);
		SEES(OFFSET(features), USE_EA | TAIL_VISIBLE, sizes[i], 0);
		SEES(OFFSET(extensible_arg_size), USE_EA, sizes[i], 0);
		SEES(OFFSET(extensible_arg_size) + 4, USE_EA, sizes[i], 0);
	}
	SEES(OFFSET(features), 0, 0, 0);
	SEES(OFFSET(features), WANT_NR_HIGH, 0, SECCOMP_DATA_FEATURE_NR_HIGH);
	SEES(OFFSET(features) + 4, WANT_NR_HIGH | WANT_ARCH, 0, 0);
	SEES(OFFSET(extensible_arg_size), 0, 0, 0);
	SEES(OFFSET(extensible_arg), USE_EA, 24, 0);
	SEES(OFFSET(extensible_arg) + 20, USE_EA, 24, 0);
	for (__u32 at = OFFSET(arch_reserved) + 4; at < OFFSET(extensible_arg_size);
	     at += at < 120 || at > 1116 ? 4 : 100)
		SEES(at, WANT_NR_HIGH | WANT_ARCH | USE_EA, 0, 0);
}

TEST_F(append, length)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1136 + 88, 1, 0),
		RET(SECCOMP_RET_KILL_PROCESS),
		RET(SECCOMP_RET_ALLOW),
	};

	ASSERT_EQ(0, APPEND(insns, USE_EA, 88));
	EXPECT_LT(0, syscall(__NR_getppid));
}

static int fills_the_path(const void *arg)
{
	static struct sock_filter insns[BPF_MAXINSNS];
	struct sock_filter load = LOAD(nr), pair[] = { RET_IF_EQ(0, SECCOMP_RET_ERRNO) };
	size_t n = 0;
	int count = 0;

	/* Comparisons that stay, each with a number of its own. */
	insns[n++] = load;
	while (n + 2 < BPF_MAXINSNS) {
		pair[0].k = 100000 + n;
		memcpy(insns + n, pair, sizeof(pair));
		n += 2;
	}
	insns[n++] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	while (count < 16 && !append(insns, n, 0, 0))
		count++;
	return errno == ENOMEM ? count : 100;
}

/* What is compiled counts, which is somewhat longer. */
TEST_F(append, path_limit)
{
	int count = in_child(fills_the_path, NULL);

	EXPECT_LE(4, count);
	EXPECT_GE(8, count);
}

TEST_F(append, nr_high)
{
#if __SIZEOF_LONG__ == 8
	static const __u32 halves[] = { 0, 1, 0x80000000, 0xffffffff, 0x12345678 };

	for (size_t i = 0; i < LENGTH(halves); i++) {
		struct sight sight = {
			.offset = OFFSET(nr_high),
			.nr_high = (unsigned long)halves[i] << 32,
		};

		EXPECT_EQ(0, in_child(sees, &sight));
		sight.flags = WANT_NR_HIGH;
		sight.expected = halves[i];
		EXPECT_EQ(0, in_child(sees, &sight));
	}
#else
	SEES(OFFSET(nr_high), WANT_NR_HIGH, 0, 0);
	SEES(OFFSET(features), WANT_NR_HIGH, 0, SECCOMP_DATA_FEATURE_NR_HIGH);
#endif
}

static int sees_pkey(const void *arg)
{
#ifdef HAS_PKRU
	__u32 pkru, high;

	asm volatile("rdpkru" : "=a"(pkru), "=d"(high) : "c"(0));
	pkru ^= 0xc0000; /* key 9 */
	asm volatile("wrpkru" : : "a"(pkru), "d"(0), "c"(0));
	return sees(&(struct sight) {
		.offset = OFFSET(arch_reserved), .flags = WANT_ARCH, .expected = pkru,
	});
#else
	return 3;
#endif
}

TEST_F(append, protection_keys)
{
	struct seccomp_features features;

	SEES(OFFSET(arch_reserved), 0, 0, 0);
	ASSERT_EQ(0, seccomp(SECCOMP_GET_FEATURES, sizeof(features), &features));
	if (features.data_features & SECCOMP_DATA_FEATURE_PKEY) {
		SEES(OFFSET(features), WANT_ARCH, 0, SECCOMP_DATA_FEATURE_PKEY);
		EXPECT_EQ(0, in_child(sees_pkey, NULL));
	} else {
		SEES(OFFSET(features), WANT_ARCH, 0, 0);
		SEES(OFFSET(arch_reserved), WANT_ARCH, 0, 0);
	}
}

/* The number of calls that no table has, and what the whole program sees of them. */
TEST_F(append, out_of_the_tables)
{
	struct sock_filter insns[] = {
		LOAD_AT(OFFSET(size)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1160, 1, 0),
		RET(SECCOMP_RET_KILL_PROCESS),
		LOAD_AT(OFFSET(features)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SECCOMP_DATA_FEATURE_NR_HIGH, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD(nr),
		RET_IF_EQ(9999, SECCOMP_RET_ERRNO | 111),
		RET_IF_EQ(0xffffff9b, SECCOMP_RET_ERRNO | 112),
		LOAD_AT(OFFSET(nr_high)),
		RET_IF_EQ(0x5555, SECCOMP_RET_ERRNO | 113),
		LOAD_ARG_LO(0),
		RET_IF_EQ(0x77, SECCOMP_RET_ERRNO | 114),
		RET(SECCOMP_RET_ALLOW),
	};

	ASSERT_EQ(0, APPEND(insns, WANT_NR_HIGH | USE_EA | TAIL_VISIBLE, 24));
	EXPECT_EQ(-111, raw_syscall(9999, 0, 0));
	EXPECT_EQ(-112, raw_syscall((__u32)-101, 0, 0));
	EXPECT_EQ(-114, raw_syscall(9998, 0x77, 0));
	EXPECT_EQ(-ENOSYS, raw_syscall(9998, 0x78, 0));
#if __SIZEOF_LONG__ == 8
	EXPECT_EQ(-113, raw_syscall(0x555500000000 + 9998, 0, 0));
#endif
}

/* In a chain, each filter sees what it asked for, and the strongest action wins. */
TEST_F(append, mixed_chain)
{
	struct sock_filter lower[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getsid, 0, 3),
		LOAD_AT(OFFSET(size)),
		RET_IF_EQ(1136, SECCOMP_RET_ERRNO | 21),
		RET(SECCOMP_RET_ALLOW),
	};

	ASSERT_EQ(0, install_for(__NR_getpgid, SECCOMP_RET_ERRNO | 20, 0));
	ASSERT_EQ(0, APPEND(lower, 0, 0));
	ASSERT_EQ(0, APPEND(lower, USE_EA, 24));
	ASSERT_EQ(0, install_for(__NR_getppid, SECCOMP_RET_ERRNO | 22, 0));
	EXPECT_EQ(4, proc_status(getpid(), "Seccomp_filters"));
	EXPECT_EQ(-20, raw_syscall(__NR_getpgid, 0, 0));
	EXPECT_EQ(-21, raw_syscall(__NR_getsid, 0, 0));
	EXPECT_EQ(-22, raw_syscall(__NR_getppid, 0, 0));
}

static void *wait_for_filter(void *gate)
{
	pthread_barrier_wait(gate);
	pthread_barrier_wait(gate);
	return (void *)raw_syscall(__NR_getppid, 0, 0);
}

TEST_F(append, tsync)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_ERRNO | 33),
		RET(SECCOMP_RET_ALLOW),
	};
	pthread_barrier_t gate;
	pthread_t thread;
	void *result;

	pthread_barrier_init(&gate, NULL, 2);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_for_filter, &gate));
	pthread_barrier_wait(&gate);
	ASSERT_EQ(0, APPEND(insns, SECCOMP_FILTER_FLAG_TSYNC, 0));
	pthread_barrier_wait(&gate);
	pthread_join(thread, &result);
	EXPECT_EQ(-33, (long)result);
}

static int lacks_privilege(const void *arg)
{
	/* A child that has not got no_new_privs, which cannot be given back. */
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0))
		return 2;
	/* With CAP_SYS_ADMIN it may. */
	if (APPEND(allow, 0, 0))
		return 3;
	if (setresuid(65534, 65534, 65534))
		return 4;
	if (APPEND(allow, 0, 0) != -1 || errno != EACCES)
		return 5;
	no_new_privs();
	return APPEND(allow, 0, 0) ? 6 : 0;
}

TEST(privilege)
{
	if (getuid())
		SKIP(return, "must be root");
	EXPECT_EQ(0, in_child(lacks_privilege, NULL));
}

TEST_F(append, operations_of_old)
{
	struct seccomp_notif_sizes sizes = {};

	ASSERT_EQ(0, seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes));
	EXPECT_EQ(80, sizes.seccomp_notif);
	EXPECT_EQ(24, sizes.seccomp_notif_resp);
	EXPECT_EQ(64, sizes.seccomp_data);
	ASSERT_EQ(0, seccomp(SECCOMP_GET_NOTIF_SIZES, SECCOMP_GET_NOTIF_SIZES_APPEND, &sizes));
	EXPECT_EQ(120, sizes.seccomp_notif);
	EXPECT_EQ(24, sizes.seccomp_notif_resp);
	EXPECT_EQ(1136, sizes.seccomp_data);
	EXPECT_EQ(-1, seccomp(SECCOMP_GET_NOTIF_SIZES, 2, &sizes));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, seccomp(7, 0, &sizes));
	EXPECT_EQ(EINVAL, errno);
	/* The new flags are none of the old operation's. */
	EXPECT_EQ(-1, INSTALL(allow, 1 << 6));
	EXPECT_EQ(EINVAL, errno);
}

static const struct {
	__u32 nr, pointer_arg, size_arg, size_offset, size_min, size_known;
} calls[] = {
	{ 435, 0, 1, 0, 64, 88 }, /* clone3 */
	{ 437, 2, 3, 0, 24, 24 }, /* openat2 */
	{ 442, 3, 4, 0, 32, 32 }, /* mount_setattr */
	{ 467, 3, 4, 0, 32, 32 }, /* open_tree_attr */
	{ 469, 2, 3, 0, 24, 24 }, /* file_setattr */
	{ 463, 4, 5, 0, 16, 16 }, /* setxattrat */
	{ 464, 4, 5, 0, 16, 16 }, /* getxattrat */
	{ 444, 0, 1, 0, 8, 48 }, /* landlock_create_ruleset */
	{ 457, 0, SECCOMP_EA_SIZE_IN_STRUCT, 0, 24, 32 }, /* statmount */
	{ 458, 0, SECCOMP_EA_SIZE_IN_STRUCT, 0, 24, 32 }, /* listmount */
	{ 470, 0, SECCOMP_EA_SIZE_IN_STRUCT, 0, 32, 32 }, /* listns */
	{ __NR_sched_setattr, 1, SECCOMP_EA_SIZE_IN_STRUCT, 0, 48, 56 },
	{ __NR_perf_event_open, 0, SECCOMP_EA_SIZE_IN_STRUCT, 4, 64, 144 },
};

#ifdef HAS_PKRU
#define ARCH_FOREIGN AUDIT_ARCH_AARCH64
#else
#define ARCH_FOREIGN AUDIT_ARCH_X86_64
#endif

TEST_F(append, calls_with_extensible_arguments)
{
	unsigned int count = 0;

	for (__u32 nr = 0; nr < 600; nr++) {
		struct {
			struct seccomp_syscall_ea ea;
			__u64 tail;
		} args = { .ea = { .arch = ARCH_NATIVE, .nr = nr } };
		const unsigned int size = sizeof(args.ea);
		size_t i = 0;

		while (i < LENGTH(calls) && calls[i].nr != nr)
			i++;
		if (i == LENGTH(calls)) {
			EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size, &args));
			EXPECT_EQ(EOPNOTSUPP, errno);
			continue;
		}
		count++;
		ASSERT_EQ(0, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size, &args));
		EXPECT_EQ(ARCH_NATIVE, args.ea.arch);
		EXPECT_EQ(nr, args.ea.nr);
		EXPECT_EQ(calls[i].pointer_arg, args.ea.pointer_arg);
		EXPECT_EQ(calls[i].size_arg, args.ea.size_arg);
		EXPECT_EQ(calls[i].size_offset, args.ea.size_offset);
		EXPECT_EQ(calls[i].size_min, args.ea.size_min);
		EXPECT_EQ(calls[i].size_known, args.ea.size_known);
		EXPECT_EQ(0, args.ea.reserved);

		EXPECT_EQ(0, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size + 8, &args));
		args.tail = 1;
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size + 8, &args));
		EXPECT_EQ(E2BIG, errno);
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size - 1, &args));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, 4097, &args));
		EXPECT_EQ(E2BIG, errno);
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size, NULL));
		EXPECT_EQ(EFAULT, errno);
		args.ea.arch = AUDIT_ARCH_S390X;
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size, &args));
		EXPECT_EQ(EOPNOTSUPP, errno);
		/* The module knows of the calls there, but this kernel has none of them. */
		args.ea.arch = ARCH_FOREIGN;
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size, &args));
		EXPECT_EQ(EOPNOTSUPP, errno);
	}
	EXPECT_EQ(LENGTH(calls), count);
}

/* An old and a new supervisor each get what they know. */
TEST_F(append, notification)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_USER_NOTIF),
		RET(SECCOMP_RET_ALLOW),
	};
	struct {
		struct seccomp_notif_append notif;
		__u8 argument[64];
		__u8 after[8];
	} got = {};
	struct seccomp_notif_resp resp = {};
	int listener, status;
	pid_t pid;

	listener = APPEND(insns, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0);
	ASSERT_LE(0, listener);
	EXPECT_EQ(-1, APPEND(insns, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0));
	EXPECT_EQ(EBUSY, errno);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		for (int i = 0; i < 2; i++)
			if (raw_syscall(__NR_getppid, 0x31, 0x32) != 100 + i)
				_exit(1);
		_exit(0);
	}
	memset(got.after, 0xee, sizeof(got.after));
	/* The buffer has to be zero, all of it. */
	got.argument[63] = 1;
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV_APPEND(64), &got));
	EXPECT_EQ(EINVAL, errno);
	got.argument[63] = 0;
	/* Too small, too large, and the wrong way round. */
	EXPECT_EQ(-1, ioctl(listener, _IOC(_IOC_READ | _IOC_WRITE, '!', 0, 119), &got));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(listener, _IOC(_IOC_READ | _IOC_WRITE, '!', 0, 120 + 4097), &got));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(listener, _IOC(_IOC_READ, '!', 0, 120), &got));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV_APPEND(64), &got));
	EXPECT_EQ(pid, got.notif.notif.pid);
	EXPECT_EQ(__NR_getppid, got.notif.notif.data.nr);
	EXPECT_EQ(0x31, got.notif.notif.data.args[0]);
	EXPECT_EQ(SECCOMP_DATA_FEATURE_NR_HIGH, got.notif.features & ~SECCOMP_DATA_FEATURE_PKEY);
	EXPECT_EQ(0, got.notif.nr_high);
	EXPECT_EQ(0, got.notif.extensible_arg_size);
	EXPECT_EQ(0xee, got.after[0]);
	resp.id = got.notif.notif.id;
	resp.val = 100;
	ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp));

	memset(&got, 0, sizeof(got));
	memset(&got.notif.features, 0xdd, 8);
	ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &got));
	EXPECT_EQ(pid, got.notif.notif.pid);
	EXPECT_EQ(0xddddddddddddddddULL, got.notif.features);
	resp.id = got.notif.notif.id;
	resp.val = 101;
	ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* What a checkpoint tool needs to restore the filter, and no news of other filters. */
TEST(metadata)
{
	struct sock_filter insns[] = { LOAD_AT(OFFSET(size)), LOAD_EA(16), RET(SECCOMP_RET_ALLOW) };
	struct sock_filter read[8];
	struct seccomp_metadata_append meta;
	int status;
	pid_t pid;

	if (getuid())
		SKIP(return, "must be root");
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		no_new_privs();
		if (INSTALL(allow, SECCOMP_FILTER_FLAG_LOG) ||
		    APPEND(insns, SECCOMP_FILTER_FLAG_LOG | WANT_NR_HIGH | USE_EA, 24) ||
		    APPEND(allow, 0, 0))
			_exit(1);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));

	meta = (struct seccomp_metadata_append) { .extensible_arg_size = 77 };
	EXPECT_EQ(16, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(meta), &meta));
	EXPECT_EQ(SECCOMP_FILTER_FLAG_LOG, meta.flags);
	EXPECT_EQ(77, meta.extensible_arg_size);
	meta = (struct seccomp_metadata_append) { .filter_off = 1, .extensible_arg_size = 77 };
	EXPECT_EQ(24, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(meta), &meta));
	EXPECT_EQ(SECCOMP_FILTER_FLAG_LOG | WANT_NR_HIGH | USE_EA | SECCOMP_METADATA_APPENDED,
		  meta.flags);
	EXPECT_EQ(24, meta.extensible_arg_size);
	meta = (struct seccomp_metadata_append) { .filter_off = 2 };
	EXPECT_EQ(16, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, 16, &meta));
	EXPECT_EQ(SECCOMP_METADATA_APPENDED, meta.flags);

	EXPECT_EQ(3, ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 1, NULL));
	EXPECT_EQ(3, ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 1, read));
	EXPECT_EQ(0, memcmp(read, insns, sizeof(insns)));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

/* Without a JIT there are no appended filters, and what fails changes nothing. */
TEST_F(append, needs_a_jit)
{
	const char *path = "/proc/sys/net/core/bpf_jit_enable";

	if (getuid() || write_file(path, "0"))
		SKIP(return, "cannot switch the JIT off");
	errno = 0;
	EXPECT_EQ(-1, APPEND(allow, 0, 0));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
	EXPECT_EQ(0, install_for(__NR_getppid, SECCOMP_RET_ERRNO | 44, 0));
	EXPECT_EQ(-44, raw_syscall(__NR_getppid, 0, 0));
	EXPECT_EQ(0, write_file(path, "1"));
	EXPECT_EQ(0, APPEND(allow, 0, 0));
}

TEST_HARNESS_MAIN
