// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that a process can tie up in filters. For each of some filters, installs it until the
 * path is full; prints its name, the number of filters, and the KiB that they take in all.
 */

#include "append.h"
#include "memory.h"

static struct sock_filter insns[4096];
static size_t len;

static void add(struct sock_filter insn)
{
	insns[len++] = insn;
}

/* The shortest one. */
static void allow(void)
{
	add((struct sock_filter)RET(SECCOMP_RET_ALLOW));
}

/* Its verdict depends on an argument, for every call. */
static void argument(void)
{
	add((struct sock_filter)LOAD(args[5]));
	add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xdecafbad, 0, 1));
	add((struct sock_filter)RET(SECCOMP_RET_LOG));
	allow();
}

/* And differs for every number. */
static void number(void)
{
	add((struct sock_filter)LOAD(args[5]));
	add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xdecafbad, 0, 3));
	add((struct sock_filter)LOAD(nr));
	add((struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ALLOW));
	add((struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0));
	allow();
}

/* Many constant verdicts; filters on top of it have a table with all of them. */
static void constants(void)
{
	add((struct sock_filter)LOAD(nr));
	for (int nr = 0; nr < 250; nr++) {
		add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1));
		add((struct sock_filter)RET(nr == __NR_seccomp || nr == __NR_prctl ||
					    nr == __NR_read || nr == __NR_write ?
					    SECCOMP_RET_ALLOW : SECCOMP_RET_TRACE | nr));
	}
	allow();
}

/* Installs below(), then the filter of make() as often as possible, and waits to be killed. */
static int fill(void (*below)(void), void (*make)(void), bool appended, int said, int go)
{
	char byte;
	int count = 0;

	if (no_new_privs() || write(said, &count, sizeof(count)) < 0 || read(go, &byte, 1) < 0)
		return 1;
	if (below) {
		len = 0;
		below();
		if (install(insns, len, 0))
			return 1;
	}
	len = 0;
	make();
	while (!(appended ? append(insns, len, 0, 0) : install(insns, len, 0)))
		count++;
	if (errno != ENOMEM)
		return 1;
	if (write(said, &count, sizeof(count)) < 0)
		return 1;
	/* Some of the filters allow nothing else. */
	return read(go, &byte, 1) < 0;
}

static void measure(const char *name, void (*below)(void), void (*make)(void), bool appended)
{
	int said[2], go[2], count = -1;
	long before, after;
	pid_t pid;

	if (pipe(said) || pipe(go))
		exit(1);
	pid = fork();
	if (!pid) {
		close(said[0]);
		_exit(fill(below, make, appended, said[1], go[0]));
	}
	close(said[1]);
	if (read(said[0], &count, sizeof(count)) != sizeof(count))
		exit(1);
	/* For late frees. */
	sleep(2);
	before = memory_used();
	if (write(go[1], "", 1) != 1 || read(said[0], &count, sizeof(count)) != sizeof(count))
		exit(1);
	sleep(2);
	after = memory_used();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(said[0]);
	close(go[0]);
	close(go[1]);
	printf("%s %d %ld\n", name, count, (after - before) / 1024);
	fflush(stdout);
}

int main(void)
{
	struct seccomp_features features;

	measure("allow", NULL, allow, false);
	measure("argument", NULL, argument, false);
	measure("number", NULL, number, false);
	measure("constants", NULL, constants, false);
	measure("allow_on_constants", constants, allow, false);
	measure("argument_on_constants", constants, argument, false);
	/* Only with the module. */
	if (seccomp(SECCOMP_GET_FEATURES, sizeof(features), &features))
		return 0;
	measure("appended", NULL, allow, true);
	measure("argument_appended", NULL, argument, true);
	measure("number_appended", NULL, number, true);
	return 0;
}
