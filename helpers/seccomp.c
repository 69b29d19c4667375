// SPDX-License-Identifier: GPL-2.0
/* Helpers of <linux/seccomp.h> and <linux/thread_info.h>. */

#include <linux/audit.h>
#include <linux/build_bug.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/thread_info.h>

#include "rsc.h"
#include "takeover.h"
#include "../include/uapi/linux/seccomp_append.h"
#include "../include/uapi_check.h"

#ifdef CONFIG_SECCOMP_CACHE_DEBUG
#error disable CONFIG_SECCOMP_CACHE_DEBUG: /proc/<pid>/seccomp_cache would misread our filters
#endif

#ifdef CONFIG_ARM64
/* rust/sys/arch/arm64.rs repeats the values. */
static_assert(AUDIT_ARCH_AARCH64 == 0xc00000b7);
static_assert(AUDIT_ARCH_ARM == 0x40000028);
#endif

/*
 * Does what seccomp_assign_mode() of kernel/seccomp.c does, which is static. A
 * thread that sees the flag has to see the mode, and the filter before that.
 */
void rsc_assign_mode(struct task_struct *task, int mode, bool mitigate)
{
	lockdep_assert_held(&task->sighand->siglock);

	WRITE_ONCE(task->seccomp.mode, mode);
	/* Pairs with the entry code, which reads the flag and then the mode. */
	smp_mb__before_atomic();
	if (mitigate)
		rsc_spec_mitigate(task);
	set_task_syscall_work(task, SECCOMP);
}
