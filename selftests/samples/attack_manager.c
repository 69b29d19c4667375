// SPDX-License-Identifier: GPL-2.0
/*
 * Run by samples/mount_manager.c, turns it against itself:
 *
 *	attack_manager module FILE
 *		asks for the module in FILE to be loaded; exits with the errno
 *	attack_manager swap DIRECTORY ELSEWHERE
 *		tries to have a mount made in ELSEWHERE, by putting a symbolic link in the place
 *		of a directory while the manager looks
 *	attack_manager undo DIRECTORY
 *		tries to take nosuid and nodev from the mount that it asked for, to remove it,
 *		and to make mounts itself
 *
 * The latter two say what worked, and exit with 0 if nothing did.
 */

#include "attack.h"

#include <sys/mount.h>

static int load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 1;
	return syscall(__NR_finit_module, fd, "", 0) ? errno : 0;
}

static int ask_for_mount(const char *path)
{
	return mount("tmpfs", path, "tmpfs", 0, NULL);
}

/* The number of the round, shared by two processes; negative at the end. */
static volatile int *current_round;

static void name_round(char *text, const char *directory, const char *what, int round)
{
	snprintf(text, 256, "%s/%s.%d", directory, what, round);
}

/* Keeps the directory and the link of the round changing places. */
static void swap_without_pause(const char *directory)
{
	char spot[256], link[256];
	int round;

	while ((round = *current_round) >= 0) {
		name_round(spot, directory, "spot", round);
		name_round(link, directory, "link", round);
		syscall(__NR_renameat2, AT_FDCWD, spot, AT_FDCWD, link, RENAME_EXCHANGE);
	}
	_exit(0);
}

/* A directory that was mounted on cannot be swapped any more: the next round has another. */
static bool prepare_round(const char *directory, const char *elsewhere, int round)
{
	char spot[256], link[256];

	name_round(spot, directory, "spot", round);
	name_round(link, directory, "link", round);
	if (mkdir(spot, 0755) || symlink(elsewhere, link))
		return false;
	*current_round = round;
	return true;
}

static int attack_by_swapping(const char *directory, const char *elsewhere)
{
	int round = 0, refused = 0, swapper;
	struct stat before, after;
	char spot[256];

	current_round = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (stat(elsewhere, &before) || !prepare_round(directory, elsewhere, 0))
		return 3;
	swapper = fork();
	if (!swapper)
		swap_without_pause(directory);
	for (int i = 0; i < 3000; i++) {
		name_round(spot, directory, "spot", round);
		if (ask_for_mount(spot)) {
			if (errno == ENOSPC)
				break;
			refused++;
			continue;
		}
		stat(elsewhere, &after);
		if (after.st_dev != before.st_dev)
			break;
		if (!prepare_round(directory, elsewhere, ++round))
			return 3;
	}
	*current_round = -1;
	waitpid(swapper, NULL, 0);
	stat(elsewhere, &after);
	printf("# %d mounts below the directory, %d refused\n", round, refused);
	attack_shows("a mount elsewhere", after.st_dev != before.st_dev);
	/* Otherwise it was not tried at all. */
	return successes || !round || !refused;
}

static long clone_with(unsigned long flags)
{
	long pid = syscall(__NR_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return pid;
}

/* Takes nosuid and nodev from the mount, or a copy of it. */
static void attack_flags(const char *path)
{
	struct mount_attr attr = { .attr_clr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV };
	int tree;

	attack("mount_setattr()", mount_setattr(AT_FDCWD, path, 0, &attr, sizeof(attr)));
	attack("mount(MS_REMOUNT | MS_BIND)",
	       mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL));
	attack("mount(MS_REMOUNT)", mount(NULL, path, NULL, MS_REMOUNT, "size=100%"));
	tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);
	attack("open_tree(OPEN_TREE_CLONE)", tree);
	attack("open_tree_attr()", syscall(__NR_open_tree_attr, AT_FDCWD, path, OPEN_TREE_CLONE,
					   &attr, sizeof(attr)));
	tree = fspick(AT_FDCWD, path, 0);
	attack("fspick()", tree);
	if (tree >= 0)
		attack("fsconfig()", fsconfig(tree, FSCONFIG_SET_STRING, "size", "2m", 0));
}

/* Makes other mounts, and others' mounts go away. */
static void attack_mounts(const char *path)
{
	attack("mount(MS_BIND)", mount("/", path, NULL, MS_BIND, NULL));
	attack("mount(MS_MOVE)", mount(path, "/tmp", NULL, MS_MOVE, NULL));
	attack("mount(MS_SHARED)", mount(NULL, "/", NULL, MS_SHARED, NULL));
	attack("fsopen()", fsopen("tmpfs", 0));
	attack("move_mount()", move_mount(AT_FDCWD, path, AT_FDCWD, "/tmp", 0));
	attack("chroot()", chroot(path));
	attack("fchroot()", syscall(__NR_fchroot, open(path, O_PATH), 0));
	attack("clone(CLONE_NEWNS)", clone_with(CLONE_NEWNS));
	attack("clone(CLONE_NEWUSER | CLONE_NEWNS)", clone_with(CLONE_NEWUSER | CLONE_NEWNS));
	attack("setns()", setns(open("/proc/self/ns/mnt", O_RDONLY), 0));
	attack("unshare(CLONE_NEWUSER)", unshare(CLONE_NEWUSER));
	attack("unshare(CLONE_NEWNS)", unshare(CLONE_NEWNS));
	attack("umount2()", umount2(path, MNT_DETACH));
	attack("pivot_root()", syscall(__NR_pivot_root, path, path));
}

/* Rights that root has by its user id and capabilities. */
static void attack_as_root(void)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb" };
	char line[256];
	FILE *file = fopen("/proc/self/status", "r");

	while (file && fgets(line, sizeof(line), file))
		for (int i = 0; i < LENGTH(sets); i++)
			if (!strncmp(line, sets[i], 6))
				attack_shows(sets[i], strtoull(line + 8, NULL, 16));
	attack("open() of core_pattern", open("/proc/sys/kernel/core_pattern", O_WRONLY));
	attack("mknod() of a device", mknod("/tmp/attacked.null", S_IFCHR | 0666, 0x103));
	attack("init_module()", syscall(__NR_init_module, "", 0, ""));
	attack("delete_module()", syscall(__NR_delete_module, "none", O_NONBLOCK));
}

static int attack_by_undoing(const char *directory)
{
	char path[256];

	name_round(path, directory, "undo", 0);
	if (mkdir(path, 0755) || ask_for_mount(path))
		return 3;
	attack_as_root();
	attack_flags(path);
	attack_mounts(path);
	return !!successes;
}

int main(int argc, char **argv)
{
	const char *how = argc > 2 ? argv[1] : "";

	if (argc == 3 && !strcmp(how, "module"))
		return load(argv[2]);
	if (argc == 4 && !strcmp(how, "swap"))
		return attack_by_swapping(argv[2], argv[3]);
	if (argc == 3 && !strcmp(how, "undo"))
		return attack_by_undoing(argv[2]);
	return 2;
}
