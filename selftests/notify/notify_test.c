// SPDX-License-Identifier: GPL-2.0
/*
 * User notification where upstream's suite does not look: many readers, passed listeners, errnos,
 * deaths in the middle, and the bugs that mainline has had. Must pass on the built-in engine too.
 */

#include "common.h"

#include <poll.h>

#include "harness.h"

#define NOTIFY (SECCOMP_RET_USER_NOTIF)
#define ID_VALID_WRONG_DIR SECCOMP_IOR(2, __u64)
/* In milliseconds, more than what must come can take. */
#define LONG_ENOUGH (10000 * slowness())

/* Sends a file descriptor over a socket. */
static int send_fd(int sock, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(fd))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -1;
}

static int receive_fd(int sock)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(sock, &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/*
 * A child that runs fn, whose system calls getppid() ask the caller of this function. The child
 * has no copy of the listener, which comes over a socket.
 */
static pid_t asking_child(void (*fn)(void *), void *arg, unsigned int flags, int *listener)
{
	int socks[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks))
		return -1;
	pid = fork();
	if (!pid) {
		int fd;

		no_new_privs();
		fd = install_for(__NR_getppid, NOTIFY, SECCOMP_FILTER_FLAG_NEW_LISTENER | flags);
		if (fd < 0 || send_fd(socks[1], fd))
			_exit(255);
		close(fd);
		close(socks[0]);
		close(socks[1]);
		fn(arg);
		_exit(0);
	}
	close(socks[1]);
	*listener = receive_fd(socks[0]);
	close(socks[0]);
	return pid;
}

/* Asks once; the exit status is 0 if the answer is *(long *)arg, an errno if negative. */
static void ask(void *arg)
{
	long expected = *(long *)arg, got;

	errno = 0;
	got = syscall(__NR_getppid);
	if (got == -1 && errno)
		got = -errno;
	_exit(got != expected);
}

static int receive(int listener, struct seccomp_notif *notif)
{
	memset(notif, 0, sizeof(*notif));
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, notif);
}

static int answer(int listener, __u64 id, __s64 val, __s32 error, __u32 flags)
{
	struct seccomp_notif_resp response = {
		.id = id, .val = val, .error = error, .flags = flags,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static int add_fd(int listener, __u64 id, int fd, __u32 flags, int newfd, __u32 newfd_flags)
{
	struct seccomp_notif_addfd addfd = {
		.id = id, .flags = flags, .srcfd = fd, .newfd = newfd, .newfd_flags = newfd_flags,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);
}

static int exit_status(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static short events(int listener, int timeout)
{
	struct pollfd pollfd = { .fd = listener, .events = POLLIN | POLLOUT };

	return poll(&pollfd, 1, timeout) < 0 ? -1 : pollfd.revents;
}

TEST(states_and_errnos)
{
	struct seccomp_notif notif;
	long expected = 42;
	int listener;
	__u64 id, other;
	pid_t pid = asking_child(ask, &expected, 0, &listener);

	ASSERT_LE(0, listener);
	EXPECT_EQ(POLLIN, events(listener, LONG_ENOUGH));
	notif.pid = 1;
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, (void *)8));
	EXPECT_EQ(EFAULT, errno);

	ASSERT_EQ(0, receive(listener, &notif));
	id = notif.id;
	other = id + 1;
	EXPECT_EQ(pid, notif.pid);
	EXPECT_EQ(0, notif.flags);
	EXPECT_EQ(__NR_getppid, notif.data.nr);
	EXPECT_EQ(ARCH_NATIVE, notif.data.arch);
	EXPECT_EQ(POLLOUT, events(listener, LONG_ENOUGH));
	EXPECT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id));
	EXPECT_EQ(0, ioctl(listener, ID_VALID_WRONG_DIR, &id));
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &other));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOW(77, __u64), &id));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, 2UL));
	EXPECT_EQ(EINVAL, errno);

	EXPECT_EQ(-1, answer(listener, other, 0, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, answer(listener, id, 0, 0, 2));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, answer(listener, id, 1, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, answer(listener, id, 0, 1, SECCOMP_USER_NOTIF_FLAG_CONTINUE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, (void *)8));
	EXPECT_EQ(EFAULT, errno);

	EXPECT_EQ(0, answer(listener, id, 42, 0, 0));
	EXPECT_EQ(0, exit_status(pid));
	EXPECT_EQ(-1, answer(listener, id, 42, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(POLLHUP, events(listener, LONG_ENOUGH));
	EXPECT_EQ(-1, receive(listener, &notif));
	EXPECT_EQ(ENOENT, errno);
}

static void ask_often(void *arg)
{
	long count = *(long *)arg;

	for (long i = 0; i < count; i++) {
		/* Each must be answered once, with its own argument. */
		if (syscall(__NR_getppid, i) != i + 1000)
			_exit(1);
	}
	_exit(0);
}

/* What nobody has read has no answer yet, whoever guesses its id, which is the next. */
TEST(unread)
{
	struct seccomp_notif notif;
	long count = 2;
	int listener;
	pid_t pid = asking_child(ask_often, &count, 0, &listener);
	__u64 id;

	ASSERT_EQ(0, receive(listener, &notif));
	id = notif.id + 1;
	EXPECT_EQ(0, answer(listener, notif.id, 1000, 0, 0));
	EXPECT_EQ(POLLIN, events(listener, LONG_ENOUGH));
	EXPECT_EQ(-1, answer(listener, id, 1001, 0, 0));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(-1, add_fd(listener, id, 0, 0, 0, 0));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(-1, add_fd(listener, id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(POLLIN, events(listener, 0));
	ASSERT_EQ(0, receive(listener, &notif));
	EXPECT_EQ(id, notif.id);
	EXPECT_EQ(0, answer(listener, id, 1001, 0, 0));
	EXPECT_EQ(0, exit_status(pid));
}

struct reader {
	pthread_t thread;
	int listener;
	long answered;
};

static void *read_until_hup(void *arg)
{
	struct reader *reader = arg;
	struct seccomp_notif notif;

	while (!(events(reader->listener, LONG_ENOUGH) & POLLHUP)) {
		if (events(reader->listener, 100) != POLLIN || receive(reader->listener, &notif))
			continue;
		if (answer(reader->listener, notif.id, notif.data.args[0] + 1000, 0, 0))
			break;
		reader->answered++;
	}
	return NULL;
}

TEST(many_readers_and_many_askers)
{
	struct reader readers[4] = {};
	long count = 200, answered = 0;
	pid_t pids[4];
	int socks[2], listener;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	pids[0] = fork();
	if (!pids[0]) {
		no_new_privs();
		listener = install_for(__NR_getppid, NOTIFY, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		if (listener < 0 || send_fd(socks[1], listener))
			_exit(255);
		close(listener);
		for (int i = 1; i < LENGTH(pids); i++) {
			pids[i] = fork();
			if (!pids[i])
				ask_often(&count);
		}
		for (int i = 1; i < LENGTH(pids); i++)
			if (exit_status(pids[i]))
				_exit(1);
		ask_often(&count);
	}
	close(socks[1]);
	listener = receive_fd(socks[0]);
	ASSERT_LE(0, listener);
	for (int i = 0; i < LENGTH(readers); i++) {
		readers[i].listener = listener;
		pthread_create(&readers[i].thread, NULL, read_until_hup, &readers[i]);
	}
	for (int i = 0; i < LENGTH(readers); i++) {
		pthread_join(readers[i].thread, NULL);
		answered += readers[i].answered;
	}
	EXPECT_EQ(count * LENGTH(pids), answered);
	EXPECT_EQ(0, exit_status(pids[0]));
}

TEST(listener_closed_while_asked)
{
	static const unsigned int flags[] = { 0, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV };

	for (size_t i = 0; i < LENGTH(flags); i++) {
		struct seccomp_notif notif;
		long expected = -ENOSYS;
		int listener;
		pid_t unread = asking_child(ask, &expected, flags[i], &listener);

		EXPECT_EQ(POLLIN, events(listener, LONG_ENOUGH));
		close(listener);
		EXPECT_EQ(0, exit_status(unread));

		unread = asking_child(ask, &expected, flags[i], &listener);
		ASSERT_EQ(0, receive(listener, &notif));
		close(listener);
		EXPECT_EQ(0, exit_status(unread));
	}
}

static void *receive_only(void *arg)
{
	struct seccomp_notif notif;

	errno = 0;
	return (void *)(long)(receive(*(int *)arg, &notif) ? errno : 0);
}

static void sleep_a_little(void *arg)
{
	(void)arg;
	usleep(300000);
}

/* The end of the last task ends the wait of a reader. */
TEST(reader_learns_of_the_end)
{
	pthread_t thread;
	void *result;
	int listener;
	pid_t pid = asking_child(sleep_a_little, NULL, 0, &listener);

	ASSERT_EQ(0, pthread_create(&thread, NULL, receive_only, &listener));
	EXPECT_EQ(0, exit_status(pid));
	ASSERT_EQ(0, pthread_join(thread, &result));
	EXPECT_EQ(ENOENT, (long)result);
}

static void ask_from_a_child(void *arg)
{
	if (!fork())
		ask(arg);
}

/* It is the last task's end that counts, not that of the one which made the listener. */
TEST(end_of_the_last_task)
{
	struct seccomp_notif notif;
	struct pollfd end = { 0 };
	long expected = 0;
	pid_t pid = asking_child(ask_from_a_child, &expected, 0, &end.fd);

	ASSERT_EQ(0, receive(end.fd, &notif));
	EXPECT_NE(pid, notif.pid);
	EXPECT_EQ(0, exit_status(pid));
	EXPECT_EQ(0, poll(&end, 1, 100));
	kill(notif.pid, SIGKILL);
	EXPECT_EQ(1, poll(&end, 1, LONG_ENOUGH));
	EXPECT_EQ(POLLHUP, end.revents);
	EXPECT_EQ(POLLHUP, events(end.fd, 0));
}

/* A request that was read into nowhere is there for the next reader. */
TEST(unwritable_buffer)
{
	static const unsigned int flags[] = { 0, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV };
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, page);
	for (size_t i = 0; i < LENGTH(flags); i++) {
		struct seccomp_notif notif;
		long expected = 3;
		int listener;
		pid_t pid = asking_child(ask, &expected, flags[i], &listener);

		for (int round = 0; round < 3; round++) {
			EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, page));
			EXPECT_EQ(EFAULT, errno);
			EXPECT_EQ(POLLIN, events(listener, LONG_ENOUGH));
		}
		ASSERT_EQ(0, receive(listener, &notif));
		EXPECT_EQ(0, answer(listener, notif.id, 3, 0, 0));
		EXPECT_EQ(0, exit_status(pid));
		close(listener);
	}
}

static void nothing(int signal)
{
	(void)signal;
}

static void ask_with_handler(void *arg)
{
	struct sigaction action = { .sa_handler = nothing };

	sigaction(SIGUSR1, &action, NULL);
	ask(arg);
}

/* crun issue 526: a signal takes the request back before it was read; RECV finds nothing. */
TEST(request_gone_before_it_is_read)
{
	struct seccomp_notif notif;
	long expected = -EINTR;
	int listener;
	pid_t pid = asking_child(ask_with_handler, &expected, 0, &listener);

	EXPECT_EQ(POLLIN, events(listener, LONG_ENOUGH));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, exit_status(pid));
	EXPECT_EQ(-1, receive(listener, &notif));
	EXPECT_EQ(ENOENT, errno);
}

TEST(request_gone_before_it_is_answered)
{
	struct seccomp_notif notif;
	long expected = -EINTR;
	int listener;
	pid_t pid = asking_child(ask_with_handler, &expected, 0, &listener);

	ASSERT_EQ(0, receive(listener, &notif));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, exit_status(pid));
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif.id));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, answer(listener, notif.id, 0, 0, 0));
	EXPECT_EQ(ENOENT, errno);
}

/* A signal after RECV does not interrupt; one that kills does. */
TEST(wait_killable)
{
	struct seccomp_notif notif;
	long expected = 7;
	int listener;
	pid_t pid;

	pid = asking_child(ask_with_handler, &expected, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			   &listener);
	ASSERT_EQ(0, receive(listener, &notif));
	for (int i = 0; i < 15; i++) {
		kill(pid, SIGUSR1);
		usleep(20000 * slowness());
		ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif.id));
		ASSERT_EQ(POLLOUT, events(listener, 0));
	}
	EXPECT_EQ(0, answer(listener, notif.id, 7, 0, 0));
	EXPECT_EQ(0, exit_status(pid));

	pid = asking_child(ask_with_handler, &expected, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			   &listener);
	ASSERT_EQ(0, receive(listener, &notif));
	kill(pid, SIGKILL);
	EXPECT_EQ(256 + SIGKILL, exit_status(pid));
	EXPECT_EQ(-1, answer(listener, notif.id, 7, 0, 0));
	EXPECT_EQ(ENOENT, errno);
}

static void check_descriptors(void *arg)
{
	long got = syscall(__NR_getppid);

	(void)arg;
	/* The supervisor has put the null device at 100, and at the number that it answers. */
	if (got < 0 || fcntl(100, F_GETFD) != 0 || fcntl(got, F_GETFD) != FD_CLOEXEC)
		_exit(1);
	if (write(100, "", 1) != 1 || write(got, "", 1) != 1)
		_exit(2);
	_exit(0);
}

TEST(descriptors_and_their_errnos)
{
	struct {
		struct seccomp_notif_addfd addfd;
		__u64 more;
	} longer = {};
	int listener, null = open("/dev/null", O_RDWR | O_CLOEXEC), fd;
	struct seccomp_notif notif;
	char page[8192] = {};
	pid_t pid = asking_child(check_descriptors, NULL, 0, &listener);

	ASSERT_LE(0, null);
	EXPECT_EQ(POLLIN, events(listener, LONG_ENOUGH));
	ASSERT_EQ(0, receive(listener, &notif));

	EXPECT_EQ(-1, add_fd(listener, notif.id, null, 4, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, add_fd(listener, notif.id, null, 0, 0, O_NONBLOCK));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, add_fd(listener, notif.id, null, 0, 100, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, add_fd(listener, notif.id, 9999, 0, 0, 0));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, add_fd(listener, notif.id + 1, null, 0, 0, 0));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, (void *)8));
	EXPECT_EQ(EFAULT, errno);
	/* Sizes: below the first version, above a page, and a tail that is not zero. */
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOW(3, char[16]), page));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOW(3, char[4096]), page));
	EXPECT_EQ(EINVAL, errno);
	longer.addfd.id = notif.id;
	longer.addfd.srcfd = null;
	longer.more = 1;
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOW(3, longer), &longer));
	EXPECT_EQ(E2BIG, errno);
	longer.more = 0;
	EXPECT_LE(0, ioctl(listener, SECCOMP_IOW(3, longer), &longer));

	EXPECT_EQ(100, add_fd(listener, notif.id, null, SECCOMP_ADDFD_FLAG_SETFD, 100, 0));
	EXPECT_EQ(100, add_fd(listener, notif.id, null, SECCOMP_ADDFD_FLAG_SETFD, 100, 0));
	EXPECT_EQ(-1, add_fd(listener, notif.id, null, SECCOMP_ADDFD_FLAG_SETFD, 1 << 30, 0));
	EXPECT_EQ(EBADF, errno);
	fd = add_fd(listener, notif.id, null, 0, 0, O_CLOEXEC);
	EXPECT_LE(0, fd);
	EXPECT_EQ(0, answer(listener, notif.id, fd, 0, 0));
	EXPECT_EQ(-1, add_fd(listener, notif.id, null, 0, 0, 0));
	EXPECT_EQ(0, exit_status(pid));
	EXPECT_EQ(-1, add_fd(listener, notif.id, null, 0, 0, 0));
	EXPECT_EQ(ENOENT, errno);
}

static void ask_without_room(void *arg)
{
	struct rlimit limit = { 3, 3 };

	setrlimit(RLIMIT_NOFILE, &limit);
	ask(arg);
}

TEST(no_room_for_a_descriptor)
{
	struct seccomp_notif notif;
	long expected = 5;
	int listener;
	pid_t pid = asking_child(ask_without_room, &expected, 0, &listener);

	ASSERT_EQ(0, receive(listener, &notif));
	EXPECT_EQ(-1, add_fd(listener, notif.id, 0, 0, 0, 0));
	EXPECT_EQ(EMFILE, errno);
	/* The answer has failed, so there is none. */
	EXPECT_EQ(-1, add_fd(listener, notif.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif.id));
	EXPECT_EQ(0, answer(listener, notif.id, 5, 0, 0));
	EXPECT_EQ(0, exit_status(pid));
}

static int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/*
 * Runs on this processor alone, where a higher priority keeps the lower ones from running. 0 is
 * that of ordinary tasks.
 */
static int pin_to(int processor, int priority)
{
	struct sched_param param = { .sched_priority = priority };
	cpu_set_t only;

	CPU_ZERO(&only);
	CPU_SET(processor, &only);
	return sched_setaffinity(0, sizeof(only), &only) ||
	       sched_setscheduler(0, priority ? SCHED_FIFO : SCHED_OTHER, &param);
}

/* Asks how many descriptors it was given, and then for one more. */
static void count_descriptors(void *arg)
{
	int before = open_descriptors();
	long given, last;

	if (pin_to(1, 1))
		_exit(3);
	given = syscall(__NR_getppid);
	if (open_descriptors() != before + given)
		_exit(1);
	last = syscall(__NR_getppid);
	if (fcntl(last, F_GETFD) < 0 || open_descriptors() != before + given + 1)
		_exit(2);
	_exit(0);
}

static volatile int hog; /* 1 while it runs */

static void *hog_the_second(void *arg)
{
	(void)arg;
	if (pin_to(1, 50))
		return (void *)1;
	hog = 1;
	while (hog == 1)
		;
	return NULL;
}

static bool is_asleep(pid_t tid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		fclose(file);
	}
	return state == 'S' || state == 'D';
}

/* From now on the task, which runs on the second processor, cannot. */
static pthread_t start_hogging(pid_t pid)
{
	pthread_t thread;

	/* It must not be stopped with the filter's lock. */
	while (!is_asleep(pid))
		usleep(1000);
	hog = 0;
	pthread_create(&thread, NULL, hog_the_second, NULL);
	while (!hog)
		usleep(1000);
	return thread;
}

static void stop_hogging(pthread_t thread)
{
	hog = 2;
	pthread_join(thread, NULL);
}

/* As add_fd(), while the task cannot run and a signal comes. */
static int add_fd_in_vain(pid_t pid, int listener, __u64 id, __u32 flags)
{
	/* Again and again: on a busy machine the first may come before the call. */
	struct itimerval soon = { { 0, 30000 }, { 0, 30000 } }, never = { };
	pthread_t thread;
	sigset_t alarm;
	int ret;

	/* Not for the other thread. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	thread = start_hogging(pid);
	setitimer(ITIMER_REAL, &soon, NULL);
	pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
	ret = add_fd(listener, id, 0, flags, 0, O_CLOEXEC) < 0 ? -errno : 0;
	setitimer(ITIMER_REAL, &never, NULL);
	stop_hogging(thread);
	return ret;
}

#define RT_RUNTIME "/proc/sys/kernel/sched_rt_runtime_us"

/* Real-time threads may take all of a processor's time. */
FIXTURE(realtime)
{
	char runtime[32];
};

FIXTURE_SETUP(realtime)
{
	int fd;

	if (geteuid() || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "needs root and two processors");
	fd = open(RT_RUNTIME, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, read(fd, self->runtime, sizeof(self->runtime) - 1));
	close(fd);
	ASSERT_EQ(0, write_file(RT_RUNTIME, "-1"));
}

FIXTURE_TEARDOWN(realtime)
{
	EXPECT_EQ(0, write_file(RT_RUNTIME, self->runtime));
}

/*
 * A supervisor that is interrupted while it waits for a descriptor to be installed takes it back:
 * it is not installed later, and the request can still be answered.
 */
TEST_F(realtime, interrupted_supervisor)
{
	struct sigaction action = { .sa_handler = nothing };
	struct seccomp_notif notif;
	int listener;
	pid_t pid;

	sigaction(SIGALRM, &action, NULL);
	pid = asking_child(count_descriptors, NULL, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			   &listener);
	ASSERT_EQ(0, receive(listener, &notif));
	EXPECT_EQ(-EINTR, add_fd_in_vain(pid, listener, notif.id, 0));
	EXPECT_LE(0, add_fd(listener, notif.id, 0, 0, 0, 0));
	EXPECT_EQ(-EINTR, add_fd_in_vain(pid, listener, notif.id, 0));
	EXPECT_EQ(0, answer(listener, notif.id, 1, 0, 0));

	ASSERT_EQ(0, receive(listener, &notif));
	EXPECT_EQ(-EINTR, add_fd_in_vain(pid, listener, notif.id, SECCOMP_ADDFD_FLAG_SEND));
	EXPECT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif.id));
	EXPECT_LE(0, add_fd(listener, notif.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(0, exit_status(pid));
}

/* What the two of answer_among_signals() share. */
struct flooded {
	long count, got; /* what the last call has returned */
	int flags; /* of the signal's handler */
	bool descriptors; /* are the answers */
};

/* Each call has its number, which it keeps when it has to be made again. */
static void ask_among_signals(void *arg)
{
	struct flooded *flooded = arg;
	struct sigaction action = { .sa_handler = nothing, .sa_flags = flooded->flags };
	int before = open_descriptors();

	pin_to(0, 0);
	sigaction(SIGUSR1, &action, NULL);
	for (long n = 0; n < flooded->count; n++) {
		long got;

		do {
			got = syscall(__NR_getppid, n);
		} while (got == -1 && errno == EINTR);
		flooded->got = got;
		if (flooded->descriptors && (fcntl(got, F_GETFD) != FD_CLOEXEC || close(got)))
			_exit(1);
	}
	_exit(open_descriptors() == before ? 0 : 2);
}

/* Waits for the next request; true if it is the one after this. */
static bool receive_next(struct __test_metadata *_metadata, int listener,
			 struct seccomp_notif *notif)
{
	__u64 id = notif->id;

	do {
		/* Not its end. */
		ASSERT_EQ(POLLIN, events(listener, LONG_ENOUGH));
		/* A signal may have taken it back. */
	} while (receive(listener, notif) && errno == ENOENT);
	return notif->id == id + 1;
}

/*
 * Answers while a signal has woken the task, but the task does not have the filter's lock yet, to
 * see whether it is answered. On the same processor the supervisor can stop it there: it sleeps
 * for as long as the task needs until then, which it learns from how often it comes too late.
 */
static void answer_among_signals(struct __test_metadata *_metadata, bool descriptors, int flags)
{
	struct flooded *flooded = mmap(NULL, sizeof(*flooded), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec needed = { 0, 20000 };
	struct seccomp_notif notif = {};
	long expected = 0;
	int listener;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, flooded);
	flooded->count = 1000 / slowness();
	flooded->flags = flags;
	flooded->descriptors = descriptors;
	pid = asking_child(ask_among_signals, flooded, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			   &listener);
	ASSERT_LE(0, listener);
	pin_to(0, 1);
	for (long n = 0; n < flooded->count; n++) {
		if (n % 2) {
			/* The signal comes before it is read ... */
			ASSERT_EQ(POLLIN, events(listener, LONG_ENOUGH));
			kill(pid, SIGUSR1);
			nanosleep(&needed, NULL);
			if (!receive_next(_metadata, listener, &notif))
				needed.tv_nsec -= needed.tv_nsec / 8;
			else if (needed.tv_nsec < 10000000)
				needed.tv_nsec += needed.tv_nsec / 8 + 100;
		} else {
			/* ... or after. */
			receive_next(_metadata, listener, &notif);
			kill(pid, SIGUSR1);
			nanosleep(&needed, NULL);
		}
		/* What is answered is not asked again, and the answer has arrived. */
		ASSERT_EQ(n, notif.data.args[0]);
		if (n)
			ASSERT_EQ(expected, flooded->got);
		/* What is read is not taken back. */
		if (descriptors) {
			expected = add_fd(listener, notif.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0,
					  O_CLOEXEC);
			ASSERT_LE(0, expected);
		} else {
			expected = n + 1000;
			ASSERT_EQ(0, answer(listener, notif.id, expected, 0, 0));
		}
		if (n % 3 == 0)
			kill(pid, SIGUSR1);
	}
	EXPECT_EQ(0, exit_status(pid));
	EXPECT_EQ(expected, flooded->got);
	close(listener);
	munmap(flooded, sizeof(*flooded));
}

/* Commit cce436aafc2a: an answer is not lost to a signal that comes before the task takes it. */
TEST(answers_among_signals)
{
	answer_among_signals(_metadata, false, SA_RESTART);
	answer_among_signals(_metadata, false, 0);
}

TEST(descriptors_among_signals)
{
	answer_among_signals(_metadata, true, SA_RESTART);
	answer_among_signals(_metadata, true, 0);
}

struct injection {
	int listener, fd;
	__u64 id;
	pid_t thread; /* which injects, once it does */
};

static void *inject(void *arg)
{
	struct injection *injection = arg;

	while (add_fd(injection->listener, injection->id, injection->fd, 0, 0, O_CLOEXEC) >= 0)
		;
	return NULL;
}

static void *inject_one(void *arg)
{
	struct injection *one = arg;

	__atomic_store_n(&one->thread, gettid_(), __ATOMIC_RELEASE);
	if (add_fd(one->listener, one->id, one->fd, 0, 0, O_CLOEXEC) >= 0)
		return NULL;
	return (void *)(long)errno;
}

/*
 * Queues two descriptors and answers before the task can run. Counts, in results, those that were
 * installed and those that came to nothing.
 */
static void answer_before_installing(struct __test_metadata *_metadata, int *results)
{
	pthread_t hogging, threads[2];
	struct injection injection;
	struct seccomp_notif notif;
	pid_t pid;

	pid = asking_child(count_descriptors, NULL, 0, &injection.listener);
	ASSERT_EQ(0, receive(injection.listener, &notif));
	injection.id = notif.id;
	injection.fd = 0;
	/* Until both are queued and the answer is given, the task cannot run. */
	hogging = start_hogging(pid);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, inject_one, &injection);
	usleep(100000);
	EXPECT_EQ(0, answer(injection.listener, notif.id, 1, 0, 0));
	stop_hogging(hogging);
	for (int i = 0; i < 2; i++) {
		void *result;

		pthread_join(threads[i], &result);
		/* On a busy machine some may be late. */
		if ((long)result == EINPROGRESS || (long)result == ENOENT)
			continue;
		EXPECT_TRUE(!result || (long)result == ESRCH);
		results[!!result]++;
	}
	ASSERT_EQ(0, receive(injection.listener, &notif));
	EXPECT_LE(0, add_fd(injection.listener, notif.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(0, exit_status(pid));
	close(injection.listener);
}

/* Of what is queued when the answer comes, one is installed, and the rest comes to nothing. */
TEST_F(realtime, answered_before_installing)
{
	int results[2] = {};

	/* On a busy machine the task may get to run all the same, and installs both. */
	for (int tries = 0; tries < 10 && (results[0] != 1 || results[1] != 1); tries++) {
		memset(results, 0, sizeof(results));
		answer_before_installing(_metadata, results);
	}
	EXPECT_EQ(1, results[0]);
	EXPECT_EQ(1, results[1]);
}

/*
 * No answer with a descriptor while another waits to be installed, and none of any kind to what is
 * answered and not yet gone, as its task cannot run.
 */
TEST_F(realtime, one_answer)
{
	struct injection one = { .fd = 0 };
	pthread_t hogging, thread;
	struct seccomp_notif notif;
	void *result;
	pid_t pid;

	pid = asking_child(count_descriptors, NULL, 0, &one.listener);
	ASSERT_EQ(0, receive(one.listener, &notif));
	one.id = notif.id;
	hogging = start_hogging(pid);
	pthread_create(&thread, NULL, inject_one, &one);
	while (!__atomic_load_n(&one.thread, __ATOMIC_ACQUIRE) || !is_asleep(one.thread))
		usleep(1000);
	EXPECT_EQ(-1, add_fd(one.listener, one.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(0, ioctl(one.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &one.id));
	stop_hogging(hogging);
	pthread_join(thread, &result);
	EXPECT_EQ(NULL, result);

	hogging = start_hogging(pid);
	EXPECT_EQ(0, answer(one.listener, one.id, 1, 0, 0));
	EXPECT_EQ(-1, answer(one.listener, one.id, 2, 0, 0));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(-1, add_fd(one.listener, one.id, 0, 0, 0, 0));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(-1, add_fd(one.listener, one.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(EINPROGRESS, errno);
	EXPECT_EQ(-1, ioctl(one.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &one.id));
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(0, events(one.listener, 0));
	stop_hogging(hogging);

	ASSERT_EQ(0, receive(one.listener, &notif));
	EXPECT_LE(0, add_fd(one.listener, notif.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(0, exit_status(pid));
}

/* Whoever dies while descriptors are injected, none is left over: the pipe's end is seen. */
TEST(no_descriptor_is_leaked)
{
	for (int round = 0; round < 40; round++) {
		struct injection injection;
		struct seccomp_notif notif;
		struct pollfd end;
		long expected = 0;
		pthread_t thread;
		int pipes[2];
		pid_t pid;

		ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
		pid = asking_child(ask, &expected, 0, &injection.listener);
		ASSERT_LE(0, injection.listener);
		ASSERT_EQ(0, receive(injection.listener, &notif));
		injection.fd = pipes[1];
		injection.id = notif.id;
		ASSERT_EQ(0, pthread_create(&thread, NULL, inject, &injection));
		usleep(100 * round);
		if (round % 2)
			kill(pid, SIGKILL);
		else
			answer(injection.listener, notif.id, 0, 0, 0);
		pthread_join(thread, NULL);
		exit_status(pid);
		close(injection.listener);
		close(pipes[1]);
		end = (struct pollfd){ .fd = pipes[0], .events = POLLIN };
		EXPECT_EQ(1, poll(&end, 1, LONG_ENOUGH));
		EXPECT_EQ(POLLHUP, end.revents);
		close(pipes[0]);
	}
}

static int lowest_free_descriptor(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/*
 * Commits e839317900e9 and a566a9012acd: an attach that fails after its listener was made leaves
 * neither a descriptor nor a listener behind.
 */
TEST(failed_attach_leaves_no_listener)
{
	struct rlimit limit, none;
	int before, fd, next;

	ASSERT_EQ(0, no_new_privs());
	before = open_descriptors();

	/* Fails: there is no number for the descriptor. */
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	EXPECT_EQ(-1, install_for(__NR_getppid, NOTIFY, SECCOMP_FILTER_FLAG_NEW_LISTENER));
	EXPECT_EQ(EMFILE, errno);
	setrlimit(RLIMIT_NOFILE, &limit);
	EXPECT_EQ(before, open_descriptors());
	EXPECT_EQ(0, proc_status(getpid(), "Seccomp_filters"));

	/* Works, as nothing was left behind; a second one does not. */
	fd = install_for(__NR_getppid, NOTIFY, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	EXPECT_LE(0, fd);
	next = lowest_free_descriptor();
	EXPECT_EQ(-1, install_for(__NR_getpgid, NOTIFY, SECCOMP_FILTER_FLAG_NEW_LISTENER));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(before + 1, open_descriptors());
	/* Not even reserved. */
	EXPECT_EQ(next, lowest_free_descriptor());
	EXPECT_EQ(1, proc_status(getpid(), "Seccomp_filters"));
	/* A listener that is closed is none. */
	close(fd);
	fd = install_for(__NR_getpgid, NOTIFY, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	EXPECT_LE(0, fd);
	EXPECT_EQ(before + 1, open_descriptors());
}

static pthread_barrier_t barrier;

static void *race_for_the_listener(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&barrier);
	return (void *)(long)install_for(__NR_getppid, NOTIFY,
					 SECCOMP_FILTER_FLAG_NEW_LISTENER |
						 SECCOMP_FILTER_FLAG_TSYNC |
						 SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
}

/* Commits dfe719fef03d and a566a9012acd: of two threads that race, one gets the listener. */
TEST(racing_for_the_listener)
{
	for (int round = 0; round < 100; round++) {
		pid_t pid = fork();

		if (!pid) {
			pthread_t threads[2];
			int listeners = 0, before;

			no_new_privs();
			before = open_descriptors();
			pthread_barrier_init(&barrier, NULL, LENGTH(threads));
			for (int i = 0; i < LENGTH(threads); i++)
				pthread_create(&threads[i], NULL, race_for_the_listener, NULL);
			for (int i = 0; i < LENGTH(threads); i++) {
				void *result;

				pthread_join(threads[i], &result);
				listeners += (long)result >= 0;
			}
			_exit(listeners != 1 || open_descriptors() != before + 1);
		}
		EXPECT_EQ(0, exit_status(pid));
	}
}

#if defined(__x86_64__)
static void ask_from_the_other_abi(void *arg)
{
	long result;

	(void)arg;
	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(64), "b"(0x11111111), "c"(-1), "d"(0)
		     : "memory");
	_exit(result != -E2BIG);
}
#elif !defined(__aarch64__)
/* A 64-bit shell asks for its parent first of all. */
static void ask_from_the_other_abi(void *arg)
{
	(void)arg;
	execl("/bin/sh", "sh", "-c", "exit $((PPID != 12345))", NULL);
	_exit(255);
}
#endif

#ifndef __aarch64__ /* which has no other ABI within a program */
/* A supervisor of one ABI and a task of the other. */
TEST(supervisor_of_another_abi)
{
#ifdef __x86_64__
	const __u32 arch = AUDIT_ARCH_I386, nr = 64;
#elif defined(__i386__)
	const __u32 arch = AUDIT_ARCH_X86_64, nr = 110;
#else
	const __u32 arch = AUDIT_ARCH_AARCH64, nr = 173;
#endif
	struct sock_filter insns[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD(nr),
		RET_IF_EQ(nr, NOTIFY),
		RET(SECCOMP_RET_ALLOW),
	};
	struct seccomp_notif notif;
	int socks[2], listener;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		no_new_privs();
		listener = INSTALL(insns, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		if (listener < 0 || send_fd(socks[1], listener))
			_exit(255);
		close(listener);
		ask_from_the_other_abi(NULL);
	}
	close(socks[1]);
	listener = receive_fd(socks[0]);
	ASSERT_LE(0, listener);
	ASSERT_EQ(POLLIN, events(listener, LONG_ENOUGH));
	ASSERT_EQ(0, receive(listener, &notif));
	EXPECT_EQ(pid, notif.pid);
	EXPECT_EQ(arch, notif.data.arch);
	EXPECT_EQ(nr, notif.data.nr);
#ifdef __x86_64__
	EXPECT_EQ(0x11111111, notif.data.args[0]);
	EXPECT_EQ(0xffffffff, notif.data.args[1]);
	EXPECT_EQ(0, answer(listener, notif.id, 0, -E2BIG, 0));
#else
	EXPECT_EQ(0, answer(listener, notif.id, 12345, 0, 0));
#endif
	EXPECT_EQ(0, exit_status(pid));
}
#endif

static void ask_until_killed(void *arg)
{
	(void)arg;
	for (;;)
		syscall(__NR_getppid);
}

/* SYNC_WAKE_UP changes who runs where, not what is answered. */
TEST(taking_turns)
{
	struct seccomp_notif notif;
	int listener;
	pid_t pid = asking_child(ask_until_killed, NULL, 0, &listener);

	ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
			   SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP));
	for (int round = 0; round < 200; round++) {
		ASSERT_EQ(0, receive(listener, &notif));
		ASSERT_EQ(0, answer(listener, notif.id, round, 0, 0));
	}
	kill(pid, SIGKILL);
	exit_status(pid);
}

TEST_HARNESS_MAIN
