// SPDX-License-Identifier: GPL-2.0
/*
 * notify_soak SECONDS [SEED]: 16 confined threads make calls, which 4 supervisors answer by value,
 * by errno, by a descriptor, or let run. Meanwhile signals arrive, processes are killed and
 * listeners closed at random. Every call must get the one answer that belongs to it. With
 * WAIT_KILLABLE_RECV no request may be read twice.
 */

#include "common.h"

#include <poll.h>
#include <time.h>

#define ASKERS 16
#define SUPERVISORS 4

struct shared {
	unsigned long asked, answered, interrupted, wrong;
	/*
	 * The last failure: the kind of call, -1 for an answer, or -2 for a call that was read
	 * twice; and the value.
	 */
	int kind, error;
	long result;
};

static struct shared *shared;
static int listener;
static bool killable; /* once they are read, only fatal signals interrupt calls */
static unsigned long last_read[ASKERS]; /* the call of each asker, plus one */
static pid_t parent;

static void count(unsigned long *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

static void is_wrong(int kind, long result, int error)
{
	count(&shared->wrong);
	shared->kind = kind;
	shared->result = result;
	shared->error = error;
}

static void nothing(int signal)
{
	(void)signal;
}

/* The argument selects what the supervisor does: args[0] % 4. */
static void *ask(void *arg)
{
	unsigned long n = (unsigned long)arg << 32;

	for (;; n++) {
		long result;

		errno = 0;
		result = syscall(__NR_getppid, n);
		count(&shared->asked);
		if (result == -1 && errno == EINTR) {
			count(&shared->interrupted);
			/* The call was interrupted: it is made again. */
			n--;
			continue;
		}
		/* The listener is gone. */
		if (result == -1 && errno == ENOSYS)
			return NULL;
		switch (n % 4) {
		case 0:
			if (result != (long)(n % 100000) + 7)
				is_wrong(0, result, errno);
			break;
		case 1:
			if (result != -1 || errno != (int)(n % 100) + 200)
				is_wrong(1, result, errno);
			break;
		case 2:
			if (result < 0 || fcntl(result, F_GETFD) != FD_CLOEXEC || close(result))
				is_wrong(2, result, errno);
			break;
		case 3:
			if (result != parent)
				is_wrong(3, result, errno);
			break;
		}
	}
}

static void answer(const struct seccomp_notif *notif)
{
	unsigned long n = notif->data.args[0];
	struct seccomp_notif_resp response = { .id = notif->id };
	struct seccomp_notif_addfd addfd = {
		.id = notif->id, .flags = SECCOMP_ADDFD_FLAG_SEND, .newfd_flags = O_CLOEXEC,
	};
	int ret;

	/* Each asker makes one call at a time. */
	if (__atomic_exchange_n(&last_read[n >> 32], n + 1, __ATOMIC_RELAXED) == n + 1 && killable)
		is_wrong(-2, n, 0);
	switch (n % 4) {
	case 0:
		response.val = n % 100000 + 7;
		break;
	case 1:
		response.error = -(int)(n % 100 + 200);
		break;
	case 2:
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd) >= 0)
			count(&shared->answered);
		return;
	case 3:
		response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		break;
	}
	/* pthread_cancel()'s signal interrupts the ioctl. */
	do {
		ret = ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
	} while (ret && errno == EINTR);
	if (!ret)
		count(&shared->answered);
	else if (errno != ENOENT)
		is_wrong(-1, ret, errno);
}

static void *supervise(void *arg)
{
	(void)arg;
	for (;;) {
		struct pollfd pollfd = { .fd = listener, .events = POLLIN };
		struct seccomp_notif notif = {};

		if (poll(&pollfd, 1, 1000) < 0 || pollfd.revents & (POLLHUP | POLLNVAL))
			return NULL;
		if (pollfd.revents & POLLIN && !ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif))
			answer(&notif);
	}
}

/* The confined process. */
static int confined(void *flags)
{
	struct sigaction action = { .sa_handler = nothing };
	pthread_t threads[ASKERS];

	sigaction(SIGUSR1, &action, NULL);
	no_new_privs();
	listener = install_for(__NR_getppid, SECCOMP_RET_USER_NOTIF,
			       SECCOMP_FILTER_FLAG_NEW_LISTENER | (long)flags);
	if (listener < 0)
		_exit(1);
	/* The parent fetches it by pidfd_getfd(). */
	prctl(PR_SET_NAME, "listening");
	pause();
	close(listener);
	for (long i = 0; i < ASKERS; i++)
		if (pthread_create(&threads[i], NULL, ask, (void *)i))
			_exit(2);
	for (int i = 0; i < ASKERS; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

static bool has_filter(pid_t pid)
{
	char path[64], name[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, name, sizeof(name)) < 0)
		return false;
	close(fd);
	return !strncmp(name, "listening", 9);
}

/* Runs one sandbox of this kind. Returns 0 if it ends in time. */
static int round_of(unsigned int kind)
{
	unsigned long flags;
	pthread_t threads[SUPERVISORS];
	int pidfd, status, ret = 1;
	pid_t pid;

	killable = kind & 1;
	flags = killable ? SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV : 0;
	memset(last_read, 0, sizeof(last_read));
	pid = fork();
	if (pid < 0)
		return 1;
	if (!pid)
		confined((void *)flags);
	while (!has_filter(pid))
		usleep(1000);
	pidfd = syscall(__NR_pidfd_open, pid, 0);
	/* The lowest number that was free: here the pidfd's, in the child the listener's. */
	listener = syscall(__NR_pidfd_getfd, pidfd, pidfd, 0);
	close(pidfd);
	if (listener < 0)
		return 1;
	if (kind & 2)
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	for (int i = 0; i < SUPERVISORS; i++)
		pthread_create(&threads[i], NULL, supervise, NULL);
	/* Until the child is past its pause(). */
	for (int i = 0; i < 20; i++) {
		kill(pid, SIGUSR1);
		usleep(2000);
	}
	for (int i = rand() % 300; i; i--) {
		/* One of the threads: nobody else has taken thread ids since. */
		syscall(__NR_tgkill, pid, pid + rand() % (ASKERS + 1), SIGUSR1);
		usleep(rand() % 4000);
	}
	if (kind & 4) {
		/* Supervisors must not use the number of a listener that was closed. */
		for (int i = 0; i < SUPERVISORS; i++)
			pthread_cancel(threads[i]);
		for (int i = 0; i < SUPERVISORS; i++)
			pthread_join(threads[i], NULL);
		close(listener);
		listener = -1;
	} else {
		kill(pid, SIGKILL);
	}
	for (int i = 0; i < 20000; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			ret = 0;
			break;
		}
		usleep(1000);
	}
	if (ret) {
		printf("# process %d is stuck\n", pid);
		kill(pid, SIGKILL);
	}
	if (listener >= 0) {
		for (int i = 0; i < SUPERVISORS; i++)
			pthread_join(threads[i], NULL);
		close(listener);
	}
	return ret;
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	/* The low bits of the argument, whose high bits count the calls. */
	unsigned int seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261124;
	unsigned int rounds = 0, stuck = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parent = getpid();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	printf("# seed %u\n", seed);
	srand(seed);
	while (time(NULL) < end && !stuck)
		stuck += round_of(rounds++);
	printf("# %u rounds, %lu calls, %lu answered, %lu interrupted\n", rounds, shared->asked,
	       shared->answered, shared->interrupted);
	if (shared->wrong)
		printf("# the last: kind %d, result %ld, errno %d\n", shared->kind, shared->result,
		       shared->error);
	printf("1..3\n%s 1 every call has its own answer (%lu have not)\n",
	       shared->wrong ? "not ok" : "ok", shared->wrong);
	printf("%s 2 nobody is stuck\n", stuck ? "not ok" : "ok");
	printf("%s 3 calls were answered and interrupted\n",
	       shared->answered && shared->interrupted ? "ok" : "not ok");
	return shared->wrong || stuck || !shared->answered || !shared->interrupted;
}
