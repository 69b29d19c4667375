// SPDX-License-Identifier: GPL-2.0
/*
 * The trace event of verdicts: which calls it tells of, and that it names the filter and the
 * instruction that have decided.
 */

#include "append.h"

#include <sys/mount.h>

#include "harness.h"

#define TRACING "/sys/kernel/tracing/"
#define INSTANCE TRACING "instances/verdict_event_test/"
#define ENABLE INSTANCE "events/seccomp/seccomp_verdict/enable"

#define TAG_LEN 16

/* What the event has told of the last child: a line for each verdict, from "nr=" on. */
static char told[1 << 16];

static void read_told(pid_t pid)
{
	char line[4096], task[16];
	FILE *trace = fopen(INSTANCE "trace", "r");
	size_t len = 0;

	snprintf(task, sizeof(task), "-%d ", pid);
	told[0] = '\0';
	while (trace && fgets(line, sizeof(line), trace)) {
		const char *event = strstr(line, "seccomp_verdict: ");

		if (event && strstr(line, task) && strstr(line, task) < event)
			len += snprintf(told + len, sizeof(told) - len, "%s",
					strchr(event, ' ') + 1);
	}
	if (trace)
		fclose(trace);
}

/* Runs a function in a child; "told" has what is told of that. Returns the child's status. */
static int observe(void (*fn)(void))
{
	int status = -1;
	pid_t pid;

	close(open(INSTANCE "trace", O_WRONLY | O_TRUNC | O_CLOEXEC));
	pid = fork();
	if (!pid) {
		no_new_privs();
		fn();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	read_told(pid);
	return status;
}

/* The tag of the verdict in line n. */
static const char *tag_of(int n)
{
	static char tags[4][TAG_LEN + 1];
	const char *at = told;

	for (int i = 0; i <= n && at; i++)
		at = strstr(at, " tag=") ? strstr(at, " tag=") + 5 : NULL;
	snprintf(tags[n], sizeof(tags[n]), "%s", at ?: "none");
	return tags[n];
}

/* The rest of "told" from line n on. */
static const char *from_line(int n)
{
	const char *line = told;

	while (n-- && *line)
		line = strchr(line, '\n') + 1;
	return line;
}

/* Expects line n to be of this call, with this verdict, filter and instruction. */
#define EXPECT_TOLD(n, nr, verdict, filter, insn) do { \
	char start[64], end[96]; \
	const char *line = from_line(n); \
	snprintf(start, sizeof(start), "nr=%d arch=%#x ip=0x", nr, ARCH_NATIVE); \
	snprintf(end, sizeof(end), " verdict=0x%x filter=%u insn=%d tag=", verdict, filter, insn); \
	EXPECT_EQ(line, strstr(line, start)) { \
		TH_LOG("no \"%s\" at first in:\n%s", start, line); \
	} \
	EXPECT_TRUE(strstr(line, end) && strstr(line, end) < strchr(line, '\n')) { \
		TH_LOG("no \"%s\" in the first line of:\n%s", end, line); \
	} \
} while (0)

static int lines(void)
{
	int count = 0;

	for (const char *at = told; *at; at++)
		count += *at == '\n';
	return count;
}

FIXTURE(event) {
	char unused;
};

FIXTURE_SETUP(event)
{
	mount("tracefs", TRACING, "tracefs", 0, NULL);
	if (access(TRACING "events/seccomp", F_OK))
		SKIP(return, "the kernel has no trace events");
	ASSERT_TRUE(!mkdir(INSTANCE, 0700) || errno == EEXIST);
	ASSERT_EQ(0, write_file(ENABLE, "1"));
}

FIXTURE_TEARDOWN(event)
{
	write_file(ENABLE, "0");
	rmdir(INSTANCE);
}

static void constants(void)
{
	struct sock_filter older[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_ERRNO | 11),
		RET_IF_EQ(__NR_getsid, SECCOMP_RET_ERRNO | 12),
		RET_IF_EQ(__NR_getpgid, SECCOMP_RET_LOG),
		RET(SECCOMP_RET_ALLOW),
	};
	struct sock_filter newer[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_LOG),
		RET_IF_EQ(__NR_getpgid, SECCOMP_RET_LOG),
		RET_IF_EQ(__NR_getsid, SECCOMP_RET_ERRNO | 13),
		RET(SECCOMP_RET_ALLOW),
	};

	INSTALL(older, 0);
	INSTALL(newer, 0);
	syscall(__NR_getppid);
	syscall(__NR_getsid, 0x1234, 5);
	syscall(__NR_getpgid, 0);
	syscall(__NR_getpid);
}

/* Of the same action, the newer filter decides. */
TEST_F(event, constants_of_two_filters)
{
	EXPECT_EQ(0, observe(constants));
	EXPECT_EQ(3, lines()) {
		TH_LOG("%s", told);
	}
	EXPECT_TOLD(0, __NR_getppid, SECCOMP_RET_ERRNO | 11, 1, 2);
	EXPECT_TOLD(1, __NR_getsid, SECCOMP_RET_ERRNO | 13, 2, 6);
	EXPECT_NE(NULL, strstr(told, "args=0x1234,0x5,"));
	EXPECT_TOLD(2, __NR_getpgid, SECCOMP_RET_LOG, 2, 4);
	EXPECT_STRNE(tag_of(0), tag_of(1));
	EXPECT_STREQ(tag_of(1), tag_of(2));
}

static void logged_errno(void)
{
	install_for(__NR_getppid, SECCOMP_RET_ERRNO | 5000, SECCOMP_FILTER_FLAG_LOG);
	syscall(__NR_getppid);
}

static void unknown_calls(void)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 5000, 0, 1),
		RET(SECCOMP_RET_ERRNO | 1),
		RET(SECCOMP_RET_ALLOW),
	};

	INSTALL(insns, 0);
	syscall(5000);
	syscall(-7);
}

/* The program does not depend on the architecture: its tag is the same everywhere. */
TEST_F(event, tag_of_a_program)
{
	EXPECT_EQ(0, observe(unknown_calls));
	EXPECT_STREQ("f809294dad2db460", tag_of(0));
}

/* The verdict is told as it was returned: the kernel makes 4095 of this one. */
TEST_F(event, whole_value)
{
	EXPECT_EQ(0, observe(logged_errno));
	EXPECT_EQ(1, lines());
	EXPECT_TOLD(0, __NR_getppid, SECCOMP_RET_ERRNO | 5000, 1, 2);
}

static void arguments(void)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 5),
		LOAD_ARG_LO(1),
		RET_IF_EQ(7, SECCOMP_RET_ERRNO | 1),
		RET_IF_EQ(8, SECCOMP_RET_TRACE | 2),
		RET(SECCOMP_RET_ALLOW),
	};

	INSTALL(insns, 0);
	for (int i = 6; i < 10; i++)
		syscall(__NR_getpriority, 0, i);
}

TEST_F(event, residual_program)
{
	EXPECT_EQ(0, observe(arguments));
	EXPECT_EQ(2, lines()) {
		TH_LOG("%s", told);
	}
	EXPECT_TOLD(0, __NR_getpriority, SECCOMP_RET_ERRNO | 1, 1, 4);
	EXPECT_TOLD(1, __NR_getpriority, SECCOMP_RET_TRACE | 2, 1, 6);
}

static void divide(void)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid, 0, 3),
		LOAD_ARG_LO(0),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0),
		RET(SECCOMP_RET_ALLOW),
	};

	INSTALL(insns, 0);
	syscall(__NR_getppid, 1);
	syscall(__NR_getppid, 0);
}

/* A division by 0 returns 0, which kills the thread. */
TEST_F(event, division)
{
	int status = observe(divide);

	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	EXPECT_EQ(1, lines());
	EXPECT_TOLD(0, __NR_getppid, SECCOMP_RET_KILL_THREAD, 1, 4);
}

TEST_F(event, numbers_that_the_table_does_not_have)
{
	EXPECT_EQ(0, observe(unknown_calls));
	EXPECT_EQ(2, lines());
	EXPECT_TOLD(0, 5000, SECCOMP_RET_ERRNO | 1, 1, 2);
	EXPECT_TOLD(1, -7, SECCOMP_RET_ERRNO | 1, 1, 2);
}

static void kill_process(void)
{
	install_for(__NR_getppid, SECCOMP_RET_KILL_PROCESS | 9, 0);
	syscall(__NR_getppid);
}

static void trap(void)
{
	install_for(__NR_getppid, SECCOMP_RET_TRAP | 9, 0);
	signal(SIGSYS, SIG_IGN);
	syscall(__NR_getppid);
}

static void unanswered(void)
{
	install_for(__NR_getppid, SECCOMP_RET_USER_NOTIF, 0);
	syscall(__NR_getppid);
}

static void unknown_action(void)
{
	install_for(__NR_getppid, 0x60000, 0);
	syscall(__NR_getppid);
}

TEST_F(event, every_action)
{
	observe(kill_process);
	EXPECT_TOLD(0, __NR_getppid, SECCOMP_RET_KILL_PROCESS | 9, 1, 2);
	observe(trap);
	EXPECT_TOLD(0, __NR_getppid, SECCOMP_RET_TRAP | 9, 1, 2);
	observe(unanswered);
	EXPECT_TOLD(0, __NR_getppid, SECCOMP_RET_USER_NOTIF, 1, 2);
	observe(unknown_action);
	EXPECT_TOLD(0, __NR_getppid, 0x60000, 1, 2);
}

/* openat2(), with a struct of two words before "resolve". */
static void open_how(__u64 flags, __u64 resolve, __u64 tail)
{
	__u64 how[4] = { flags, 0, resolve, tail };

	syscall(437, AT_FDCWD, "/", how, sizeof(how));
}

static void structs(void)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 5),
		LOAD_EA(16),
		RET_IF_EQ(8, SECCOMP_RET_ERRNO | 18),
		RET_IF_EQ(4, SECCOMP_RET_LOG),
		RET(SECCOMP_RET_ALLOW),
	};

	APPEND(insns, USE_EA, 24);
	open_how(0x4142, 8, 0);
	open_how(0, 4, 0);
	open_how(0, 0, 0);
	/* A byte beyond what the filter sees. */
	open_how(0, 0, 1ULL << 32);
}

TEST_F(event, struct_with_its_bytes)
{
	EXPECT_EQ(0, observe(structs));
	EXPECT_EQ(3, lines()) {
		TH_LOG("%s", told);
	}
	EXPECT_TOLD(0, 437, SECCOMP_RET_ERRNO | 18, 1, 4);
	EXPECT_NE(NULL, strstr(told, " argument=4241000000000000000000000000000008 comm="));
	EXPECT_TOLD(1, 437, SECCOMP_RET_LOG, 1, 6);
	EXPECT_TOLD(2, 437, SECCOMP_RET_ERRNO | E2BIG, 1, 2);
}

static void either_way(void)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 4),
		LOAD_EA(16),
		RET_IF_EQ(8, SECCOMP_RET_ERRNO | 18),
		RET(SECCOMP_RET_ERRNO | 18),
		RET(SECCOMP_RET_ALLOW),
	};

	APPEND(insns, USE_EA | TAIL_VISIBLE, 24);
	open_how(0, 8, 0);
}

/*
 * The filter fails the call whatever the struct is, so nothing was copied, and which of both
 * instructions returns the error is not known.
 */
TEST_F(event, what_is_not_known_is_not_told)
{
	observe(either_way);
	EXPECT_NE(NULL, strstr(told, "nr=437 ")) {
		TH_LOG("%s", told);
	}
	EXPECT_NE(NULL, strstr(told, " filter=0 insn=-1 tag=0000000000000000 argument= comm="));
	EXPECT_NE(NULL, strstr(told, " comm=verdict_event_t\n"));
}

TEST_F(event, nothing_while_it_is_off)
{
	ASSERT_EQ(0, write_file(ENABLE, "0"));
	EXPECT_EQ(0, observe(constants));
	EXPECT_EQ(0, lines());
	ASSERT_EQ(0, write_file(ENABLE, "1"));
	EXPECT_EQ(0, observe(constants));
	EXPECT_EQ(3, lines());
}

TEST_HARNESS_MAIN
