// SPDX-License-Identifier: GPL-2.0
/*
 * Process 1 of the VM: sets the system up, loads the module, runs the command of /vm/command (its
 * words end in NUL), and tells the verdict.
 *
 * Two virtio ports lead out: "output" takes what the command prints, "verdict" the line "up",
 * before anything of ours is in the kernel, and in the end "status <n> taint <n>". Without the
 * latter the run has failed, whatever else was seen. Bochs has no virtio: if there is /vm/serial,
 * the second and the third serial port take their place.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define CANNOT_START 126

static int verdict = -1;

/* Has kmemleak, if the kernel has it, tell on the console what was lost. */
static void look_for_leaks(void)
{
	static const char path[] = "/sys/kernel/debug/kmemleak";
	static char text[65536];
	int fd = open(path, O_RDWR), console = open("/dev/console", O_WRONLY), count = 0;
	ssize_t len, total = 0;

	if (fd < 0)
		return;
	/* What is younger than five seconds is not looked at; a leak shows in two scans. */
	sleep(6);
	if (write(fd, "scan", 4) != 4 || write(fd, "scan", 4) != 4)
		dprintf(console, "BUG: kmemleak does not scan: %s\n", strerror(errno));
	while ((len = read(fd, text + total, sizeof(text) - 1 - total)) > 0)
		total += len;
	text[total] = '\0';
	for (char *at = text; (at = strstr(at, "unreferenced object")); at++)
		count++;
	if (count)
		dprintf(console, "kmemleak: %d new suspected memory leaks\n%s", count, text);
	tcdrain(console);
	close(console);
	close(fd);
}

static void shut_down(int status)
{
	char line[64], taint[32] = "0";
	int fd = open("/proc/sys/kernel/tainted", O_RDONLY);
	ssize_t len = fd < 0 ? 0 : read(fd, taint, sizeof(taint) - 1);

	taint[len > 0 ? len : 0] = '\0';
	len = snprintf(line, sizeof(line), "status %d taint %s\n", status, taint);
	if (verdict >= 0 && write(verdict, line, len) == len)
		tcdrain(verdict);
	sync();
	reboot(RB_POWER_OFF);
	_exit(0);
}

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(errno));
	shut_down(CANNOT_START);
	abort();
}

static void mount_on(const char *type, const char *dir, const char *options)
{
	mkdir(dir, 0755);
	if (mount(type, dir, type, 0, options))
		fail("cannot mount %s", dir);
}

/* Opens the port of that name, which its sysfs directory tells. */
static int open_port(const char *wanted)
{
	DIR *ports = opendir("/sys/class/virtio-ports");
	char path[300], name[32];
	struct dirent *port;

	while (ports && (port = readdir(ports))) {
		FILE *file;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", port->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fscanf(file, "%31s", name) == 1 && !strcmp(name, wanted)) {
			fclose(file);
			snprintf(path, sizeof(path), "/dev/%s", port->d_name);
			return open(path, O_WRONLY | O_CLOEXEC);
		}
		fclose(file);
	}
	errno = ENODEV;
	return -1;
}

/* Opens a serial port, which passes all bytes as they are. */
static int open_serial(const char *path)
{
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios mode;

	if (fd < 0 || tcgetattr(fd, &mode))
		return -1;
	cfmakeraw(&mode);
	cfsetspeed(&mode, B115200);
	return tcsetattr(fd, TCSANOW, &mode) ? -1 : fd;
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &ifr))
		fail("cannot set the loopback device up");
	close(sock);
}

/*
 * As on any machine with systemd there is a BPF program at all times. Without one the kernel maps
 * and unmaps 2 MiB of text for each that comes and goes alone, which takes much longer than all
 * else.
 */
static void keep_program(void)
{
	static struct sock_filter insns[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	static const struct sock_fprog program = { 1, insns };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0 || setsockopt(sock, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
		fail("cannot attach a BPF program");
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		fail("cannot load %s", path);
	close(fd);
}

/* Reads the command into words; the last pointer is NULL. */
static char **read_command(void)
{
	static char text[65536], *words[1024];
	int fd = open("/vm/command", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	size_t count = 0;
	char *word;

	if (len <= 0)
		fail("cannot read the command");
	close(fd);
	for (word = text; word < text + len && count < 1023; word += strlen(word) + 1)
		words[count++] = word;
	return words;
}

int main(void)
{
	char **command;
	int output, status;
	pid_t child, pid;

	mount_on("proc", "/proc", NULL);
	mount_on("sysfs", "/sys", NULL);
	mount_on("devtmpfs", "/dev", NULL);
	mount_on("devpts", "/dev/pts", NULL);
	mount_on("tmpfs", "/dev/shm", NULL);
	mount_on("tmpfs", "/tmp", "mode=1777");
	mount_on("debugfs", "/sys/kernel/debug", NULL);
	mount_on("tracefs", "/sys/kernel/tracing", NULL);
	mount_on("cgroup2", "/sys/fs/cgroup", NULL);
	/* These are usually links that udev makes. */
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");

	if (access("/vm/serial", F_OK)) {
		verdict = open_port("verdict");
		output = open_port("output");
	} else {
		verdict = open_serial("/dev/ttyS2");
		output = open_serial("/dev/ttyS1");
	}
	if (verdict < 0 || output < 0)
		fail("cannot open the ports");
	if (write(verdict, "up\n", 3) != 3)
		fail("cannot write to a port");
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	loopback_up();
	keep_program();
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	setenv("HOME", "/root", 1);
	command = read_command();
	if (!access("/vm/load", F_OK))
		load_module("/rust_seccomp.ko");

	child = fork();
	if (child < 0)
		fail("cannot fork");
	if (!child) {
		int null = open(access("/vm/console", F_OK) ? "/dev/null" : "/dev/console", O_RDWR);

		setsid();
		dup2(null, STDIN_FILENO);
		if (!access("/vm/console", F_OK)) {
			dup2(null, STDOUT_FILENO);
			dup2(null, STDERR_FILENO);
			ioctl(null, TIOCSCTTY, 1);
		}
		if (chdir("/files"))
			fprintf(stderr, "cannot enter /files\n");
		execvp(command[0], command);
		fprintf(stderr, "%s: %s\n", command[0], strerror(errno));
		_exit(127);
	}
	do {
		pid = wait(&status);
	} while (pid != child);
	look_for_leaks();
	tcdrain(output);
	shut_down(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
