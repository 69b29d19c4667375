// SPDX-License-Identifier: GPL-2.0
/*
 * ea_policy PROGRAM [ARGUMENT...]: runs a program that makes threads and processes as it likes, by
 * clone3() as well, but no namespaces, and whose openat2() stays beneath the directory that it
 * starts from and follows no magic links.
 *
 * The worked example of Documentation/user/extensible-arguments.rst.
 *
 * It protects, from a program that does its worst:
 * - the machine from namespaces that the program makes or enters, by whatever call;
 * - those who pass directories to the program from its openat2() leading out of them;
 * - processes that are not confined along with it from being traced, signalled or connected to by
 *   Unix sockets, so that none of them does for the program what it may not do itself.
 *
 * It does not protect
 * - files: open(), openat() and all other calls that take a path are allowed. Only a policy that
 *   refuses these as well keeps a program in a directory; file_broker.c shows how to;
 * - anything else that the program's user may do. It keeps its capabilities, if it has any: root
 *   can write to /proc/sys/kernel/core_pattern what the kernel then starts outside of the policy.
 */

#include "supervisor.h"

#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp_append.h>
#include <stdint.h>

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define EA(offset) LOAD(SECCOMP_DATA_APPEND_SIZE + (offset))
#define EA_EXTENT LOAD(offsetof(struct seccomp_data_append, extensible_arg_extent))
#define UNLESS(nr, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, skip)
#define FAIL_IF_ABOVE(size) \
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, size, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | E2BIG)
#define FAIL_IF_ANY(bits) \
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

/* begin policy */
#define CLONE3_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PIDFD | \
		      CLONE_VFORK | CLONE_PARENT | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | \
		      CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID)
#define CLONE3_HIGH_FLAGS ((__u32)(CLONE_CLEAR_SIGHAND >> 32))
#define RESOLVE (RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		    CLONE_NEWPID | CLONE_NEWNET)

static struct sock_filter policy[] = {
	PREFIX,
	/*
	 * clone3(args, size): nothing but these flags, above bit 31 as well. The loads refuse what
	 * is behind the 88 bytes that install() declares.
	 */
	UNLESS(__NR_clone3, 7),
	EA(offsetof(struct clone_args, flags) + 4),
	FAIL_IF_ANY(~CLONE3_HIGH_FLAGS),
	EA(offsetof(struct clone_args, flags)),
	FAIL_IF_ANY(~(__u32)CLONE3_FLAGS),
	OTHERWISE(SECCOMP_RET_ALLOW),
	/* openat2(directory, path, how, size): these flags, whatever else. */
	UNLESS(__NR_openat2, 8),
	EA_EXTENT,
	FAIL_IF_ABOVE(sizeof(struct open_how)),
	EA(offsetof(struct open_how, resolve)),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, RESOLVE),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RESOLVE, 1, 0),
	OTHERWISE(SECCOMP_RET_ERRNO | EPERM),
	OTHERWISE(SECCOMP_RET_ALLOW),
	/*
	 * Other ways to the same: clone(), unshare(), setns(), three calls about mounts that make
	 * mount namespaces as well, and the openat2() of io_uring.
	 */
	UNLESS(__NR_clone, 4),
	LOAD(offsetof(struct seccomp_data, args[0])),
	FAIL_IF_ANY(NAMESPACES),
	OTHERWISE(SECCOMP_RET_ALLOW),
	ON(__NR_unshare, SECCOMP_RET_ERRNO | EPERM),
	ON(__NR_setns, SECCOMP_RET_ERRNO | EPERM),
	ON(__NR_open_tree, SECCOMP_RET_ERRNO | EPERM),
	ON(__NR_open_tree_attr, SECCOMP_RET_ERRNO | EPERM),
	ON(__NR_fsmount, SECCOMP_RET_ERRNO | EPERM),
	ON(__NR_io_uring_setup, SECCOMP_RET_ERRNO | ENOSYS),
	OTHERWISE(SECCOMP_RET_ALLOW),
};

static int install(void)
{
	struct sock_fprog prog = { ARRAY_SIZE(policy), policy };
	struct seccomp_append_filter append = {
		.flags = SECCOMP_APPEND_FLAG_USE_EA_SIZE,
		.filter = (uintptr_t)&prog,
		/* The struct of clone3(), the longest that the policy looks at. */
		.extensible_arg_size = 88,
	};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(__NR_seccomp, SECCOMP_APPEND_FILTER, sizeof(append), &append);
}

/* end policy */

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: ea_policy PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	enter_domain();
	if (install())
		die("cannot install the filter");
	execvp(argv[1], argv + 1);
	die(argv[1]);
}
