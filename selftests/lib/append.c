// SPDX-License-Identifier: GPL-2.0
/*
 * Filters that are installed by SECCOMP_APPEND_FILTER.
 */

#include "append.h"

int append_sized(struct sock_filter *insns, size_t len, __u64 flags, __u64 ea_size,
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

int append(struct sock_filter *insns, size_t len, __u64 flags, __u64 ea_size)
{
	return append_sized(insns, len, flags, ea_size, sizeof(struct seccomp_append_filter));
}

int in_child(int (*fn)(const void *), const void *arg)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(fn(arg));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 255;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}
