// SPDX-License-Identifier: GPL-2.0
/*
 * SECCOMP_APPEND_FILTER: which fields of seccomp_data_append a filter may load, and what it finds
 * there. Part of append_test.
 */

#include "append_fixture.h"

/* The last offset to try, behind the largest extensible argument. */
#define LAST_OFFSET (OFFSET(extensible_arg) + SECCOMP_EXTENSIBLE_ARG_MAX + 8)
/* Offsets per process: each one that the kernel admits adds a filter. */
#define OFFSETS 128

struct offsets {
	__u32 first;
	/* The extensible_arg_size of the filter; -1 if it does not use extensible arguments. */
	int understood;
	/* Tries one admitted offset in "step", number "which"; and all offsets that are refused. */
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

		/* Skips most of the offsets between the limits: each would show the same. */
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
		/* SECCOMP_SET_MODE_FILTER has the same limits as before. */
		errno = 0;
		fine = at % 4 == 0 && at < sizeof(struct seccomp_data);
		if (at < 200 && (INSTALL(insns, 0) != (fine ? 0 : -1) ||
				 errno != (fine ? 0 : EINVAL)))
			return 2;
	}
	return 0;
}

/* The kernel admits a load at every multiple of four below the size that the filter declares. */
TEST_F(append, every_offset)
{
	static const int understood[] = { -1, 0, 4, 24, 88, SECCOMP_EXTENSIBLE_ARG_MAX };
	/* A debug kernel takes long for each filter. */
	struct offsets test = { .step = slowness() };

	for (size_t i = 0; i < LENGTH(understood); i++) {
		test.understood = understood[i];
		test.which = i % test.step;
		for (test.first = 0; test.first <= LAST_OFFSET; test.first += OFFSETS)
			EXPECT_EQ(0, in_child(try_offsets, &test));
	}
}

/* Three calls return 12 bits each, by their errno, of the word that a filter sees at an offset. */
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

	/* Comparisons that the kernel cannot fold, each with a different number. */
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

/* The limit is on the translated program, which is somewhat longer. */
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

/* Calls beyond the tables, for which the whole program runs: it sees their number. */
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
