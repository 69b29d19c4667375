// SPDX-License-Identifier: GPL-2.0
/*
 * Counts what it takes to install filters. With -icount a nanosecond of the guest is an
 * instruction.
 *
 *	install FILE [ROUNDS]
 *
 * FILE holds programs one after the other: the number of instructions in 32 bits, and those as
 * struct sock_filter. Prints for each its place in the file, its length, and the instructions that
 * seccomp(2) takes for it, the best of some rounds; each round in a child, as filters stay.
 */

#include "../selftests/lib/common.h"

/*
 * The virtual clock by an instruction, as the filter may deny any system call. It runs while others
 * do, too: the best of some rounds is without them.
 */
static unsigned long long now(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	unsigned long long ticks, per_second;

	asm volatile("isb; mrs %0, cntvct_el0; mrs %1, cntfrq_el0" : "=r"(ticks), "=r"(per_second));
	return ticks * (1000000000ULL / per_second);
#endif
}

/* What a child measures; 0 if the filter was not installed. */
static unsigned long long *taken;

static unsigned long long measure(struct sock_fprog *prog)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		unsigned long long start;

		*taken = 0;
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		start = now();
		if (!syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, prog))
			*taken = now() - start;
		/* The filter may deny exit_group(). */
		__builtin_trap();
	}
	waitpid(pid, &status, 0);
	return *taken;
}

/*
 * Has some task keep a filter: compiled code comes from a pool of pages that is made, which takes
 * millions of instructions, and freed as a whole.
 */
static pid_t keep_one(void)
{
	struct sock_filter insns[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	struct sock_fprog prog = { 1, insns };
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog))
			_exit(1);
		kill(getpid(), SIGSTOP);
		_exit(0);
	}
	waitpid(pid, NULL, WUNTRACED);
	return pid;
}

int main(int argc, char **argv)
{
	static struct sock_filter insns[BPF_MAXINSNS];
	int rounds = argc > 2 ? atoi(argv[2]) : 3;
	pid_t keeper;
	FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
	__u32 len;

	if (!file) {
		fprintf(stderr, "usage: install FILE [ROUNDS]\n");
		return 2;
	}
	keeper = keep_one();
	taken = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; fread(&len, sizeof(len), 1, file) == 1; i++) {
		struct sock_fprog prog = { len, insns };
		unsigned long long best = ~0ULL;

		if (len > BPF_MAXINSNS || fread(insns, sizeof(insns[0]), len, file) != len)
			return 1;
		for (int round = 0; round < rounds; round++) {
			unsigned long long one = measure(&prog);

			if (one < best)
				best = one;
		}
		printf("%d %u %llu\n", i, len, best);
		fflush(stdout);
	}
	kill(keeper, SIGKILL);
	return 0;
}
