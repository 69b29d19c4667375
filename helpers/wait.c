// SPDX-License-Identifier: GPL-2.0
/* Helpers of <linux/completion.h>, <linux/wait.h>, <linux/poll.h> and <linux/mutex.h>. */

#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/wait.h>

#include "rsc.h"

void rsc_init_completion(struct completion *completion)
{
	init_completion(completion);
}

void rsc_init_waitqueue(struct wait_queue_head *queue)
{
	init_waitqueue_head(queue);
}

/* Does what DEFINE_WAIT_FUNC() does, for an entry that the caller declares. */
void rsc_init_wait(struct wait_queue_entry *entry, wait_queue_func_t func)
{
	init_wait_func(entry, func);
}

void rsc_poll_wait(struct file *file, struct wait_queue_head *queue,
		   struct poll_table_struct *table)
{
	poll_wait(file, queue, table);
}

int rsc_mutex_lock_interruptible(struct mutex *lock)
{
	return mutex_lock_interruptible(lock);
}
