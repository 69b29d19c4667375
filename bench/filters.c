// SPDX-License-Identifier: GPL-2.0
/*
 * The filters that calls are measured under.
 */

#include "bench.h"

#include <linux/sched.h>

void allow(long depth)
{
	while (depth--)
		must(install_for(__NR_sched_get_priority_max, SECCOMP_RET_ERRNO | 1, 0), "allow");
}

__u32 action = SECCOMP_RET_ERRNO | EPERM;

void act(long depth)
{
	must(install_for(__NR_getppid, action, 0), "act");
	allow(depth - 1);
}

void compare(long depth)
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

void append_compare(long nr_high)
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

void append_allow(long depth)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_sched_get_priority_max, SECCOMP_RET_ERRNO | 1),
		RET(SECCOMP_RET_ALLOW),
	};

	while (depth--)
		must(APPEND(insns, WANT_NR_HIGH | WANT_ARCH, 0), "append_allow");
}

void ea_compare(long depth)
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

void ea_address(long nr)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 5),
		LOAD_EA(0), /* family and port */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET | 80 << 24, 0, 3),
		LOAD_EA(4), /* address */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x0100007f, 1, 0),
		RET(SECCOMP_RET_ERRNO | EPERM),
		RET(SECCOMP_RET_ALLOW),
	};

	must(APPEND(insns, USE_EA, 128), "ea_address");
}

void compare_each(long depth)
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

size_t make_linear(struct sock_filter *insns, long rules)
{
	const struct sock_filter last[] = {
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getpriority, 0, 3),
		LOAD_ARG_LO(0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 99, 0, 1),
		RET(SECCOMP_RET_ERRNO | EPERM),
		RET(SECCOMP_RET_ALLOW),
	};
	size_t n = 0;

	insns[n++] = (struct sock_filter)LOAD(nr);
	for (long i = 0; i < rules; i++) {
		insns[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							  10000 + i, 0, 1);
		insns[n++] = (struct sock_filter)RET(SECCOMP_RET_ERRNO | EPERM);
	}
	memcpy(insns + n, last, sizeof(last));
	return n + LENGTH(last);
}

void linear(long rules)
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

void allow_after(long len)
{
	long_filter(len, SECCOMP_RET_ALLOW);
}

void errno_after(long len)
{
	long_filter(len, SECCOMP_RET_ERRNO | EPERM);
}

struct sock_filter profile[4096];
size_t profile_len;

void load_profile(const char *directory, const char *form)
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

void install_profile(long unused)
{
	(void)unused;
	must(install(profile, profile_len, 0), "profile");
}

static void on_sigsys(int signal)
{
	(void)signal;
}

void trap(long depth)
{
	struct sigaction handler = { .sa_handler = on_sigsys };

	sigaction(SIGSYS, &handler, NULL);
	act(depth);
}
