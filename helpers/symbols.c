// SPDX-License-Identifier: GPL-2.0
/*
 * Finds kernel functions by name. Part of the takeover: an in-tree build deletes
 * the file and calls the functions directly, by the same helpers.
 *
 * Functions that the engine calls, but the kernel does not export, are resolved
 * while the module loads. If one is missing, the module is refused. They are
 * called through static_call, a patched direct call on x86. Most of them are
 * never called by pointer, so the kernel has sealed their ENDBR away and an
 * indirect call would fault under IBT. A direct call needs no ENDBR, and may go
 * to the address behind it, which is what a kprobe reports there.
 */

#include <linux/audit.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/static_call.h>
#include <linux/wait.h>

#include "rsc.h"
#include "takeover.h"

DEFINE_STATIC_CALL_NULL(rsc_audit_seccomp, audit_seccomp);
DEFINE_STATIC_CALL_NULL(rsc_complete_on_current_cpu, complete_on_current_cpu);
DEFINE_STATIC_CALL_NULL(rsc_force_sig_seccomp, force_sig_seccomp);
DEFINE_STATIC_CALL_NULL(rsc_ptrace_notify, ptrace_notify);
DEFINE_STATIC_CALL_NULL(rsc_receive_fd_replace, receive_fd_replace);
DEFINE_STATIC_CALL_NULL(rsc_wake_up_on_current_cpu, __wake_up_on_current_cpu);
#ifdef CONFIG_X86
DEFINE_STATIC_CALL_NULL(rsc_spec_mitigate, arch_seccomp_spec_mitigate);
#endif

/*
 * Finds a function. Returns 0, -ENOENT if the kernel lacks it, -ENOMEM, or
 * -EOPNOTSUPP if it cannot be probed. The caller unregisters the probe.
 */
static int find(const char *name, struct kprobe *kp)
{
	int ret;

	memset(kp, 0, sizeof(*kp));
	kp->symbol_name = name;
	/* Registered, but never armed: the text stays as it is. */
	kp->flags = KPROBE_FLAG_DISABLED;
	ret = register_kprobe(kp);
	return !ret || ret == -ENOENT || ret == -ENOMEM ? ret : -EOPNOTSUPP;
}

/* Finds a function without which the module cannot work: -EOPNOTSUPP if it is missing. */
static int resolve(const char *name, struct kprobe *kp)
{
	int ret = find(name, kp);

	if (ret)
		return ret == -ENOENT ? -EOPNOTSUPP : ret;
	unregister_kprobe(kp);
	return 0;
}

#define RESOLVE(call, func)						\
({									\
	struct kprobe __kp;						\
	int __ret = resolve(#func, &__kp);				\
									\
	*missing = #func;						\
	if (!__ret)							\
		static_call_update(call, (void *)__kp.addr);		\
	__ret;								\
})

/**
 * rsc_symbols_resolve() - Find every function that is not exported.
 * @missing: on failure, set to the name of the function that was not found.
 *
 * Return: 0, -ENOMEM, or -EOPNOTSUPP if the kernel lacks one.
 */
int rsc_symbols_resolve(const char **missing)
{
	int ret;

	ret = RESOLVE(rsc_audit_seccomp, audit_seccomp) ?:
	      RESOLVE(rsc_complete_on_current_cpu, complete_on_current_cpu) ?:
	      RESOLVE(rsc_force_sig_seccomp, force_sig_seccomp) ?:
	      RESOLVE(rsc_ptrace_notify, ptrace_notify) ?:
	      RESOLVE(rsc_receive_fd_replace, receive_fd_replace) ?:
	      RESOLVE(rsc_wake_up_on_current_cpu, __wake_up_on_current_cpu);
#ifdef CONFIG_X86
	if (!ret)
		ret = RESOLVE(rsc_spec_mitigate, arch_seccomp_spec_mitigate);
#endif
	return ret;
}

/**
 * rsc_symbol_site() - Find where ftrace hooks into a function.
 * @name: the function.
 * @site: set to an address by which ftrace knows the site.
 * @body: set to where the function goes on: on x86 to the address behind the
 *	  site, which stays right when the site is patched. On arm64 a direct
 *	  call brings that address along, so this is the function itself.
 *
 * Return: 0, -ENOMEM, or -EOPNOTSUPP if the kernel lacks the function or ftrace
 * cannot hook into it.
 */
int rsc_symbol_site(const char *name, unsigned long *site, unsigned long *body)
{
	struct kprobe kp;
	int ret = resolve(name, &kp);

	if (ret)
		return ret;
	*site = (unsigned long)kp.addr;
	*body = *site;
#ifdef CONFIG_X86
	if (!(kp.flags & KPROBE_FLAG_FTRACE))
		return -EOPNOTSUPP;
	*body += MCOUNT_INSN_SIZE;
#endif
	return 0;
}

/**
 * rsc_symbol_addresses() - Find functions that the kernel may lack.
 * @names: the functions.
 * @addresses: set to where each one begins or has its ftrace site; 0 for a
 *	       function that the kernel lacks.
 * @n: the number of functions.
 *
 * Return: 0, -ENOMEM, or -EOPNOTSUPP if a function exists but cannot be probed.
 */
int rsc_symbol_addresses(const char *const *names, unsigned long *addresses, unsigned int n)
{
	struct kprobe *probes;
	struct kprobe **found;
	unsigned int i, count = 0;
	int ret = 0;

	probes = kcalloc(n, sizeof(*probes), GFP_KERNEL);
	found = kcalloc(n, sizeof(*found), GFP_KERNEL);
	if (!probes || !found)
		ret = -ENOMEM;
	for (i = 0; !ret && i < n; i++) {
		ret = find(names[i], &probes[i]);
		addresses[i] = ret ? 0 : (unsigned long)probes[i].addr;
		if (!ret)
			found[count++] = &probes[i];
		else if (ret == -ENOENT)
			ret = 0;
	}
	if (count)
		/* All in one call, because each call waits for a grace period. */
		unregister_kprobes(found, count);
	kfree(found);
	kfree(probes);
	return ret;
}

int rsc_force_sig_seccomp(int syscall, int reason, bool force_coredump)
{
	return static_call(rsc_force_sig_seccomp)(syscall, reason, force_coredump);
}

void rsc_audit_seccomp(unsigned long syscall, long signr, int code)
{
	static_call(rsc_audit_seccomp)(syscall, signr, code);
}

/* Does what the inline ptrace_event(PTRACE_EVENT_SECCOMP, message) does. */
void rsc_ptrace_seccomp_event(unsigned long message)
{
	static_call(rsc_ptrace_notify)((PTRACE_EVENT_SECCOMP << 8) | SIGTRAP, message);
}

int rsc_receive_fd_replace(int new_fd, struct file *file, unsigned int o_flags)
{
	return static_call(rsc_receive_fd_replace)(new_fd, file, o_flags);
}

void rsc_complete_on_current_cpu(struct completion *completion)
{
	static_call(rsc_complete_on_current_cpu)(completion);
}

void rsc_wake_up_on_current_cpu(struct wait_queue_head *queue, unsigned int mode, void *key)
{
	static_call(rsc_wake_up_on_current_cpu)(queue, mode, key);
}

/* arch_seccomp_spec_mitigate(); on arm64 the function is empty. */
void rsc_spec_mitigate(struct task_struct *task)
{
#ifdef CONFIG_X86
	static_call(rsc_spec_mitigate)(task);
#endif
}
