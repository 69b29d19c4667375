// SPDX-License-Identifier: GPL-2.0
/*
 * Tracers that sleep in PTRACE_SECCOMP_GET_METADATA while the module is loaded.
 *
 *	stuck_tracer	waits until the call leads to the module's code, makes it with memory that
 *			is missing, and fills that when there is a line on stdin. Says "ready",
 *			"stuck" and "ok".
 *	stuck_tracer -u	the same without privilege: is itself traced, and stopped in the call.
 *			Says "stopped", and stays.
 */

#include "stalled_page.h"

static const char functions[] = "/sys/kernel/tracing/enabled_functions";
static struct stalled_page page;

static bool is_hooked(void)
{
	FILE *file = fopen(functions, "r");
	bool found = false;
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		found |= !!strstr(line, "rsc_entry_seccomp_get_metadata");
	if (file)
		fclose(file);
	return found;
}

/* Fills the page that the call waits for, once it may go on. */
static void *serve(void *unused)
{
	char line[8];

	(void)unused;
	stalled_page_await(&page);
	puts("stuck");
	if (read(0, line, sizeof(line)) < 1)
		puts("no word");
	stalled_page_fill(&page);
	return NULL;
}

static pid_t fork_tracee(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		/* The tracer without privilege. */
		if (setresuid(1000, 1000, 1000))
			_exit(1);
		syscall(__NR_ptrace, PTRACE_SECCOMP_GET_METADATA, 0, 0, NULL);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		exit(printf("no tracee: %m\n"));
	return pid;
}

/* Stops the tracee in that call. */
static int stop_in_call(pid_t tracee)
{
	struct __ptrace_syscall_info info = {};
	int status;

	ptrace(PTRACE_SETOPTIONS, tracee, 0, PTRACE_O_TRACESYSGOOD);
	while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != __NR_ptrace) {
		if (ptrace(PTRACE_SYSCALL, tracee, 0, 0) || waitpid(tracee, &status, 0) != tracee ||
		    !WIFSTOPPED(status) ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, tracee, sizeof(info), &info) < 0)
			return printf("the tracee does not get there: %m\n");
	}
	puts("stopped");
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	pid_t tracee = fork_tracee();
	pthread_t thread;
	long ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		return stop_in_call(tracee);
	page = stalled_page_map();
	pthread_create(&thread, NULL, serve, NULL);
	puts("ready");
	while (!is_hooked())
		;
	ret = syscall(__NR_ptrace, PTRACE_SECCOMP_GET_METADATA, tracee, 16, page.memory);
	/* It has no filters. */
	if (ret != -1 || errno != EINVAL)
		return printf("PTRACE_SECCOMP_GET_METADATA: %ld: %m\n", ret);
	pthread_join(thread, NULL);
	puts("ok");
	return 0;
}
