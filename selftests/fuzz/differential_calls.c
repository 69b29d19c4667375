// SPDX-License-Identifier: GPL-2.0
/*
 * The random calls of differential: all harmless, whatever their arguments.
 */

#include "differential_calls.h"

/* A descriptor, or a process, that does not exist. */
#define NOWHERE (-77UL)

static const struct extensible extensibles[] = {
	{ 437, 2, 3, .args = { NOWHERE } }, /* openat2 */
	{ 442, 3, 4, .args = { NOWHERE } }, /* mount_setattr */
	{ 467, 3, 4, .args = { NOWHERE }, .null = true }, /* open_tree_attr */
	{ 469, 2, 3, .args = { NOWHERE } }, /* file_setattr */
	{ 463, 4, 5, .args = { NOWHERE } }, /* setxattrat */
	{ 464, 4, 5, .args = { NOWHERE } }, /* getxattrat */
	{ 444, 0, 1, .null = true }, /* landlock_create_ruleset */
	{ 457, 0, -1, .offset = 0, .smallest = 24 }, /* statmount */
	{ 458, 0, -1, .offset = 0, .smallest = 24 }, /* listmount */
	{ 470, 0, -1, .offset = 0, .smallest = 32 }, /* listns */
	{ __NR_sched_setattr, 1, -1, .offset = 0, .zero = 48, .smallest = 48, .null = true,
	  .args = { NOWHERE } },
	{ __NR_perf_event_open, 0, -1, .offset = 4, .zero = 64, .smallest = 64,
	  .args = { 0, NOWHERE, NOWHERE } },
};

__u8 buffer[MAX_ARGUMENT];

struct call calls[MAX_CALLS];

/* Makes a call with an extensible argument, whose pointer or size may be wrong. */
static void make_extensible(struct call *call)
{
	static const __u32 sizes[] = { 0, 4, 8, 16, 24, 32, 40, 48, 56, 64, 88, 100, 144, 160 };
	const struct extensible *e = &PICK(extensibles);
	__u32 size = PICK(sizes);

	call->extensible = e;
	call->nr = e->nr;
	memcpy(call->args, e->args, sizeof(call->args));
	for (int n = below(6); n; n--) {
		__u32 value = one_in(2) ? PICK(values) : constant();

		memcpy(call->argument + 4 * below(MAX_ARGUMENT / 4), &value, 4);
	}
	call->args[e->pointer] = (uintptr_t)buffer;
	if (one_in(8))
		call->args[e->pointer] = e->null && one_in(2) ? 0 : 8;
	if (e->size < 0)
		memcpy(call->argument + e->offset, &size, 4);
	else
		call->args[e->size] = size;
}

void make_calls(void)
{
	for (int i = 0; i < MAX_CALLS; i++) {
		struct call *call = &calls[i];

		call->extensible = NULL;
		memset(call->argument, 0, sizeof(call->argument));
		if (appending && one_in(2)) {
			make_extensible(call);
			continue;
		}
		call->nr = one_in(4) ? PICK(numbers) : PICK(favourites);
#if __SIZEOF_LONG__ == 8
		/* The kernel ignores the upper half of the register. */
		if (one_in(8))
			call->nr = (__u32)call->nr | (bits() << 32);
#endif
		for (int n = 0; n < 6; n++) {
			call->args[n] = one_in(2) ? PICK(values) : constant();
#if __SIZEOF_LONG__ == 8
			if (one_in(4))
				call->args[n] |= (__u64)constant() << 32;
#endif
		}
	}
}
