/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For programs that attack the samples from within: reports attacks that were not refused.
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

/* The number of attacks that were not refused. */
extern int successes;

/*
 * Takes the result of an attack, and errno. The attack was refused if the result is -1 and errno is
 * what sandboxes answer with. Any other errno means that the sandbox let the call through, which
 * then failed for another reason.
 */
void attack(const char *what, long result);

/* For an attack whose success does not show in the result of a call. */
void attack_shows(const char *what, bool works);

#endif /* RUST_SECCOMP_SELFTESTS_ATTACK_H */
