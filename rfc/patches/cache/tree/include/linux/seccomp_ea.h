/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Extensible arguments: the struct that a system call will read, as the caller's
 * seccomp filters have seen it.
 */
#ifndef _LINUX_SECCOMP_EA_H
#define _LINUX_SECCOMP_EA_H

#include <linux/sched.h>
#include <linux/types.h>

/* The bytes of a copy. A longer argument is refused by the call that gets it. */
#define SECCOMP_EA_SIZE		4096

/* What seccomp_ea_copy() returns if there is no copy of what is at an address. */
#define SECCOMP_EA_NONE		1

#ifdef CONFIG_SECCOMP_EA

/**
 * struct seccomp_ea - a copy of an extensible argument
 *
 * @data: SECCOMP_EA_SIZE bytes, zero from @len on
 * @uptr: where the argument is in the caller's memory
 * @len: bytes that were copied from there
 * @dirty: @data is zero from here on
 * @error: -EFAULT if they could not be read; @data is zero then
 * @armed: the next read of @uptr is answered with the copy
 *
 * Belongs to a task, which alone uses it. Made by the first call of the task that
 * has an argument which its filters want to see, and freed when it exits.
 */
struct seccomp_ea {
	u8 *data;
	const void __user *uptr;
	size_t len;
	size_t dirty;
	int error;
	bool armed;
};

struct seccomp_ea *seccomp_ea_fill(const void __user *uptr, size_t len);
int seccomp_ea_copy(void *dst, size_t ksize, const void __user *src, size_t usize);
void seccomp_ea_free(struct task_struct *task);

/* Has the caller filters that want to see such arguments? */
static __always_inline bool seccomp_ea_in_use(void)
{
	return unlikely(current->seccomp.ea);
}

/* Drops the copy: the call that is entered, or entered again, has not been seen. */
static inline void seccomp_ea_forget(void)
{
	if (seccomp_ea_in_use())
		current->seccomp.ea->armed = false;
}

/* For a task that is being forked: the copy stays with its owner. */
static inline void seccomp_ea_init(struct task_struct *task)
{
	task->seccomp.ea = NULL;
}

#else /* CONFIG_SECCOMP_EA */

static __always_inline bool seccomp_ea_in_use(void)
{
	return false;
}

static inline int seccomp_ea_copy(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	return SECCOMP_EA_NONE;
}

static inline void seccomp_ea_forget(void) { }
static inline void seccomp_ea_init(struct task_struct *task) { }
static inline void seccomp_ea_free(struct task_struct *task) { }

#endif /* CONFIG_SECCOMP_EA */

#endif /* _LINUX_SECCOMP_EA_H */
