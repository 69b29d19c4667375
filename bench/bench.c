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

#include "bench.h"

#include <time.h>

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

	/* By now forks take more than at the beginning. */
	measure_children("later_clone3_exit", NULL, 0, call_clone3);
	/* A filter that never looks at the struct of this call. */
	measure("ea_of_another_openat2_close", ea_address, __NR_connect, call_openat2, 500);
	measure_children("ea_of_another_clone3_exit", ea_address, __NR_connect, call_clone3);
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
	measure("ea_connect", ea_address, __NR_connect, call_connect, 2000);
}

int main(int argc, char **argv)
{
	static const char *const forms[] = { "linear", "tree", "secpol" };
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
	measure("none_connect", NULL, 0, call_connect, 2000);
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
	measure("allow_connect", allow, 1, call_connect, 2000);
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
