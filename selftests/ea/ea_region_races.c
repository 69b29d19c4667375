// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: threads rewrite a struct, or take it away, while a call is decided. Part of
 * ea_region_test.
 */

#include "ea_region.h"

#include "harness.h"

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

/*
 * Whether to go on: "attempts" times, and longer, for a minute, until both results have occurred.
 */
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

	/* Without a filter the kernel reads either value, sooner or later. */
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

/* A struct that the filter cannot read is not read later, either. */
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
