// SPDX-License-Identifier: GPL-2.0
/*
 * Run under samples/ea_policy.c, as root, tries to make or enter a namespace by each call that can.
 * Says what worked; exits with 0 if nothing did.
 */

#include "attack.h"

#include <linux/sched.h>
#include <sys/mount.h>

/* What headers older than Linux 7.3 lack. */
#ifndef OPEN_TREE_NAMESPACE
#define OPEN_TREE_NAMESPACE (1 << 1)
#endif
#ifndef FSMOUNT_NAMESPACE
#define FSMOUNT_NAMESPACE 2
#endif
#ifndef CLONE_EMPTY_MNTNS
#define CLONE_EMPTY_MNTNS (1ULL << 37)
#endif
#ifndef UNSHARE_EMPTY_MNTNS
#define UNSHARE_EMPTY_MNTNS 0x00100000
#endif

static const struct {
	const char *name;
	__u64 flag;
} kinds[] = {
	{ "CLONE_NEWNS", CLONE_NEWNS }, { "CLONE_NEWCGROUP", CLONE_NEWCGROUP },
	{ "CLONE_NEWUTS", CLONE_NEWUTS }, { "CLONE_NEWIPC", CLONE_NEWIPC },
	{ "CLONE_NEWUSER", CLONE_NEWUSER }, { "CLONE_NEWPID", CLONE_NEWPID },
	{ "CLONE_NEWNET", CLONE_NEWNET }, { "CLONE_NEWTIME", CLONE_NEWTIME },
	{ "CLONE_EMPTY_MNTNS", CLONE_EMPTY_MNTNS },
};

static long reaped(long pid)
{
	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return pid;
}

static void attack_by_clone(void)
{
	char what[64];

	for (int i = 0; i < LENGTH(kinds); i++) {
		struct clone_args args = { .flags = kinds[i].flag, .exit_signal = SIGCHLD };

		snprintf(what, sizeof(what), "clone3(%s)", kinds[i].name);
		attack(what, reaped(syscall(__NR_clone3, &args, sizeof(args))));
		/* Its flags end at bit 31, and the lowest eight are the exit signal. */
		if (kinds[i].flag > UINT32_MAX || kinds[i].flag == CLONE_NEWTIME)
			continue;
		snprintf(what, sizeof(what), "clone(%s)", kinds[i].name);
		attack(what, reaped(syscall(__NR_clone, kinds[i].flag | SIGCHLD, 0, 0, 0, 0)));
	}
}

/* In children, as it cannot be undone. */
static void attack_by_unshare(void)
{
	char what[64];

	for (int i = 0; i < LENGTH(kinds); i++) {
		__u64 flag = kinds[i].flag;
		int status;
		pid_t pid = fork();

		if (flag == CLONE_EMPTY_MNTNS)
			flag = UNSHARE_EMPTY_MNTNS;
		if (!pid)
			_exit(unshare(flag) ? errno : 0);
		waitpid(pid, &status, 0);
		snprintf(what, sizeof(what), "unshare(%s)", kinds[i].name);
		errno = WEXITSTATUS(status);
		attack(what, errno ? -1 : 0);
	}
}

static void attack_by_mounts(void)
{
	struct mount_attr attr = {};
	int fs = fsopen("tmpfs", 0);

	attack("open_tree(OPEN_TREE_NAMESPACE)", open_tree(AT_FDCWD, "/", OPEN_TREE_NAMESPACE));
	attack("open_tree_attr(OPEN_TREE_NAMESPACE)",
	       syscall(__NR_open_tree_attr, AT_FDCWD, "/", OPEN_TREE_NAMESPACE, &attr,
		       sizeof(attr)));
	attack("open_tree(OPEN_TREE_CLONE)", open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE));
	fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	attack("fsmount(FSMOUNT_NAMESPACE)", fsmount(fs, FSMOUNT_NAMESPACE, 0));
}

int main(void)
{
	int ns = open("/proc/1/ns/mnt", O_RDONLY), pidfd = syscall(__NR_pidfd_open, getpid(), 0);

	attack_by_clone();
	attack_by_unshare();
	attack_by_mounts();
	attack("setns() by /proc", setns(ns, CLONE_NEWNS));
	attack("setns() by a pidfd", setns(pidfd, CLONE_NEWNS | CLONE_NEWUTS));
	attack("ptrace() of the parent", ptrace(PTRACE_SEIZE, getppid(), 0, 0));
	attack("kill()", kill(getppid(), 0));
	/* A flag that no kernel has yet. */
	attack("call 500", syscall(500));
	return !!successes;
}
