// SPDX-License-Identifier: GPL-2.0
/*
 * Which threads are inside certain system calls, for rust/takeover/in_flight.rs.
 * A thread that entered such a call before the hooks were in place may still run
 * the built-in engine's code. In the tree there is no such time.
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

/* task_pt_regs(), on a stack that was looked up once. */
static const struct pt_regs *stack_pt_regs(const void *stack)
{
#ifdef CONFIG_X86
	return (const struct pt_regs *)(stack + THREAD_SIZE - TOP_OF_KERNEL_STACK_PADDING) - 1;
#else
	return (const struct pt_regs *)(stack + THREAD_SIZE) - 1;
#endif
}

/*
 * Is @task inside the system call @native (@compat for a 32-bit caller) with
 * @arg0 as its first argument (any, if negative)? The registers that a task
 * entered the kernel with stay put while it is there; for a task in user mode
 * the answer may be stale either way.
 */
static bool is_in_syscall(struct task_struct *task, int native, int compat, long arg0)
{
	const void *stack = READ_ONCE(task->stack);
	struct pt_regs regs;
	unsigned long args[6];
	int nr = native;

	/*
	 * A reference to the task does not keep its stack, which it loses when it
	 * has exited. A stack is another task's then, or gone for good, and that at
	 * once at times (free_vm_stack_cache(), a new task that cannot be charged
	 * for it).
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

/* May @task be on its way through do_seccomp()? */
bool rsc_in_seccomp_call(struct task_struct *task)
{
	return is_in_syscall(task, __NR_seccomp, COMPAT_NR_seccomp, -1) ||
	       is_in_syscall(task, __NR_prctl, COMPAT_NR_prctl, PR_SET_SECCOMP);
}

/*
 * May @task be on its way through seccomp_get_metadata()? Nobody else gets there
 * than who has CAP_SYS_ADMIN; a task's credentials do not change while it is in
 * a call. It is not confined when it gets there, but TSYNC may confine it then.
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
 * @match: called under the RCU read lock, for each thread but the caller's.
 * @found: where to put them.
 * @max: how many fit in there.
 *
 * Return: how many match; those beyond @max were not stored.
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
