// SPDX-License-Identifier: GPL-2.0
/*
 * Run by a sample that supervises it, turns everything that Linux has against its parent, the
 * supervisor. Says what worked; exits with 0 if nothing did.
 */

#include "attack.h"

#include <linux/perf_event.h>

/* An address in the supervisor, which is linked statically: that of its ELF header. */
#define IMAGE ((void *)0x400000)

static void attack_memory(pid_t boss, int pidfd)
{
	char byte = 0;
	struct iovec ours = { &byte, 1 }, theirs = { IMAGE, 1 };

	attack("process_vm_readv()", process_vm_readv(boss, &ours, 1, &theirs, 1, 0));
	attack("process_vm_writev()", process_vm_writev(boss, &ours, 1, &theirs, 1, 0));
	attack("process_madvise()",
	       syscall(__NR_process_madvise, pidfd, &theirs, 1, MADV_COLD, 0));
	attack("move_pages()", syscall(__NR_move_pages, boss, 0, NULL, NULL, NULL, 0));
	attack("migrate_pages()", syscall(__NR_migrate_pages, boss, 0, NULL, NULL));
}

static void attack_files(pid_t boss)
{
	static const struct {
		const char *file;
		int flags;
	} files[] = {
		{ "mem", O_RDWR }, { "environ", O_RDONLY }, { "maps", O_RDONLY },
		{ "fd/3", O_RDWR }, { "exe", O_RDONLY }, { "oom_score_adj", O_WRONLY },
		{ "clear_refs", O_WRONLY },
	};
	char path[64];

	for (int i = 0; i < LENGTH(files); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", boss, files[i].file);
		attack(path, open(path, files[i].flags));
	}
}

static void attack_descriptors(pid_t boss, int pidfd)
{
	/* The listener is among them. */
	for (int fd = 3; fd < 12; fd++) {
		int stolen = syscall(__NR_pidfd_getfd, pidfd, fd, 0);

		if (stolen >= 0 || errno != EBADF)
			attack("pidfd_getfd()", stolen);
	}
	attack("kcmp()", syscall(__NR_kcmp, boss, getpid(), 0, 3, 3));
}

static void attack_limits(pid_t boss)
{
	struct rlimit limit;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	attack("prlimit()", prlimit(boss, RLIMIT_NOFILE, NULL, &limit));
	attack("sched_setaffinity()", sched_setaffinity(boss, sizeof(cpus), &cpus));
	attack("setpriority()", setpriority(PRIO_PROCESS, boss, 19));
	attack("setpriority() of all its user's processes", setpriority(PRIO_USER, 0, 19));
}

static void attack_by_signals(pid_t boss, int pidfd)
{
	siginfo_t info = { .si_code = SI_QUEUE, .si_pid = getpid() };

	attack("kill()", kill(boss, 0));
	attack("tgkill()", syscall(__NR_tgkill, boss, boss, 0));
	attack("rt_sigqueueinfo()", syscall(__NR_rt_sigqueueinfo, boss, 0, &info));
	attack("pidfd_send_signal()", syscall(__NR_pidfd_send_signal, pidfd, 0, NULL, 0));
}

static void attack_by_tracing(pid_t boss)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
		.config = PERF_COUNT_SW_TASK_CLOCK, .exclude_kernel = 1,
	};
	long result = ptrace(PTRACE_SEIZE, boss, 0, 0);

	attack("ptrace()", result);
	if (!result)
		ptrace(PTRACE_DETACH, boss, 0, 0);
	attack("perf_event_open()", syscall(__NR_perf_event_open, &attr, boss, -1, -1, 0));
}

/* Has a pipe signal its owner, which the supervisor is made, without any call that takes a pid. */
static void attack_by_ownership(pid_t boss)
{
	int pipes[2];

	if (pipe(pipes) || fcntl(pipes[0], F_SETSIG, SIGKILL) || fcntl(pipes[0], F_SETOWN, boss) ||
	    fcntl(pipes[0], F_SETFL, O_ASYNC) || write(pipes[1], "", 1) != 1)
		return;
	usleep(500000);
	attack_shows("the supervisor is killed by a pipe that it owns", getppid() != boss);
}

int main(void)
{
	pid_t boss = getppid();
	int pidfd = syscall(__NR_pidfd_open, boss, 0);
	struct sock_filter insns[] = { RET(SECCOMP_RET_ALLOW) };

	attack_memory(boss, pidfd);
	attack_files(boss);
	attack_descriptors(boss, pidfd);
	attack_limits(boss);
	attack_by_signals(boss, pidfd);
	attack_by_tracing(boss);
	attack("TIOCSTI", ioctl(0, TIOCSTI, "x"));
	attack_by_ownership(boss);
	/* If the supervisor were dead, this filter would decide on its calls. */
	attack("a listener of one's own", INSTALL(insns, SECCOMP_FILTER_FLAG_NEW_LISTENER));
	return !!successes;
}
