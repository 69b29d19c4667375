// SPDX-License-Identifier: GPL-2.0
/*
 * Processes: namespaces, other programs, and what belongs to others.
 */

#include "escape.h"

#include <linux/bpf.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

static int reap(long pid)
{
	if (pid < 0)
		return errno;
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, __WALL);
	return 0;
}

static int clone3_with(__u64 flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };

	return reap(syscall(__NR_clone3, &args, sizeof(args)));
}

static int clone_namespace(void)
{
	return reap(syscall(__NR_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL));
}

static int clone3_namespace(void)
{
	return clone3_with(CLONE_NEWUSER);
}

static int clone3_empty(void)
{
	return clone3_with(CLONE_EMPTY_MNTNS);
}

static int clone3_process(void)
{
	return clone3_with(0);
}

static int clone_process(void)
{
	return reap(syscall(__NR_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}

static int leave_namespace(void)
{
	return done(syscall(__NR_unshare, CLONE_NEWUTS));
}

static int enter_namespace(void)
{
	int pidfd = syscall(__NR_pidfd_open, getppid(), 0);
	int error = pidfd < 0 ? errno : done(syscall(__NR_setns, pidfd, CLONE_NEWUTS));

	close(pidfd);
	return error;
}

static void *run_thread(void *ran)
{
	*(bool *)ran = true;
	return NULL;
}

static int make_thread(void)
{
	bool ran = false;
	pthread_t thread;
	int error = pthread_create(&thread, NULL, run_thread, &ran);

	return error ?: pthread_join(thread, NULL) ?: !ran;
}

static int execute(void)
{
	execl("/bin/true", "true", NULL);
	return errno;
}

static int execute_in_child(void)
{
	int status;
	pid_t pid = vfork();

	if (!pid) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	return pid < 0 ? errno : waitpid(pid, &status, 0) < 0 || status;
}

static int be_traced(void)
{
	return done(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int read_memory(void)
{
	char from = 'x', to = 0;
	struct iovec local = { &to, 1 }, remote = { &from, 1 };

	return done(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
}

static int take_descriptor(void)
{
	int pidfd = syscall(__NR_pidfd_open, getppid(), 0);
	int error = pidfd < 0 ? errno : closed(syscall(__NR_pidfd_getfd, pidfd, 0, 0));

	close(pidfd);
	return error;
}

static int signal_parent(void)
{
	return done(syscall(__NR_kill, getppid(), 0));
}

static int own_signals(void)
{
	return done(fcntl(GIVEN, F_SETOWN, getppid()));
}

static int limit_parent(void)
{
	const struct rlimit limit = { 0, RLIM_INFINITY };

	return done(prlimit(getppid(), RLIMIT_CORE, &limit, NULL));
}

static int make_ring(void)
{
	struct io_uring_params params = { };

	return closed(syscall(__NR_io_uring_setup, 1, &params));
}

static int make_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1,
	};

	return closed(syscall(__NR_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int count_events(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_DUMMY,
	};

	return closed(syscall(__NR_perf_event_open, &attr, 0, -1, -1, 0));
}

static int find_keys(void)
{
	return done(syscall(__NR_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1));
}

static int serve_faults(void)
{
	return closed(syscall(__NR_userfaultfd, O_CLOEXEC));
}

static int executable_memory(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? errno : done(munmap(memory, 4096));
}

static int executable_later(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? errno : done(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

static int file_in_memory(void)
{
	return closed(syscall(__NR_memfd_create, "file", 0));
}

static int lock_with_owner(void)
{
	static int word;

	return done(syscall(__NR_futex, &word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
}

static int change_layout(void)
{
	/* ADDR_NO_RANDOMIZE */
	return done(syscall(__NR_personality, 0x0040000));
}

const struct attempt task_attempts[] = {
	{ "make a user namespace by clone()", ALL, 0, clone_namespace },
	{ "make one by clone3()", ALL, 0, clone3_namespace },
	{ "make an empty mount namespace", ALL, 0, clone3_empty },
	{ "make a process by clone()", BROWSER, AGENT | BUILD | CONTAINER, clone_process },
	{ "make a process by clone3()", BROWSER, AGENT | BUILD | CONTAINER, clone3_process },
	{ "make a thread", 0, ALL, make_thread },
	{ "leave a namespace", ALL, 0, leave_namespace },
	{ "enter a namespace", ALL, 0, enter_namespace },
	{ "execute another program", AGENT | BROWSER, 0, execute },
	{ "execute it in a child", AGENT | BROWSER, BUILD | CONTAINER, execute_in_child },
	{ "be traced", AGENT | BROWSER | BUILD, 0, be_traced },
	{ "read a process's memory", AGENT | BROWSER | BUILD, CONTAINER, read_memory },
	{ "take another process's descriptor", ALL, 0, take_descriptor },
	{ "signal another process", AGENT | BROWSER, BUILD | CONTAINER, signal_parent },
	{ "signal it by a descriptor", AGENT | BROWSER | BUILD, 0, own_signals },
	{ "set another process's limits", AGENT | BROWSER | BUILD, 0, limit_parent },
	{ "make a ring", ALL, 0, make_ring },
	{ "make a BPF map", ALL, 0, make_map },
	{ "count events", ALL, 0, count_events },
	{ "find keys", ALL, 0, find_keys },
	{ "serve page faults", ALL, 0, serve_faults },
	{ "map executable memory", AGENT, BROWSER | BUILD | CONTAINER, executable_memory },
	{ "make memory executable", AGENT, BROWSER | BUILD | CONTAINER, executable_later },
	{ "make a file in memory", AGENT, BROWSER | BUILD | CONTAINER, file_in_memory },
	{ "take a lock that has an owner", BROWSER, AGENT | BUILD | CONTAINER, lock_with_owner },
	{ "turn off the random layout", ALL, 0, change_layout },
	{ },
};
