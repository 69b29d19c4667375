// SPDX-License-Identifier: GPL-2.0
/*
 * For the demonstration: run under samples/ea_policy.c, tries what the policy is about, and says
 * what it got.
 */

#include "common.h"

#include <linux/openat2.h>
#include <linux/sched.h>
#include <spawn.h>

static int unexpected;

static void say(const char *tried, const char *policy, long result, int expected)
{
	const char *got = result < 0 ? strerrorname_np(-result) : "works";

	printf("   %-36s %-30s %s\n", tried, policy, got);
	unexpected += result < 0 ? -result != expected : expected;
}

static void *nothing(void *arg)
{
	return arg;
}

static long reaped(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && !status ? 0 : -ECHILD;
}

static long forks(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return reaped(pid);
}

static long spawns(void)
{
	char *argv[] = { "show_ea", "-", NULL };
	pid_t pid;
	int error = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, NULL);

	return error ? -error : reaped(pid);
}

static long threads(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, nothing, NULL);

	return error ? -error : -pthread_join(thread, NULL);
}

static long clone3(__u64 flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };
	pid_t pid = syscall(__NR_clone3, &args, sizeof(args));

	if (!pid)
		_exit(0);
	return pid < 0 ? -errno : reaped(pid);
}

static long openat2(const char *path, __u64 resolve)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = resolve };
	int directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = syscall(__NR_openat2, directory, path, &how, sizeof(how));
	long result = fd < 0 ? -errno : 0;

	close(fd);
	close(directory);
	return result;
}

int main(int argc, char **argv)
{
	const __u64 beneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;

	if (argc > 1)
		return 0;
	say("pthread_create()", "clone3 with thread flags", threads(), 0);
	say("fork(), posix_spawn()", "clone, clone3 with process flags", forks() ?: spawns(), 0);
	say("clone3(no flags)", "allowed", clone3(0), 0);
	say("clone3(CLONE_NEWUSER)", "EPERM", clone3(CLONE_NEWUSER), EPERM);
	say("clone3(bit 45, as yet unknown)", "EPERM", clone3(1ULL << 45), EPERM);
	say("openat2(., resolve=0)", "EPERM", openat2(".", 0), EPERM);
	say("openat2(., BENEATH)", "EPERM: also NO_MAGICLINKS",
	    openat2(".", RESOLVE_BENEATH), EPERM);
	say("openat2(., BENEATH|NO_MAGICLINKS)", "allowed", openat2(".", beneath), 0);
	say("openat2(/etc, the same)", "allowed: the kernel refuses",
	    openat2("/etc", beneath), EXDEV);
	return !!unexpected;
}
