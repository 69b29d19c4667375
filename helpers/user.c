// SPDX-License-Identifier: GPL-2.0
/* Twins of <linux/uaccess.h>. */

#include <linux/build_bug.h>
#include <linux/perf_event.h>
#include <linux/uaccess.h>
#include <uapi/linux/sched/types.h>

#include "rsc.h"

/* What the kernel writes back on E2BIG, as rust/calls.rs has it. */
static_assert(sizeof(struct sched_attr) == 56);
static_assert(sizeof(struct perf_event_attr) == 144);

int rsc_copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	return copy_struct_from_user(dst, ksize, src, usize);
}
