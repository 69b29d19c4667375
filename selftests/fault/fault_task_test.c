// SPDX-License-Identifier: GPL-2.0
/*
 * Out of memory: each allocation, and each copy from and to user memory, fails in turn when
 * confined tasks are made, execute programs and end, and in calls with extensible arguments. Each
 * time the call either fails with the right error and leaves no trace, or succeeds.
 *
 * Needs a kernel with fault injection: the debug kernel of qemu/.
 */

#include "fault_fixture.h"

#include <sys/mount.h>

/* Processes and threads under filters, with a region and without. */

struct spawn {
	enum { FORK, VFORK, THREAD, CLONE3 } how;
	bool region;
};

static const struct spawn *spawning;

static void spawn_setup(const void *arg)
{
	spawning = arg;
	install_old(2);
	append_extensible();
	if (spawning->region)
		CHECK(open_badly() == 1051);
}

static void check_spawned(void)
{
	check_old(2);
	CHECK(open_badly() == 1051);
	CHECK(open_well() == 0);
	CHECK(count_filters(gettid_()) == 3);
}

static volatile int go;
static volatile pid_t lives;

static int spawned(void *arg)
{
	/* These threads share the thread-local state of one thread of the C library. */
	while (!go)
		syscall(__NR_sched_yield);
	check_spawned();
	syscall(__NR_exit, 0);
	return 0;
}

static long spawn_run(const void *arg)
{
	static char stack[65536] __attribute__((aligned(16)));
	const int thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		CLONE_SYSVSEM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
	__u64 args[EA_ROOM / 8];
	long pid;
	int status;

	memset(stack, 0, sizeof(stack));
	ea_good(ea_find("clone3"), args);
	go = spawning->how == VFORK;
	lives = 1;
	switch (spawning->how) {
	case FORK:
	case CLONE3:
		fault_arm();
		pid = spawning->how == FORK ? syscall(__NR_clone, SIGCHLD, 0, 0, 0, 0)
			: syscall(435, args, 88);
		if (!pid) {
			check_spawned();
			_exit(0);
		}
		pid = pid < 0 ? -errno : pid;
		fault_disarm();
		break;
	case VFORK:
		pid = FAULTY(clone(spawned, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD,
				   NULL));
		break;
	default:
		pid = FAULTY(clone(spawned, stack + sizeof(stack), thread, NULL, NULL, NULL,
				   &lives));
		go = 1;
		while (pid > 0 && lives)
			usleep(1000);
		return pid;
	}
	if (pid > 0)
		CHECK(waitpid(pid, &status, 0) == pid && !status);
	return pid;
}

static void spawn_verify(const void *arg, long result)
{
	check_spawned();
}

#define SPAWN(name_, ...) { \
		.name = name_, .setup = spawn_setup, .run = spawn_run, .verify = spawn_verify, \
		.arg = &(const struct spawn) { __VA_ARGS__ }, .flags = FAULT_NTH_ONLY, \
		.errors = { EAGAIN }, \
	}

TEST_F(fault, spawn)
{
	const struct fault_op ops[] = {
		SPAWN("fork", .how = FORK),
		SPAWN("fork, with a region", .how = FORK, .region = true),
		SPAWN("vfork", .how = VFORK, .region = true),
		SPAWN("a new thread", .how = THREAD, .region = true),
		SPAWN("clone3, with its struct filtered", .how = CLONE3, .region = true),
	};

	/* The same as for exec. */
	fault_step *= 3;
	DRIVE(ops);
}

/* The program that is executed is this one, which does no more than this when it has this name. */
#define EXECUTED "fault_executed"

__attribute__((constructor)) static void executed(int argc, char **argv)
{
	static struct fault_report report;
	int fd;

	if (argc < 1 || strcmp(argv[0], EXECUTED))
		return;
	do
		fd = open("/proc/thread-self/fail-nth", O_WRONLY);
	while (fd < 0);
	fault_write(fd, 0);
	fault_report = &report;
	check_spawned();
	_exit(0);
}

static long exec_run(const void *arg)
{
	char *argv[] = { EXECUTED, NULL }, *envp[] = { NULL };

	return FAULTY(execve("/proc/self/exe", argv, envp));
}

static long exit_run(const void *arg)
{
	fault_arm();
	return syscall(__NR_exit_group, 0);
}

static void *exiting_thread(void *arg)
{
	fault_prepare();
	CHECK(open_badly() == 1051);
	fault_arm();
	syscall(__NR_exit, 0);
	return NULL;
}

static long thread_exit_run(const void *arg)
{
	pthread_t thread;

	CHECK(!pthread_create(&thread, NULL, exiting_thread, NULL));
	pthread_join(thread, NULL);
	return 0;
}

TEST_F(fault, exec)
{
	static const struct spawn with = { .region = true }, without = {};
	const unsigned int flags = FAULT_COUNTED | FAULT_DEADLY | FAULT_NTH_ONLY;
	/*
	 * Without memory a look-up in /proc fails with ENOENT, a page of the arguments with E2BIG,
	 * and the reading of program headers with ENOEXEC.
	 */
	const struct fault_op ops[] = {
		OP("exec", spawn_setup, exec_run, spawn_verify, &without, flags, ENOENT,
		   E2BIG, ENOEXEC),
		OP("exec, with a region", spawn_setup, exec_run, spawn_verify, &with, flags,
		   ENOENT, E2BIG, ENOEXEC),
	};

	/*
	 * Most places are outside of seccomp, and one attempt takes as long as hundreds of other
	 * operations.
	 */
	fault_step *= 5;
	DRIVE(ops);
}

TEST_F(fault, exit)
{
	static const struct spawn with = { .region = true };
	const struct fault_op ops[] = {
		OP("exit, with a region", spawn_setup, exit_run, NULL, &with, FAULT_COUNTED),
		OP("exit of a thread with a slot", spawn_setup, thread_exit_run, spawn_verify,
		   &with, FAULT_COUNTED | FAULT_MAY_BE_NONE),
	};

	DRIVE(ops);
}

/* Extensible arguments. */

struct argument {
	const char *call;
	/* There is a filter that refuses this struct. */
	bool bad;
	/* The thread has a slot already; or another thread makes the call. */
	bool slot, other;
};

static struct {
	__u64 bytes[EA_ROOM / 8];
	long args[6];
} calling;

static void argument_setup(const void *arg)
{
	const struct argument *argument = arg;
	const struct ea_call *call = ea_find(argument->call);

	install_old(1);
	append_extensible();
	CHECK(!ea_install_word(call, call->bad, SECCOMP_RET_ALLOW, 0));
	if (argument->slot || argument->other)
		CHECK(open_well() == 0);
	(argument->bad ? ea_bad : ea_good)(call, calling.bytes);
	ea_args(call, calling.bytes, call->known, calling.args);
}

static long argument_do(const void *arg)
{
	const struct argument *argument = arg;
	const struct ea_call *call = ea_find(argument->call);
	const long *args = calling.args;
	long ret;

	fault_arm();
	ret = syscall(call->nr, args[0], args[1], args[2], args[3], args[4], args[5]);
	if (!ret && call->nr == 435)
		_exit(0);
	ret = ret < 0 ? -errno : ret;
	fault_disarm();
	if (ret > 0 && call->flags & EA_OPENS)
		close(ret);
	if (ret > 0 && call->nr == 435)
		waitpid(ret, NULL, 0);
	if (!argument->bad) {
		CHECK(ret != -4000);
		return ret;
	}
	/* The call must not run, and must not get as far as the kernel's own checks. */
	CHECK(ret == -4000 || ret == -ENOMEM || ret == -EFAULT);
	return ret == -4000 ? 0 : ret;
}

static void *argument_thread(void *arg)
{
	long *result = arg;

	fault_prepare();
	*result = argument_do(fault_current->arg);
	CHECK(open_well() == 0);
	return NULL;
}

static long argument_run(const void *arg)
{
	const struct argument *argument = arg;
	pthread_t thread;
	long result;

	if (!argument->other)
		return argument_do(arg);
	CHECK(!pthread_create(&thread, NULL, argument_thread, &result));
	pthread_join(thread, NULL);
	return result;
}

static void argument_verify(const void *arg, long result)
{
	const struct argument *argument = arg;

	check_old(1);
	/* Of equal actions the newest filter's errno counts. */
	CHECK(open_badly() == (strcmp(argument->call, "openat2") ? 1051 : 4000));
	CHECK(open_well() == 0);
}

#define ARGUMENT(name_, flags_, ...) { \
		.name = name_, .setup = argument_setup, .run = argument_run, \
		.verify = argument_verify, .arg = &(const struct argument) { __VA_ARGS__ }, \
		.flags = FAULT_FRESH | (flags_), .errors = { EAGAIN }, \
	}

TEST_F(fault, first_argument)
{
	const struct fault_op ops[] = {
		ARGUMENT("openat2, the first", 0, .call = "openat2"),
		ARGUMENT("openat2, the first, to be refused", 0, .call = "openat2", .bad = true),
		ARGUMENT("openat2, a second thread's first", 0, .call = "openat2", .bad = true,
			 .other = true),
		ARGUMENT("mount_setattr, the first", 0, .call = "mount_setattr"),
		ARGUMENT("clone3, the first, to be refused", FAULT_NTH_ONLY, .call = "clone3",
			 .bad = true),
		ARGUMENT("sched_setattr, the first, to be refused", 0, .call = "sched_setattr",
			 .bad = true),
	};

	DRIVE(ops);
}

TEST_F(fault, every_argument)
{
	static char names[LENGTH(ea_calls)][2][64];

	for (size_t i = 0; i < LENGTH(ea_calls); i++) {
		const bool socket = ea_calls[i].flags & EA_BUFFER ||
				    ea_calls[i].size_arg == EA_FIXED;

		for (int bad = 0; bad < 2; bad++) {
			struct argument argument = {
				.call = ea_calls[i].name, .bad = bad, .slot = true,
			};
			struct fault_op op = {
				.name = names[i][bad], .setup = argument_setup,
				.run = argument_run, .verify = argument_verify,
				/* sendto() says ENOBUFS if there is no memory for the packet. */
				.arg = &argument, .errors = { EAGAIN, ENOBUFS },
				.flags = FAULT_ANY_RESULT | FAULT_SHARED | FAULT_NTH_ONLY |
					 /*
					  * A call that is refused, or that is about a socket,
					  * allocates nothing beside the copy.
					  */
					 (bad || socket ? FAULT_MAY_BE_NONE : 0),
			};

			sprintf(names[i][bad], "%s%s", ea_calls[i].name,
				bad ? ", to be refused" : "");
			EXPECT_EQ(0, fault_drive(&op));
		}
	}
}

/* To tell which filter has refused a call takes memory. Without it the call is refused as well. */
TEST_F(fault, told_verdict)
{
	const char *enable = "/sys/kernel/tracing/events/seccomp/seccomp_verdict/enable";
	const struct fault_op ops[] = {
		ARGUMENT("openat2, to be refused, told of", 0, .call = "openat2", .bad = true,
			 .slot = true),
		ARGUMENT("connect, to be refused, told of", 0, .call = "connect", .bad = true,
			 .slot = true),
	};

	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	ASSERT_EQ(0, write_file(enable, "1"));
	DRIVE(ops);
	EXPECT_EQ(0, write_file(enable, "0"));
}

/* Must be the last case. */
TEST_F(fault, nothing_is_left)
{
	expect_nothing_left(_metadata);
}

TEST_HARNESS_MAIN
