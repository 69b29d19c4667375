// SPDX-License-Identifier: GPL-2.0
/* Helpers of <linux/jump_label.h>, for rust/sys/watch.rs. */

#include <linux/jump_label.h>
#include <linux/mutex.h>

#include "rsc.h"

struct rsc_switch rsc_watched = { .key = STATIC_KEY_FALSE_INIT };

static DEFINE_MUTEX(counting_mutex);
static bool counting;

int rsc_watch(void)
{
	static_branch_inc(&rsc_watched.key);
	return 0;
}

void rsc_unwatch(void)
{
	static_branch_dec(&rsc_watched.key);
}

/* Lock order: counting_mutex, then those of static keys. */
void rsc_set_counting(bool on)
{
	mutex_lock(&counting_mutex);
	if (on && !counting)
		rsc_watch();
	else if (!on && counting)
		rsc_unwatch();
	WRITE_ONCE(counting, on);
	mutex_unlock(&counting_mutex);
}

bool rsc_is_counting(void)
{
	return READ_ONCE(counting);
}
