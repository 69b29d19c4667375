// SPDX-License-Identifier: GPL-2.0
/* Twins of <linux/sched/...>, <linux/capability.h> and <linux/ptrace.h>. */

#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/cpufeature.h>
#ifdef CONFIG_X86
#include <asm/special_insns.h>
#endif
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "rsc.h"

void rsc_siglock(struct task_struct *task)
{
	spin_lock_irq(&task->sighand->siglock);
}

void rsc_sigunlock(struct task_struct *task)
{
	spin_unlock_irq(&task->sighand->siglock);
}

/*
 * One step of for_each_thread(@caller, thread); start with @thread == NULL.
 * The caller holds the siglock, so that no thread joins or leaves.
 */
struct task_struct *rsc_next_thread(struct task_struct *caller, struct task_struct *thread)
{
	struct list_head *head = &caller->signal->thread_head;
	struct list_head *next = thread ? thread->thread_node.next : head->next;

	lockdep_assert_held(&caller->sighand->siglock);
	if (next == head)
		return NULL;
	return list_entry(next, struct task_struct, thread_node);
}

/* Keeps exec of another thread out; false if a fatal signal came first. */
bool rsc_exec_lock(void)
{
	return !mutex_lock_killable(&current->signal->cred_guard_mutex);
}

void rsc_exec_unlock(void)
{
	mutex_unlock(&current->signal->cred_guard_mutex);
}

bool rsc_group_exiting(void)
{
	return current->signal->flags & SIGNAL_GROUP_EXIT;
}

bool rsc_last_thread(void)
{
	return atomic_read(&current->signal->live) == 1;
}

bool rsc_may_install(void)
{
	return task_no_new_privs(current) ||
	       ns_capable_noaudit(current_user_ns(), CAP_SYS_ADMIN);
}

bool rsc_capable_sysadmin(void)
{
	return capable(CAP_SYS_ADMIN);
}

bool rsc_no_new_privs(struct task_struct *task)
{
	return task_no_new_privs(task);
}

void rsc_set_no_new_privs(struct task_struct *task)
{
	task_set_no_new_privs(task);
}

void rsc_cond_resched(void)
{
	cond_resched();
}

bool rsc_fatal_signal_pending(void)
{
	return fatal_signal_pending(current);
}

bool rsc_ptrace_seccomp_enabled(void)
{
	return ptrace_event_enabled(current, PTRACE_EVENT_SECCOMP);
}

bool rsc_in_compat_syscall(void)
{
	return in_compat_syscall();
}

/**
 * rsc_pkey_register() - Read the caller's protection-key register.
 * @value: PKRU, or the lower half of POR_EL0, which has all keys that Linux
 *	   hands out. It is switched with the task and left alone on the way
 *	   into the kernel, so it is as user space has set it.
 *
 * Return: whether the processor has one.
 */
bool rsc_pkey_register(u32 *value)
{
#ifdef CONFIG_X86
	if (!cpu_feature_enabled(X86_FEATURE_OSPKE))
		return false;
	*value = rdpkru();
	return true;
#else
	if (!system_supports_poe())
		return false;
	*value = read_sysreg_s(SYS_POR_EL0);
	return true;
#endif
}

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

void rsc_put_task(struct task_struct *task)
{
	put_task_struct(task);
}

/* The thread with the id @nr in @ns, with a reference, or NULL. */
struct task_struct *rsc_find_task(struct pid_namespace *ns, pid_t nr)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_pid_ns(nr, ns), PIDTYPE_PID);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	return task;
}

/*
 * As rsc_siglock(), for a task that may be exiting: false if it has no sighand
 * any more. Follows lock_task_sighand(), which is not exported.
 */
bool rsc_try_siglock(struct task_struct *task)
{
	struct sighand_struct *sighand;

	rcu_read_lock();
	for (;;) {
		sighand = rcu_dereference(task->sighand);
		if (!sighand)
			break;
		/*
		 * It may be freed and even used by another process by now, but
		 * its memory stays that of some sighand (SLAB_TYPESAFE_BY_RCU).
		 */
		spin_lock_irq(&sighand->siglock);
		/* The task cannot lose or change it while it is locked. */
		if (likely(sighand == rcu_access_pointer(task->sighand)))
			break;
		spin_unlock_irq(&sighand->siglock);
	}
	rcu_read_unlock();
	return sighand;
}
