// SPDX-License-Identifier: GPL-2.0
/* Helpers of <linux/sched/...>, <linux/capability.h> and <linux/ptrace.h>. */

#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <asm/cpufeature.h>
#ifdef CONFIG_X86
#include <asm/special_insns.h>
#endif

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
 * Takes one step of for_each_thread(@caller, thread), beginning with @thread ==
 * NULL. The caller holds the siglock, so that no thread joins or leaves.
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

/* Keeps other threads from calling exec. Returns false if a fatal signal came first. */
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
 * @value: set to PKRU, or to the lower half of POR_EL0, which has all keys that
 *	   Linux hands out. The kernel switches the register with the task and
 *	   does not touch it on entry, so the value is that of user space.
 *
 * Return: true if the processor has the register.
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

void rsc_put_task(struct task_struct *task)
{
	put_task_struct(task);
}

/* Returns the thread whose id in @ns is @nr, with a reference, or NULL. */
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
 * Does what rsc_siglock() does, for a task that may be exiting: returns false if
 * the task has no sighand any more. lock_task_sighand() is not exported.
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
		 * The sighand may have been freed, and even be another process's
		 * by now, but its memory stays a sighand (SLAB_TYPESAFE_BY_RCU).
		 */
		spin_lock_irq(&sighand->siglock);
		/* While it is locked, the task can neither lose nor change it. */
		if (likely(sighand == rcu_access_pointer(task->sighand)))
			break;
		spin_unlock_irq(&sighand->siglock);
	}
	rcu_read_unlock();
	return sighand;
}
