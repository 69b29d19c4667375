/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a supervisor of seccomp notifications needs: to start a program under a
 * filter whose listener it gets, to read the program's memory, and to answer.
 */
#ifndef RUST_SECCOMP_SUPERVISOR_H
#define RUST_SECCOMP_SUPERVISOR_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
#define ARCH_NATIVE AUDIT_ARCH_X86_64
#define NR_LIMIT 0x40000000 /* x32 begins here */
#else
#define ARCH_NATIVE AUDIT_ARCH_AARCH64
#define NR_LIMIT 0xffffffff
#endif

/* The start of every filter: other ABIs are not served; then the number is in the accumulator. */
#define PREFIX \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH_NATIVE, 1, 0), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)), \
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, NR_LIMIT, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ON(nr, action) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, action)
#define OTHERWISE(action) BPF_STMT(BPF_RET | BPF_K, action)

static inline void die(const char *what)
{
	perror(what);
	exit(125);
}

/*
 * Runs argv under the filter, and returns its listener. The program itself has no copy of it: it is
 * passed over a socket, which is closed before exec.
 */
static inline int start_confined(struct sock_fprog *filter, char **argv, pid_t *pid)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int socks[2], fd;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks))
		die("socketpair");
	*pid = fork();
	if (*pid < 0)
		die("fork");
	if (!*pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			die("no_new_privs");
		fd = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
			     SECCOMP_FILTER_FLAG_NEW_LISTENER, filter);
		if (fd < 0)
			die("seccomp");
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
		if (sendmsg(socks[1], &msg, 0) != 1)
			die("sendmsg");
		close(fd);
		execvp(argv[0], argv);
		die(argv[0]);
	}
	close(socks[1]);
	if (recvmsg(socks[0], &msg, 0) != 1 || !CMSG_FIRSTHDR(&msg))
		die("no listener came");
	close(socks[0]);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* Does the request still wait for an answer? If not, its pid may be another process's by now. */
static inline bool is_valid(int listener, __u64 id)
{
	return !ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
}

/*
 * Reads a string from the memory of the task that asks; 0, or an errno. Another thread may change
 * it at any time, so a supervisor acts on its own copy, and never lets the call continue.
 */
static inline int read_string(int listener, const struct seccomp_notif *notif, __u64 address,
			      char *text, size_t size)
{
	size_t done = 0;

	/* By pages, as the string may end before memory that cannot be read. */
	while (done < size) {
		size_t chunk = 4096 - (address + done) % 4096;
		struct iovec local = { text + done, chunk < size - done ? chunk : size - done };
		struct iovec remote = { (void *)(unsigned long)(address + done), local.iov_len };
		ssize_t got = process_vm_readv(notif->pid, &local, 1, &remote, 1, 0);

		if (got <= 0)
			return EFAULT;
		/* What was read may be another process's, if this one is dead. */
		if (!is_valid(listener, notif->id))
			return ESRCH;
		if (memchr(text + done, 0, got))
			return 0;
		done += got;
	}
	return ENAMETOOLONG;
}

/* The call returns value, or fails with error. ENOENT: nobody waits for it any more. */
static inline void answer(int listener, __u64 id, __s64 value, int error)
{
	struct seccomp_notif_resp response = { .id = id, .val = value, .error = -error };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) && errno != ENOENT)
		die("SECCOMP_IOCTL_NOTIF_SEND");
}

/* Calls serve for each request until the last confined task is gone; returns its exit status. */
static inline int supervise(int listener, pid_t pid,
			    void (*serve)(int listener, struct seccomp_notif *notif))
{
	struct pollfd pollfd = { .fd = listener, .events = POLLIN };
	int status;

	while (poll(&pollfd, 1, -1) >= 0 || errno == EINTR) {
		struct seccomp_notif notif = {};

		if (pollfd.revents & POLLHUP)
			break;
		if (!(pollfd.revents & POLLIN))
			continue;
		/* ENOENT: it was interrupted before it was read. */
		if (!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif))
			serve(listener, &notif);
		else if (errno != ENOENT && errno != EINTR)
			die("SECCOMP_IOCTL_NOTIF_RECV");
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif /* RUST_SECCOMP_SUPERVISOR_H */
