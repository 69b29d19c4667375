// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: what filters see of them, that calls get what filters have seen, and that
 * nothing else about the calls is changed.
 */

#include "ea.h"

#include <linux/ptrace.h>

#include "harness.h"

#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO 0x4212
#endif

#define PAGE 4096UL
#define FEATURE_EA SECCOMP_DATA_FEATURE_EA
#define FEATURE_TAIL SECCOMP_DATA_FEATURE_EA_TAIL

/* What filters that tell what they see answer with: as expected, or the number of a word. */
#define AS_EXPECTED 4000
#define FEATURES_DIFFER 3000
#define SIZE_DIFFERS 3001
#define WORD_DIFFERS 1001

struct view {
	const struct ea_call *call;
	/* What is passed. */
	const void *pointer;
	unsigned long size;
	/* The filter, and what it is to see. */
	__u64 flags;
	unsigned int ea_size;
	const __u8 *bytes;
	__u64 seen_size;
	__u32 features;
	/* What the call returns. */
	long result;
};

static int views(const void *arg)
{
	static struct sock_filter insns[16 + 3 * 1024];
	const struct view *view = arg;
	size_t n = 0;
	long got;

#define ADD(...) do { \
		struct sock_filter add[] = { __VA_ARGS__ }; \
		memcpy(insns + n, add, sizeof(add)); \
		n += LENGTH(add); \
	} while (0)
#define UNLESS_EQ(k, value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 1, 0), \
	RET(SECCOMP_RET_ERRNO | (value))
	ADD(LOAD(nr), UNLESS_EQ(view->call->nr, 0));
	insns[n - 1].k = SECCOMP_RET_ALLOW;
	ADD(LOAD_AT(OFFSET(features)), UNLESS_EQ(view->features, FEATURES_DIFFER));
	ADD(LOAD_AT(OFFSET(extensible_arg_size)), UNLESS_EQ((__u32)view->seen_size, SIZE_DIFFERS));
	ADD(LOAD_AT(OFFSET(extensible_arg_size) + 4),
	    UNLESS_EQ((__u32)(view->seen_size >> 32), SIZE_DIFFERS));
	for (unsigned int at = 0; at + 4 <= view->ea_size; at += 4) {
		__u32 word;

		memcpy(&word, view->bytes + at, 4);
		ADD(LOAD_EA(at), UNLESS_EQ(word, WORD_DIFFERS + at / 4));
	}
	ADD(RET(SECCOMP_RET_ERRNO | AS_EXPECTED));
	if (append(insns, n, USE_EA | view->flags, view->ea_size))
		return 2;
	got = ea_do(view->call, view->pointer, view->size);
	if (got == view->result)
		return 0;
	printf("# %s, size %lu, filter's %u: %ld, not %ld\n", view->call->name, view->size,
	       view->ea_size, got, view->result);
	return 1;
}

/*
 * A view of a struct that is passed with this size, in the argument or in the struct, as the ABI
 * has it: "bytes" are those that the caller passes, 8192 of them.
 */
static struct view view_of(const struct ea_call *call, __u8 *bytes, unsigned long size,
			   unsigned int ea_size, __u64 flags)
{
	static __u8 seen[8192];
	struct view view = {
		.call = call, .pointer = bytes, .size = size, .seen_size = size,
		.flags = flags, .ea_size = ea_size, .bytes = seen,
		.features = FEATURE_EA, .result = -AS_EXPECTED,
	};
	unsigned long length = size < PAGE ? size : PAGE;

	if (call->size_arg == EA_IN_STRUCT) {
		const unsigned long zero = call->smallest;

		ea_put(bytes, (struct ea_word) { call->size_offset, size });
		if (!size)
			length = call->flags & EA_WRITES_BACK ? zero : 4;
		else if (size < call->smallest || size > PAGE)
			length = call->size_offset + 4;
	}
	memset(seen, 0, sizeof(seen));
	memcpy(seen, bytes, length);
	for (unsigned long at = ea_size; at < PAGE; at++) {
		if (!seen[at])
			continue;
		if (flags & TAIL_VISIBLE)
			view.features |= FEATURE_TAIL;
		else
			view.result = -E2BIG;
	}
	return view;
}

FIXTURE(ea) {
	/* Shared with children; the last page cannot be accessed. */
	__u8 *memory;
};

#define MEMORY (8 * PAGE)

FIXTURE_SETUP(ea)
{
	ASSERT_EQ(0, no_new_privs());
	ea_make_file();
	self->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	ASSERT_NE(MAP_FAILED, self->memory);
	ASSERT_EQ(0, mprotect(self->memory + MEMORY - PAGE, PAGE, PROT_NONE));
}

FIXTURE_TEARDOWN(ea)
{
	munmap(self->memory, MEMORY);
}

static void fill_pattern(__u8 *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = i * 37 + (i >> 8) + 1;
}

/* Each filter sees all bytes of the argument of every call, for all sizes. */
TEST_F(ea, every_size)
{
	for (size_t i = 0; i < LENGTH(ea_calls); i++) {
		const struct ea_call *call = &ea_calls[i];
		const unsigned long sizes[] = {
			0, 1, call->smallest - 1, call->smallest, call->known - 1, call->known,
			call->known + 8, 4096, 4097, 1UL << 31,
		};

		for (size_t j = 0; j < LENGTH(sizes); j++) {
			unsigned int ea_sizes[] = { call->known, call->smallest - 4 };
			unsigned int n = sizes[j] == call->known ? 2 : 1;

			for (size_t k = 0; k < n; k++) {
				__u8 *bytes = self->memory + 64;
				struct view view;

				fill_pattern(bytes, 5000);
				view = view_of(call, bytes, sizes[j], ea_sizes[k], TAIL_VISIBLE);
				EXPECT_EQ(0, in_child(views, &view));
				if (sizes[j] < call->known || sizes[j] > PAGE)
					continue;
				view = view_of(call, bytes, sizes[j], ea_sizes[k], 0);
				EXPECT_EQ(0, in_child(views, &view));
			}
		}
		/* All that can be seen, and nothing. */
		for (unsigned int ea_size = 0; ea_size <= 4096; ea_size += 4096) {
			struct view view;

			if (i > 1 && ea_size)
				continue;
			fill_pattern(self->memory, 5000);
			view = view_of(call, self->memory, 4096, ea_size, TAIL_VISIBLE);
			EXPECT_EQ(0, in_child(views, &view));
		}
	}
}

#if __SIZEOF_LONG__ == 8
/* The size is that of the caller, in all its 64 bits. */
TEST_F(ea, size_beyond_32_bits)
{
	struct view view = view_of(ea_find("openat2"), self->memory, (7UL << 32) + 24, 24, 0);

	EXPECT_EQ((7ULL << 32) + 24, view.seen_size);
	EXPECT_EQ(0, in_child(views, &view));
}
#endif

/* Not aligned, over the end of a page, at the end of what can be read. */
TEST_F(ea, every_place)
{
	for (size_t i = 0; i < LENGTH(ea_calls); i++) {
		const struct ea_call *call = &ea_calls[i];
		__u8 *places[] = {
			self->memory + 1, self->memory + 2 * PAGE - 3,
			self->memory + 2 * PAGE - call->smallest / 2,
			self->memory + MEMORY - PAGE - call->known,
		};

		for (size_t j = 0; j < LENGTH(places); j++) {
			struct view view;

			fill_pattern(places[j], call->known);
			view = view_of(call, places[j], call->known, call->known, 0);
			EXPECT_EQ(0, in_child(views, &view));
		}
	}
}

/* What cannot be read, not even in part, is zero. The kernel says what is wrong with it. */
TEST_F(ea, unreadable)
{
	static const __u8 zeros[256];

	for (size_t i = 0; i < LENGTH(ea_calls); i++) {
		const struct ea_call *call = &ea_calls[i];
		__u8 *end = self->memory + MEMORY - PAGE;
		const void *places[] = { end, end - 8, NULL, (void *)-4096L, (void *)1 };

		memset(end - 8, 0x55, 8);
		if (call->size_arg == EA_IN_STRUCT)
			ea_put(end - 8, (struct ea_word) { call->size_offset, call->known });
		for (size_t j = 0; j < LENGTH(places); j++) {
			bool embedded = call->size_arg == EA_IN_STRUCT;
			struct view view = {
				.call = call, .pointer = places[j], .size = call->known,
				.ea_size = call->known, .bytes = zeros, .features = FEATURE_EA,
				.seen_size = embedded && j != 1 ? 0 : call->known,
				.result = -AS_EXPECTED,
			};

			if (j == 1 && call->smallest == 8)
				view.pointer = end - 7;
			EXPECT_EQ(0, in_child(views, &view));
		}
	}
}

struct decision {
	const struct ea_call *call;
	struct ea_word deny;
	__u32 other;
	__u64 flags;
	const void *pointer;
	unsigned long size;
	long result;
};

static int decides(const void *arg)
{
	const struct decision *decision = arg;
	long got;

	if (ea_install_word(decision->call, decision->deny, decision->other, decision->flags))
		return 2;
	got = ea_do(decision->call, decision->pointer, decision->size);
	if (got == decision->result)
		return 0;
	printf("# %s: %ld, not %ld\n", decision->call->name, got, decision->result);
	return 1;
}

/* A word decides, and what is allowed runs. */
TEST_F(ea, a_word_decides)
{
	for (size_t i = 0; i < LENGTH(ea_calls); i++) {
		const struct ea_call *call = &ea_calls[i];
		struct decision decision = {
			.call = call, .deny = call->bad, .other = SECCOMP_RET_ALLOW,
			.pointer = self->memory, .size = call->known,
		};

		ea_good(call, self->memory);
		decision.result = ea_do(call, self->memory, call->known);
		EXPECT_EQ(0, in_child(decides, &decision));
		decision.other = SECCOMP_RET_LOG;
		EXPECT_EQ(0, in_child(decides, &decision));

		ea_bad(call, self->memory);
		decision.result = -4000;
		EXPECT_EQ(0, in_child(decides, &decision));
		/* An equal tail does not matter. */
		decision.flags = TAIL_VISIBLE;
		EXPECT_EQ(0, in_child(decides, &decision));
	}
}

/* Flags above bit 31. */
TEST_F(ea, high_flags)
{
	const struct ea_call *clone3 = ea_find("clone3"), *openat2 = ea_find("openat2");
	struct decision decision = {
		.other = SECCOMP_RET_ALLOW, .pointer = self->memory, .result = -4000,
	};

	for (int bit = 32; bit < 64; bit++) {
		decision.call = clone3;
		decision.size = 88;
		decision.deny = (struct ea_word) { 4, 1U << (bit - 32) };
		ea_good(clone3, self->memory);
		ea_put(self->memory, decision.deny);
		EXPECT_EQ(0, in_child(decides, &decision));
		if (bit % 8)
			continue;
		decision.call = openat2;
		decision.size = 24;
		ea_good(openat2, self->memory);
		ea_put(self->memory, decision.deny);
		EXPECT_EQ(0, in_child(decides, &decision));
	}
	/* It gets there: this is CLONE_INTO_CGROUP, with a bad descriptor. */
	decision.call = clone3;
	decision.size = 88;
	decision.deny = (struct ea_word) { 4, 1 };
	ea_good(clone3, self->memory);
	ea_put(self->memory, (struct ea_word) { 4, 2 });
	ea_put(self->memory, (struct ea_word) { 80, 0x7ff0 });
	decision.result = ea_do(clone3, self->memory, 88);
	EXPECT_EQ(-EBADF, decision.result);
	EXPECT_EQ(0, in_child(decides, &decision));
}

/* Installs a filter for openat2() that answers with 2000 and what a bit of a word says. */
static int install_bit(__u64 flags, unsigned int ea_size, unsigned int offset, __u32 mask,
		       __u32 if_set)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 2),
		LOAD_AT(offset),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, mask, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		RET(if_set),
	};

	return APPEND(insns, flags, ea_size);
}

/* In a chain, each filter sees as much as it asked for, and answers for the rest as it asked to. */
static int chain(const void *arg)
{
	const struct ea_call *call = ea_find("openat2");
	static __u8 bytes[4096] __attribute__((aligned(8)));
	const long plain = ea_do(call, bytes, 24);

	/* Sees bytes 0 to 31. */
	if (install_bit(USE_EA, 32, OFFSET(extensible_arg) + 28, 1, SECCOMP_RET_ERRNO | 2001))
		return 1;
	if (ea_do(call, bytes, 24) != plain || ea_do(call, bytes, 32) != plain)
		return 2;
	bytes[28] = 1;
	if (ea_do(call, bytes, 28) != plain || ea_do(call, bytes, 32) != -2001)
		return 3;
	bytes[28] = 2;
	if (ea_do(call, bytes, 32) != -E2BIG)
		return 4;
	/* A filter of old, one without the argument, and one that sees less, and says so. */
	if (install_for(437, SECCOMP_RET_LOG, 0) || install_bit(0, 0, OFFSET(size), 0, 0) ||
	    install_bit(USE_EA | TAIL_VISIBLE, 24, OFFSET(features), FEATURE_TAIL,
			SECCOMP_RET_ERRNO | 2002))
		return 5;
	if (ea_do(call, bytes, 32) != -2002 || ea_do(call, bytes, 24) != plain)
		return 6;
	/* Older, and its errno is E2BIG: on a tie the newest filter has its say. */
	bytes[32] = 1;
	bytes[28] = 0;
	if (ea_do(call, bytes, 33) != -2002)
		return 7;
	/* One that sees nothing of it refuses it, and is the newest. */
	if (install_bit(USE_EA, 0, OFFSET(extensible_arg_size), 0x1000, SECCOMP_RET_ERRNO | 2003))
		return 8;
	if (ea_do(call, bytes, 33) != -E2BIG)
		return 9;
	memset(bytes, 0, sizeof(bytes));
	if (ea_do(call, bytes, 4096) != -2003 || ea_do(call, bytes, 24) != plain)
		return 10;
	/* A filter that sees all, and a stronger action. */
	if (install_bit(USE_EA, 4096, OFFSET(extensible_arg) + 4092, 0xff, SECCOMP_RET_TRAP))
		return 11;
	bytes[16] = 1;
	if (ea_do(call, bytes, 4096) != -E2BIG)
		return 12;
	bytes[4092] = 1;
	ea_do(call, bytes, 4096);
	return 13;
}

TEST_F(ea, chain)
{
	EXPECT_EQ(-SIGSYS, in_child(chain, NULL));
}

/* Filters of old that look at arguments, below and above. */
static int old_filters(const void *arg)
{
	const struct ea_call *call = ea_find("openat2");
	static __u8 bytes[24];
	struct sock_filter old[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 2),
		LOAD_ARG_LO(3),
		RET_IF_EQ(24, SECCOMP_RET_LOG),
		RET_IF_EQ(32, SECCOMP_RET_ERRNO | 2010),
		RET(SECCOMP_RET_ALLOW),
	};
	const long plain = ea_do(call, bytes, 24);

	if (INSTALL(old, 0) ||
	    ea_install_word(call, (struct ea_word) { 16, 1 }, SECCOMP_RET_ALLOW, 0))
		return 1;
	for (int i = 0; i < 2; i++) {
		bytes[16] = 1;
		if (ea_do(call, bytes, 24) != -4000)
			return 2;
		bytes[16] = 0;
		if (ea_do(call, bytes, 24) != plain || ea_do(call, bytes, 32) != -2010)
			return 3;
		if (INSTALL(old, 0))
			return 4;
	}
	/* The call is decided without the argument: it reads what the caller has. */
	if (install_for(437, SECCOMP_RET_ERRNO | 2011, 0))
		return 5;
	return ea_do(call, bytes, 24) == -2011 ? 0 : 6;
}

TEST_F(ea, old_filters)
{
	EXPECT_EQ(0, in_child(old_filters, NULL));
}

/*
 * The same calls without a filter and with one that reads the argument and allows all: the results
 * are the same, and so is what is left in the struct.
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

/* Which argument is flags; one that is not looked at if none is. */
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
	/* Other arguments that are wrong, to see which error is the first. */
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
				/* What is readable ends with the struct, or before. */
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

				/* At all of the places only what matters there. */
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
			/* All of it readable and all zero but for what is there. */
			memcpy(large, bytes, EA_ROOM);
			try_case(out, call, large, size, large, NULL, 0, contents[j]);
			try_case(out, call, large, size, large, (void *)8, 0, "bad path");
			try_case(out, call, large, size, large, NULL, 0x40000001, "bad flags");
			try_case(out, call, end, size, NULL, (void *)8, 0, "bad path and struct");
			try_case(out, call, NULL, size, NULL, NULL, 0, "NULL");
			/* landlock_create_ruleset() then tells its version. */
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
	/* What the filter says; 0 for no filter. */
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
			/* As documented: the tail is looked at first. */
			if (out[0].list[j].partly && plain == -E2BIG && ours == -EFAULT)
				continue;
			if (differ++ < 5)
				TH_LOG("%s, uid %d: %ld, not %ld; struct %x, %x",
				       out[0].list[j].what, comparison.privileged ? 0 : 65534,
				       ours, plain, out[1].list[j].hash, out[0].list[j].hash);
		}
		EXPECT_EQ(0, differ);
	}
	/* It was about something. */
	EXPECT_LT(20000, compared);
	EXPECT_LT(100, errors[0]);
	EXPECT_LT(100, errors[EINVAL]);
	EXPECT_LT(100, errors[E2BIG]);
	EXPECT_LT(100, errors[EFAULT]);
	munmap(out, 2 * size);
}

/* The size that the kernel knows is written to the struct of the caller, on E2BIG alone. */
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

#define NOTIF_ROOM 4096

struct notification {
	struct seccomp_notif_append notif;
	__u8 argument[NOTIF_ROOM];
};

static int answer(int listener, __u64 id, int error)
{
	struct seccomp_notif_resp resp = {
		.id = id, .error = -error,
		.flags = error ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* A listener for the call, which sees "ea_size" bytes. */
static int listen_to(const struct ea_call *call, unsigned int ea_size, __u64 flags)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->nr, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD_EA(call->bad.offset),
		RET(SECCOMP_RET_USER_NOTIF),
	};

	return APPEND(insns, USE_EA | SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, ea_size);
}

struct notified {
	const struct ea_call *call;
	__u8 *memory;
	/* Of the filter. Those that see a tail can say nothing but USER_NOTIF. */
	__u64 flags;
};

/*
 * A supervisor gets the bytes, and the caller goes on with these, whatever becomes of its struct
 * meanwhile.
 */
static int notified(const void *arg)
{
	const struct notified *test = arg;
	const struct ea_call *call = test->call;
	static struct notification got;
	volatile long *result = (long *)(test->memory + PAGE);
	__u8 images[2][EA_ROOM];
	long want[2];
	int listener, status;
	pid_t pid;

	for (int i = 0; i < 2; i++) {
		(i ? ea_bad : ea_good)(call, images[i]);
		memcpy(test->memory, images[i], EA_ROOM);
		want[i] = ea_do(call, test->memory, call->known);
	}
	if (want[0] == want[1])
		return 1;
	memcpy(test->memory, images[1], EA_ROOM);
	listener = listen_to(call, call->known, test->flags);
	if (listener < 0)
		return 2;
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 4; i++)
			result[i] = ea_do(call, test->memory, call->known);
		_exit(0);
	}
	for (int i = 0; i < 4; i++) {
		memset(&got, 0, sizeof(got));
		/* Each turn begins with what the last has made of the struct. */
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV_APPEND(NOTIF_ROOM), &got))
			return 3;
		if (memcmp(got.argument, images[(i + 1) % 2], call->known))
			goto out;
		for (size_t at = call->known; at < NOTIF_ROOM; at++)
			if (got.argument[at])
				goto out;
		if (got.notif.extensible_arg_size != call->known ||
		    !(got.notif.features & FEATURE_EA) || got.notif.features & FEATURE_TAIL)
			goto out;
		memcpy(test->memory, images[i % 2], EA_ROOM);
		if (answer(listener, got.notif.notif.id, 0))
			goto out;
	}
	waitpid(pid, &status, 0);
	for (int i = 0; i < 4; i++)
		if (result[i] != want[(i + 1) % 2]) {
			printf("# %s: %ld, not %ld\n", call->name, result[i], want[(i + 1) % 2]);
			return 4;
		}
	return 0;
out:
	kill(pid, SIGKILL);
	return 5;
}

TEST_F(ea, notified)
{
	for (size_t i = 0; i < 2 * LENGTH(ea_calls); i++) {
		struct notified test = {
			&ea_calls[i / 2], self->memory, i % 2 ? TAIL_VISIBLE : 0,
		};

		EXPECT_EQ(0, in_child(notified, &test));
	}
}

/* The supervisor's buffer is shorter than the argument: it is told if there is more. */
TEST_F(ea, notified_of_a_tail)
{
	const struct ea_call *call = ea_find("clone3");
	static const struct { unsigned int size; bool tail; } rooms[] = {
		{ 0, true }, { 8, true }, { 35, true },
		{ 36, false }, { 64, false }, { 4096, false },
	};
	static struct notification got;
	int listener, status;
	pid_t pid;

	listener = listen_to(call, 88, 0);
	ASSERT_LE(0, listener);
	/* Bytes 32 and 35 are the last that are not zero. */
	ea_good(call, self->memory);
	self->memory[35] = 1;
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		for (size_t i = 0; i < LENGTH(rooms); i++)
			if (ea_do(call, self->memory, 64) != -7)
				_exit(1);
		_exit(0);
	}
	for (size_t i = 0; i < LENGTH(rooms); i++) {
		const unsigned int size = rooms[i].size;

		memset(&got, 0, SECCOMP_NOTIF_APPEND_SIZE + size);
		memset(got.argument + size, 0xee, NOTIF_ROOM - size);
		ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV_APPEND(size), &got));
		EXPECT_EQ(rooms[i].tail, !!(got.notif.features & FEATURE_TAIL));
		EXPECT_EQ(64, got.notif.extensible_arg_size);
		EXPECT_EQ(0, memcmp(got.argument, self->memory, size < 64 ? size : 64));
		if (size < NOTIF_ROOM)
			EXPECT_EQ(0xee, got.argument[size]);
		ASSERT_EQ(0, answer(listener, got.notif.notif.id, 7));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(listener);
}

static void *unprotect(void *memory)
{
	struct notification got = {};
	volatile int *shared = memory;
	int listener;

	while (!*shared)
		sched_yield();
	listener = *shared;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV_APPEND(NOTIF_ROOM), &got) ||
	    mprotect((char *)memory + PAGE, PAGE, PROT_READ | PROT_WRITE) ||
	    got.argument[0] || !(got.notif.features & FEATURE_EA) ||
	    answer(listener, got.notif.notif.id, 0))
		return (void *)1;
	return NULL;
}

/* What cannot be read when it is filtered must not be read when it can be. */
static int readable_later(const void *arg)
{
	__u8 *memory = (__u8 *)arg;

	for (size_t i = 0; i < LENGTH(ea_calls); i++) {
		const struct ea_call *call = &ea_calls[i];
		pid_t pid = fork();
		int status;

		if (!pid) {
			pthread_t thread;
			void *failed;

			ea_good(call, memory + PAGE);
			*(int *)memory = 0;
			mprotect(memory + PAGE, PAGE, PROT_NONE);
			if (pthread_create(&thread, NULL, unprotect, memory))
				_exit(1);
			/* The thread is not filtered. */
			*(int *)memory = listen_to(call, call->known, 0);
			if (ea_do(call, memory + PAGE, call->known) != -EFAULT)
				_exit(2);
			pthread_join(thread, &failed);
			_exit(failed ? 3 : 0);
		}
		waitpid(pid, &status, 0);
		if (status) {
			printf("# %s: %x\n", call->name, status);
			return 1;
		}
	}
	return 0;
}

TEST_F(ea, readable_later)
{
	EXPECT_EQ(0, in_child(readable_later, self->memory));
}

/* A tracer that rewrites what the call is, after the filter has seen it. */
struct rewrite {
	const char *what;
	/* What it is set to; 0 if it stays. */
	int nr;
	bool bad_content, bad_pointer, null_pointer;
	unsigned long size;
	long result;
};

static struct {
	__u8 good[EA_ROOM], bad[EA_ROOM];
} *traced;

static void traced_child(const struct ea_call *call)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->nr, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD_AT(OFFSET(extensible_arg_size)),
		RET_IF_EQ(16, SECCOMP_RET_ERRNO | 2020),
		LOAD_EA(call->bad.offset),
		RET_IF_EQ(call->bad.value, SECCOMP_RET_ERRNO | 2021),
		RET(SECCOMP_RET_TRACE),
	};
	static const __u8 zeros[EA_ROOM];
	long ret;

	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	if (ea_install_word(ea_find("mount_setattr"), (struct ea_word) { 24, 5 },
			    SECCOMP_RET_ALLOW, 0) ||
	    APPEND(insns, USE_EA, call->known))
		_exit(1);
	ret = ea_do(call, traced->good, call->known);
	/* And what was cached is forgotten. */
	if (ea_do(ea_find("mount_setattr"), zeros, 32))
		_exit(2);
	memcpy(traced->good + 8, &ret, sizeof(ret));
	_exit(0);
}

static int rewritten(const void *arg)
{
	const struct rewrite *rewrite = arg;
	const struct ea_call *call = ea_find("openat2");
	union {
		struct ptrace_syscall_info info;
		/* Newer than some headers. */
		__u64 words[11];
	} buf;
	struct ptrace_syscall_info *info = &buf.info;
	long got = 0;
	int status;
	pid_t pid;

	traced = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ea_good(call, traced->good);
	ea_bad(call, traced->bad);
	pid = fork();
	if (!pid)
		traced_child(call);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return 10;
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, pid, 0, 0);
	if (waitpid(pid, &status, 0) != pid || status >> 8 != (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
		return 11;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(buf), &buf) <= 0)
		return 12;
	if (info->seccomp.nr != call->nr || info->seccomp.args[3] != 24)
		return 13;
	if (rewrite->nr)
		info->seccomp.nr = rewrite->nr;
	if (rewrite->bad_pointer)
		info->seccomp.args[2] = (uintptr_t)traced->bad;
	if (rewrite->null_pointer)
		info->seccomp.args[2] = 0;
	if (rewrite->size)
		info->seccomp.args[3] = rewrite->size;
	if (rewrite->nr == 442) {
		/* mount_setattr(AT_FDCWD, "/", 0, bad, 32) */
		info->seccomp.args[3] = (uintptr_t)traced->bad;
		info->seccomp.args[4] = 32;
		info->seccomp.args[2] = 0;
	}
	if (rewrite->bad_content)
		memcpy(traced->good, traced->bad, EA_ROOM);
	if (ptrace(PTRACE_SET_SYSCALL_INFO, pid, sizeof(buf), &buf))
		return 14;
	/* The filter is run again, and the tracer not asked again. */
	ptrace(PTRACE_CONT, pid, 0, 0);
	if (waitpid(pid, &status, 0) != pid || status)
		return 15;
	memcpy(&got, traced->good + 8, sizeof(got));
	if (got == rewrite->result)
		return 0;
	printf("# %s: %ld, not %ld\n", rewrite->what, got, rewrite->result);
	return 16;
}

TEST_F(ea, rewritten_by_a_tracer)
{
	static const struct rewrite rewrites[] = {
		{ "nothing", .result = 0 },
		{ "content", .bad_content = true, .result = -2021 },
		{ "pointer", .bad_pointer = true, .result = -2021 },
		{ "pointer to nowhere", .null_pointer = true, .result = -EFAULT },
		{ "size", .size = 16, .result = -2020 },
		{ "larger size", .size = 25, .result = 0 },
		{ "largest size", .size = 4097, .result = -E2BIG },
		{ "skipped", .nr = -1, .result = -ENOSYS },
		/* The bad word is at offset 20, which is none of mount_setattr()'s concern. */
		{ "another call", .nr = 442, .result = -EINVAL },
		{ "a call without", .nr = __NR_getpid, .result = 0 },
	};

	for (size_t i = 0; i < LENGTH(rewrites); i++)
		EXPECT_EQ(0, in_child(rewritten, &rewrites[i]));
}

/*
 * While a tracer suspends seccomp the call is as the kernel makes it, with the caller's own struct;
 * afterwards the filter is heard again.
 */
static int suspended(const void *unused)
{
	const struct ea_call *call = ea_find("openat2");
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		__u8 bad[EA_ROOM];

		ea_bad(call, bad);
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) ||
		    ea_install_word(call, call->bad, SECCOMP_RET_ALLOW, 0))
			_exit(1);
		if (ea_do(call, bad, call->known) != -4000)
			_exit(2);
		raise(SIGSTOP);
		/* The kernel has no such flag, and says E2BIG only of what it has not read. */
		if (ea_do(call, bad, call->known) != -EINVAL)
			_exit(3);
		bad[call->known] = 1;
		if (ea_do(call, bad, call->known + 1) != -E2BIG)
			_exit(4);
		raise(SIGSTOP);
		_exit(ea_do(call, bad, call->known) == -4000 ? 0 : 5);
	}
	for (int suspend = 1; suspend >= 0; suspend--) {
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return 10;
		if (ptrace(PTRACE_SETOPTIONS, pid, 0,
			   PTRACE_O_EXITKILL | (suspend ? PTRACE_O_SUSPEND_SECCOMP : 0)))
			return 11;
		ptrace(PTRACE_CONT, pid, 0, 0);
	}
	return waitpid(pid, &status, 0) == pid ? status : 12;
}

TEST_F(ea, suspended_by_a_tracer)
{
	EXPECT_EQ(0, in_child(suspended, NULL));
}

/* A call that is interrupted and restarted is filtered anew. */
static __u8 *interrupted_how;
static int interruption;

static void interrupt(int signal)
{
	if (interruption == 0)
		interrupted_how[16] = 1;
	else
		interrupted_how[1] = O_NONBLOCK >> 8;
}

static int restarted(const void *arg)
{
	const struct ea_call *call = ea_find("openat2");
	struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESTART };
	struct itimerval timer = { .it_value.tv_usec = 200000, .it_interval.tv_usec = 200000 };
	long args[6];

	unlink("/tmp/ea_fifo");
	if (mkfifo("/tmp/ea_fifo", 0600))
		return 1;
	interruption = *(const int *)arg;
	interrupted_how = calloc(1, 64);
	sigaction(SIGALRM, &action, NULL);
	if (ea_install_word(call, (struct ea_word) { 16, 1 }, SECCOMP_RET_ALLOW, 0))
		return 2;
	ea_args(call, interrupted_how, 24, args);
	args[1] = (long)"/tmp/ea_fifo";
	setitimer(ITIMER_REAL, &timer, NULL);
	if (ea_run(call, args) != (interruption ? 0 : -4000))
		return 3;
	return 0;
}

TEST_F(ea, restarted)
{
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(0, in_child(restarted, &i));
}

/* A new task has nothing cached, however it came to be. */
static int children(const void *arg)
{
	const struct ea_call *clone3 = ea_find("clone3"), *openat2 = ea_find("openat2");
	static __u8 good[EA_ROOM], bad[EA_ROOM], how[EA_ROOM], bad_how[EA_ROOM];
	const long plain = ea_do(openat2, how, 24);
	int status;
	pid_t pid;

	ea_good(clone3, good);
	ea_bad(clone3, bad);
	ea_bad(openat2, bad_how);
	if (ea_install_word(clone3, clone3->bad, SECCOMP_RET_ALLOW, 0) ||
	    ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0))
		return 1;
	for (int i = 0; i < 50; i++) {
		switch (i % 3) {
		case 0:
			pid = syscall(435, good, 88);
			break;
		case 1:
			pid = fork();
			break;
		default:
			/* In the same address space. */
			pid = vfork();
		}
		if (pid < 0)
			return 2;
		if (!pid) {
			/* The same call again, the other, and what is allowed. */
			if (ea_do(clone3, bad, 88) != -4000 ||
			    ea_do(openat2, bad_how, 24) != -4000 ||
			    ea_do(openat2, how, 24) != plain || ea_do(clone3, good, 88))
				_exit(1);
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			return 10 + i % 3;
		if (ea_do(openat2, bad_how, 24) != -4000 || ea_do(openat2, how, 24) != plain)
			return 4;
	}
	return 0;
}

TEST_F(ea, children)
{
	EXPECT_EQ(0, in_child(children, NULL));
}

/* The other side of exec: the filters are as they were, and the slot is another. */
__attribute__((constructor)) static void after_exec(void)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 how[EA_ROOM];
	const char *turn = getenv("EA_EXEC");
	char next[16];

	if (!turn)
		return;
	ea_bad(openat2, how);
	if (ea_do(openat2, how, 24) != -4000)
		_exit(1);
	ea_good(openat2, how);
	if (ea_do(openat2, how, 24) != 0)
		_exit(2);
	if (!atoi(turn))
		_exit(0);
	snprintf(next, sizeof(next), "%d", atoi(turn) - 1);
	setenv("EA_EXEC", next, 1);
	execl("/proc/self/exe", "ea_test", NULL);
	_exit(3);
}

static void *exec_in_thread(void *arg)
{
	__u8 how[EA_ROOM] = {};

	ea_do(ea_find("openat2"), how, 24);
	execl("/proc/self/exe", "ea_test", NULL);
	return NULL;
}

static int exec(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 how[EA_ROOM] = {};
	pthread_t thread;

	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0) || ea_do(openat2, how, 24))
		return 10;
	setenv("EA_EXEC", "3", 1);
	if (arg) {
		pthread_create(&thread, NULL, exec_in_thread, NULL);
		pthread_join(thread, NULL);
	}
	execl("/proc/self/exe", "ea_test", NULL);
	return 11;
}

TEST_F(ea, exec)
{
	EXPECT_EQ(0, in_child(exec, NULL));
	EXPECT_EQ(0, in_child(exec, self));
}

/* Threads, more than there are slots in a region, each with arguments of its own. */
#define THREADS 150
#define ROUNDS 40

static pthread_barrier_t all_threads;

static void *opens(void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	const long number = (long)arg;
	/* Three results: fine, refused by the filter, refused by the kernel. */
	static const long results[] = { 0, -4000, -EINVAL };
	__u8 how[EA_ROOM] = {};

	if (number % 3 == 1)
		ea_bad(openat2, how);
	else if (number % 3 == 2)
		how[23] = 1;
	pthread_barrier_wait(&all_threads);
	for (int i = 0; i < ROUNDS; i++)
		if (ea_do(openat2, how, 24) != results[number % 3])
			return (void *)1;
	/* All have a slot at the same time. */
	pthread_barrier_wait(&all_threads);
	return NULL;
}

static int threads(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	pthread_t threads[THREADS];
	pthread_attr_t attr;
	int failed = 0;

	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0))
		return 1;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (int turn = 0; turn < 2; turn++) {
		pthread_barrier_init(&all_threads, NULL, THREADS);
		for (long i = 0; i < THREADS; i++)
			if (pthread_create(&threads[i], &attr, opens, (void *)i))
				return 2;
		for (int i = 0; i < THREADS; i++) {
			void *result;

			pthread_join(threads[i], &result);
			failed += !!result;
		}
	}
	return failed;
}

TEST_F(ea, threads)
{
	EXPECT_EQ(0, in_child(threads, NULL));
}

/* The mapping, as far as the process can see. */
static int mapping(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 how[EA_ROOM] = {};
	int regions = 0;
	char line[256];
	FILE *maps;

	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0) || ea_do(openat2, how, 24))
		return 1;
	maps = fopen("/proc/self/maps", "r");
	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "seccomp_args"))
			continue;
		regions++;
		if (!strstr(line, " r--s "))
			return 2;
	}
	return regions == 1 ? 0 : 3;
}

TEST_F(ea, mapping)
{
	EXPECT_EQ(0, in_child(mapping, NULL));
}

/* A struct may be in the copy of the last one, or what is near it. */
static int in_the_slot(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 good[EA_ROOM], bad[EA_ROOM], *region = NULL;
	char line[256];
	FILE *maps;

	ea_good(openat2, good);
	ea_bad(openat2, bad);
	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0) ||
	    ea_do(openat2, good, 24))
		return 1;
	maps = fopen("/proc/self/maps", "r");
	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "seccomp_args"))
			region = (__u8 *)strtoul(line, NULL, 16);
	if (!region)
		return 2;
	fclose(maps);
	for (int i = 0; i < 3; i++) {
		if (ea_do(openat2, good, 24) || ea_do(openat2, region + PAGE, 24))
			return 3;
		if (ea_do(openat2, bad, 24) != -4000 || ea_do(openat2, region + PAGE, 24) != -4000)
			return 4;
		/* The bad word of resolve becomes one of mode. */
		if (ea_do(openat2, region + PAGE + 8, 24) != -EINVAL)
			return 5;
		/* The guard, and a slot that nobody has. */
		if (ea_do(openat2, region, 24) != -EFAULT ||
		    ea_do(openat2, region + PAGE - 8, 24) != -EFAULT ||
		    ea_do(openat2, region + 9 * PAGE, 24) != -EFAULT)
			return 6;
	}
	return 0;
}

TEST_F(ea, in_the_slot)
{
	EXPECT_EQ(0, in_child(in_the_slot, NULL));
}

#ifdef __x86_64__
/* A 32-bit call of a 64-bit program. */
static long old_call(long nr, long a, long b, long c, long d)
{
	asm volatile("int $0x80"
		     : "+a"(nr) : "b"(a), "c"(b), "d"(c), "S"(d)
		     : "r8", "r9", "r10", "r11", "memory");
	return nr;
}

static int calls_of_both_kinds(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	char *low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD(arch),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		LOAD_EA(openat2->bad.offset),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, openat2->bad.value, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		RET_IF_EQ(AUDIT_ARCH_I386, SECCOMP_RET_ERRNO | 2031),
		RET(SECCOMP_RET_ERRNO | 2032),
	};

	if (low == MAP_FAILED || APPEND(insns, USE_EA, 24))
		return 1;
	low[256] = '/';
	for (int i = 0; i < 10; i++) {
		ea_good(openat2, low);
		if (ea_do(openat2, low, 24) ||
		    old_call(437, AT_FDCWD, (long)low + 256, (long)low, 24) < 0)
			return 2;
		low[23] = 1;
		if (ea_do(openat2, low, 24) != -EINVAL ||
		    old_call(437, AT_FDCWD, (long)low + 256, (long)low, 24) != -EINVAL)
			return 3;
		ea_bad(openat2, low);
		if (ea_do(openat2, low, 24) != -2032 ||
		    old_call(437, AT_FDCWD, (long)low + 256, (long)low, 24) != -2031)
			return 4;
	}
	return 0;
}

TEST_F(ea, calls_of_both_kinds)
{
	EXPECT_EQ(0, in_child(calls_of_both_kinds, NULL));
}
#endif

TEST_HARNESS_MAIN
