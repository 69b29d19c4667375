// SPDX-License-Identifier: GPL-2.0
/* Helpers of <linux/uaccess.h>, for rust/sys/user.rs. */

#include <linux/build_bug.h>
#include <linux/perf_event.h>
#include <linux/uaccess.h>
#include <uapi/linux/sched/types.h>

#include "rsc.h"

/* rust/logic/syscalls.rs repeats the sizes, which the kernel writes back on E2BIG. */
static_assert(sizeof(struct sched_attr) == 56);
static_assert(sizeof(struct perf_event_attr) == 144);

int rsc_copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	return copy_struct_from_user(dst, ksize, src, usize);
}

static noinline unsigned long copy_long_from_user(void *dst, const void __user *src, size_t len)
{
	return copy_from_user(dst, src, len);
}

/**
 * rsc_copy_short_from_user() - Copy a struct of user space, fast if it is short.
 * @dst: kernel memory for @len bytes.
 * @src: the struct, aligned or not.
 * @len: its size in bytes.
 *
 * Return: 0; or not 0 if a part could not be read, and @dst has any contents.
 */
unsigned long rsc_copy_short_from_user(void *dst, const void __user *src, size_t len)
{
	const u64 __user *from = src;
	u64 *to = dst;
	size_t i;

	if (unlikely(len > 128 || len % sizeof(*to)))
		return copy_long_from_user(dst, src, len);
	might_fault();
	scoped_user_read_access_size(from, len, fault) {
		for (i = 0; i < len / sizeof(*to); i++)
			unsafe_get_user(to[i], &from[i], fault);
	}
	return 0;
fault:
	return len;
}

/* Does what rsc_copy_short_from_user() does, in the other direction. */
unsigned long rsc_copy_short_to_user(void __user *dst, const void *src, size_t len)
{
	u64 __user *to = dst;
	const u64 *from = src;
	size_t i;

	if (len > 128 || len % sizeof(*to))
		return copy_to_user(dst, src, len);
	might_fault();
	scoped_user_write_access_size(to, len, fault) {
		for (i = 0; i < len / sizeof(*to); i++)
			unsafe_put_user(from[i], &to[i], fault);
	}
	return 0;
fault:
	return len;
}
