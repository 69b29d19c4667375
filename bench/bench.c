// SPDX-License-Identifier: GPL-2.0
/*
 * Counts what system calls cost under filters. With -icount a nanosecond of the guest is an
 * instruction, and this process's CPU time is what the whole call takes, user side included.
 *
 *	bench PROFILE-DIRECTORY [PATTERN]
 *	bench compat [PATTERN]
 *
 * Prints a line for each case: its name and the instructions of one call, the best of some rounds.
 * Each case runs in a child of its own, as filters stay. The second form is for the same program
 * as a 32-bit one, with fewer cases. With a shell pattern, only the cases that it matches.
 */

#include "../selftests/lib/append.h"
#include "../selftests/lib/memory.h"

#include <fnmatch.h>
#include <linux/sched.h>
#include <sys/personality.h>
#include <time.h>

#define ROUNDS 15

static int rounds = ROUNDS;
static clockid_t measured = CLOCK_PROCESS_CPUTIME_ID;

static unsigned long long now(void)
{
	struct timespec ts;

	clock_gettime(measured, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* What is measured: count calls. */
typedef void (*body)(long count);

static void call_getppid(long count)
{
	while (count--)
		syscall(__NR_getppid);
}

static void call_personality(long count)
{
	while (count--)
		syscall(__NR_personality, 0xffffffffUL);
}

static void call_getpriority(long count)
{
	while (count--)
		syscall(__NR_getpriority, 0, 0);
}

/* In the container's profile: refused, and checked by its argument. */
static void call_denied(long count)
{
	while (count--)
		syscall(__NR_kexec_load, 0, 0, 0, 0);
}

static void call_socket(long count)
{
	while (count--)
		syscall(__NR_socket, 9999, 0, 0);
}

static void call_openat2(long count)
{
	static const unsigned long long how[3] = { O_RDONLY };

	while (count--)
		close(syscall(__NR_openat2, AT_FDCWD, "/dev/null", how, sizeof(how)));
}

static void call_clone3(long count)
{
	while (count--) {
		struct clone_args args = { .exit_signal = SIGCHLD };
		pid_t pid = syscall(__NR_clone3, &args, sizeof(args));

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static void call_fork(long count)
{
	while (count--) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

static unsigned long long best_of(body run, long count)
{
	unsigned long long best = ~0ULL;

	run(count);
	for (int i = 0; i < rounds; i++) {
		unsigned long long start = now(), empty, taken;

		run(count);
		taken = now() - start;
		/* Less what the measuring takes. */
		start = now();
		empty = now() - start;
		taken = (taken - empty) / count;
		if (taken < best)
			best = taken;
	}
	return best;
}

static void fail(const char *what)
{
	printf("# %s: %m\n", what);
	_exit(1);
}

static void must(int ret, const char *what)
{
	if (ret < 0)
		fail(what);
}

static const char *pattern = "*";

static bool wanted(const char *name)
{
	return !fnmatch(pattern, name, 0);
}

/* Runs setup and then measures, in a child. */
static void measure(const char *name, void (*setup)(long), long arg, body run, long count)
{
	int status;
	pid_t pid;

	if (!wanted(name))
		return;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		no_new_privs();
		if (setup)
			setup(arg);
		printf("%s %llu\n", name, best_of(run, count));
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status)
		printf("# %s: status %#x\n", name, status);
}

/* With the time of the children, of which there is no clock: nothing else runs meanwhile. */
static void measure_children(const char *name, void (*setup)(long), long arg, body run)
{
	measured = CLOCK_MONOTONIC;
	rounds = 300;
	measure(name, setup, arg, run, 1);
	rounds = ROUNDS;
	measured = CLOCK_PROCESS_CPUTIME_ID;
}

static void measure_forks(const char *name, void (*setup)(long), long arg)
{
	measure_children(name, setup, arg, call_fork);
}

static void allow(long depth)
{
	while (depth--)
		must(install_for(__NR_sched_get_priority_max, SECCOMP_RET_ERRNO | 1, 0), "allow");
}

/* getppid() is refused by the oldest filter; the others let it pass. */
static __u32 action = SECCOMP_RET_ERRNO | EPERM;

static void act(long depth)
{
	must(install_for(__NR_getppid, action, 0), "act");
	allow(depth - 1);
}

static void compare(long depth)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3),
		LOAD_ARG_LO(0),
		RET_IF_EQ(99, SECCOMP_RET_ERRNO | EPERM),
		RET(SECCOMP_RET_ALLOW),
	};

	must(INSTALL(insns, 0), "compare");
	allow(depth - 1);
}

/* As compare(), appended; reads no more than that, or the register's other half as well. */
static void append_compare(long nr_high)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3),
		LOAD_ARG_LO(0),
		RET_IF_EQ(99, SECCOMP_RET_ERRNO | EPERM),
		RET(SECCOMP_RET_ALLOW),
	};
	struct sock_filter with_half[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 5),
		LOAD_AT(OFFSET(nr_high)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
		LOAD_ARG_LO(0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 99, 0, 1),
		RET(SECCOMP_RET_ERRNO | EPERM),
		RET(SECCOMP_RET_ALLOW),
	};

	if (nr_high)
		must(APPEND(with_half, WANT_NR_HIGH, 0), "nr_high");
	else
		must(APPEND(insns, 0, 0), "append");
}

static void append_allow(long depth)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_sched_get_priority_max, SECCOMP_RET_ERRNO | 1),
		RET(SECCOMP_RET_ALLOW),
	};

	while (depth--)
		must(APPEND(insns, WANT_NR_HIGH | WANT_ARCH, 0), "append_allow");
}

/* Compares two fields of each of the structs. */
static void ea_compare(long depth)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat2, 0, 4),
		LOAD_EA(0), /* flags */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT, 7, 0),
		LOAD_EA(16), /* resolve */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80000000, 5, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone3, 0, 5),
		LOAD_EA(0), /* flags */
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 2, 0),
		LOAD_EA(4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		RET(SECCOMP_RET_ERRNO | EPERM),
		RET(SECCOMP_RET_ALLOW),
	};

	while (depth--)
		must(APPEND(insns, USE_EA, sizeof(struct clone_args)), "ea_compare");
}

/* All filters compare an argument, and each another value. */
static void compare_each(long depth)
{
	while (depth--) {
		struct sock_filter insns[] = {
			LOAD(nr),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3),
			LOAD_ARG_LO(0),
			RET_IF_EQ(99 + depth, SECCOMP_RET_ERRNO | EPERM),
			RET(SECCOMP_RET_ALLOW),
		};

		must(INSTALL(insns, 0), "compare_each");
	}
}

/* A linear filter of so many rules, the last of which compares an argument. */
static size_t make_linear(struct sock_filter *insns, long rules)
{
	size_t n = 0;

	insns[n++] = (struct sock_filter)LOAD(nr);
	for (long i = 0; i < rules; i++) {
		insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 10000 + i, 0, 1);
		insns[n++] = (struct sock_filter)RET(SECCOMP_RET_ERRNO | EPERM);
	}
	insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3);
	insns[n++] = (struct sock_filter)LOAD_ARG_LO(0);
	insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 99, 0, 1);
	insns[n++] = (struct sock_filter)RET(SECCOMP_RET_ERRNO | EPERM);
	insns[n++] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	return n;
}

static void linear(long rules)
{
	static struct sock_filter insns[5000];

	must(install(insns, make_linear(insns, rules), 0), "linear");
}

/*
 * A filter of so many instructions, 1 or an even number, that allows everything but for the rule
 * for getppid() at its end.
 */
static void long_filter(long len, __u32 value)
{
	static struct sock_filter insns[4096];
	size_t n = 0;

	if (len > 1) {
		insns[n++] = (struct sock_filter)LOAD(nr);
		while (n + 3 < len) {
			insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
								  10000 + n, 0, 1);
			insns[n++] = (struct sock_filter)RET(SECCOMP_RET_ERRNO | EPERM);
		}
		insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getppid,
							  0, 1);
		insns[n++] = (struct sock_filter)RET(value);
	}
	insns[n++] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	must(n == len ? install(insns, n, 0) : -1, "long_filter");
}

static void allow_after(long len)
{
	long_filter(len, SECCOMP_RET_ALLOW);
}

static void errno_after(long len)
{
	long_filter(len, SECCOMP_RET_ERRNO | EPERM);
}

static struct sock_filter profile[4096];
static size_t profile_len;

static void load_profile(const char *directory, const char *form)
{
	char path[256];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "%s/profile-%s.bpf", directory, form);
	fd = open(path, O_RDONLY);
	len = read(fd, profile, sizeof(profile));
	close(fd);
	if (fd < 0 || len <= 0)
		fail(path);
	profile_len = len / sizeof(profile[0]);
}

static void install_profile(long unused)
{
	(void)unused;
	must(install(profile, profile_len, 0), "profile");
}

/*
 * Installing is measured in a child each, as a filter stays; the fork is not counted. Below it
 * are so many other filters.
 */
static void measure_install(const char *name, struct sock_filter *insns, size_t len, int below,
			    bool appended)
{
	unsigned long long best = ~0ULL;

	if (!wanted(name))
		return;
	for (int i = 0; i < ROUNDS; i++) {
		unsigned long long taken = 0;
		int pipes[2];
		pid_t pid;

		if (pipe(pipes))
			fail("pipe");
		pid = fork();
		if (!pid) {
			unsigned long long start;

			no_new_privs();
			allow(below);
			start = now();
			must(appended ? append(insns, len, 0, 0) : install(insns, len, 0), name);
			taken = now() - start;
			must(write(pipes[1], &taken, sizeof(taken)), "write");
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		if (read(pipes[0], &taken, sizeof(taken)) == sizeof(taken) && taken < best)
			best = taken;
		close(pipes[0]);
		close(pipes[1]);
	}
	printf("%s %llu\n", name, best);
}

/* Bytes per filter: some processes with many each, before and after those are installed. */
static void measure_memory(const char *name, struct sock_filter *insns, size_t len)
{
	enum { PROCESSES = 5, FILTERS = 30 };
	pid_t pids[PROCESSES];
	int said[2], go[2];
	long before, after;
	char byte;

	if (!wanted(name))
		return;
	if (pipe(said) || pipe(go))
		fail("pipe");
	for (int i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		if (pids[i])
			continue;
		no_new_privs();
		must(write(said[1], "", 1), "write");
		must(read(go[0], &byte, 1), "read");
		for (int n = 0; n < FILTERS; n++) {
			/* Which qemu/bench takes for a failure, in the end. */
			if (install(insns, len, 0))
				printf("# %s: %m\n", name);
		}
		must(write(said[1], "", 1), "write");
		pause();
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++)
		must(read(said[0], &byte, 1), "read");
	/* For what is freed late. */
	sleep(2);
	before = memory_used();
	for (int i = 0; i < PROCESSES; i++)
		must(write(go[1], "", 1), "write");
	for (int i = 0; i < PROCESSES; i++)
		must(read(said[0], &byte, 1), "read");
	sleep(2);
	after = memory_used();
	for (int i = 0; i < PROCESSES; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	sleep(1);
	printf("%s %ld\n", name, (after - before) / (PROCESSES * FILTERS));
}

static void on_sigsys(int signal)
{
	(void)signal;
}

static void trap(long depth)
{
	struct sigaction handler = { .sa_handler = on_sigsys };

	sigaction(SIGSYS, &handler, NULL);
	act(depth);
}

/* Round trips: a child answers, the CPU time of both counts. */
static void measure_notify(void)
{
	unsigned long long best = ~0ULL;
	int socks[2], listener;
	pid_t pid;

	if (!wanted("notify_round_trip"))
		return;
	pid = fork();
	if (!pid) {
		no_new_privs();
		listener = install_for(__NR_getppid, SECCOMP_RET_USER_NOTIF,
				       SECCOMP_FILTER_FLAG_NEW_LISTENER);
		must(listener, "listener");
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, socks))
			fail("socketpair");
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;) {
				struct seccomp_notif notif = {};
				struct seccomp_notif_resp response = {};

				if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notif))
					_exit(0);
				response.id = notif.id;
				if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response))
					_exit(0);
			}
		}
		close(listener);
		call_getppid(100);
		for (int i = 0; i < ROUNDS; i++) {
			struct timespec a, b;
			unsigned long long taken;

			/* Two tasks on one CPU that do nothing else: all time is theirs. */
			clock_gettime(CLOCK_MONOTONIC, &a);
			call_getppid(500);
			clock_gettime(CLOCK_MONOTONIC, &b);
			taken = (b.tv_sec - a.tv_sec) * 1000000000ULL + b.tv_nsec - a.tv_nsec;
			if (taken / 500 < best)
				best = taken / 500;
		}
		printf("notify_round_trip %llu\n", best);
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* Does the number of other tasks, with a filter each, matter? */
static void measure_beside(int count, struct sock_filter *insns, size_t len)
{
	char name[2][64];
	int said[2];
	pid_t parent;
	char byte;

	snprintf(name[0], sizeof(name[0]), "install_10_insns_beside_%d_tasks", count);
	snprintf(name[1], sizeof(name[1]), "allow_fork_exit_beside_%d_tasks", count);
	if (!wanted(name[0]) && !wanted(name[1]))
		return;
	if (pipe(said))
		fail("pipe");
	parent = fork();
	if (!parent) {
		setpgid(0, 0);
		no_new_privs();
		for (int i = 0; i < count; i++) {
			if (fork())
				continue;
			must(install(insns, len, 0), "beside");
			must(write(said[1], "", 1), "write");
			pause();
		}
		pause();
	}
	for (int i = 0; i < count; i++)
		must(read(said[0], &byte, 1), "read");
	measure_install(name[0], insns, len, 0, false);
	measure_forks(name[1], allow, 1);
	kill(-parent, SIGKILL);
	waitpid(parent, NULL, 0);
	close(said[0]);
	close(said[1]);
	sleep(1);
}

/* Cases that are the same for 32-bit callers. */
static void measure_calls(const char *prefix)
{
	static const int depths[] = { 1, 2, 4, 8, 16, 32, 64 };
	char name[64];

	snprintf(name, sizeof(name), "%snone_getppid", prefix);
	measure(name, NULL, 0, call_getppid, 2000);
	snprintf(name, sizeof(name), "%snone_getpriority", prefix);
	measure(name, NULL, 0, call_getpriority, 2000);
	for (int i = 0; i < LENGTH(depths); i++) {
		snprintf(name, sizeof(name), "%sallow_%d", prefix, depths[i]);
		measure(name, allow, depths[i], call_getppid, 2000);
	}
	for (int i = 0; i < LENGTH(depths); i++) {
		snprintf(name, sizeof(name), "%serrno_%d", prefix, depths[i]);
		measure(name, act, depths[i], call_getppid, 2000);
	}
	for (int i = 0; i < LENGTH(depths); i++) {
		snprintf(name, sizeof(name), "%scompare_%d", prefix, depths[i]);
		measure(name, compare, depths[i], call_getpriority, 2000);
	}
}

/* What the built-in engine has not. */
static void measure_appended(void)
{
	static struct sock_filter insns[5000];
	size_t len;

	measure("append_allow_1", append_allow, 1, call_getppid, 2000);
	measure("append_allow_32", append_allow, 32, call_getppid, 2000);
	measure("append_compare", append_compare, 0, call_getpriority, 2000);
	measure("append_compare_nr_high", append_compare, 1, call_getpriority, 2000);
	len = make_linear(insns, 1);
	measure_install("append_install_10_insns", insns, len, 0, true);
	len = make_linear(insns, 295);
	measure_install("append_install_597_insns", insns, len, 0, true);
	measure("ea_openat2_close", ea_compare, 1, call_openat2, 500);
	measure("ea_32_openat2_close", ea_compare, 32, call_openat2, 500);
	measure_children("ea_clone3_exit", ea_compare, 1, call_clone3);
}

int main(int argc, char **argv)
{
	static const char *const forms[] = { "linear", "tree" };
	static const int insn_counts[] = { 1, 4, 16, 64, 256, 1024, 4096 };
	static const int lengths[] = { 1, 4, 16, 64, 256, 1024, 2045 };
	static struct sock_filter insns[5000];
	char name[64];
	size_t len;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		return 2;
	if (argc > 2)
		pattern = argv[2];
	/* The JIT is what everybody has. */
	write_file("/proc/sys/net/core/bpf_jit_enable", "1");
	sleep(2);
	if (!strcmp(argv[1], "compat")) {
		measure_calls("compat_");
		return 0;
	}

	measure("none_personality", NULL, 0, call_personality, 2000);
	measure("none_socket", NULL, 0, call_socket, 2000);
	measure("none_openat2_close", NULL, 0, call_openat2, 500);
	measure_children("none_clone3_exit", NULL, 0, call_clone3);
	measure_forks("none_fork_exit", NULL, 0);
	measure_calls("");
	measure("compare_each_2", compare_each, 2, call_getpriority, 2000);
	measure("compare_each_32", compare_each, 32, call_getpriority, 2000);
	for (int i = 0; i < LENGTH(lengths); i++) {
		snprintf(name, sizeof(name), "compare_after_%d_rules", lengths[i]);
		measure(name, linear, lengths[i], call_getpriority, 2000);
	}
	for (int i = 0; i < LENGTH(insn_counts); i++) {
		snprintf(name, sizeof(name), "allow_after_%d_insns", insn_counts[i]);
		measure(name, allow_after, insn_counts[i], call_getppid, 2000);
	}
	for (int i = 1; i < LENGTH(insn_counts); i++) {
		snprintf(name, sizeof(name), "errno_after_%d_insns", insn_counts[i]);
		measure(name, errno_after, insn_counts[i], call_getppid, 2000);
	}
	measure("compare_after_300_rules", linear, 300, call_getpriority, 2000);
	measure("allow_openat2_close", allow, 1, call_openat2, 500);
	measure_forks("allow_fork_exit", allow, 1);
	measure_children("allow_clone3_exit", allow, 1, call_clone3);
	measure_forks("allow_32_fork_exit", allow, 32);
	action = SECCOMP_RET_TRACE;
	measure("trace_1", act, 1, call_getppid, 2000);
	measure("trace_32", act, 32, call_getppid, 2000);
	action = SECCOMP_RET_USER_NOTIF;
	measure("user_notif_1", act, 1, call_getppid, 2000);
	measure("user_notif_32", act, 32, call_getppid, 2000);
	action = SECCOMP_RET_TRAP;
	measure("trap_1", trap, 1, call_getppid, 500);
	measure("trap_32", trap, 32, call_getppid, 500);
	action = SECCOMP_RET_LOG;
	write_file("/proc/sys/kernel/seccomp/actions_logged", "kill_process");
	measure("log_1", act, 1, call_getppid, 2000);
	measure("log_32", act, 32, call_getppid, 2000);

	for (int i = 0; i < LENGTH(forms); i++) {
		load_profile(argv[1], forms[i]);
		snprintf(name, sizeof(name), "profile_%s_allowed", forms[i]);
		measure(name, install_profile, 0, call_getppid, 2000);
		snprintf(name, sizeof(name), "profile_%s_denied", forms[i]);
		measure(name, install_profile, 0, call_denied, 2000);
		snprintf(name, sizeof(name), "profile_%s_personality", forms[i]);
		measure(name, install_profile, 0, call_personality, 2000);
		snprintf(name, sizeof(name), "profile_%s_socket", forms[i]);
		measure(name, install_profile, 0, call_socket, 2000);
		snprintf(name, sizeof(name), "profile_%s_install", forms[i]);
		measure_install(name, profile, profile_len, 0, false);
		snprintf(name, sizeof(name), "profile_%s_memory", forms[i]);
		measure_memory(name, profile, profile_len);
	}
	len = make_linear(insns, 1);
	measure_install("install_10_insns", insns, len, 0, false);
	measure_install("install_10_insns_on_7", insns, len, 7, false);
	measure_install("install_10_insns_on_15", insns, len, 15, false);
	measure_install("install_10_insns_on_31", insns, len, 31, false);
	measure_install("install_10_insns_on_63", insns, len, 63, false);
	measure_memory("memory_10_insns", insns, len);
	len = make_linear(insns, 295);
	measure_install("install_597_insns", insns, len, 0, false);
	measure_memory("memory_597_insns", insns, len);
	measure_beside(1000, insns, make_linear(insns, 1));
	measure_notify();
	if (!access("/sys/module/rust_seccomp", F_OK))
		measure_appended();
	return 0;
}
