/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The random filters of differential.
 */
#ifndef RUST_SECCOMP_SELFTESTS_DIFFERENTIAL_FILTERS_H
#define RUST_SECCOMP_SELFTESTS_DIFFERENTIAL_FILTERS_H

#include "append.h"
#include "random.h"

enum {
	MAX_FILTERS = 64,
	MAX_INSNS = 1200,
	MAX_CALLS = 40,
	MAX_ERRNO = 4095,
	MAX_ARGUMENT = 160,
};

/* Most filters are appended ones. */
extern bool appending;

struct filter {
	struct sock_filter insns[MAX_INSNS];
	size_t len;
	unsigned int flags;
	bool appended;
	__u64 append_flags;
	__u32 ea_size;
};

/* The values and calls that a stack's filters compare with, so that some comparisons hold. */
extern __u32 values[6];
extern int favourites[6];

/* What filters compare with, and arguments of calls are. */
__u32 constant(void);

/*
 * Makes a random filter. All but the last of a stack allow seccomp(2), which installs the next one.
 */
void make_filter(struct filter *f, bool last);

#endif /* RUST_SECCOMP_SELFTESTS_DIFFERENTIAL_FILTERS_H */
