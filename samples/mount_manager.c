// SPDX-License-Identifier: GPL-2.0
/*
 * What a container manager does for its containers: mounts and modules, as far as they are allowed.
 *
 *	mount_manager DIRECTORY MODULE-DIRECTORY NAME[,NAME...] -- PROGRAM [ARGUMENT...]
 *
 * Root starts the manager, which mount() and finit_module() ask. It mounts tmpfs below DIRECTORY,
 * without devices and set-user-ID programs, and it loads MODULE-DIRECTORY/NAME.ko for a NAME that
 * is listed, both without options. Of the file that the program passes to finit_module() the
 * manager takes nothing but the name. All else fails with EPERM, as it would in a container.
 *
 * PROGRAM is root of a user namespace without other users, is "nobody" outside of that, and has no
 * capabilities in either. It sees the manager's files and mounts.
 *
 * It protects, from a program that does its worst:
 * - the kernel from all modules but those in MODULE-DIRECTORY that are listed;
 * - mounts outside DIRECTORY, those below from losing nosuid and nodev, and all from being removed;
 * - the machine from more than MOUNTS_MAX mounts, of a MiB each;
 * - the manager and all other processes: see supervisor.h.
 *
 * It does not protect
 * - files, also outside DIRECTORY, that "nobody" may read, write or execute;
 * - the kernel from a MODULE-DIRECTORY in which others than root can put a module. The manager
 *   looks at the mode of the directory and the file, not at what is above them;
 * - files below DIRECTORY from being hidden by a mount, which stays when the program has ended;
 * - the network, and the machine's time and memory: set limits before.
 */

#include "supervisor.h"

#include <grp.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define NOBODY "65534"
#define MOUNTS_MAX 100

static struct sock_filter insns[] = {
	PREFIX,
	ON(__NR_mount, SECCOMP_RET_USER_NOTIF),
	ON(__NR_finit_module, SECCOMP_RET_USER_NOTIF),
	ON(__NR_init_module, REFUSED),
	ON(__NR_delete_module, REFUSED),
	NO_OTHERS,
	NO_NAMESPACES,
	OTHERWISE(SECCOMP_RET_ALLOW),
};

static const char *names;
static char directory[PATH_MAX];
static int directory_fd, modules_fd;

/*
 * Opens path below base; -1 with an errno. The kernel walks it without following any link, so it
 * does not matter what the program makes of the path meanwhile.
 */
static int open_below(int base, const char *path, int flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd = syscall(__NR_openat2, base, path, &how, sizeof(how));

	/* The path leads out of base, or through a link. */
	if (fd < 0 && (errno == EXDEV || errno == ELOOP))
		errno = EPERM;
	return fd;
}

/* A tmpfs that is not mounted anywhere yet; -1 with an errno. */
static int make_tmpfs(void)
{
	static const char *const options[][2] = {
		{ "size", "1m" }, { "mode", "755" }, { "uid", NOBODY }, { "gid", NOBODY },
	};
	int tmpfs = -1, failed, error, fs = fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (fs < 0)
		return -1;
	failed = fsconfig(fs, FSCONFIG_SET_STRING, "source", "tmpfs", 0);
	for (size_t i = 0; i < ARRAY_SIZE(options) && !failed; i++)
		failed = fsconfig(fs, FSCONFIG_SET_STRING, options[i][0], options[i][1], 0);
	if (!failed && !fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		tmpfs = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	error = errno;
	close(fs);
	errno = error;
	return tmpfs;
}

/* 0, or an errno. */
static int mount_for(int listener, struct seccomp_notif *notif)
{
	static int mounts;
	const __u64 *args = notif->data.args;
	char target[PATH_MAX], type[64], options[1];
	size_t len = strlen(directory);
	int error, tmpfs, where;

	if (args[3] & ~MS_SILENT)
		return EPERM;
	error = read_string(listener, notif, args[1], target, sizeof(target));
	if (!error)
		error = read_string(listener, notif, args[2], type, sizeof(type));
	if (error)
		return error;
	/* No options: there is no room for more than the end of the string. */
	if (args[4] && read_string(listener, notif, args[4], options, sizeof(options)))
		return EPERM;
	if (strcmp(type, "tmpfs"))
		return EPERM;
	if (strncmp(target, directory, len) || target[len] != '/' || !target[len + 1])
		return EPERM;
	if (mounts == MOUNTS_MAX)
		return ENOSPC;
	/* The descriptor stands for one directory, whatever becomes of its path. */
	where = open_below(directory_fd, target + len + 1, O_PATH | O_DIRECTORY);
	if (where < 0)
		return errno;
	error = 0;
	tmpfs = make_tmpfs();
	if (tmpfs < 0 || move_mount(tmpfs, "", where, "",
				    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
		error = errno;
	else
		mounts++;
	if (tmpfs >= 0)
		close(tmpfs);
	close(where);
	return error;
}

static bool is_listed(const char *name)
{
	size_t len = strlen(name);

	for (const char *at = names; at; at = strchr(at, ','), at += !!at)
		if (!strncmp(at, name, len) && (at[len] == ',' || !at[len]))
			return true;
	return false;
}

/* Can only root change what is in it? */
static bool is_roots(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && !st.st_uid && !(st.st_mode & 022);
}

static int load(const char *file)
{
	int fd = open_below(modules_fd, file, O_RDONLY | O_NONBLOCK), error;

	if (fd < 0)
		return errno;
	if (!is_roots(fd))
		error = EPERM;
	else
		error = syscall(__NR_finit_module, fd, "", 0) ? errno : 0;
	close(fd);
	return error;
}

static int load_for(int listener, struct seccomp_notif *notif)
{
	char link[64], path[PATH_MAX], parameters[1], *name;
	ssize_t len;

	/* No parameters, likewise. */
	if (read_string(listener, notif, notif->data.args[1], parameters, sizeof(parameters)) ||
	    notif->data.args[2])
		return EPERM;
	/* The file tells the module's name. It is not opened: the program has written it. */
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", notif->pid, (int)notif->data.args[0]);
	len = readlink(link, path, sizeof(path) - 1);
	/* If the request has gone, the pid and the descriptor may be another process's. */
	if (!is_valid(listener, notif->id))
		return ESRCH;
	if (len < 0)
		return EBADF;
	path[len] = '\0';
	name = strrchr(path, '/');
	if (!name)
		return EPERM;
	name++;
	len = strlen(name) - 3;
	if (len <= 0 || strcmp(name + len, ".ko"))
		return EPERM;
	name[len] = '\0';
	if (!is_listed(name))
		return EPERM;
	name[len] = '.';
	return load(name);
}

static void serve(int listener, struct seccomp_notif *notif)
{
	bool mounts = notif->data.nr == __NR_mount;
	int error = mounts ? mount_for(listener, notif) : load_for(listener, notif);

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
	struct sock_fprog filter = { ARRAY_SIZE(insns), insns };
	int listener;
	pid_t pid;

	if (argc < 6 || strcmp(argv[4], "--")) {
		fprintf(stderr,
			"usage: mount_manager DIRECTORY MODULE-DIRECTORY NAME[,NAME...] -- PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	directory_fd = open(argv[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory_fd < 0 || !realpath(argv[1], directory))
		die(argv[1]);
	/* A slash follows. */
	if (!strcmp(directory, "/"))
		directory[0] = '\0';
	modules_fd = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (modules_fd < 0)
		die(argv[2]);
	if (!is_roots(modules_fd)) {
		fprintf(stderr, "mount_manager: %s: others than root can write to it\n", argv[2]);
		return 125;
	}
	names = argv[3];
	listener = start_confined(&filter, argv + 5, become_container_root, NULL, &pid);
	return supervise(listener, pid, 0, serve);
}
