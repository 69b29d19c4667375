// SPDX-License-Identifier: GPL-2.0
/*
 * User notification: a child whose calls wait for an answer, and the calls of its supervisor.
 */

#include "notify_calls.h"

int send_fd(int sock, int fd)
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

int receive_fd(int sock)
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

pid_t asking_child(void (*fn)(void *), void *arg, unsigned int flags, int *listener)
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

void ask(void *arg)
{
	long expected = *(long *)arg, got;

	errno = 0;
	got = syscall(__NR_getppid);
	if (got == -1 && errno)
		got = -errno;
	_exit(got != expected);
}

int receive(int listener, struct seccomp_notif *notif)
{
	memset(notif, 0, sizeof(*notif));
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, notif);
}

int answer(int listener, __u64 id, __s64 val, __s32 error, __u32 flags)
{
	struct seccomp_notif_resp response = {
		.id = id, .val = val, .error = error, .flags = flags,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

int add_fd(int listener, __u64 id, int fd, __u32 flags, int newfd, __u32 newfd_flags)
{
	struct seccomp_notif_addfd addfd = {
		.id = id, .flags = flags, .srcfd = fd, .newfd = newfd, .newfd_flags = newfd_flags,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);
}

int exit_status(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

short events(int listener, int timeout)
{
	struct pollfd pollfd = { .fd = listener, .events = POLLIN | POLLOUT };

	return poll(&pollfd, 1, timeout) < 0 ? -1 : pollfd.revents;
}

void ask_often(void *arg)
{
	long count = *(long *)arg;

	for (long i = 0; i < count; i++) {
		/* Each call must get one answer, with its own argument. */
		if (syscall(__NR_getppid, i) != i + 1000)
			_exit(1);
	}
	_exit(0);
}

void nothing(int signal)
{
	(void)signal;
}

void ask_with_handler(void *arg)
{
	struct sigaction action = { .sa_handler = nothing };

	sigaction(SIGUSR1, &action, NULL);
	ask(arg);
}

int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

void *inject(void *arg)
{
	struct injection *injection = arg;

	while (add_fd(injection->listener, injection->id, injection->fd, 0, 0, O_CLOEXEC) >= 0)
		;
	return NULL;
}
