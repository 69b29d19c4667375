// SPDX-License-Identifier: GPL-2.0
/*
 * Load for the loading and unloading of the engine: processes that fork, confine themselves in
 * every way (whichever engine is there at the moment), check what they get, and end, until SIGTERM.
 *
 *	hammer PROCESSES
 */

#include "common.h"

static volatile sig_atomic_t done;

static void stop(int signal)
{
	(void)signal;
	done = 1;
}

static void *idle(void *arg)
{
	(void)arg;
	return (void *)(long)(syscall(__NR_getppid) == -1 && errno == EDOM ? 0 : errno + 1);
}

/* Returns the number of the step that failed, or 0. */
static int confine(unsigned int kind)
{
	pthread_t thread;
	void *result = NULL;
	int fd;

	no_new_privs();
	switch (kind % 5) {
	case 0: /* a short stack */
		for (int i = 0; i < 4; i++)
			if (install_for(__NR_getppid, SECCOMP_RET_ERRNO | EDOM, 0))
				return 10;
		break;
	case 1: /* for all threads */
		if (install_for(__NR_getppid, SECCOMP_RET_ERRNO | EDOM, SECCOMP_FILTER_FLAG_TSYNC))
			return 11;
		break;
	case 2: /* with a listener that is gone when the call is made */
		fd = install_for(__NR_getpgid, SECCOMP_RET_USER_NOTIF,
				 SECCOMP_FILTER_FLAG_NEW_LISTENER);
		if (fd < 0)
			return 12;
		close(fd);
		if (syscall(__NR_getpgid, 0) != -1 || errno != ENOSYS)
			return 13;
		if (install_for(__NR_getppid, SECCOMP_RET_ERRNO | EDOM, 0))
			return 14;
		break;
	case 3: /* strict */
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0))
			return 15;
		syscall(__NR_exit, 0);
		return 16;
	case 4: /* killed */
		if (install_for(__NR_getppid, SECCOMP_RET_KILL_PROCESS, 0))
			return 17;
		syscall(__NR_getppid);
		return 18;
	}
	if (syscall(__NR_getppid) != -1 || errno != EDOM)
		return 20;
	if (pthread_create(&thread, NULL, idle, NULL) || pthread_join(thread, &result))
		return 21;
	return result ? 22 : 0;
}

static int hammer(unsigned int kind)
{
	while (!done) {
		int status;
		pid_t pid = fork();

		if (!pid)
			_exit(confine(kind));
		if (pid < 0) {
			perror("hammer: fork");
			return 1;
		}
		while (waitpid(pid, &status, 0) != pid)
			;
		if (kind % 5 == 4 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
			status = 0;
		if (status) {
			fprintf(stderr, "hammer: kind %u: status %#x\n", kind % 5, status);
			return 1;
		}
		kind++;
		/* Pauses, so that at times no task is confined and the module can be unloaded. */
		usleep(rand() % 20000);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESTART };
	int processes = argc > 1 ? atoi(argv[1]) : 2, wrong = 0, status;

	sigaction(SIGTERM, &action, NULL);
	/* SIGTERM is passed on to the group, which is not to be the caller's. */
	setpgid(0, 0);
	for (int i = 0; i < processes; i++) {
		if (!fork())
			_exit(hammer(i));
	}
	while (!done)
		pause();
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (wait(&status) > 0 || errno == EINTR)
		wrong |= status;
	return !!wrong;
}
