// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: a struct behind a pointer is copied before the filters
 * look at it, and the call then reads the copy. So what user space does to the
 * struct meanwhile is without effect.
 *
 * The calls know nothing of it: copy_struct_from_user() and the functions that
 * read socket addresses ask seccomp_ea_copy() first.
 */

#include <linux/export.h>
#include <linux/seccomp_ea.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

static struct seccomp_ea *seccomp_ea_get(void)
{
	struct seccomp_ea *ea = current->seccomp.ea;

	if (ea)
		return ea;
	ea = kzalloc_obj(*ea, GFP_KERNEL_ACCOUNT);
	if (!ea)
		return NULL;
	ea->data = kzalloc(SECCOMP_EA_SIZE, GFP_KERNEL_ACCOUNT);
	if (!ea->data) {
		kfree(ea);
		return NULL;
	}
	current->seccomp.ea = ea;
	return ea;
}

/**
 * seccomp_ea_fill() - Copy an argument of the call that the caller has entered
 * @uptr: the argument
 * @len: its length in bytes, at most SECCOMP_EA_SIZE
 *
 * The next read of @uptr by the call is answered with the copy. If the argument
 * cannot be read, the copy is all zero, and so will the read fail.
 *
 * Context: Process context. May sleep.
 * Return: the copy, or ERR_PTR(-ENOMEM).
 */
struct seccomp_ea *seccomp_ea_fill(const void __user *uptr, size_t len)
{
	struct seccomp_ea *ea = seccomp_ea_get();

	if (!ea)
		return ERR_PTR(-ENOMEM);
	len = min_t(size_t, len, SECCOMP_EA_SIZE);
	ea->uptr = uptr;
	ea->len = len;
	ea->error = 0;
	ea->dirty = max(ea->dirty, len);
	if (copy_from_user(ea->data, uptr, len)) {
		ea->error = -EFAULT;
		len = 0;
	}
	memset(ea->data + len, 0, ea->dirty - len);
	ea->dirty = len;
	ea->armed = true;
	return ea;
}

/**
 * seccomp_ea_copy() - Read an argument that filters may have seen
 * @dst: destination address, in kernel space, of @ksize bytes
 * @ksize: size of the struct that the caller knows
 * @src: source address, in user space
 * @usize: (alleged) size of the struct there
 *
 * Does what copy_struct_from_user() does, from the copy that the filters have
 * seen. That is once: a call reads its argument once, and may have a pointer to
 * the same place in it.
 *
 * Return: 0; -E2BIG as copy_struct_from_user(); -EFAULT if the argument could not
 * be read, or its size has changed since; SECCOMP_EA_NONE if there is no copy of
 * what is at @src.
 */
int seccomp_ea_copy(void *dst, size_t ksize, const void __user *src, size_t usize)
{
	struct seccomp_ea *ea = current->seccomp.ea;

	if (!ea || !ea->armed || ea->uptr != src)
		return SECCOMP_EA_NONE;
	ea->armed = false;
	if (ea->error)
		return ea->error;
	if (usize != ea->len)
		return -EFAULT;
	return copy_struct_from_bounce_buffer(dst, ksize, ea->data, usize);
}
EXPORT_SYMBOL(seccomp_ea_copy);

/**
 * seccomp_ea_free() - Free the copy of a task
 * @task: a task that exits, and makes no system call any more
 */
void seccomp_ea_free(struct task_struct *task)
{
	struct seccomp_ea *ea = task->seccomp.ea;

	task->seccomp.ea = NULL;
	if (ea) {
		kfree(ea->data);
		kfree(ea);
	}
}
