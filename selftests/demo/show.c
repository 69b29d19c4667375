// SPDX-License-Identifier: GPL-2.0
/*
 * For the demonstration: a program that confines itself, tries what its filters are about, and
 * says what it got.
 */

#include "common.h"

static void say(const char *tried, const char *policy, long result)
{
	char got[64];

	if (result == -1)
		snprintf(got, sizeof(got), "%s", strerrorname_np(errno));
	else
		snprintf(got, sizeof(got), "%ld", result);
	printf("   %-28s %-34s %s\n", tried, policy, got);
}

static void on_sigsys(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	printf("   %-28s %-34s SIGSYS, system call %d, data %d\n", "getpgid(0)",
	       "TRAP, data 7", info->si_syscall, info->si_errno);
}

/* Answers one notification, as a supervisor. */
static void supervise(int listener)
{
	struct seccomp_notif notif = {};
	struct seccomp_notif_resp response = { .val = 4711 };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif))
		_exit(1);
	response.id = notif.id;
	_exit(!!ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response));
}

static void killed(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		syscall(__NR_setpriority, 0, 0, 19);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	printf("   %-28s %-34s %s\n", "setpriority(), in a child", "KILL_PROCESS",
	       WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? "killed by SIGSYS" : "survived");
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_ERRNO | EDOM),
		RET_IF_EQ(__NR_getpgid, SECCOMP_RET_TRAP | 7),
		RET_IF_EQ(__NR_setpriority, SECCOMP_RET_KILL_PROCESS),
		RET_IF_EQ(__NR_umask, SECCOMP_RET_USER_NOTIF),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3),
		LOAD_ARG_LO(0),
		RET_IF_EQ(PRIO_USER, SECCOMP_RET_ERRNO | EXDEV),
		RET(SECCOMP_RET_ALLOW),
	};
	int listener;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGSYS, &action, NULL);
	no_new_privs();
	listener = INSTALL(insns, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	if (listener < 0)
		return printf("cannot install the filter: %m\n");
	printf("   %-28s %-34s %s\n", "tried", "what the filter says", "got");
	say("getuid()", "ALLOW", syscall(__NR_getuid));
	say("getppid()", "ERRNO, EDOM", syscall(__NR_getppid));
	say("getpriority(PRIO_PROCESS, 0)", "ALLOW (by its argument)",
	    syscall(__NR_getpriority, PRIO_PROCESS, 0));
	say("getpriority(PRIO_USER, 0)", "ERRNO, EXDEV (by its argument)",
	    syscall(__NR_getpriority, PRIO_USER, 0));
	syscall(__NR_getpgid, 0);
	if (!fork())
		supervise(listener);
	say("umask(0)", "USER_NOTIF, a supervisor answers", syscall(__NR_umask, 0));
	killed();
	return 0;
}
