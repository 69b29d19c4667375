// SPDX-License-Identifier: GPL-2.0
/*
 * User notification: descriptors that the supervisor puts into the task. Part of notify_test; must
 * pass on the built-in engine as well.
 */

#include "notify_calls.h"

#include "harness.h"

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
	/* The answer failed, so the call has none yet. */
	EXPECT_EQ(-1, add_fd(listener, notif.id, 0, SECCOMP_ADDFD_FLAG_SEND, 0, 0));
	EXPECT_EQ(EMFILE, errno);
	EXPECT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &notif.id));
	EXPECT_EQ(0, answer(listener, notif.id, 5, 0, 0));
	EXPECT_EQ(0, exit_status(pid));
}

/*
 * If either side dies while descriptors are injected, none leaks: the reader sees the end of the
 * pipe.
 */
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
