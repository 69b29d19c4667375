// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: calls fail as they do without a filter, with structs of any size, anywhere.
 * Part of ea_region_test.
 */

#include "ea_region.h"

#include "harness.h"

/*
 * Calls, each with a struct that it accepts and with many that it refuses. Result, errno and the
 * struct afterwards must be the same with and without a filter.
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
		/* Up to the largest size. */
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

/* The kernel writes the known size to the caller's struct, though it reads the copy. */
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
