/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Filters that are installed by SECCOMP_APPEND_FILTER, and what they may ask to see.
 */
#ifndef RUST_SECCOMP_SELFTESTS_APPEND_H
#define RUST_SECCOMP_SELFTESTS_APPEND_H

#include "common.h"

#include <linux/seccomp_append.h>
#include <uapi_check.h>

#define WANT_NR_HIGH SECCOMP_APPEND_FLAG_WANT_NR_HIGH
#define WANT_ARCH SECCOMP_APPEND_FLAG_WANT_ARCH
#define USE_EA SECCOMP_APPEND_FLAG_USE_EA_SIZE
#define TAIL_VISIBLE SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE

/* Architectures with PKRU; others may have another such register. */
#if ARCH_NATIVE == AUDIT_ARCH_X86_64 || ARCH_NATIVE == AUDIT_ARCH_I386
#define HAS_PKRU
#endif

#define LOAD_AT(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define OFFSET(field) offsetof(struct seccomp_data_append, field)
/* The word at an offset of the extensible argument. */
#define LOAD_EA(offset) LOAD_AT(OFFSET(extensible_arg) + (offset))

/*
 * Installs a filter by SECCOMP_APPEND_FILTER, with an argument struct of "size" bytes, those behind
 * the struct that is known zero.
 */
int append_sized(struct sock_filter *insns, size_t len, __u64 flags, __u64 ea_size,
		 unsigned int size);

/* The same with the struct that is known. */
int append(struct sock_filter *insns, size_t len, __u64 flags, __u64 ea_size);

#define APPEND(insns, flags, ea_size) append(insns, LENGTH(insns), flags, ea_size)

/*
 * Calls fn() in a child. Returns what it returns (0 to 255), or minus the signal that ended the
 * child.
 */
int in_child(int (*fn)(const void *), const void *arg);

#endif /* RUST_SECCOMP_SELFTESTS_APPEND_H */
