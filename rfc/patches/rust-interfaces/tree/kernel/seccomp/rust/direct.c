// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of the kernel that are not exported. A module would have to find
 * them; here they are called.
 */

#include <linux/audit.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/seccomp_ea.h>
#include <linux/wait.h>

#include "../internal.h"
#include "rsc.h"

void rsc_assign_mode(struct task_struct *task, int mode, bool mitigate)
{
	seccomp_assign_mode(task, mode, mitigate ? 0 : SECCOMP_FILTER_FLAG_SPEC_ALLOW);
}

int rsc_force_sig_seccomp(int syscall, int reason, bool force_coredump)
{
	return force_sig_seccomp(syscall, reason, force_coredump);
}

void rsc_audit_seccomp(unsigned long syscall, long signr, int code)
{
	audit_seccomp(syscall, signr, code);
}

void rsc_ptrace_seccomp_event(unsigned long message)
{
	ptrace_event(PTRACE_EVENT_SECCOMP, message);
}

int rsc_receive_fd_replace(int new_fd, struct file *file, unsigned int o_flags)
{
	return receive_fd_replace(new_fd, file, o_flags);
}

void rsc_complete_on_current_cpu(struct completion *completion)
{
	complete_on_current_cpu(completion);
}

void rsc_wake_up_on_current_cpu(struct wait_queue_head *queue, unsigned int mode, void *key)
{
	__wake_up_on_current_cpu(queue, mode, key);
}

void rsc_ea_forget(void)
{
	seccomp_ea_forget();
}
