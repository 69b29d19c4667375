// SPDX-License-Identifier: GPL-2.0
/*
 * A file broker: runs a program that cannot open files, and opens for it what an allow-list has.
 *
 *	file_broker DIRECTORY... -- PROGRAM [ARGUMENT...]
 *
 * openat() asks the broker, which copies the path, opens files below the directories itself, for
 * reading, with no symbolic link followed out of them, and injects the descriptor as the result of
 * the call. All else fails with EACCES. Other ways to open a file are closed, openat2() with
 * ENOSYS, so that C libraries fall back to openat().
 */

#include "supervisor.h"

#include <linux/openat2.h>

static char **directories;

/* Opens path if it is in one of the directories; a descriptor, or a negative errno. */
static int open_allowed(const char *path, int flags)
{
	struct open_how how = {
		.flags = (flags & (O_DIRECTORY | O_NONBLOCK)) | O_RDONLY | O_CLOEXEC | O_NOCTTY,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	if ((flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC | O_PATH))
		return -EACCES;
	for (char **directory = directories; *directory; directory++) {
		size_t len = strlen(*directory);
		int base, fd;

		if (strncmp(path, *directory, len) || path[len] != '/' || !path[len + 1])
			continue;
		base = open(*directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (base < 0)
			return -errno;
		fd = syscall(__NR_openat2, base, path + len + 1, &how, sizeof(how));
		if (fd < 0)
			fd = errno == EXDEV ? -EACCES : -errno;
		close(base);
		return fd;
	}
	return -EACCES;
}

static void serve(int listener, struct seccomp_notif *notif)
{
	struct seccomp_notif_addfd addfd = {
		.id = notif->id,
		.flags = SECCOMP_ADDFD_FLAG_SEND,
		.newfd_flags = notif->data.args[2] & O_CLOEXEC,
	};
	char path[4096];
	int fd, error = read_string(listener, notif, notif->data.args[1], path, sizeof(path));

	if (error) {
		answer(listener, notif->id, 0, error);
		return;
	}
	fd = open_allowed(path, notif->data.args[2]);
	if (fd < 0) {
		answer(listener, notif->id, 0, -fd);
		return;
	}
	addfd.srcfd = fd;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd) < 0)
		answer(listener, notif->id, 0, errno);
	close(fd);
}

int main(int argc, char **argv)
{
	struct sock_filter insns[] = {
		PREFIX,
		ON(__NR_openat, SECCOMP_RET_USER_NOTIF),
		ON(__NR_openat2, SECCOMP_RET_ERRNO | ENOSYS),
		NO_OTHERS,
		NO_NAMESPACES,
		ON(__NR_open_by_handle_at, SECCOMP_RET_ERRNO | EPERM),
#ifdef __NR_open
		ON(__NR_open, SECCOMP_RET_ERRNO | ENOSYS),
		ON(__NR_creat, SECCOMP_RET_ERRNO | EACCES),
#endif
		OTHERWISE(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { ARRAY_SIZE(insns), insns };
	int listener, end = 1;
	pid_t pid;

	while (end < argc && strcmp(argv[end], "--"))
		end++;
	if (end + 1 >= argc) {
		fprintf(stderr, "usage: file_broker DIRECTORY... -- PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	argv[end] = NULL;
	directories = argv + 1;
	listener = start_confined(&filter, argv + end + 1, NULL, &pid);
	return supervise(listener, pid, serve);
}
