// SPDX-License-Identifier: GPL-2.0
/* Helpers of <linux/jump_label.h>, for rust/sys/counting.rs. */

#include <linux/jump_label.h>

#include "rsc.h"

struct rsc_switch rsc_counting = { .key = STATIC_KEY_FALSE_INIT };

void rsc_set_counting(bool on)
{
	if (on)
		static_branch_enable(&rsc_counting.key);
	else
		static_branch_disable(&rsc_counting.key);
}

bool rsc_is_counting(void)
{
	return static_key_enabled(&rsc_counting.key);
}
