// SPDX-License-Identifier: GPL-2.0
/*
 * A confined task that checks its sandbox without pause, while a test does something to the engine.
 *
 *	confined [-t THREADS] [-f] [-n SECONDS] [-w FIFO] [-a]
 *
 * -t	starts so many threads, which inherit the filters
 * -f	forks children that check as well
 * -n	ends after so many seconds; otherwise on SIGTERM
 * -w	says "ready" by opening FIFO for writing when the filters are in place
 * -a	adds a filter on SIGUSR1
 *
 * Exits with 0 if every call got the verdict of the filters.
 */

#include "common.h"

static volatile sig_atomic_t done, add;
static volatile int wrong;

static void on_signal(int signal)
{
	if (signal == SIGUSR1)
		add = 1;
	else
		done = 1;
}

static void expect(const char *what, long result, int error)
{
	if (result == -1 && errno == error)
		return;
	fprintf(stderr, "confined: %s: %ld (%s) in place of %s\n", what, result, strerror(errno),
		strerror(error));
	wrong = 1;
	done = 1;
}

/* One round: a call that is refused, one that is refused by its argument, and allowed ones. */
static void check(int round)
{
	expect("getppid", syscall(__NR_getppid), EDOM);
	expect("getpriority 77, 1", syscall(__NR_getpriority, 77, 1), EXDEV);
	expect("getpriority 77, 2", syscall(__NR_getpriority, 77, 2), EINVAL);
	expect("nonsense", syscall(1000 + round % 100000), ENOSYS);
	if (syscall(__NR_getuid) == -1)
		expect("getuid", 0, 0);
}

static void *work(void *forks)
{
	for (int round = 0; !done; round++) {
		check(round);
		if (forks && round % 64 == 0) {
			int status = 0;
			pid_t pid = fork();

			if (!pid) {
				check(round);
				_exit(wrong);
			}
			if (pid > 0 && waitpid(pid, &status, 0) == pid && status)
				wrong = 1;
		}
		if (add) {
			add = 0;
			if (install_for(__NR_getpgid, SECCOMP_RET_ERRNO | EL2HLT, 0))
				wrong = 1;
			expect("getpgid", syscall(__NR_getpgid, 0), EL2HLT);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_ERRNO | EDOM),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3),
		LOAD_ARG_LO(1),
		RET_IF_EQ(1, SECCOMP_RET_ERRNO | EXDEV),
		RET(SECCOMP_RET_ALLOW),
	};
	struct sigaction action = { .sa_handler = on_signal };
	pthread_t threads[64];
	int count = 1, option, seconds = 0;
	const char *fifo = NULL;
	bool forks = false;

	while ((option = getopt(argc, argv, "t:fn:w:a")) != -1) {
		switch (option) {
		case 't':
			count = atoi(optarg);
			break;
		case 'f':
			forks = true;
			break;
		case 'n':
			seconds = atoi(optarg);
			break;
		case 'w':
			fifo = optarg;
			break;
		case 'a':
			sigaction(SIGUSR1, &action, NULL);
			break;
		default:
			return 2;
		}
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	if (no_new_privs() || INSTALL(insns, 0)) {
		perror("confined: cannot install the filter");
		return 3;
	}
	if (fifo)
		close(open(fifo, O_WRONLY));
	alarm(seconds);
	for (int i = 1; i < count; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)(long)forks))
			return 4;
	work((void *)(long)forks);
	for (int i = 1; i < count; i++)
		pthread_join(threads[i], NULL);
	return wrong;
}
