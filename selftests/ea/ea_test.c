// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: the fields that filters see.
 */

#include "ea_fixture.h"

#include <linux/io_uring.h>

/* Errnos of filters that compare what they see: all as expected, or the index of a wrong word. */
#define AS_EXPECTED 4000
#define FEATURES_DIFFER 3000
#define SIZE_DIFFERS 3001
#define EXTENT_DIFFERS 3002
#define WORD_DIFFERS 1001

struct view {
	const struct ea_call *call;
	/* The arguments of the call. */
	const void *pointer;
	unsigned long size;
	/* The filter, and what it has to see. */
	__u64 flags;
	unsigned int ea_size;
	const __u8 *bytes;
	__u64 seen_size;
	__u32 features, extent;
	/* The result of the call. */
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
	ADD(LOAD_AT(OFFSET(extensible_arg_extent)), UNLESS_EQ(view->extent, EXTENT_DIFFERS));
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
 * Describes what a filter has to see of a struct that the caller passes with this size, which is an
 * argument or a field of the struct. "bytes" are the 8192 bytes at the caller's pointer.
 */
static struct view view_of(const struct ea_call *call, __u8 *bytes, unsigned long size,
			   unsigned int ea_size, __u64 flags)
{
	static __u8 seen[8192];
	struct view view = {
		.call = call, .pointer = bytes, .size = size, .seen_size = size,
		.flags = flags, .ea_size = ea_size, .bytes = seen,
		.features = FEATURES_EA, .extent = PAGE, .result = -AS_EXPECTED,
	};
	unsigned long length = size < PAGE ? size : PAGE;

	if (call->size_arg == EA_FIXED) {
		size = call->known;
		length = size;
	} else if (call->flags & EA_BUFFER) {
		size = (__u32)size;
		length = size <= call->known ? size : 0;
	}
	view.seen_size = size;
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
	while (view.extent && !seen[view.extent - 1])
		view.extent--;
	/* What is beyond the page counts, whatever it is. */
	if (size > PAGE && !(call->flags & EA_BUFFER))
		view.extent = size < 0xffffffff ? size : 0xffffffff;
	if (view.extent > ea_size && flags & TAIL_VISIBLE)
		view.features |= FEATURE_TAIL;
	else if (view.extent > ea_size && ea_size)
		view.result = -E2BIG;
	return view;
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
			unsigned int ea_sizes[] = {
				call->known, call->smallest ? call->smallest - 4 : 24,
			};
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
		/* The largest size, and none. */
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

/* Unaligned, across pages, and at the end of readable memory. */
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

/* Filters see zeros if any part of the struct cannot be read. The kernel then returns the error. */
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
				.ea_size = call->known, .bytes = zeros, .features = FEATURES_EA,
				.seen_size = embedded && j != 1 ? 0 : call->known,
				.result = -AS_EXPECTED,
			};

			if (j == 1 && call->smallest == 8)
				view.pointer = end - 7;
			EXPECT_EQ(0, in_child(views, &view));
		}
	}
}

/*
 * The documented limit: io_uring opens files without a filter. Returns the result of its openat2(),
 * 0 in place of a descriptor.
 */
static long openat2_by_uring(int ring, const struct io_uring_params *params, const void *how)
{
	const size_t size = params->sq_off.array + params->sq_entries * 4;
	const size_t cq_size = params->cq_off.cqes +
			       params->cq_entries * sizeof(struct io_uring_cqe);
	char *sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	char *cq = mmap(NULL, cq_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
			IORING_OFF_CQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, params->sq_entries * sizeof(*sqe),
					PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	const struct io_uring_cqe *cqe = (void *)(cq + params->cq_off.cqes);

	if (sq == MAP_FAILED || cq == MAP_FAILED || (void *)sqe == MAP_FAILED)
		return -EDOM;
	*sqe = (struct io_uring_sqe) {
		.opcode = IORING_OP_OPENAT2, .fd = AT_FDCWD, .addr = (uintptr_t)"/",
		.addr2 = (uintptr_t)how, .len = 24,
	};
	*(__u32 *)(sq + params->sq_off.array) = 0;
	__atomic_store_n((__u32 *)(sq + params->sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(426, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -ERANGE;
	if (cqe->res >= 0)
		close(cqe->res);
	return cqe->res < 0 ? cqe->res : 0;
}

static int by_uring(const void *arg)
{
	const struct ea_call *call = ea_find("openat2");
	struct io_uring_params params = {};
	const struct ea_word word = { 16, 2 /* RESOLVE_NO_MAGICLINKS */ };
	static __u8 how[EA_ROOM];
	int ring;

	if (ea_install_word(call, word, SECCOMP_RET_ALLOW, 0))
		return 1;
	ring = syscall(425, 1, &params);
	if (ring < 0)
		return errno == ENOSYS || errno == EPERM ? KSFT_SKIP : 2;
	ea_put(how, word);
	if (ea_do(call, how, 24) != -4000)
		return 3;
	if (openat2_by_uring(ring, &params, how))
		return 4;
	return ea_do(call, how, 24) == -4000 ? 0 : 5;
}

TEST_F(ea, not_by_io_uring)
{
	int result = in_child(by_uring, NULL);

	if (result == KSFT_SKIP)
		SKIP(return, "no io_uring");
	EXPECT_EQ(0, result);
}

TEST_HARNESS_MAIN
