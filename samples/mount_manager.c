// SPDX-License-Identifier: GPL-2.0
/*
 * What a container manager does for its containers: mounts and modules, as far as they are allowed.
 *
 *	mount_manager DIRECTORY MODULE[,MODULE...] -- PROGRAM [ARGUMENT...]
 *
 * mount() and finit_module() ask the manager. It mounts tmpfs below DIRECTORY, without devices and
 * set-user-ID programs, and loads modules whose names are listed, itself and from its own copy of
 * what it was asked. All else fails with EPERM, as it would in a container.
 *
 * PROGRAM is root of a user namespace without other users, is "nobody" outside of that, and has no
 * capabilities in either. It sees the manager's files and mounts.
 */

#include "supervisor.h"

#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <sys/mount.h>

#define NOBODY "65534"

static const char *directory, *modules;

/* 0, or an errno. */
static int mount_for(int listener, struct seccomp_notif *notif)
{
	const __u64 *args = notif->data.args;
	char target[PATH_MAX], type[64], real[PATH_MAX];
	size_t len = strlen(directory);
	int error;

	error = read_string(listener, notif, args[1], target, sizeof(target));
	if (!error)
		error = read_string(listener, notif, args[2], type, sizeof(type));
	if (error)
		return error;
	if (args[3] & ~MS_SILENT || strcmp(type, "tmpfs"))
		return EPERM;
	if (target[0] != '/' || !realpath(target, real))
		return target[0] == '/' ? errno : EPERM;
	if (strncmp(real, directory, len) || real[len] != '/')
		return EPERM;
	return mount("tmpfs", real, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") ? errno : 0;
}

static bool is_listed(const char *name)
{
	size_t len = strlen(name);

	for (const char *at = modules; at; at = strchr(at, ','), at += !!at)
		if (!strncmp(at, name, len) && (at[len] == ',' || !at[len]))
			return true;
	return false;
}

static int load_for(struct seccomp_notif *notif)
{
	char link[64], path[PATH_MAX], *name;
	int fd, error;
	ssize_t len;

	/* The file is opened anew by the manager, and judged by what that is. */
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", notif->pid, (int)notif->data.args[0]);
	fd = open(link, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return EBADF;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	error = EPERM;
	if (len > 3) {
		path[len] = '\0';
		name = basename(path);
		len = strlen(name);
		if (len > 3 && !strcmp(name + len - 3, ".ko")) {
			name[len - 3] = '\0';
			if (is_listed(name))
				error = syscall(__NR_finit_module, fd, "", 0) ? errno : 0;
		}
	}
	close(fd);
	return error;
}

static void serve(int listener, struct seccomp_notif *notif)
{
	bool mounts = notif->data.nr == __NR_mount;
	int error = mounts ? mount_for(listener, notif) : load_for(notif);

	fprintf(stderr, "mount_manager: %s for %d: %s\n", mounts ? "mount" : "module", notif->pid,
		strerror(error));
	answer(listener, notif->id, 0, error);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/*
 * Even without capabilities, user id 0 owns files by which the machine can be taken over. So the
 * program gets other ids, which its user namespace shows as 0.
 */
static void become_container_root(void)
{
	const int nobody = atoi(NOBODY);

	if (setgroups(0, NULL) || setresgid(nobody, nobody, nobody) ||
	    setresuid(nobody, nobody, nobody))
		die("user ids");
	/* As long as it is not dumpable, its own files in /proc belong to root. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) || unshare(CLONE_NEWUSER))
		die("user namespace");
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", "0 " NOBODY " 1");
	write_file("/proc/self/gid_map", "0 " NOBODY " 1");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		die("PR_SET_DUMPABLE");
}

int main(int argc, char **argv)
{
	struct sock_filter insns[] = {
		PREFIX,
		ON(__NR_mount, SECCOMP_RET_USER_NOTIF),
		ON(__NR_finit_module, SECCOMP_RET_USER_NOTIF),
		ON(__NR_init_module, SECCOMP_RET_ERRNO | EPERM),
		NO_OTHERS,
		NO_NAMESPACES,
		OTHERWISE(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { ARRAY_SIZE(insns), insns };
	int listener;
	pid_t pid;

	if (argc < 5 || strcmp(argv[3], "--")) {
		fprintf(stderr, "usage: mount_manager DIRECTORY MODULES -- PROGRAM [ARG...]\n");
		return 2;
	}
	directory = argv[1];
	modules = argv[2];
	listener = start_confined(&filter, argv + 4, become_container_root, &pid);
	return supervise(listener, pid, serve);
}
