/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the filters (filter.c) and those of them that see more than struct
 * seccomp_data (append.c) offer each other.
 */
#ifndef _KERNEL_SECCOMP_APPEND_H
#define _KERNEL_SECCOMP_APPEND_H

#include <linux/errno.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <linux/seccomp_append.h>
#include <linux/types.h>

struct bpf_prog;
struct seccomp_ea;
struct sock_filter;
struct sock_fprog;

/**
 * struct seccomp_seen - what a supervisor is told of a call beyond struct seccomp_data
 *
 * @features: SECCOMP_DATA_FEATURE_*: which of the others are populated
 * @nr_high: the upper half of the register with the number
 * @pkey: the protection-key register
 * @extent: the offset just behind the last byte of @argument that is not zero
 * @size: size of the extensible argument as the caller passed it
 * @argument: SECCOMP_EXTENSIBLE_ARG_MAX bytes, or NULL
 *
 * Like &struct seccomp_data it belongs to the task that waits for the answer, and
 * does not change before the task has it.
 */
struct seccomp_seen {
	u64 features;
	u32 nr_high;
	u32 pkey;
	u32 extent;
	u64 size;
	const u8 *argument;
};

#ifdef CONFIG_SECCOMP_EA

/**
 * struct seccomp_append - what an appended filter has beyond other filters
 *
 * @flags: SECCOMP_APPEND_FLAG_* and SECCOMP_METADATA_APPENDED; 0 for another filter
 * @ea_size: how many bytes of extensible arguments it understands
 * @refusing: the program to run if there is more in the argument than that; NULL if
 *	      it is the same
 * @in_path: it was appended, or a filter below it was
 * @ea_in_path: one of these sees extensible arguments
 */
struct seccomp_append {
	u64 flags;
	u32 ea_size;
	struct bpf_prog *refusing;
	bool in_path;
	bool ea_in_path;
};

static inline bool seccomp_is_appended(const struct seccomp_append *append)
{
	return append->flags;
}

static inline bool seccomp_append_in_path(const struct seccomp_append *append)
{
	return append->in_path;
}

int seccomp_append_create(struct seccomp_append *append, struct bpf_prog **prog,
			  struct sock_fprog *fprog);
void seccomp_append_free(struct seccomp_append *append);
unsigned int seccomp_append_len(const struct seccomp_append *append);
void seccomp_append_attach(struct seccomp_append *append, const struct seccomp_append *prev);
struct seccomp_ea *seccomp_append_gather(const struct seccomp_append *newest,
					 const struct seccomp_data *sd);
u32 seccomp_append_run(const struct seccomp_append *append, const struct bpf_prog *prog,
		       struct seccomp_ea *ea);
void seccomp_append_see(struct seccomp_seen *seen, const struct seccomp_data *sd);
void seccomp_append_notif(struct seccomp_notif_append *notif, size_t room,
			  const struct seccomp_seen *seen);
size_t seccomp_append_metadata(const struct seccomp_append *append,
			       struct seccomp_metadata_append *metadata);
long seccomp_append_op(unsigned int op, unsigned int flags, void __user *uargs);

/* calls.c */
bool seccomp_is_compat(u32 arch);
bool seccomp_ea_gather(struct seccomp_ea *ea, const struct seccomp_data *sd);
long seccomp_get_syscall_ea(unsigned int size, void __user *uargs);

/* Checks the size of a struct that seccomp(2) gets in place of flags. */
static inline int seccomp_check_size(unsigned int size, size_t smallest)
{
	if (size < smallest)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	return 0;
}

#else /* CONFIG_SECCOMP_EA */

struct seccomp_append { };

static inline bool seccomp_is_appended(const struct seccomp_append *append)
{
	return false;
}

static inline bool seccomp_append_in_path(const struct seccomp_append *append)
{
	return false;
}

static inline int seccomp_append_create(struct seccomp_append *append, struct bpf_prog **prog,
					struct sock_fprog *fprog)
{
	return -EINVAL;
}

static inline void seccomp_append_free(struct seccomp_append *append) { }

static inline unsigned int seccomp_append_len(const struct seccomp_append *append)
{
	return 0;
}

static inline void seccomp_append_attach(struct seccomp_append *append,
					 const struct seccomp_append *prev) { }

static inline struct seccomp_ea *seccomp_append_gather(const struct seccomp_append *newest,
						       const struct seccomp_data *sd)
{
	return NULL;
}

static inline u32 seccomp_append_run(const struct seccomp_append *append,
				     const struct bpf_prog *prog, struct seccomp_ea *ea)
{
	return SECCOMP_RET_KILL_PROCESS;
}

static inline void seccomp_append_see(struct seccomp_seen *seen, const struct seccomp_data *sd) { }

static inline void seccomp_append_notif(struct seccomp_notif_append *notif, size_t room,
					const struct seccomp_seen *seen) { }

static inline size_t seccomp_append_metadata(const struct seccomp_append *append,
					     struct seccomp_metadata_append *metadata)
{
	return sizeof(struct seccomp_metadata);
}

static inline long seccomp_append_op(unsigned int op, unsigned int flags, void __user *uargs)
{
	return -EINVAL;
}

#endif /* CONFIG_SECCOMP_EA */

/* filter.c */
int seccomp_check_insns(struct sock_filter *filter, unsigned int flen, u32 size);
long seccomp_set_mode_filter(unsigned int flags, const char __user *filter,
			     const struct seccomp_append *append);

#endif /* _KERNEL_SECCOMP_APPEND_H */
