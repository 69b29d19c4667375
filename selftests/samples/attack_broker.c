// SPDX-License-Identifier: GPL-2.0
/*
 *	attack_broker SECRET DIRECTORY TOOL
 *
 * Run by samples/file_broker.c, tries to read the file SECRET, to change it, and to execute TOOL,
 * though DIRECTORY alone is open to it. Says what worked; exits with 0 if nothing did.
 */

#include "attack.h"

#include <linux/io_uring.h>
#include <sys/mount.h>

static const char *secret;

/* Whether the path leads to the content of the secret. */
static bool reads(const char *path)
{
	char text[8] = "";
	int fd = open(path, O_RDONLY);
	bool found = fd >= 0 && read(fd, text, 7) == 7 && !strcmp(text, "outside");

	close(fd);
	return found;
}

/* Other names of the file, in the directory that the broker opens files in. */
static void attack_by_names(const char *directory)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/hard", directory);
	attack("link() to the secret", link(secret, path));
	attack_shows("the secret is read by the link", reads(path));
	unlink(path);
	snprintf(path, sizeof(path), "%s/moved", directory);
	attack("rename() of the secret", rename(secret, path));
	attack_shows("the secret is read by its new name", reads(path));
	rename(path, secret);
	snprintf(path, sizeof(path), "%s/symbolic", directory);
	attack("symlink()", symlink(secret, path));
	attack_shows("the secret is read by a symbolic link", reads(path));
	unlink(path);
	attack("mount()", mount("tmpfs", directory, "tmpfs", 0, NULL));
}

/* Other calls that open. */
static void attack_by_calls(void)
{
	struct io_uring_params params = {};
	char buffer[sizeof(struct file_handle) + MAX_HANDLE_SZ] = {};
	struct file_handle *handle = (struct file_handle *)buffer;
	struct open_how how = {};
	int mount_id;

	attack("openat2()", syscall(__NR_openat2, AT_FDCWD, secret, &how, sizeof(how)));
	attack("open_tree()", syscall(__NR_open_tree, AT_FDCWD, secret, 0));
	handle->handle_bytes = MAX_HANDLE_SZ;
	if (!name_to_handle_at(AT_FDCWD, secret, handle, &mount_id, 0))
		attack("open_by_handle_at()", open_by_handle_at(AT_FDCWD, handle, O_RDONLY));
	attack("io_uring_setup()", syscall(__NR_io_uring_setup, 1, &params));
	attack("a user namespace", syscall(__NR_unshare, CLONE_NEWUSER));
#ifdef __NR_open
	attack("open()", syscall(__NR_open, secret, O_RDONLY));
#endif
}

#ifdef __x86_64__
static long open_by_32_bits(const char *path)
{
	long result;

	/* open() is 5. The path is below 4 GiB in a static program. */
	asm volatile("int $0x80" : "=a"(result) : "a"(5), "b"(path), "c"(O_RDONLY) : "memory");
	return result;
}

static long open_by_x32(const char *path)
{
	return syscall(0x40000000 | __NR_openat, AT_FDCWD, path, O_RDONLY);
}

/* Numbers of another ABI, in a child, which they may kill. */
static void attack_by_abi(const char *what, long (*open_by)(const char *path))
{
	static char path[256];
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), "%s", secret);
	pid = fork();
	if (!pid)
		_exit(open_by(path) < 0);
	waitpid(pid, &status, 0);
	attack_shows(what, !status);
}
#endif

/* Calls that change a file without opening it. */
static void attack_contents(void)
{
	struct stat st = {};

	stat(secret, &st);
	attack("truncate()", truncate(secret, st.st_size));
	attack("chmod()", chmod(secret, 0644));
	attack("chown()", chown(secret, 0, 0));
	attack("utimensat()", utimensat(AT_FDCWD, secret, NULL, 0));
	attack("mkdir()", mkdir("/tmp/attacked", 0755));
	attack("mkfifo()", mkfifo("/tmp/attacked.fifo", 0644));
	attack("chroot()", chroot("/"));
	rmdir("/tmp/attacked");
	unlink("/tmp/attacked.fifo");
}

static void attack_by_execution(const char *tool)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execl(tool, "sh", "-c", "exit 77", NULL);
		_exit(errno == EACCES ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	attack_shows("a program elsewhere is executed", status);
}

static void *read_secret(void *arg)
{
	return (void *)(long)reads(secret);
}

/* Kills the broker, becomes its own supervisor, and has its openat() continue. */
static void attack_by_succession(pid_t boss)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_openat, SECCOMP_RET_USER_NOTIF),
		RET(SECCOMP_RET_ALLOW),
	};
	struct seccomp_notif notif = {};
	struct seccomp_notif_resp response = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	pthread_t thread;
	int killed = kill(boss, SIGKILL), listener;
	void *found;

	attack("kill(SIGKILL)", killed);
	listener = INSTALL(insns, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	/* Waits until the broker's listener is closed. */
	for (int i = 0; i < 500 && !killed && listener < 0; i++) {
		usleep(10000);
		listener = INSTALL(insns, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	}
	attack("a listener of one's own", listener);
	if (listener < 0 || pthread_create(&thread, NULL, read_secret, NULL))
		return;
	if (!ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif)) {
		response.id = notif.id;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
	}
	pthread_join(thread, &found);
	attack_shows("the secret is read in place of the broker", found);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	secret = argv[1];
	attack_shows("open()", reads(secret));
	if (chdir("/tmp/closed"))
		return 3;
	attack_shows("open() in the working directory", reads("file"));
	attack_by_names(argv[2]);
	attack_by_calls();
#ifdef __x86_64__
	attack_by_abi("open() by int 0x80", open_by_32_bits);
	attack_by_abi("openat() of x32", open_by_x32);
#endif
	attack_contents();
	attack_by_execution(argv[3]);
	attack_by_succession(getppid());
	return !!successes;
}
