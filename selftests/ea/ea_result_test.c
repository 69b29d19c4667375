// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: calls that a filter allows have the same effect as without a filter.
 */

#include "ea_fixture.h"

/*
 * Each call is made without a filter and under one that reads the argument and allows everything.
 * The results have to be the same, and the struct afterwards.
 */
#define MAX_CASES 4000

struct outcomes {
	unsigned int count;
	struct {
		long ret;
		__u32 hash;
		bool partly, fits;
		char what[48];
	} list[MAX_CASES];
};

static __u32 hash_bytes(const __u8 *bytes, size_t len)
{
	__u32 hash = 2166136261U;

	while (len--)
		hash = (hash ^ *bytes++) * 16777619U;
	return hash;
}

/* The argument with flags; one that the call ignores if it has no flags. */
static int flags_arg(const struct ea_call *call)
{
	switch (call->nr) {
	case 435: /* clone3 */
	case 437: /* openat2 */
		return 5;
	case 457: /* statmount */
	case 458: /* listmount */
	case 470: /* listns */
		return 3;
	case 469: /* file_setattr */
	case __NR_perf_event_open:
		return 4;
	default:
		return 2;
	}
}

static void try_case(struct outcomes *out, const struct ea_call *call, const void *pointer,
		     unsigned long size, const void *hashed, const void *path, long flags,
		     const char *what)
{
	unsigned int n = out->count;
	long args[6];

	if (n == MAX_CASES)
		abort();
	ea_args(call, pointer, size, args);
	/* Wrong values of other arguments, as the order of checks has to stay. */
	if (path)
		args[call->pointer > 1 ? 1 : 2] = (long)path;
	if (flags)
		args[flags_arg(call)] = flags;
	out->list[n].ret = ea_run(call, args);
	if (hashed)
		out->list[n].hash = hash_bytes(hashed, EA_ROOM);
	snprintf(out->list[n].what, sizeof(out->list[n].what), "%s size %lx %s", call->name, size,
		 what);
	out->count++;
}

static void try_all(struct outcomes *out, const struct ea_call *call, __u8 *memory)
{
	const bool embedded = call->size_arg == EA_IN_STRUCT;
	__u8 *end = memory + MEMORY - PAGE;
	__u8 *read_only = memory + 3 * PAGE;
	__u8 *large = memory + 4 * PAGE;
	const unsigned long sizes[] = {
		0, 1, 4, 7, 8, call->smallest - 1, call->smallest, call->smallest + 1,
		call->known - 1, call->known, call->known + 1, call->known + 8, 64, 200, 4095, 4096,
		4097, 8192, 0x7fffffff, 0xffffffff,
#if __SIZEOF_LONG__ == 8
		(1UL << 32) + call->known, ~0UL,
#endif
	};
	static const char *const contents[] = { "good", "bad", "ones", "tail" };

	out->count = 0;
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		const unsigned long size = sizes[i];

		for (size_t j = 0; j < LENGTH(contents); j++) {
			__u8 bytes[EA_ROOM];
			__u8 *places[] = {
				memory + 8, memory + 1, memory + PAGE - 5, read_only + 16,
				/* Readable memory ends with the struct, or before. */
				size && size < EA_ROOM ? end - size : NULL,
				end - call->smallest, end - 6, end, (void *)1, (void *)-8L,
			};

			memset(large, 0, 2 * PAGE);
			if (j == 1)
				ea_bad(call, bytes);
			else
				ea_good(call, bytes);
			if (j == 2)
				memset(bytes, 0xff, EA_ROOM);
			if (j == 3) {
				bytes[call->known] = 1;
				large[4095] = 1;
			}
			if (embedded)
				ea_put(bytes, (struct ea_word) { call->size_offset, size });
			for (size_t k = 0; k < LENGTH(places); k++) {
				__u8 *place = places[k];
				const bool mapped = place >= memory && place < end;
				size_t room = EA_ROOM;
				char what[32];

				/* At each place only the sizes that matter there. */
				if (j == 2 && k && k != 3)
					continue;
				if (mapped && place + room > end)
					room = end - place;
				if (mapped && k == 3) {
					mprotect(read_only, PAGE, PROT_READ | PROT_WRITE);
					memcpy(place, bytes, room);
					mprotect(read_only, PAGE, PROT_READ);
				} else if (mapped) {
					memcpy(place, bytes, room);
				}
				snprintf(what, sizeof(what), "%s, place %zu", contents[j], k);
				out->list[out->count].partly =
					mapped && place + room == end && size > end - place;
				try_case(out, call, place, size,
					 mapped && room == EA_ROOM ? place : NULL, NULL, 0, what);
			}
			/* The memory is readable, and zero behind the struct. */
			memcpy(large, bytes, EA_ROOM);
			try_case(out, call, large, size, large, NULL, 0, contents[j]);
			try_case(out, call, large, size, large, (void *)8, 0, "bad path");
			try_case(out, call, large, size, large, NULL, 0x40000001, "bad flags");
			try_case(out, call, end, size, NULL, (void *)8, 0, "bad path and struct");
			try_case(out, call, NULL, size, NULL, NULL, 0, "NULL");
			/* With this flag landlock_create_ruleset() returns the ABI version. */
			try_case(out, call, NULL, size, NULL, NULL, 1, "NULL, flags of 1");
			try_case(out, call, end, size, NULL, NULL, 0x40000001,
				 "bad flags and struct");
		}
	}
	mprotect(read_only, PAGE, PROT_READ | PROT_WRITE);
}

struct comparison {
	const struct ea_call *call;
	struct outcomes *out;
	__u8 *memory;
	/* The filter's verdict; 0 for no filter. */
	__u32 verdict;
	bool privileged;
};

static int try_all_in_child(const void *arg)
{
	const struct comparison *comparison = arg;
	const struct ea_call *call = comparison->call;

	if (!comparison->privileged && setresuid(65534, 65534, 65534))
		return 1;
	if (comparison->verdict &&
	    ea_install_word(call, (struct ea_word) { call->known - 4, 0x12345678 },
			    comparison->verdict, TAIL_VISIBLE))
		return 2;
	try_all(comparison->out, call, comparison->memory);
	return 0;
}

TEST_F(ea, same_results)
{
	const size_t size = sizeof(struct outcomes);
	struct outcomes *out = mmap(NULL, 2 * size, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned int compared = 0, errors[256] = {};

	ASSERT_NE(MAP_FAILED, out);
	for (size_t i = 0; i < 2 * LENGTH(ea_calls); i++) {
		struct comparison comparison = {
			.call = &ea_calls[i / 2], .out = out, .memory = self->memory,
			.privileged = i % 2,
		};
		unsigned int differ = 0;

		if (getuid() && comparison.privileged)
			continue;
		ASSERT_EQ(0, in_child(try_all_in_child, &comparison));
		comparison.out++;
		comparison.verdict = SECCOMP_RET_ALLOW;
		ASSERT_EQ(0, in_child(try_all_in_child, &comparison));
		ASSERT_EQ(out[0].count, out[1].count);
		for (unsigned int j = 0; j < out[0].count; j++) {
			const long plain = out[0].list[j].ret, ours = out[1].list[j].ret;

			compared++;
			errors[-plain]++;
			if (plain == ours && out[0].list[j].hash == out[1].list[j].hash)
				continue;
			/* As documented, the tail is checked first. */
			if (out[0].list[j].partly && plain == -E2BIG && ours == -EFAULT)
				continue;
			if (differ++ < 5)
				TH_LOG("%s, uid %d: %ld, not %ld; struct %x, %x",
				       out[0].list[j].what, comparison.privileged ? 0 : 65534,
				       ours, plain, out[1].list[j].hash, out[0].list[j].hash);
		}
		EXPECT_EQ(0, differ);
	}
	/* Some calls succeeded. */
	EXPECT_LT(20000, compared);
	EXPECT_LT(100, errors[0]);
	EXPECT_LT(100, errors[EINVAL]);
	EXPECT_LT(100, errors[E2BIG]);
	EXPECT_LT(100, errors[EFAULT]);
	munmap(out, 2 * size);
}

/* The kernel writes the known size to the caller's struct if, and only if, it fails with E2BIG. */
static int write_back(const void *arg)
{
	static __u8 bytes[4096];
	const struct ea_call *call = arg;
	const __u32 sizes[] = { 1, 40, 8192, 0x7fffffff, 256 };

	if (ea_install_word(call, (struct ea_word) { 12, 0x777 }, SECCOMP_RET_ALLOW, TAIL_VISIBLE))
		return 1;
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		__u32 size = sizes[i];

		ea_good(call, bytes);
		bytes[200] = size == 256;
		ea_put(bytes, (struct ea_word) { call->size_offset, size });
		if (ea_do(call, bytes, 0) != -E2BIG)
			return 2;
		memcpy(&size, bytes + call->size_offset, 4);
		if (size != call->known)
			return 3;
	}
	/* Refused by the filter, with the same error: nothing is written. */
	ea_put(bytes, (struct ea_word) { call->size_offset, 256 });
	if (ea_install_word(call, (struct ea_word) { 12, 0x777 }, SECCOMP_RET_ALLOW, 0))
		return 4;
	if (ea_do(call, bytes, 0) != -E2BIG || bytes[call->size_offset + 1] != 1)
		return 5;
	bytes[200] = 0;
	if (ea_do(call, bytes, 0) || bytes[call->size_offset + 1] != 1)
		return 6;
	return 0;
}

TEST_F(ea, write_back)
{
	EXPECT_EQ(0, in_child(write_back, ea_find("sched_setattr")));
	EXPECT_EQ(0, in_child(write_back, ea_find("perf_event_open")));
}

TEST_HARNESS_MAIN
