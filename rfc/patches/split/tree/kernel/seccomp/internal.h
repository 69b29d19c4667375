/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What modes and operations (core.c) and the filter engine (filter.c) offer each
 * other.
 */
#ifndef _KERNEL_SECCOMP_INTERNAL_H
#define _KERNEL_SECCOMP_INTERNAL_H

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/seccomp.h>
#include <linux/types.h>

struct pt_regs;
struct task_struct;

/* Not exposed in headers: strictly internal use only. */
#define SECCOMP_MODE_DEAD	(SECCOMP_MODE_FILTER + 1)

/* core.c */
void seccomp_log(unsigned long syscall, long signr, u32 action, bool requested);
bool seccomp_may_assign_mode(unsigned long seccomp_mode);
void seccomp_assign_mode(struct task_struct *task, unsigned long seccomp_mode,
			 unsigned long flags);

/* The filter engine */
#ifdef CONFIG_SECCOMP_FILTER
bool seccomp_filter_permit(struct task_struct *task, struct pt_regs *regs);
long seccomp_filter_op(unsigned int op, unsigned int flags, void __user *uargs);
#else
static inline bool seccomp_filter_permit(struct task_struct *task, struct pt_regs *regs)
{
	BUG();

	return false;
}

static inline long seccomp_filter_op(unsigned int op, unsigned int flags, void __user *uargs)
{
	return -EINVAL;
}
#endif

#endif /* _KERNEL_SECCOMP_INTERNAL_H */
