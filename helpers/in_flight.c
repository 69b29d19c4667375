// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the threads that are inside certain system calls, for
 * rust/takeover/in_flight.rs. A thread that entered such a call before the hooks
 * were in place may still run the code of the built-in engine. Part of the
 * takeover: in the tree a thread cannot be between two engines.
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "takeover.h"

/* Does what task_pt_regs() does, for a stack that the caller has read from the task once. */
static const struct pt_regs *stack_pt_regs(const void *stack)
{
#ifdef CONFIG_X86
	return (const struct pt_regs *)(stack + THREAD_SIZE - TOP_OF_KERNEL_STACK_PADDING) - 1;
#else
	return (const struct pt_regs *)(stack + THREAD_SIZE) - 1;
#endif
}

/*
 * Returns whether @task is inside the system call @native (@compat for a 32-bit
 * caller) with @arg0 as its first argument, or with any if @arg0 is negative.
 * While a task is in the kernel, the registers that it entered with stay where
 * they are. A task in user mode may be taken to be in its last call still, or be
 * missed while it enters the kernel.
 */
static bool is_in_syscall(struct task_struct *task, int native, int compat, long arg0)
{
	const void *stack = READ_ONCE(task->stack);
	struct pt_regs regs;
	unsigned long args[6];
	int nr = native;

	/*
	 * The caller's reference keeps the task, but not its stack: a task that
	 * has exited loses it. The stack then goes to another task or is unmapped,
	 * without a grace period if the cache of stacks is emptied
	 * (free_vm_stack_cache()) or a new task cannot be charged for it.
	 */
	if (!stack || task->flags & (PF_KTHREAD | PF_EXITING))
		return false;
	if (copy_from_kernel_nofault(&regs, stack_pt_regs(stack), sizeof(regs)))
		return false;
#ifdef CONFIG_X86_64
	if (task->thread_info.status & TS_COMPAT)
		nr = compat;
	if ((syscall_get_nr(task, &regs) & ~__X32_SYSCALL_BIT) != nr)
		return false;
#else
	if (test_tsk_thread_flag(task, TIF_32BIT))
		nr = compat;
	if (syscall_get_nr(task, &regs) != nr)
		return false;
#endif
	if (arg0 < 0)
		return true;
	syscall_get_arguments(task, &regs, args);
	return (u32)args[0] == (u32)arg0;
}

#ifdef CONFIG_X86_64
#define COMPAT_NR_seccomp	354
#define COMPAT_NR_prctl		172
#define COMPAT_NR_ptrace	26
#define X32_NR_ptrace		521
#else
#define COMPAT_NR_seccomp	383
#define COMPAT_NR_prctl		172
#define COMPAT_NR_ptrace	26
#endif

/* Returns whether @task may be on its way through do_seccomp(). */
bool rsc_in_seccomp_call(struct task_struct *task)
{
	return is_in_syscall(task, __NR_seccomp, COMPAT_NR_seccomp, -1) ||
	       is_in_syscall(task, __NR_prctl, COMPAT_NR_prctl, PR_SET_SECCOMP);
}

/*
 * Returns whether @task may be on its way through seccomp_get_metadata(). Only an
 * unconfined task with CAP_SYS_ADMIN gets there. Its credentials do not change
 * during the call, but another thread's TSYNC may confine it meanwhile.
 */
bool rsc_in_metadata_call(struct task_struct *task)
{
	const long request = PTRACE_SECCOMP_GET_METADATA;
	const struct cred *cred;
	bool may;

	rcu_read_lock();
	cred = __task_cred(task);
	may = cred->user_ns == &init_user_ns && cap_raised(cred->cap_effective, CAP_SYS_ADMIN);
	rcu_read_unlock();
	if (!may)
		return false;
#ifdef CONFIG_X86_X32_ABI
	if (is_in_syscall(task, X32_NR_ptrace, COMPAT_NR_ptrace, request))
		return true;
#endif
	return is_in_syscall(task, __NR_ptrace, COMPAT_NR_ptrace, request);
}

/**
 * rsc_collect_tasks() - Take references to the threads that match.
 * @match: called under the RCU read lock, for each thread but the caller.
 * @found: room for @max threads.
 * @max: the number of threads to take a reference to, at most.
 *
 * Return: the number of threads that match. If it is larger than @max, the
 * threads beyond @max are not in @found.
 */
unsigned int rsc_collect_tasks(bool (*match)(struct task_struct *task),
			       struct task_struct **found, unsigned int max)
{
	struct task_struct *process, *thread;
	unsigned int count = 0;

	rcu_read_lock();
	for_each_process_thread(process, thread) {
		if (thread == current || !match(thread))
			continue;
		if (count < max)
			found[count] = get_task_struct(thread);
		count++;
	}
	rcu_read_unlock();
	return count;
}
