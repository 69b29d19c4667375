// SPDX-License-Identifier: GPL-2.0
/*
 * Without memory: every allocation in attaching filters, in notification, in extensible arguments
 * and what else there is, and every copy from and to user memory, fails in turn. Each time the call
 * fails with the right error and leaves no trace, or does what it should in spite of it.
 *
 * Needs a kernel with fault injection: the debug kernel of qemu/.
 */

#include "ea.h"
#include "fault.h"

#include <linux/ptrace.h>

#include "harness.h"

#define NEW_LISTENER SECCOMP_FILTER_FLAG_NEW_LISTENER
#define WAIT_KILLABLE SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define TSYNC SECCOMP_FILTER_FLAG_TSYNC
#define TSYNC_ESRCH SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define DEBUGFS "/sys/kernel/debug/rust_seccomp/"

FIXTURE(fault) {};

FIXTURE_SETUP(fault)
{
	if (!fault_init())
		SKIP(return, "no fault injection in this kernel");
	ASSERT_EQ(0, no_new_privs());
	ea_make_file();
}

FIXTURE_TEARDOWN(fault)
{
}

#define DRIVE(ops) do { \
		for (size_t op_ = 0; op_ < LENGTH(ops); op_++) \
			EXPECT_EQ(0, fault_drive(&(ops)[op_])); \
	} while (0)

#define OP(name_, setup_, run_, verify_, arg_, flags_, ...) { \
		.name = name_, .setup = setup_, .run = run_, .verify = verify_, .arg = arg_, \
		.flags = flags_, .errors = { __VA_ARGS__ }, \
	}

/* What a filter does, such that it can be told if it is there. */
enum shape {
	/* It refuses some calls. */
	CONSTANT,
	/* It looks at the argument of some. */
	RESIDUAL,
	/* As many instructions as there may be, some for every call. */
	LONGEST,
	/* It looks at openat2()'s struct. */
	EXTENSIBLE,
};

static const int looked_at[] = {
	__NR_getpriority, __NR_getsid, __NR_getpgid,
};

static size_t build(enum shape shape, struct sock_filter *insns)
{
	size_t len = 0;

#define ADD(...) do { \
		struct sock_filter add[] = { __VA_ARGS__ }; \
		memcpy(insns + len, add, sizeof(add)); \
		len += LENGTH(add); \
	} while (0)
	ADD(LOAD(nr));
	switch (shape) {
	case CONSTANT:
		ADD(RET_IF_EQ(__NR_getpgid, SECCOMP_RET_ERRNO | 1021),
		    RET_IF_EQ(__NR_getsid, SECCOMP_RET_ERRNO | 1022));
		break;
	case RESIDUAL:
		for (size_t i = 0; i < LENGTH(looked_at); i++)
			ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, looked_at[i], 0, 4),
			    LOAD_ARG_LO(0), RET_IF_EQ(0x7700 + i, SECCOMP_RET_ERRNO | (1030 + i)),
			    RET(SECCOMP_RET_ALLOW));
		break;
	case LONGEST:
		ADD(RET_IF_EQ(__NR_getpgid, SECCOMP_RET_ERRNO | 1041));
		while (len < 2048)
			ADD(RET_IF_EQ(100000 + len, SECCOMP_RET_ERRNO | 5));
		ADD(LOAD_ARG_LO(0), RET_IF_EQ(0x77777701, SECCOMP_RET_ERRNO | 1042));
		while (len < 4092)
			ADD(RET_IF_EQ(0x66000000 + len, SECCOMP_RET_ERRNO | 6));
		break;
	case EXTENSIBLE:
		ADD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 3), LOAD_EA(20),
		    RET_IF_EQ(0x100, SECCOMP_RET_ERRNO | 1051));
		break;
	}
	ADD(RET(SECCOMP_RET_ALLOW));
	return len;
}

static long errno_of(long ret)
{
	return ret == -1 ? errno : 0;
}

/* The call openat2("/"), with a struct that the filter does not like. Returns the errno. */
static long open_badly(void)
{
	static __u64 bad[EA_ROOM / 8];

	ea_bad(ea_find("openat2"), bad);
	return errno_of(syscall(437, AT_FDCWD, "/", bad, 24));
}

static long open_well(void)
{
	static const __u64 good[3];
	long ret = syscall(437, AT_FDCWD, "/", good, 24);

	if (ret >= 0)
		close(ret);
	return errno_of(ret);
}

/* The filter of this shape is at work, or is not. */
static void check_shape(enum shape shape, bool on)
{
	switch (shape) {
	case CONSTANT:
		CHECK((errno_of(syscall(__NR_getpgid, 0)) == 1021) == on);
		CHECK((errno_of(syscall(__NR_getsid, 0)) == 1022) == on);
		break;
	case RESIDUAL:
		for (size_t i = 0; i < LENGTH(looked_at); i++) {
			CHECK((errno_of(syscall(looked_at[i], 0x7700 + i, 0)) == 1030 + i) == on);
			CHECK(errno_of(syscall(looked_at[i], 0x7800, 0)) < 1000);
		}
		break;
	case LONGEST:
		CHECK((errno_of(syscall(__NR_getpgid, 0)) == 1041) == on);
		CHECK((errno_of(syscall(__NR_getsid, 0x77777701)) == 1042) == on);
		CHECK(errno_of(syscall(__NR_getsid, 0)) < 1000);
		CHECK((errno_of(syscall(__NR_getsid, 0x66000000 + 3000)) == 6) == on);
		break;
	case EXTENSIBLE:
		CHECK(open_badly() == (on ? 1051 : EINVAL));
		CHECK(open_well() == 0);
		break;
	}
	CHECK(syscall(__NR_getuid) >= 0);
}

/* Filters that are there before: the first one looks at an argument, others are constant. */
static void install_old(int chain)
{
	struct sock_filter first[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_ERRNO | 1011),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3),
		LOAD_ARG_LO(1),
		RET_IF_EQ(0x5555, SECCOMP_RET_ERRNO | 1012),
		RET(SECCOMP_RET_ALLOW),
	};

	CHECK(!chain || !INSTALL(first, 0));
	for (int i = 1; i < chain; i++)
		CHECK(!install_for(__NR_sched_rr_get_interval, SECCOMP_RET_ERRNO | (1100 + i), 0));
}

static void check_old(int chain)
{
	if (!chain)
		return;
	CHECK(errno_of(syscall(__NR_getppid)) == 1011);
	CHECK(errno_of(syscall(__NR_getpriority, 1, 0x5555)) == 1012);
	CHECK(errno_of(syscall(__NR_getpriority, 1, 0x5556)) < 1000);
	if (chain > 1)
		CHECK(errno_of(syscall(__NR_sched_rr_get_interval, 0, 0)) == 1100 + chain - 1);
}

/* The number that the next descriptor will have: it tells if one was lost. */
static int next_fd(void)
{
	int fd = dup(0);

	CHECK(fd >= 0);
	close(fd);
	return fd;
}

static long count_filters(pid_t thread)
{
	return proc_status(thread, "Seccomp_filters");
}

/* Attaching a filter. */

struct attach {
	/* How many filters there are before, and threads beside. */
	int chain, siblings;
	enum shape shape;
	enum { BY_SECCOMP, BY_PRCTL, BY_APPEND } way;
	__u64 flags;
	unsigned int ea_size;
};

static struct {
	struct sock_filter insns[4096];
	size_t len;
	int fd;
	/* The threads beside: told what to expect, they say when they have seen it. */
	struct sibling {
		pthread_t thread;
		volatile pid_t id;
		volatile int expect;
		int commands[2], answers[2];
	} siblings[2];
	const struct attach *how;
} attaching;

static void *sibling(void *arg)
{
	struct sibling *sibling = arg;
	char byte;

	sibling->id = gettid_();
	while (write(sibling->answers[1], "", 1) == 1) {
		if (read(sibling->commands[0], &byte, 1) != 1)
			break;
		check_old(attaching.how->chain);
		check_shape(attaching.how->shape, byte);
	}
	return NULL;
}

static void attach_setup(const void *arg)
{
	const struct attach *how = arg;

	attaching.how = how;
	attaching.len = build(how->shape, attaching.insns);
	install_old(how->chain);
	for (int i = 0; i < how->siblings; i++) {
		struct sibling *s = &attaching.siblings[i];
		char byte;

		CHECK(!pipe(s->commands) && !pipe(s->answers));
		CHECK(!pthread_create(&s->thread, NULL, sibling, s));
		CHECK(read(s->answers[0], &byte, 1) == 1);
	}
	attaching.fd = next_fd();
}

static long attach_run(const void *arg)
{
	const struct attach *how = arg;
	struct sock_fprog prog = { .len = attaching.len, .filter = attaching.insns };
	struct seccomp_append_filter append = {
		.flags = how->flags, .filter = (uintptr_t)&prog,
		.extensible_arg_size = how->ea_size,
	};

	switch (how->way) {
	case BY_PRCTL:
		return FAULTY(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0));
	case BY_APPEND:
		return FAULTY(seccomp(SECCOMP_APPEND_FILTER, sizeof(append), &append));
	default:
		return FAULTY(seccomp(SECCOMP_SET_MODE_FILTER, how->flags, &prog));
	}
}

static void attach_verify(const void *arg, long result)
{
	const struct attach *how = arg;
	bool attached = result >= 0;
	bool listens = how->flags & NEW_LISTENER && attached;

	CHECK(next_fd() == attaching.fd + listens);
	if (listens) {
		struct pollfd pollfd = { .fd = result, .events = POLLIN | POLLOUT };

		CHECK(result == attaching.fd);
		CHECK(fcntl(result, F_GETFD) == FD_CLOEXEC);
		CHECK(!poll(&pollfd, 1, 0));
		close(result);
	} else {
		CHECK(result <= 0);
	}
	CHECK(count_filters(gettid_()) == how->chain + attached);
	CHECK(prctl(PR_GET_SECCOMP) == (how->chain || attached ? 2 : 0));
	check_old(how->chain);
	check_shape(how->shape, attached);
	for (int i = 0; i < how->siblings; i++) {
		struct sibling *s = &attaching.siblings[i];
		bool synced = attached && how->flags & TSYNC;
		char byte = synced;

		CHECK(count_filters(s->id) == how->chain + synced);
		CHECK(write(s->commands[1], &byte, 1) == 1 && read(s->answers[0], &byte, 1) == 1);
	}
}

#define ATTACH(name_, shared_, ...) { \
		.name = name_, .setup = attach_setup, .run = attach_run, .verify = attach_verify, \
		.arg = &(const struct attach) { __VA_ARGS__ }, .flags = shared_ \
	}

TEST_F(fault, attach)
{
	const struct fault_op ops[] = {
		ATTACH("the first filter, constant", FAULT_SHARED, .shape = CONSTANT),
		ATTACH("the first filter, by prctl", FAULT_SHARED, .way = BY_PRCTL),
		ATTACH("the first filter, looking at arguments", FAULT_SHARED, .shape = RESIDUAL),
		ATTACH("a filter on top of four", FAULT_SHARED, .chain = 4, .shape = RESIDUAL,
		       .flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW),
		ATTACH("a filter for all threads", 0, .chain = 1, .siblings = 2,
		       .flags = TSYNC),
		ATTACH("a filter with a listener", FAULT_SHARED, .chain = 1,
		       .flags = NEW_LISTENER | WAIT_KILLABLE | SECCOMP_FILTER_FLAG_LOG),
		ATTACH("a filter for all threads, with a listener", 0, .siblings = 1,
		       .flags = NEW_LISTENER | TSYNC | TSYNC_ESRCH),
	};

	DRIVE(ops);
}

TEST_F(fault, attach_longest)
{
	const struct fault_op ops[] = {
		/* It is looked at in thousands of steps that are all alike. */
		ATTACH("a filter of 4096 instructions", FAULT_SHARED, .chain = 1, .shape = LONGEST),
	};

	fault_step *= 35;
	DRIVE(ops);
}

TEST_F(fault, append)
{
	const struct fault_op ops[] = {
		ATTACH("an appended filter, constant", FAULT_SHARED, .way = BY_APPEND),
		ATTACH("an appended filter, on top of four", FAULT_SHARED, .chain = 4,
		       .shape = RESIDUAL, .way = BY_APPEND,
		       .flags = WANT_NR_HIGH | WANT_ARCH),
		ATTACH("an appended filter, looking at structs", 0, .chain = 1, .shape = EXTENSIBLE,
		       .way = BY_APPEND, .flags = USE_EA, .ea_size = EA_KNOWN),
		ATTACH("an appended filter, for all threads", 0, .chain = 1, .siblings = 1,
		       .shape = EXTENSIBLE, .way = BY_APPEND,
		       .flags = USE_EA | TAIL_VISIBLE | TSYNC, .ea_size = 24),
		ATTACH("an appended filter, with a listener", 0, .chain = 1, .shape = EXTENSIBLE,
		       .way = BY_APPEND, .flags = USE_EA | NEW_LISTENER | WAIT_KILLABLE,
		       .ea_size = EA_KNOWN),
	};

	DRIVE(ops);
}

static void append_extensible(void)
{
	size_t len = build(EXTENSIBLE, attaching.insns);

	CHECK(!append(attaching.insns, len, USE_EA, EA_KNOWN));
}

/* Strict mode: the task can do no more than say what the call returned. */
static long strict_run(const void *arg)
{
	long ret;

	fault_arm();
	ret = syscall(__NR_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
	fault_report->result = ret;
	syscall(__NR_exit, 0);
	return ret;
}

struct question {
	unsigned int op;
	size_t size;
};

static long question_run(const void *arg)
{
	const struct question *question = arg;
	struct seccomp_syscall_ea ea = { .arch = ARCH_NATIVE, .nr = 437 };
	__u64 buf[512] = {};

	if (question->op == SECCOMP_GET_SYSCALL_EA_SIZE)
		memcpy(buf, &ea, sizeof(ea));
	if (question->op == SECCOMP_GET_ACTION_AVAIL)
		memcpy(buf, &(__u32) { SECCOMP_RET_LOG }, 4);
	return FAULTY(syscall(__NR_seccomp, question->op, question->size, buf));
}

#define QUESTION(name_, ...) { \
		.name = name_, .run = question_run, .flags = FAULT_SHARED, \
		.arg = &(const struct question) { __VA_ARGS__ }, \
	}

TEST_F(fault, other_operations)
{
	const struct fault_op ops[] = {
		OP("strict mode", NULL, strict_run, NULL, NULL, FAULT_COUNTED | FAULT_SHARED),
		QUESTION("GET_FEATURES", SECCOMP_GET_FEATURES, sizeof(struct seccomp_features)),
		QUESTION("GET_FEATURES, longer", SECCOMP_GET_FEATURES, 4096),
		QUESTION("GET_SYSCALL_EA_SIZE", SECCOMP_GET_SYSCALL_EA_SIZE,
			 sizeof(struct seccomp_syscall_ea)),
		QUESTION("GET_NOTIF_SIZES", SECCOMP_GET_NOTIF_SIZES, 0),
		QUESTION("GET_NOTIF_SIZES, enlarged", SECCOMP_GET_NOTIF_SIZES,
			 SECCOMP_GET_NOTIF_SIZES_APPEND),
		QUESTION("GET_ACTION_AVAIL", SECCOMP_GET_ACTION_AVAIL, 0),
	};

	DRIVE(ops);
}

/* What filters do to a call. */

static volatile sig_atomic_t trapped;

static void on_trap(int signal)
{
	trapped++;
}

static void verdict_setup(const void *arg)
{
	install_old(1);
	signal(SIGSYS, on_trap);
	CHECK(!install_for(__NR_getpgid, *(const __u32 *)arg, SECCOMP_FILTER_FLAG_LOG));
}

static long verdict_run(const void *arg)
{
	long ret;

	trapped = 0;
	ret = FAULTY(syscall(__NR_getpgid, 0));
	CHECK(ret > 0 || trapped || ret == -1007 || ret == -ENOSYS);
	CHECK((*(const __u32 *)arg == SECCOMP_RET_TRAP) == trapped);
	return ret < 0 ? 0 : ret;
}

static void verdict_verify(const void *arg, long result)
{
	check_old(1);
}

#define VERDICT(name_, value, ...) { \
		.name = name_, .setup = verdict_setup, .run = verdict_run, \
		.verify = verdict_verify, .arg = &(const __u32) { value }, __VA_ARGS__ \
	}

TEST_F(fault, verdicts)
{
	const struct fault_op ops[] = {
		VERDICT("a call that is refused", SECCOMP_RET_ERRNO | 1007),
		/* The frame of a signal that cannot be written is the end of the process. */
		VERDICT("a call that traps", SECCOMP_RET_TRAP,
			.flags = FAULT_DEADLY | FAULT_COUNTED),
		VERDICT("a call that is logged", SECCOMP_RET_LOG),
		VERDICT("a call that would be traced", SECCOMP_RET_TRACE),
		VERDICT("a call that kills", SECCOMP_RET_KILL_PROCESS,
			.flags = FAULT_COUNTED | FAULT_SIGSYS),
		VERDICT("a call that kills the thread", SECCOMP_RET_KILL_THREAD,
			.flags = FAULT_COUNTED | FAULT_SIGSYS),
	};

	DRIVE(ops);
}

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
	/* Threads share what belongs to one thread of the C library. */
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

	/* As for exec. */
	fault_step *= 3;
	DRIVE(ops);
}

/* The program that is executed: with this name the rest of this one is not run. */
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
	 * What is not found in /proc for lack of memory is said not to be there, and a page missing
	 * for the arguments to be too long a list.
	 */
	const struct fault_op ops[] = {
		OP("exec", spawn_setup, exec_run, spawn_verify, &without, flags, ENOENT,
		   E2BIG),
		OP("exec, with a region", spawn_setup, exec_run, spawn_verify, &with, flags,
		   ENOENT, E2BIG),
	};

	/* Most places are the kernel's own, and one attempt takes as long as hundreds of others. */
	fault_step *= 5;
	DRIVE(ops);
}

TEST_F(fault, exit)
{
	static const struct spawn with = { .region = true };
	const struct fault_op ops[] = {
		OP("exit, with a region", spawn_setup, exit_run, NULL, &with, FAULT_COUNTED),
		OP("exit of a thread with a slot", spawn_setup, thread_exit_run, spawn_verify,
		   &with, FAULT_COUNTED),
	};

	DRIVE(ops);
}

/* Extensible arguments. */

struct argument {
	const char *call;
	/* Of a filter that refuses this struct. */
	bool bad;
	/* There is a slot of this thread; or the call is made by another thread than the first. */
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
	/* Never is it run, and never does it get so far as to be refused for what it asks. */
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
	/* Of filters that agree the newest one is heard. */
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
		for (int bad = 0; bad < 2; bad++) {
			struct argument argument = {
				.call = ea_calls[i].name, .bad = bad, .slot = true,
			};
			struct fault_op op = {
				.name = names[i][bad], .setup = argument_setup,
				.run = argument_run, .verify = argument_verify,
				.arg = &argument, .errors = { EAGAIN },
				.flags = FAULT_ANY_RESULT | FAULT_SHARED | FAULT_NTH_ONLY,
			};

			sprintf(names[i][bad], "%s%s", ea_calls[i].name,
				bad ? ", to be refused" : "");
			EXPECT_EQ(0, fault_drive(&op));
		}
	}
}

/* Notification: one thread asks, which is under filters, and another one answers. */

struct notify {
	/* What the supervisor does, with faults unless the other one has them. */
	enum { RECV, RECV_APPEND, ID_VALID, SEND, ADDFD, POLL, CLOSE } what;
	unsigned int addfd_flags, newfd;
	/* The call has an extensible argument. */
	bool argument;
	/* The one that asks has the faults. */
	bool asker;
};

static struct {
	const struct notify *how;
	int commands[2], answers[2], listener, fd;
	volatile long result;
	struct {
		struct seccomp_notif_append notif;
		__u8 more[256];
	} request;
} notifying;

static long ask(void)
{
	static const __u64 bytes[3] = { O_CLOEXEC };

	if (notifying.how->argument)
		return syscall(437, AT_FDCWD, "/", bytes, 24);
	return syscall(__NR_getpgid, 0);
}

static void *asker(void *arg)
{
	const struct notify *how = notifying.how;
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ(how->argument ? 437 : __NR_getpgid, SECCOMP_RET_USER_NOTIF),
		RET(SECCOMP_RET_ALLOW),
	};
	char byte;

	install_old(1);
	notifying.listener = how->argument ? APPEND(insns, USE_EA | NEW_LISTENER, EA_KNOWN)
		: INSTALL(insns, NEW_LISTENER);
	CHECK(notifying.listener >= 0);
	if (how->asker)
		fault_prepare();
	CHECK(write(notifying.answers[1], "", 1) == 1);
	while (read(notifying.commands[0], &byte, 1) == 1) {
		long ret;

		if (how->asker) {
			notifying.result = FAULTY(ask());
		} else {
			ret = ask();
			notifying.result = ret == -1 ? -errno : ret;
		}
		check_old(1);
		CHECK(write(notifying.answers[1], "", 1) == 1);
	}
	return NULL;
}

static short listener_events(int timeout)
{
	struct pollfd pollfd = { .fd = notifying.listener, .events = POLLIN | POLLOUT };

	return poll(&pollfd, 1, timeout) < 0 ? -1 : pollfd.revents;
}

static __u64 request_id(void)
{
	return notifying.request.notif.notif.id;
}

static void tell_to_ask(void)
{
	CHECK(write(notifying.commands[1], "", 1) == 1);
}

static void await_asker(void)
{
	char byte;

	CHECK(read(notifying.answers[0], &byte, 1) == 1);
}

static long receive(bool append)
{
	memset(&notifying.request, 0, sizeof(notifying.request));
	return ioctl(notifying.listener, append ? SECCOMP_IOCTL_NOTIF_RECV_APPEND(256)
		     : SECCOMP_IOCTL_NOTIF_RECV, &notifying.request);
}

static long answer(__s64 value, __u32 flags)
{
	struct seccomp_notif_resp response = { .id = request_id(), .val = value, .flags = flags };

	return ioctl(notifying.listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static void notify_setup(const void *arg)
{
	const struct notify *how = arg;
	pthread_t thread;

	notifying.how = how;
	CHECK(!pipe(notifying.commands) && !pipe(notifying.answers));
	CHECK(!pthread_create(&thread, NULL, asker, NULL));
	await_asker();
	notifying.fd = next_fd();
	if (how->asker)
		return;
	tell_to_ask();
	CHECK(listener_events(20000) == POLLIN);
	if (how->what == SEND || how->what == ADDFD || how->what == ID_VALID)
		CHECK(!receive(false));
}

static long add_fd(const struct notify *how)
{
	struct seccomp_notif_addfd addfd = {
		.id = request_id(), .flags = how->addfd_flags, .srcfd = 1, .newfd = how->newfd,
	};

	return ioctl(notifying.listener, SECCOMP_IOCTL_NOTIF_ADDFD, &addfd);
}

/* The faults are those of the supervisor. */
static long notify_run(const void *arg)
{
	const struct notify *how = arg;
	struct seccomp_notif_resp response = { .id = request_id(), .val = 1042 };
	struct pollfd pollfd = { .fd = notifying.listener, .events = POLLIN };
	__u64 id = request_id();

	switch (how->what) {
	case RECV:
	case RECV_APPEND:
		return FAULTY(receive(how->what == RECV_APPEND));
	case ID_VALID:
		return FAULTY(ioctl(notifying.listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id));
	case SEND:
		return FAULTY(ioctl(notifying.listener, SECCOMP_IOCTL_NOTIF_SEND, &response));
	case POLL:
		return FAULTY(poll(&pollfd, 1, 0));
	case CLOSE:
		return FAULTY(syscall(__NR_close, notifying.listener));
	default:
		return FAULTY(add_fd(how));
	}
}

static void notify_verify(const void *arg, long result)
{
	const struct notify *how = arg;
	bool adds = how->what == ADDFD && result >= 0;

	if (result < 0) {
		/* The request is as it was, and nothing is in the way of the next attempt. */
		CHECK(next_fd() == notifying.fd);
		CHECK(listener_events(0) ==
		      (how->what == RECV || how->what == RECV_APPEND || how->what == POLL ? POLLIN
		       : POLLOUT));
		return;
	}
	if (how->what == POLL) {
		CHECK(!receive(false));
	} else if (how->what == CLOSE) {
		await_asker();
		CHECK(notifying.result == -ENOSYS);
		return;
	}
	if (adds) {
		CHECK(fcntl(result, F_GETFD) == 0);
		if (how->newfd)
			CHECK(result == how->newfd && next_fd() == notifying.fd);
		else
			CHECK(result == notifying.fd && next_fd() == notifying.fd + 1);
	} else {
		CHECK(next_fd() == notifying.fd);
	}
	if (how->what == RECV_APPEND)
		CHECK(!how->argument || notifying.request.notif.extensible_arg_size == 24);
	if (how->what != SEND && !(how->addfd_flags & SECCOMP_ADDFD_FLAG_SEND))
		CHECK(!answer(1042, 0));
	await_asker();
	CHECK(notifying.result == (how->addfd_flags & SECCOMP_ADDFD_FLAG_SEND ? result : 1042));
}

/* The faults are those of the one that asks. */
static long asker_run(const void *arg)
{
	const struct notify *how = arg;
	bool replied = false;
	long result = 0;

	tell_to_ask();
	for (;;) {
		struct pollfd pollfds[] = {
			{ .fd = notifying.answers[0], .events = POLLIN },
			{ .fd = notifying.listener, .events = POLLIN },
		};

		CHECK(poll(pollfds, 2, 20000) > 0);
		if (pollfds[0].revents)
			break;
		CHECK(!replied && pollfds[1].revents == POLLIN);
		CHECK(!receive(true));
		CHECK(how->argument ==
		      !!(notifying.request.notif.features & SECCOMP_DATA_FEATURE_EA));
		if (how->what == ADDFD) {
			result = add_fd(how);
			result = result == -1 ? -errno : result;
		}
		if (how->argument)
			CHECK(!answer(0, SECCOMP_USER_NOTIF_FLAG_CONTINUE));
		else if (how->what != ADDFD || !(how->addfd_flags & SECCOMP_ADDFD_FLAG_SEND) ||
			 result < 0)
			CHECK(!answer(1042, 0));
		replied = true;
	}
	await_asker();
	if (how->argument) {
		if (notifying.result >= 0)
			CHECK(!close(notifying.result));
		return notifying.result;
	}
	if (replied && how->what == ADDFD) {
		if (result >= 0)
			CHECK(!close(result));
		CHECK(notifying.result ==
		      (result >= 0 && how->addfd_flags & SECCOMP_ADDFD_FLAG_SEND ? result : 1042));
		return result;
	}
	CHECK(!replied || notifying.result == 1042);
	return notifying.result;
}

static void asker_verify(const void *arg, long result)
{
	CHECK(next_fd() == notifying.fd);
	CHECK(!(listener_events(0) & (POLLIN | POLLOUT)));
}

#define NOTIFY(name_, ...) { \
		.name = name_, .setup = notify_setup, .run = notify_run, .verify = notify_verify, \
		.arg = &(const struct notify) { __VA_ARGS__ }, \
	}
#define ASKER(name_, ...) { \
		.name = name_, .setup = notify_setup, .run = asker_run, .verify = asker_verify, \
		.arg = &(const struct notify) { __VA_ARGS__, .asker = true }, \
	}

TEST_F(fault, notifier)
{
	const struct fault_op ops[] = {
		NOTIFY("RECV", .what = RECV),
		NOTIFY("RECV_APPEND", .what = RECV_APPEND, .argument = true),
		NOTIFY("ID_VALID", .what = ID_VALID),
		NOTIFY("SEND", .what = SEND),
		NOTIFY("ADDFD", .what = ADDFD),
		NOTIFY("ADDFD, SETFD", .what = ADDFD,
		       .addfd_flags = SECCOMP_ADDFD_FLAG_SETFD, .newfd = 300),
		NOTIFY("ADDFD, SEND", .what = ADDFD,
		       .addfd_flags = SECCOMP_ADDFD_FLAG_SEND),
		NOTIFY("poll of a listener", .what = POLL),
		NOTIFY("close of a listener", .what = CLOSE),
	};

	DRIVE(ops);
}

TEST_F(fault, notified)
{
	const struct fault_op ops[] = {
		ASKER("a call that asks", .what = RECV),
		ASKER("a call that asks, with a struct", .what = RECV, .argument = true),
		ASKER("a call that is given a file", .what = ADDFD),
		ASKER("a call that is given a file, in a place beyond the table", .what = ADDFD,
		      .addfd_flags = SECCOMP_ADDFD_FLAG_SETFD, .newfd = 700),
		ASKER("a call that is answered by a file", .what = ADDFD,
		      .addfd_flags = SECCOMP_ADDFD_FLAG_SEND),
	};

	DRIVE(ops);
}

/* Inspection. */

static pid_t tracee;

static void tracee_setup(const void *arg)
{
	int status;

	tracee = fork();
	CHECK(tracee >= 0);
	if (!tracee) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		install_old(1);
		append_extensible();
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	CHECK(waitpid(tracee, &status, 0) == tracee && WIFSTOPPED(status));
}

static long get_filter_run(const void *arg)
{
	struct sock_filter insns[64];

	return FAULTY(syscall(__NR_ptrace, PTRACE_SECCOMP_GET_FILTER, tracee, 1, insns));
}

static long get_metadata_run(const void *arg)
{
	__u64 metadata[8] = { *(const __u64 *)arg };

	return FAULTY(syscall(__NR_ptrace, PTRACE_SECCOMP_GET_METADATA, tracee,
			      sizeof(metadata), metadata));
}

static void tracee_verify(const void *arg, long result)
{
	CHECK(count_filters(tracee) == 2);
}

TEST_F(fault, inspection)
{
	static const __u64 numbers[] = { 0, 1 };
	const struct fault_op ops[] = {
		OP("GET_FILTER", tracee_setup, get_filter_run, tracee_verify, NULL, 0),
		OP("GET_METADATA", tracee_setup, get_metadata_run, tracee_verify, &numbers[0], 0),
		OP("GET_METADATA, appended", tracee_setup, get_metadata_run, tracee_verify,
		   &numbers[1], 0),
	};

	DRIVE(ops);
}

static int shown;
static char text[65536], text_before[65536];

static void show_setup(const void *arg)
{
	char pid[16];

	tracee_setup(NULL);
	shown = open(DEBUGFS "filters", O_RDWR);
	CHECK(shown >= 0);
	sprintf(pid, "%d", tracee);
	CHECK(write(shown, pid, strlen(pid)) > 0);
	while (read(shown, text_before + strlen(text_before), 4096) > 0)
		;
	CHECK(strstr(text_before, "2 filters"));
}

static long show_open_run(const void *arg)
{
	long fd = FAULTY(open(arg, O_RDWR));

	if (fd >= 0)
		close(fd);
	return fd;
}

static long show_write_run(const void *arg)
{
	char pid[16];

	sprintf(pid, "%d", tracee);
	return FAULTY(write(shown, pid, strlen(pid)));
}

/* Reads it all, a part of it with faults. */
static long show_read_run(const void *arg)
{
	size_t len = 0;
	long ret;

	memset(text, 0, sizeof(text));
	lseek(shown, 0, SEEK_SET);
	/* Up to where residual programs are printed. */
	do {
		ret = FAULTY(read(shown, text + len, 4096));
		if (ret > 0)
			len += ret;
	} while (ret > 0);
	return ret;
}

static void show_verify(const void *arg, long result)
{
	if (result < 0)
		return;
	if (strstr(text, "(no memory)"))
		return;
	CHECK(!text[0] || !strcmp(text, text_before));
}

TEST_F(fault, debugfs)
{
	const struct fault_op ops[] = {
		OP("debugfs, open filters", NULL, show_open_run, NULL, DEBUGFS "filters", 0),
		OP("debugfs, open counters", NULL, show_open_run, NULL, DEBUGFS "counters", 0),
		OP("debugfs, choose a task", show_setup, show_write_run, NULL, NULL, 0),
		OP("debugfs, read filters", show_setup, show_read_run, show_verify, NULL, 0),
	};

	if (access(DEBUGFS "filters", F_OK))
		SKIP(return, "the module has no debugfs");
	DRIVE(ops);
}

/* To be the last one. */
TEST_F(fault, nothing_is_left)
{
	int leaks;

	for (int i = 0; i < 20 && module_references() > 0; i++)
		usleep(500000);
	EXPECT_EQ(0, module_references());
	leaks = find_leaks();
	if (leaks < 0)
		SKIP(return, "no kmemleak in this kernel");
	EXPECT_EQ(0, leaks);
}

TEST_HARNESS_MAIN
