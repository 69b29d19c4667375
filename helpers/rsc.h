/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What rust/sys calls in C because Rust cannot reach it: macros, inline
 * functions and functions that the kernel does not export.
 *
 * The prefix rsc_ is short for rust_seccomp. It marks every symbol that C or
 * assembler shares with Rust, and tells ours from the kernel's in a backtrace.
 *
 * An in-tree build has the helpers of this file as well. Those that it deletes
 * with the takeover are in takeover.h.
 */
#ifndef RUST_SECCOMP_RSC_H
#define RUST_SECCOMP_RSC_H

#include <linux/filter.h>
#include <linux/jump_label.h>
#include <linux/seccomp.h>
#include <linux/types.h>
#include <linux/wait.h>

struct completion;
struct file;
struct mutex;
struct pid_namespace;
struct poll_table_struct;
struct task_struct;

/* bpf.c */
int rsc_prog_create_from_user(struct bpf_prog **prog, unsigned short len,
			      void __user *insns, bpf_aux_classic_check_t check);
void rsc_prog_destroy(struct bpf_prog *prog);
unsigned int rsc_prog_len(const struct bpf_prog *prog);
const struct sock_filter *rsc_prog_orig(const struct bpf_prog *prog, unsigned int *len);
struct bpf_prog *rsc_prog_assemble(const struct bpf_insn *insns, unsigned int len,
				   unsigned int stack);
void rsc_prog_free(struct bpf_prog *prog);
bpf_func_t rsc_prog_func(const struct bpf_prog *prog);
u32 rsc_prog_run(const struct bpf_prog *prog, const void *ctx);
size_t rsc_prog_memory(const struct bpf_prog *prog);

/* seccomp.c */
void rsc_assign_mode(struct task_struct *task, int mode, bool mitigate);

/* task.c */
void rsc_siglock(struct task_struct *task);
void rsc_sigunlock(struct task_struct *task);
bool rsc_try_siglock(struct task_struct *task);
struct task_struct *rsc_next_thread(struct task_struct *caller, struct task_struct *thread);
bool rsc_exec_lock(void);
void rsc_exec_unlock(void);
bool rsc_group_exiting(void);
bool rsc_last_thread(void);
bool rsc_may_install(void);
bool rsc_capable_sysadmin(void);
bool rsc_no_new_privs(struct task_struct *task);
void rsc_set_no_new_privs(struct task_struct *task);
bool rsc_fatal_signal_pending(void);
void rsc_cond_resched(void);
bool rsc_ptrace_seccomp_enabled(void);
bool rsc_in_compat_syscall(void);
bool rsc_pkey_register(u32 *value);
struct task_struct *rsc_find_task(struct pid_namespace *ns, pid_t nr);
void rsc_put_task(struct task_struct *task);

/* user.c */
unsigned long rsc_copy_short_from_user(void *dst, const void __user *src, size_t len);
unsigned long rsc_copy_short_to_user(void __user *dst, const void *src, size_t len);
int rsc_copy_struct_from_user(void *dst, size_t ksize, const void __user *src, size_t usize);

/* verdict_event.c */

/* What the trace event of a verdict tells: see verdict_event.h. */
struct rsc_verdict {
	struct seccomp_data data;
	u32 verdict;
	u32 filter;
	int insn;
	/* The program of the filter; NULL if it is not known which decides. */
	const struct sock_filter *insns;
	size_t insn_count;
	const u8 *argument;
	size_t argument_len;
};

void rsc_trace_verdict(const struct rsc_verdict *v);

/* watch.c */

/* The key is on while calls are counted, or told of. It patches a branch in Rust code. */
struct rsc_switch {
	struct static_key_false key;
};

extern struct rsc_switch rsc_watched;
int rsc_watch(void);
void rsc_unwatch(void);
void rsc_set_counting(bool on);
bool rsc_is_counting(void);

/* wait.c */
void rsc_init_completion(struct completion *completion);
void rsc_init_waitqueue(struct wait_queue_head *queue);
void rsc_init_wait(struct wait_queue_entry *entry, wait_queue_func_t func);
void rsc_poll_wait(struct file *file, struct wait_queue_head *queue,
		   struct poll_table_struct *table);
int rsc_mutex_lock_interruptible(struct mutex *lock);

/*
 * Functions that the kernel does not export. symbols.c finds them while the
 * module loads; an in-tree build defines the same helpers by direct calls.
 */
int rsc_force_sig_seccomp(int syscall, int reason, bool force_coredump);
void rsc_audit_seccomp(unsigned long syscall, long signr, int code);
void rsc_ptrace_seccomp_event(unsigned long message);
int rsc_receive_fd_replace(int new_fd, struct file *file, unsigned int o_flags);
void rsc_complete_on_current_cpu(struct completion *completion);
void rsc_wake_up_on_current_cpu(struct wait_queue_head *queue, unsigned int mode, void *key);

/* In the tree alone: seccomp_ea_forget(). */
void rsc_ea_forget(void);

#endif /* RUST_SECCOMP_RSC_H */
