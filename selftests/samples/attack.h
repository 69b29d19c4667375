/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For programs that attack the samples from within: what they tried, and whether it was refused.
 */
#ifndef RUST_SECCOMP_SELFTESTS_ATTACK_H
#define RUST_SECCOMP_SELFTESTS_ATTACK_H

#include "common.h"

#include <linux/openat2.h>
#include <sched.h>

/* What headers older than Linux 7.3 lack. */
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif
#ifndef __NR_fchroot
#define __NR_fchroot 472
#endif

static int successes;

/*
 * An attack has failed if its result is -1 and errno is what sandboxes answer with. Any other errno
 * means that the call was let through, and failed for another reason.
 */
static inline void attack(const char *what, long result)
{
	int error = errno;

	if (result == -1 &&
	    (error == EPERM || error == EACCES || error == ENOSYS || error == EXDEV))
		return;
	successes++;
	if (result == -1)
		printf("# %s: was let through (%s)\n", what, strerror(error));
	else
		printf("# %s: WORKED\n", what);
	fflush(stdout);
}

/* An attack whose success shows in something else than a result. */
static inline void attack_shows(const char *what, bool works)
{
	errno = EPERM;
	attack(what, works ? 0 : -1);
}

#endif /* RUST_SECCOMP_SELFTESTS_ATTACK_H */
