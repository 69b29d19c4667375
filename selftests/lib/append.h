/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of appended filters share.
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

static inline int append_sized(struct sock_filter *insns, size_t len, __u64 flags, __u64 ea_size,
			       unsigned int size)
{
	struct sock_fprog prog = { .len = len, .filter = insns };
	struct {
		struct seccomp_append_filter append;
		char tail[8192];
	} args = {
		.append = {
			.flags = flags,
			.filter = (uintptr_t)&prog,
			.extensible_arg_size = ea_size,
		},
	};

	return seccomp(SECCOMP_APPEND_FILTER, size, &args);
}

static inline int append(struct sock_filter *insns, size_t len, __u64 flags, __u64 ea_size)
{
	return append_sized(insns, len, flags, ea_size, sizeof(struct seccomp_append_filter));
}

#define APPEND(insns, flags, ea_size) append(insns, LENGTH(insns), flags, ea_size)

/* 0 if fn() returns 0 in a child, else what it returned, or minus the signal that ended it. */
static inline int in_child(int (*fn)(const void *), const void *arg)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(fn(arg));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 255;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#endif /* RUST_SECCOMP_SELFTESTS_APPEND_H */
