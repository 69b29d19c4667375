// SPDX-License-Identifier: GPL-2.0
/*
 * The audit log of seccomp: which actions are logged, the sysctl that selects them, and the content
 * of the records. Must pass on the built-in engine as well.
 */

#include "tracee.h"

#include "harness.h"

#define ACTIONS_LOGGED "/proc/sys/kernel/seccomp/actions_logged"

static int read_setting(char *text, size_t size)
{
	int fd = open(ACTIONS_LOGGED, O_RDONLY);
	ssize_t len = read(fd, text, size - 1);

	close(fd);
	if (len < 1)
		return -1;
	text[len - 1] = '\0';
	return 0;
}

TEST(actions_logged_setting)
{
	static const char *const invalid[] = { "allow", "bogus", "trap bogus", "errno allow" };
	char before[128], now[128];

	ASSERT_EQ(0, read_setting(before, sizeof(before)));
	EXPECT_EQ(0, write_file(ACTIONS_LOGGED, "trap errno"));
	ASSERT_EQ(0, read_setting(now, sizeof(now)));
	EXPECT_STREQ("trap errno", now);
	for (size_t i = 0; i < LENGTH(invalid); i++) {
		EXPECT_EQ(-EINVAL, write_file(ACTIONS_LOGGED, invalid[i]));
		ASSERT_EQ(0, read_setting(now, sizeof(now)));
		EXPECT_STREQ("trap errno", now);
	}
	EXPECT_EQ(0, write_file(ACTIONS_LOGGED, before));
}

/* Whether the kernel was booted without audit, and so writes no records. */
static bool no_audit(void)
{
	char text[1024] = "";
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t len = read(fd, text, sizeof(text) - 1);

	close(fd);
	return len < 1 || !strstr(text, "audit=1") || access("/proc/self/loginuid", F_OK);
}

/* Opens the kernel's log at its end. */
static int open_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	lseek(fd, 0, SEEK_END);
	return fd;
}

/* The first record of type 1326 of the process, or NULL. Waits ten seconds for it. */
static char *seccomp_record(int log, pid_t pid)
{
	static char line[2048];
	char wanted[32];

	snprintf(wanted, sizeof(wanted), " pid=%d ", pid);
	for (int i = 0; i < 1000; usleep(10000), i++) {
		ssize_t len;

		while ((len = read(log, line, sizeof(line) - 1)) > 0) {
			line[len] = '\0';
			if (strstr(line, "type=1326") && strstr(line, wanted))
				return line;
		}
	}
	return NULL;
}

static void call_getppid(__u32 value, unsigned int flags)
{
	no_new_privs();
	install_for(__NR_getppid, value, flags);
	syscall(__NR_getppid);
}

/* Makes a call under a filter and finds its record. */
static char *record_of(int log, __u32 value, unsigned int flags)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		call_getppid(value, flags);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return seccomp_record(log, pid);
}

/* Makes a call under a filter. Returns whether it left no record. */
static bool leaves_no_record(int log, __u32 value, unsigned int flags)
{
	char line[2048], wanted[2][32];
	pid_t pids[2];

	/* The second call is logged: a record of the first one would come before its record. */
	for (int i = 0; i < 2; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			call_getppid(i ? SECCOMP_RET_TRAP : value,
				     i ? SECCOMP_FILTER_FLAG_LOG : flags);
			_exit(0);
		}
		waitpid(pids[i], NULL, 0);
		snprintf(wanted[i], sizeof(wanted[i]), " pid=%d ", pids[i]);
	}
	for (int i = 0; i < 1000; usleep(10000), i++) {
		ssize_t len;

		while ((len = read(log, line, sizeof(line) - 1)) > 0) {
			line[len] = '\0';
			if (!strstr(line, "type=1326"))
				continue;
			if (strstr(line, wanted[0]))
				return false;
			if (strstr(line, wanted[1]))
				return true;
		}
	}
	return false;
}

TEST(audit_records)
{
	static const __u32 actions[] = {
		SECCOMP_RET_TRAP, SECCOMP_RET_TRACE, SECCOMP_RET_USER_NOTIF,
		SECCOMP_RET_KILL_THREAD, 0x60000,
	};
	char syscall_field[64], arch_field[64], code[32], *record, before[128];
	int log = open_log();

	if (no_audit())
		SKIP(return, "the kernel runs without audit=1");
	ASSERT_LE(0, log);
	ASSERT_EQ(0, read_setting(before, sizeof(before)));
	/* Otherwise the records of earlier tests would use up the rate limit. */
	write_file("/proc/sys/kernel/printk_ratelimit", "0");
	record = record_of(log, SECCOMP_RET_LOG, 0);
	ASSERT_NE(NULL, record);
	snprintf(syscall_field, sizeof(syscall_field), " syscall=%d ", __NR_getppid);
	snprintf(arch_field, sizeof(arch_field), " arch=%x ", ARCH_NATIVE);
	EXPECT_NE(NULL, strstr(record, syscall_field));
	EXPECT_NE(NULL, strstr(record, arch_field));
	EXPECT_NE(NULL, strstr(record, " sig=0 "));
	EXPECT_NE(NULL, strstr(record, sizeof(long) == 4 ? " compat=1 " : " compat=0 "));
	EXPECT_NE(NULL, strstr(record, " code=0x7ffc0000"));
	EXPECT_NE(NULL, strstr(record, " comm=\"log_test"));

	/* Logged only if the filter asks for it. */
	EXPECT_TRUE(leaves_no_record(log, SECCOMP_RET_ERRNO | 7, 0));
	record = record_of(log, SECCOMP_RET_ERRNO | 7, SECCOMP_FILTER_FLAG_LOG);
	ASSERT_NE(NULL, record);
	EXPECT_NE(NULL, strstr(record, " code=0x50000"));

	/* Logged although the filter does not ask for it. */
	record = record_of(log, SECCOMP_RET_KILL_PROCESS, 0);
	ASSERT_NE(NULL, record);
	EXPECT_NE(NULL, strstr(record, " sig=31 "));
	EXPECT_NE(NULL, strstr(record, " code=0x80000000"));

	/* The record has the bits of the action, known or not, and never the data. */
	for (size_t i = 0; i < LENGTH(actions); i++) {
		snprintf(code, sizeof(code), " code=0x%x\n", actions[i]);
		record = record_of(log, actions[i] | 5, SECCOMP_FILTER_FLAG_LOG);
		ASSERT_NE(NULL, record) {
			TH_LOG("action %#x", actions[i]);
		}
		EXPECT_NE(NULL, strstr(record, code)) {
			TH_LOG("%s in %s", code, record);
		}
	}
	/* Logged only if the filter asks for it, too. */
	for (size_t i = 0; i < 3; i++)
		EXPECT_TRUE(leaves_no_record(log, actions[i], 0));
	EXPECT_TRUE(leaves_no_record(log, SECCOMP_RET_ALLOW, SECCOMP_FILTER_FLAG_LOG));

	/* Actions that the sysctl excludes are not logged. */
	EXPECT_EQ(0, write_file(ACTIONS_LOGGED, "trap"));
	EXPECT_TRUE(leaves_no_record(log, SECCOMP_RET_LOG, 0));
	EXPECT_TRUE(leaves_no_record(log, SECCOMP_RET_ERRNO | 7, SECCOMP_FILTER_FLAG_LOG));
	EXPECT_EQ(0, write_file(ACTIONS_LOGGED, before));
	EXPECT_NE(NULL, record_of(log, SECCOMP_RET_LOG, 0));
}

/* The record of a call that a tracer skips shows the number that the tracer has left. */
TEST(record_of_a_skipped_call)
{
	int log = open_log(), status;
	char *record;
	pid_t pid;

	if (no_audit())
		SKIP(return, "the kernel runs without audit=1");
	ASSERT_LE(0, log);
	pid = traced_child(_metadata, __NR_getppid, SECCOMP_RET_TRACE, SECCOMP_FILTER_FLAG_LOG,
			   PTRACE_O_TRACESECCOMP);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_SECCOMP << 8, status >> 8);
	change_number(_metadata, pid, -1);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	record = seccomp_record(log, pid);
	ASSERT_NE(NULL, record);
	EXPECT_NE(NULL, strstr(record, " syscall=-1 ")) {
		TH_LOG("%s", record);
	}
}

TEST_HARNESS_MAIN
