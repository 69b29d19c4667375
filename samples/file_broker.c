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
 *
 * It protects, from a program that does its worst, with the same user id as the broker:
 * - what is in files that are not below a DIRECTORY, but for PROGRAM's own;
 * - all files and directories from being written, made, removed, renamed, linked and truncated, and
 *   their modes, owners, times and attributes from being changed;
 * - the broker and all other processes: see supervisor.h.
 *
 * It does not protect
 * - names and what stat(), readlink() and getxattr() tell of files elsewhere;
 * - what can be had through descriptors 0, 1 and 2, and their terminal;
 * - the network, and the machine's time and memory: set limits before;
 * - files that others link or mount below a DIRECTORY, or put there.
 *
 * The program can execute itself and what is below a DIRECTORY alone. A program that is linked
 * dynamically needs those of its libraries and of the loader to be on the list.
 */

#include "supervisor.h"

#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#ifndef __NR_setxattrat
#define __NR_setxattrat 463
#define __NR_removexattrat 466
#endif
#ifndef __NR_file_setattr
#define __NR_file_setattr 469
#endif

/* What changes a file without opening it, or by a descriptor that only reads. */
#define NO_CHANGES \
	ON(__NR_fchmod, REFUSED), ON(__NR_fchmodat, REFUSED), ON(__NR_fchmodat2, REFUSED), \
	ON(__NR_fchown, REFUSED), ON(__NR_fchownat, REFUSED), ON(__NR_utimensat, REFUSED), \
	ON(__NR_setxattr, REFUSED), ON(__NR_lsetxattr, REFUSED), ON(__NR_fsetxattr, REFUSED), \
	ON(__NR_setxattrat, REFUSED), ON(__NR_removexattr, REFUSED), \
	ON(__NR_lremovexattr, REFUSED), ON(__NR_fremovexattr, REFUSED), \
	ON(__NR_removexattrat, REFUSED), ON(__NR_file_setattr, REFUSED), \
	REFUSE_IF(__NR_ioctl, 1, FS_IOC_SETFLAGS), REFUSE_IF(__NR_ioctl, 1, FS_IOC_FSSETXATTR)
#ifdef __NR_open
#define OLD_CALLS \
	ON(__NR_open, MISSING), ON(__NR_creat, SECCOMP_RET_ERRNO | EACCES), \
	ON(__NR_uselib, MISSING), ON(__NR_chmod, REFUSED), ON(__NR_chown, REFUSED), \
	ON(__NR_lchown, REFUSED), ON(__NR_utime, REFUSED), ON(__NR_utimes, REFUSED), \
	ON(__NR_futimesat, REFUSED),
#else
#define OLD_CALLS
#endif

static struct sock_filter insns[] = {
	PREFIX,
	ON(__NR_openat, SECCOMP_RET_USER_NOTIF),
	ON(__NR_openat2, MISSING),
	ON(__NR_open_by_handle_at, REFUSED),
	ON(__NR_mount, REFUSED),
	NO_OTHERS,
	NO_NAMESPACES,
	NO_CHANGES,
	OLD_CALLS
	OTHERWISE(SECCOMP_RET_ALLOW),
};

/* The directories' paths, without slashes at the end, and descriptors. */
static char **directories;
static int *bases, count;
static int program;

/*
 * Opens what fd, an O_PATH descriptor, stands for, if it is a file or a directory. Opening a
 * device can set it off, and opening a FIFO waits for a writer. A file of /proc may tell of the
 * process that opens it, which is the broker.
 */
static int reopen(int fd, int flags)
{
	char path[32];
	struct statfs fs;
	struct stat st;
	int opened;

	if (fstat(fd, &st) || fstatfs(fd, &fs))
		return -errno;
	if (S_ISLNK(st.st_mode))
		return -ELOOP;
	if (!(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) || fs.f_type == PROC_SUPER_MAGIC)
		return -EACCES;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	opened = open(path, (flags & O_NONBLOCK) | O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return opened < 0 ? -errno : opened;
}

/* Opens path if it is in one of the directories; a descriptor, or a negative errno. */
static int open_allowed(const char *path, int flags)
{
	struct open_how how = {
		.flags = (flags & (O_DIRECTORY | O_NOFOLLOW)) | O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};

	if ((flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC | O_PATH))
		return -EACCES;
	for (int i = 0; i < count; i++) {
		size_t len = strlen(directories[i]);
		int fd, opened;

		if (strncmp(path, directories[i], len) || path[len] != '/' || !path[len + 1])
			continue;
		fd = syscall(__NR_openat2, bases[i], path + len + 1, &how, sizeof(how));
		if (fd < 0)
			return errno == EXDEV ? -EACCES : -errno;
		opened = reopen(fd, flags);
		close(fd);
		return opened;
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

/* An O_PATH descriptor of the file that execvp() would find. */
static int find_program(const char *name)
{
	char path[4096], *paths = getenv("PATH") ?: "/bin:/usr/bin";
	int fd;

	if (strchr(name, '/'))
		return open(name, O_PATH | O_CLOEXEC);
	for (size_t len; *paths; paths += len + (paths[len] == ':')) {
		len = strcspn(paths, ":");
		snprintf(path, sizeof(path), "%.*s/%s", (int)len, len ? paths : ".", name);
		fd = open(path, O_PATH | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	errno = ENOENT;
	return -1;
}

/*
 * Has the kernel refuse what the filter may have missed: without the broker, the program may
 * execute and read itself and what the broker would open for it anyway, and do nothing else with
 * files.
 */
static void restrict_files(void)
{
	const __u64 execute = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = 2 * LANDLOCK_ACCESS_FS_RESOLVE_UNIX - 1,
	};
	int ruleset = syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);

	for (int i = 0; i <= count; i++) {
		struct landlock_path_beneath_attr rule = {
			.allowed_access = execute,
			.parent_fd = i < count ? bases[i] : program,
		};

		if (syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
			die("Landlock");
	}
	restrict_self(ruleset);
}

static void strip_slashes(char *path)
{
	for (size_t len = strlen(path); len && path[len - 1] == '/'; len--)
		path[len - 1] = '\0';
}

int main(int argc, char **argv)
{
	struct sock_fprog filter = { ARRAY_SIZE(insns), insns };
	int listener, end = 1;
	pid_t pid;

	while (end < argc && strcmp(argv[end], "--"))
		end++;
	if (end < 2 || end + 1 >= argc) {
		fprintf(stderr, "usage: file_broker DIRECTORY... -- PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	directories = argv + 1;
	count = end - 1;
	bases = calloc(count, sizeof(*bases));
	if (!bases)
		die("file_broker");
	for (int i = 0; i < count; i++) {
		bases[i] = open(directories[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (bases[i] < 0)
			die(directories[i]);
		if (directories[i][0] != '/') {
			fprintf(stderr, "file_broker: %s: not an absolute path\n", directories[i]);
			return 2;
		}
		strip_slashes(directories[i]);
	}
	program = find_program(argv[end + 1]);
	if (program < 0)
		die(argv[end + 1]);
	listener = start_confined(&filter, argv + end + 1, restrict_files, NULL, &pid);
	return supervise(listener, pid, 0, serve);
}
