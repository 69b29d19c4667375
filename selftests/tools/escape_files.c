// SPDX-License-Identifier: GPL-2.0
/*
 * Files: those outside of a directory, and those that give privilege.
 */

#include "escape.h"

#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/xattr.h>

static int open_by_path(void)
{
	return closed(openat(AT_FDCWD, CLOSED_FILE, O_RDONLY));
}

static int open_beneath(void)
{
	struct open_how how = {
		.flags = O_RDWR | O_CREAT, .mode = 0644, .resolve = RESOLVE_BENEATH,
	};
	char byte = 'x';
	long fd = openat2(WORK, "made", &how);

	if (fd < 0)
		return errno;
	if (pwrite(fd, &byte, 1, 0) != 1 || pread(fd, &byte, 1, 0) != 1)
		return errno;
	return closed(fd);
}

static int open_above(void)
{
	struct open_how how = { .flags = O_RDONLY };

	return closed(openat2(WORK, "../closed/file", &how));
}

static int open_through_link(void)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_NO_MAGICLINKS };

	return closed(openat2(WORK, "link", &how));
}

static int open_anew(void)
{
	struct open_how how = { .flags = O_RDWR | O_EMPTYPATH };

	return closed(openat2(GIVEN, "", &how));
}

static int open_by_handle(void)
{
	struct {
		struct file_handle head;
		unsigned char bytes[128];
	} handle = { .head.handle_bytes = sizeof(handle.bytes) };
	int mount;

	if (name_to_handle_at(AT_FDCWD, CLOSED_FILE, &handle.head, &mount, 0))
		return errno;
	return closed(open_by_handle_at(WORK, &handle.head, O_RDONLY));
}

static int clone_tree(void)
{
	return closed(syscall(__NR_open_tree, AT_FDCWD, CLOSED, OPEN_TREE_CLOEXEC));
}

static int stat_path(void)
{
	struct stat stat;

	return done(fstatat(AT_FDCWD, CLOSED_FILE, &stat, 0));
}

static int make_directory(void)
{
	if (mkdirat(WORK, "../closed/directory", 0700))
		return errno;
	return done(rmdir(CLOSED "/directory"));
}

static int mount_one(void)
{
	if (mount("none", CAGE "mnt", "tmpfs", 0, NULL))
		return errno;
	return done(umount2(CAGE "mnt", 0));
}

static int make_mount(void)
{
	return closed(syscall(__NR_fsopen, "tmpfs", 0));
}

static int change_root(void)
{
	return done(chroot(CAGE));
}

static const char special[] = CAGE "work/special";

/* Is there now a file that gives privilege? If so it is removed. */
static int is_special(int error)
{
	struct stat stat;

	if (!error && (lstat(special, &stat) || !(stat.st_mode & 06000)))
		error = ENOENT;
	unlink(special);
	return error;
}

static int create_special(void)
{
	return is_special(closed(openat(AT_FDCWD, special, O_CREAT | O_WRONLY, 04755)));
}

static int create_special2(void)
{
	struct open_how how = { .flags = O_CREAT | O_WRONLY, .mode = 04755 };

	return is_special(closed(openat2(AT_FDCWD, special, &how)));
}

static int create_temporary(void)
{
	int fd = openat(AT_FDCWD, CAGE "work", O_TMPFILE | O_WRONLY, 04755);
	struct stat stat;

	if (fd < 0)
		return errno;
	return fstat(fd, &stat) || !(stat.st_mode & 06000) ? ENOENT : closed(fd);
}

static int node_special(void)
{
	return is_special(done(mknodat(AT_FDCWD, special, S_IFREG | 04755, 0)));
}

static int change_mode(void)
{
	int fd = openat(AT_FDCWD, special, O_CREAT | O_WRONLY, 0755);
	int error = done(fchmod(fd, 04755));

	close(fd);
	return is_special(error);
}

static int change_mode_at(void)
{
	close(openat(AT_FDCWD, special, O_CREAT | O_WRONLY, 0755));
	/* The kernel takes 16 bits of the mode. */
	return is_special(done(syscall(__NR_fchmodat, AT_FDCWD, special, 0x10000 | 04755)));
}

static int change_mode_at2(void)
{
	close(openat(AT_FDCWD, special, O_CREAT | O_WRONLY, 0755));
	return is_special(done(syscall(__NR_fchmodat2, AT_FDCWD, special, 02755, 0)));
}

static int make_device(void)
{
	int error = done(mknodat(AT_FDCWD, special, S_IFCHR | 0600, 0x103));

	unlink(special);
	return error;
}

static int set_capability(void)
{
	/* CAP_DAC_OVERRIDE */
	static const __u32 capability[] = { 0x02000001, 2, 2, 0, 0 };
	int error;

	close(openat(AT_FDCWD, special, O_CREAT | O_WRONLY, 0755));
	error = done(setxattr(special, "security.capability", capability, sizeof(capability), 0));
	unlink(special);
	return error;
}

static int make_file(void)
{
	int fd = openat(AT_FDCWD, CAGE "work/plain", O_CREAT | O_RDWR, 0644);
	int error = fd < 0 ? errno : done(fchmod(fd, 0755));

	close(fd);
	unlink(CAGE "work/plain");
	return error;
}

static int type_for_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	const char *name;
	int slave, error;

	if (master < 0 || unlockpt(master))
		return errno;
	name = ptsname(master);
	slave = name ? open(name, O_RDWR | O_NOCTTY) : -1;
	if (slave < 0)
		return errno;
	error = done(ioctl(slave, TIOCSTI, "x"));
	/* The kernel takes 32 bits of the command. */
	if (error)
		error = done(syscall(__NR_ioctl, slave, 0x100000000 | TIOCSTI, "x"));
	close(slave);
	close(master);
	return error;
}

const struct attempt file_attempts[] = {
	{ "open a file by its path", AGENT | BROWSER, BUILD | CONTAINER, open_by_path },
	{ "create a file beneath the directory", BROWSER, AGENT | BUILD | CONTAINER, open_beneath },
	{ "open what is not beneath the directory", AGENT | BROWSER, 0, open_above },
	{ "open through a link that leads out", AGENT | BROWSER, 0, open_through_link },
	{ "open a descriptor anew for writing", AGENT | BROWSER, 0, open_anew },
	{ "open by a handle", ALL, 0, open_by_handle },
	{ "open a tree", ALL, 0, clone_tree },
	{ "look at a file by its path", AGENT | BROWSER, BUILD | CONTAINER, stat_path },
	{ "make a directory elsewhere", AGENT | BROWSER, BUILD | CONTAINER, make_directory },
	{ "mount", ALL, 0, mount_one },
	{ "mount by fsopen()", ALL, 0, make_mount },
	{ "change the root", ALL, 0, change_root },
	{ "create a set-user-ID file", AGENT | BROWSER | BUILD, CONTAINER, create_special },
	{ "create one by openat2()", AGENT | BROWSER | BUILD, CONTAINER, create_special2 },
	{ "create one without a name", AGENT | BROWSER | BUILD, CONTAINER, create_temporary },
	{ "create one by mknodat()", AGENT | BROWSER | BUILD, CONTAINER, node_special },
	{ "set a file's set-user-ID", AGENT | BROWSER | BUILD, CONTAINER, change_mode },
	{ "set it by fchmodat()", AGENT | BROWSER | BUILD, CONTAINER, change_mode_at },
	{ "set it by fchmodat2()", AGENT | BROWSER | BUILD, CONTAINER, change_mode_at2 },
	{ "make a device", AGENT | BROWSER | BUILD, 0, make_device },
	{ "give a file a capability", AGENT | BROWSER | BUILD, 0, set_capability },
	{ "make a file that can be executed", AGENT | BROWSER, BUILD | CONTAINER, make_file },
	{ "type for who reads the terminal", ALL, 0, type_for_terminal },
	{ },
};
