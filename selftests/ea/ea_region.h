/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A confined process with a region, the mapping that holds the copies of extensible arguments.
 */
#ifndef RUST_SECCOMP_SELFTESTS_EA_REGION_H
#define RUST_SECCOMP_SELFTESTS_EA_REGION_H

#include "append.h"

#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <time.h>

/* What older headers lack. */
#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#ifndef __NR_openat2
#define __NR_openat2 437
#endif
#ifndef __NR_mount_setattr
#define __NR_mount_setattr 442
#endif
#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#endif
#ifndef __NR_statmount
#define __NR_statmount 457
#define __NR_listmount 458
#endif
#ifndef __NR_setxattrat
#define __NR_setxattrat 463
#define __NR_getxattrat 464
#endif
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif
#ifndef __NR_file_setattr
#define __NR_file_setattr 469
#endif
#ifndef __NR_listns
#define __NR_listns 470
#endif

/*
 * Confines the caller: openat2() with RESOLVE_BENEATH and clone3() with CLONE_NEWUSER fail with
 * EPERM. The filter allows all other calls, those with an extensible argument after a look at it.
 */
int confine(void);

/*
 * openat2("/") with this "resolve", or with another struct. Returns 0 or minus the error: EXDEV for
 * RESOLVE_BENEATH without a filter, as the path is absolute.
 */
int openat2_with(__u64 resolve, const struct open_how *template);

/* The same as a function of a child or thread. Returns 0 or the error. */
int call_once(void *arg);

/* The number of regions of a process, and the bounds of the first one. */
int regions(pid_t pid, unsigned long *start, unsigned long *end);

/* In a new process. Returns 0 if it has no region at first, and one that works later. */
int look_at_slot(const void *arg);

/* Calls fn() in a process with the same memory. Returns its wait status. */
int in_same_memory(int (*fn)(void *));

#endif /* RUST_SECCOMP_SELFTESTS_EA_REGION_H */
