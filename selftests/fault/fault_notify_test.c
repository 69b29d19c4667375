// SPDX-License-Identifier: GPL-2.0
/*
 * Out of memory: each allocation, and each copy from and to user memory, fails in turn in
 * notification, of the supervisor and of the confined thread, and in the inspection of filters by
 * ptrace and debugfs. Each time the call either fails with the right error and leaves no trace, or
 * succeeds.
 *
 * Needs a kernel with fault injection: the debug kernel of qemu/.
 */

#include "fault_fixture.h"

#define DEBUGFS "/sys/kernel/debug/rust_seccomp/"

/* Notification: a confined thread makes calls, and another thread answers. */

struct notify {
	/* The supervisor's operation, with faults unless the confined thread has them. */
	enum { RECV, RECV_APPEND, ID_VALID, SEND, ADDFD, POLL, CLOSE } what;
	unsigned int addfd_flags, newfd;
	/* The call has an extensible argument. */
	bool argument;
	/* The confined thread has the faults. */
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

/* Faults of the supervisor. */
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
		/* The request is unchanged, and the next attempt can succeed. */
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

/* Faults of the confined thread. */
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

#define NOTIFY(name_, flags_, ...) { \
		.name = name_, .setup = notify_setup, .run = notify_run, .verify = notify_verify, \
		.arg = &(const struct notify) { __VA_ARGS__ }, .flags = flags_, \
	}
#define ASKER(name_, flags_, ...) { \
		.name = name_, .setup = notify_setup, .run = asker_run, .verify = asker_verify, \
		.arg = &(const struct notify) { __VA_ARGS__, .asker = true }, .flags = flags_, \
	}

TEST_F(fault, notifier)
{
	const struct fault_op ops[] = {
		NOTIFY("RECV", FAULT_MAY_BE_NONE, .what = RECV),
		NOTIFY("RECV_APPEND", 0, .what = RECV_APPEND, .argument = true),
		NOTIFY("ID_VALID", FAULT_MAY_BE_NONE, .what = ID_VALID),
		NOTIFY("SEND", FAULT_MAY_BE_NONE, .what = SEND),
		NOTIFY("ADDFD", 0, .what = ADDFD),
		NOTIFY("ADDFD, SETFD", 0, .what = ADDFD,
		       .addfd_flags = SECCOMP_ADDFD_FLAG_SETFD, .newfd = 300),
		NOTIFY("ADDFD, SEND", 0, .what = ADDFD,
		       .addfd_flags = SECCOMP_ADDFD_FLAG_SEND),
		NOTIFY("poll of a listener", 0, .what = POLL),
		NOTIFY("close of a listener", 0, .what = CLOSE),
	};

	DRIVE(ops);
}

TEST_F(fault, notified)
{
	const struct fault_op ops[] = {
		ASKER("a call that asks", FAULT_MAY_BE_NONE, .what = RECV),
		ASKER("a call that asks, with a struct", 0, .what = RECV, .argument = true),
		ASKER("a call that is given a file", FAULT_MAY_BE_NONE, .what = ADDFD),
		ASKER("a call that is given a file, in a place beyond the table", 0, .what = ADDFD,
		      .addfd_flags = SECCOMP_ADDFD_FLAG_SETFD, .newfd = 700),
		ASKER("a call that is answered by a file", FAULT_MAY_BE_NONE, .what = ADDFD,
		      .addfd_flags = SECCOMP_ADDFD_FLAG_SEND),
	};

	DRIVE(ops);
}

/* Inspection of filters. */

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

/* Reads the whole file, a part of it with faults. */
static long show_read_run(const void *arg)
{
	size_t len = 0;
	long ret;

	memset(text, 0, sizeof(text));
	lseek(shown, 0, SEEK_SET);
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
	};

	if (access(DEBUGFS "filters", F_OK))
		SKIP(return, "the module has no debugfs");
	DRIVE(ops);
}

TEST_F(fault, debugfs_reading)
{
	const struct fault_op ops[] = {
		OP("debugfs, read filters", show_setup, show_read_run, show_verify, NULL, 0),
	};

	if (access(DEBUGFS "filters", F_OK))
		SKIP(return, "the module has no debugfs");
	/* The places repeat for each call, whose residual program is made again. */
	fault_step *= 10;
	DRIVE(ops);
}

/* Must be the last case. */
TEST_F(fault, nothing_is_left)
{
	expect_nothing_left(_metadata);
}

TEST_HARNESS_MAIN
