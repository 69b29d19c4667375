// SPDX-License-Identifier: GPL-2.0
/* Twins of <linux/uaccess.h>. */

#include <linux/uaccess.h>

#include "rsc.h"

int rsc_copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	return copy_struct_from_user(dst, ksize, src, usize);
}
