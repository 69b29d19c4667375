// SPDX-License-Identifier: GPL-2.0
/*
 * What root sees in debugfs: the filters of a task, call by call, and counters.
 */

#include "append.h"

#include "harness.h"

#define DIRECTORY "/sys/kernel/debug/rust_seccomp/"

/* The content of an open file, from its beginning. */
static char *text_of(int fd)
{
	static char text[1 << 20];
	size_t len = 0;
	ssize_t ret;

	lseek(fd, 0, SEEK_SET);
	/* Small pieces, so that the kernel formats the text in several steps. */
	while ((ret = read(fd, text + len, 100)) > 0)
		len += ret;
	if (ret < 0)
		return NULL;
	text[len] = '\0';
	return text;
}

static int look_at(int fd, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d\n", pid);
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* A child that calls setup(), makes some calls, and waits to be killed. */
static pid_t child(void (*setup)(void))
{
	int pipes[2];
	char byte;
	pid_t pid;

	if (pipe(pipes))
		return -1;
	pid = fork();
	if (!pid) {
		no_new_privs();
		setup();
		write(pipes[1], "", 1);
		for (;;)
			pause();
	}
	read(pipes[0], &byte, 1);
	close(pipes[0]);
	close(pipes[1]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void nothing(void)
{
}

/*
 * Two filters. The older one refuses getppid(), traps getsid(), and looks at an argument of
 * getpriority(). The newer one, logged, refuses getppid() with another errno, and looks at another
 * argument of getpriority() and at one of getpgid().
 */
static void two_filters(void)
{
	struct sock_filter older[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_ERRNO | 11),
		RET_IF_EQ(__NR_getsid, SECCOMP_RET_TRAP | 7),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3),
		LOAD_ARG_LO(0),
		RET_IF_EQ(99, SECCOMP_RET_ERRNO | 12),
		RET(SECCOMP_RET_ALLOW),
	};
	struct sock_filter newer[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_ERRNO | 13),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpgid, 0, 3),
		LOAD_ARG_LO(1),
		RET_IF_EQ(0x1234, SECCOMP_RET_ERRNO | 14),
		RET(SECCOMP_RET_ALLOW),
	};

	INSTALL(older, 0);
	INSTALL(newer, SECCOMP_FILTER_FLAG_LOG);
}

#define EXPECT_HAS(text, ...) do { \
	char wanted[512]; \
	snprintf(wanted, sizeof(wanted), __VA_ARGS__); \
	EXPECT_NE(NULL, strstr(text, wanted)) { \
		TH_LOG("no \"%s\" in:\n%s", wanted, text); \
	} \
} while (0)

/* Whether the JIT is on: without it there are no residual programs. */
static bool has_jit(void)
{
	char byte = '1';
	int fd = open("/proc/sys/net/core/bpf_jit_enable", O_RDONLY);

	if (fd >= 0) {
		read(fd, &byte, 1);
		close(fd);
	}
	return byte != '0';
}

/* An appended filter that refuses structs with a tail. */
static void appended_filter(void)
{
	struct sock_filter insns[] = {
		LOAD_AT(OFFSET(features)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SECCOMP_DATA_FEATURE_EA_TAIL, 0, 1),
		RET(SECCOMP_RET_ERRNO | 5),
		RET(SECCOMP_RET_ALLOW),
	};

	APPEND(insns, USE_EA | TAIL_VISIBLE, 24);
}

TEST(appended)
{
	pid_t pid = child(appended_filter);
	int fd = open(DIRECTORY "filters", O_RDWR);
	char *text;

	ASSERT_LE(0, fd);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, look_at(fd, pid));
	text = text_of(fd);
	ASSERT_NE(NULL, text);
	EXPECT_HAS(text, "\n%d: allow, or stronger:\n"
		   "  filter 1:\n"
		   "    L0: ld features.lo\n"
		   "    L1: jset #0x8, L2, L3\n"
		   "    L2: ret #0x50005\n"
		   "    L3: ret #0x7fff0000\n"
		   "%d-%d: allow\n", __NR_openat2, __NR_openat2 + 1, __NR_openat2 + 4);
	end(pid);
	close(fd);
}

TEST(filters)
{
	pid_t pid = child(two_filters);
	int fd = open(DIRECTORY "filters", O_RDWR);
	char *text;

	ASSERT_LE(0, fd);
	ASSERT_LT(0, pid);
	ASSERT_TRUE(has_jit());
	/* No pid was written to the file yet. */
	EXPECT_EQ(NULL, text_of(fd));
	EXPECT_EQ(ENODATA, errno);

	ASSERT_EQ(0, look_at(fd, pid));
	text = text_of(fd);
	ASSERT_NE(NULL, text);
	EXPECT_HAS(text, "thread %d: 2 filters\n"
		   "filter 2: 9 instructions, logs, has residual programs\n"
		   "filter 1: 10 instructions, has residual programs\n"
		   "arch %#x\n0-", pid, ARCH_NATIVE);
	/* The newer filter's errno, as both have the same action. */
	EXPECT_HAS(text, "\n%d: errno 13 by filter 2\n", __NR_getppid);
	EXPECT_HAS(text, "\n%d: trap 7 by filter 1\n", __NR_getsid);
	EXPECT_HAS(text, "\n%d: allow, or stronger:\n"
		   "  filter 2:\n"
		   "    L0: ld args[1].lo\n"
		   "    L1: jeq #0x1234, L2, L3\n"
		   "    L2: ret #0x5000e\n"
		   "    L3: ret #0x7fff0000\n"
		   "  filter 1:\n"
		   "    L0: ld args[0].lo\n"
		   "    L1: jeq #0x63, L2, L3\n"
		   "    L2: ret #0x5000c\n"
		   "    L3: ret #0x7fff0000\n", __NR_getpriority);
	EXPECT_HAS(text, "\n%d: allow, or stronger:\n"
		   "  filter 2:\n"
		   "    L0: ld args[1].lo\n"
		   "    L1: jeq #0x1234, L2, L3\n"
		   "    L2: ret #0x5000e\n"
		   "    L3: ret #0x7fff0000\n"
		   "%d", __NR_getpgid, __NR_getpgid + 1);
	/* The last range ends at the end of the table, for both ABIs. */
	EXPECT_HAS(text, "-511: allow\nothers: all programs\narch 0x");
	EXPECT_STREQ("-511: allow\nothers: all programs\n", strrchr(text, '-'));

	/* The text stays readable when the task has ended. */
	end(pid);
	text = text_of(fd);
	ASSERT_NE(NULL, text);
	EXPECT_HAS(text, "thread %d: 2 filters\n", pid);
	EXPECT_EQ(-ESRCH, look_at(fd, pid));
	EXPECT_HAS(text_of(fd), "thread %d: 2 filters\n", pid);
	close(fd);
}

TEST(no_filters)
{
	pid_t pid = child(nothing);
	int fd = open(DIRECTORY "filters", O_RDWR);
	char wanted[64];

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, look_at(fd, pid));
	snprintf(wanted, sizeof(wanted), "thread %d: no filters\n", pid);
	EXPECT_STREQ(wanted, text_of(fd));
	end(pid);
	close(fd);
}

TEST(what_is_written)
{
	static const char *const wrong[] = { "", "x", "1x", "-", "99999999999", "1 2" };
	static char long_text[4096];
	int fd = open(DIRECTORY "filters", O_RDWR);
	int counters = open(DIRECTORY "counters", O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_LE(0, counters);
	for (size_t i = 1; i < LENGTH(wrong); i++) {
		EXPECT_EQ(-1, write(fd, wrong[i], strlen(wrong[i])));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, write(counters, wrong[i], strlen(wrong[i])));
		EXPECT_EQ(EINVAL, errno);
	}
	memset(long_text, '1', sizeof(long_text));
	EXPECT_EQ(-1, write(fd, long_text, sizeof(long_text)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, syscall(__NR_write, fd, NULL, 3));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-ESRCH, look_at(fd, 0));
	EXPECT_EQ(-ESRCH, look_at(fd, -1));
	close(fd);
	close(counters);
}

/* A pid is looked up in the pid namespace of the opener, whoever writes it. */
TEST(pid_namespace)
{
	int fd = open(DIRECTORY "filters", O_RDWR), status;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWPID))
			_exit(2);
		pid = fork();
		if (!pid) {
			int own = open(DIRECTORY "filters", O_RDWR);
			pid_t confined = child(two_filters);
			bool ok = confined == 2 && !look_at(own, 2) &&
				  strstr(text_of(own), "thread 2: 2 filters\n") &&
				  /* In the opener's namespace this pid is another task's. */
				  (look_at(fd, 2) || !strstr(text_of(fd), "thread 2: 2 filters\n"));

			_exit(ok ? 0 : 3);
		}
		waitpid(pid, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 4);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(fd);
}

/* Only root with CAP_SYS_ADMIN may open the file, whatever its mode. */
TEST(root_only)
{
	static const char *const files[] = { DIRECTORY "filters", DIRECTORY "counters" };
	int status;

	for (size_t i = 0; i < LENGTH(files); i++) {
		struct stat stat_;
		pid_t pid;

		ASSERT_EQ(0, stat(files[i], &stat_));
		EXPECT_EQ(0600, stat_.st_mode & 07777);
		EXPECT_EQ(0, stat_.st_uid);
		pid = fork();
		if (!pid) {
			/*
			 * In a user namespace of its own the task has all capabilities, which do
			 * not count.
			 */
			if (unshare(CLONE_NEWUSER))
				_exit(1);
			_exit(open(files[i], O_RDWR) < 0 &&
			      (errno == EPERM || errno == EACCES) ? 0 : 2);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
}

static long counter(int fd, const char *name)
{
	char *text = text_of(fd);
	size_t len = strlen(name);

	while (text && *text) {
		if (!strncmp(text, name, len) && text[len] == ' ')
			return strtol(text + len, NULL, 10);
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	return -1;
}

enum { CALLS = 1000 };

static void calls(void)
{
	two_filters();
	for (int i = 0; i < CALLS; i++) {
		syscall(__NR_getppid);
		syscall(__NR_getpid);
		syscall(__NR_getpid);
		for (int j = 0; j < 3; j++)
			syscall(__NR_getpriority, 0, 0);
		for (int j = 0; j < 4; j++)
			syscall(600);
	}
}

TEST(counters)
{
	int fd = open(DIRECTORY "counters", O_RDWR);
	/* The newer filter asks for logs, so its errno does not take the fast path. */
	static const struct {
		const char *name;
		long count;
	} wanted[] = {
		{ "constant", CALLS },
		{ "allowed", 2 * CALLS },
		{ "residual", 3 * CALLS },
		{ "path", 4 * CALLS },
		{ "errno", 0 },
		{ "whole", 0 },
	};
	pid_t pid;

	ASSERT_LE(0, fd);
	EXPECT_EQ(0, counter(fd, "counting"));
	ASSERT_EQ(1, write(fd, "1", 1));
	EXPECT_EQ(1, counter(fd, "counting"));
	pid = child(calls);
	ASSERT_EQ(1, write(fd, "0", 1));
	EXPECT_EQ(0, counter(fd, "counting"));
	for (size_t i = 0; i < LENGTH(wanted); i++) {
		long count = counter(fd, wanted[i].name);

		EXPECT_LE(wanted[i].count, count) {
			TH_LOG("%s", wanted[i].name);
		}
		/* Other tasks add little to the counters. */
		EXPECT_GE(wanted[i].count + 1000, count) {
			TH_LOG("%s", wanted[i].name);
		}
	}
	end(pid);
	/* Counters that are off do not change. */
	long before = counter(fd, "allowed");

	end(child(calls));
	EXPECT_EQ(before, counter(fd, "allowed"));
	close(fd);
}

/* Calls have their right result while counters are turned on and off. */
TEST(counters_come_and_go)
{
	int fd = open(DIRECTORY "counters", O_RDWR), status;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = fork();
	if (!pid) {
		no_new_privs();
		two_filters();
		for (int i = 0; i < 20000; i++) {
			if (syscall(__NR_getppid) != -1 || errno != 13)
				_exit(1);
			if (syscall(__NR_getpriority, 99, 0) != -1 || errno != 12)
				_exit(2);
		}
		_exit(0);
	}
	for (int i = 0; !waitpid(pid, &status, WNOHANG); i++)
		EXPECT_EQ(1, write(fd, i & 1 ? "0" : "1", 1));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, write(fd, "0", 1));
	close(fd);
}

TEST_HARNESS_MAIN
