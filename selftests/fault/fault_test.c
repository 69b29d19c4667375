// SPDX-License-Identifier: GPL-2.0
/*
 * Out of memory: each allocation, and each copy from and to user memory, fails in turn while
 * filters are attached, in the other operations of seccomp(), and when filters decide on a call.
 * Each time the call either fails with the right error and leaves no trace, or succeeds.
 *
 * Needs a kernel with fault injection: the debug kernel of qemu/.
 */

#include "fault_fixture.h"

#define WAIT_KILLABLE SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define TSYNC SECCOMP_FILTER_FLAG_TSYNC
#define TSYNC_ESRCH SECCOMP_FILTER_FLAG_TSYNC_ESRCH

/* Kinds of filters, each of which shows in calls. */
enum shape {
	/* Refuses some calls. */
	CONSTANT,
	/* Looks at the argument of some calls. */
	RESIDUAL,
	/* As long as a filter may be, with instructions for every call. */
	LONGEST,
	/* Looks at openat2()'s struct. */
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
		ADD(REFUSE_BAD_OPEN);
		break;
	}
	ADD(RET(SECCOMP_RET_ALLOW));
	return len;
}

/* Checks that the filter of this shape is in force, or is not. */
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

/* Attaching a filter. */

struct attach {
	/* The number of older filters, and of sibling threads. */
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
	/* Sibling threads: each is told what to expect, checks it, and answers. */
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
		/* The analysis takes thousands of steps that are all alike. */
		ATTACH("a filter of 4096 instructions", FAULT_SHARED, .chain = 1, .shape = LONGEST),
	};

	/* The first places are those of all filters. */
	fault_all = 8;
	fault_step *= 100;
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

/* Strict mode: the task can only store the result and exit. */
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

/* Verdicts on a call. */

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
		/* If the kernel cannot write the signal's frame it kills the process. */
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

/* Must be the last case. */
TEST_F(fault, nothing_is_left)
{
	expect_nothing_left(_metadata);
}

TEST_HARNESS_MAIN
