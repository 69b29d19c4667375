// SPDX-License-Identifier: GPL-2.0
/*
 * User notification where upstream's suite does not look: states, many readers, deaths in the
 * middle, and the bugs that mainline has had. Must pass on the built-in engine as well.
 */

#include "notify_calls.h"

#include "harness.h"

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

/* A request that nobody has read takes no answer, even from a supervisor who guesses its id. */
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

/* The listener reports the end of the last task, not of the task that installed the filter. */
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

/* A request whose reader's buffer cannot be written stays for the next reader. */
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

/* crun issue 526: a signal withdraws the request before it is read, so RECV finds nothing. */
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

/* After RECV only a signal that kills interrupts the call. */
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

static void ask_until_killed(void *arg)
{
	(void)arg;
	for (;;)
		syscall(__NR_getppid);
}

/* SYNC_WAKE_UP changes the scheduling of supervisor and task, and no answer. */
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
