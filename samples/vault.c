// SPDX-License-Identifier: GPL-2.0
/*
 * A secret behind a protection key, and a filter that lets nothing out while it can be read.
 *
 * The process opens its vault by writing the protection-key register, which takes no system call.
 * As long as it is open, write(2) fails with EACCES. A number with anything in the upper half of
 * its register is refused as well, whatever the lower half says. Where the processor has no
 * protection keys, the latter is all.
 *
 * It protects the secret from a mistake: code of the process that writes out something wrong while
 * the vault is open.
 *
 * It does not protect the secret from code that means harm. Such code can send by other calls
 * than write(2); it can have the kernel read the secret, as /proc/self/mem does not ask for keys;
 * and it can open the vault itself. A real vault refuses all calls that carry data out. Nor does
 * it protect from other processes of the same user: supervisor.h does.
 *
 * Says what it tried; exits with 0 if it went as it should.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp_append.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __x86_64__
#define ARCH AUDIT_ARCH_X86_64
#else
#define ARCH AUDIT_ARCH_AARCH64
#endif
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data_append, field))
#define RET(value) BPF_STMT(BPF_RET | BPF_K, value)

/* Which engine is this, and what has it got? No flag has to be tried out. */
static __u64 features_of_engine(void)
{
	struct seccomp_features features = {};

	if (syscall(__NR_seccomp, SECCOMP_GET_FEATURES, sizeof(features), &features)) {
		perror("this engine cannot tell what it has got");
		exit(1);
	}
	return features.data_features;
}

/* @key is the vault's protection key, 0 if there are none. */
static int confine(int key)
{
	struct sock_filter insns[] = {
		LOAD(data.arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
		RET(SECCOMP_RET_KILL_PROCESS),
		/* Nothing above the number. */
		LOAD(nr_high),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		RET(SECCOMP_RET_ERRNO | EINVAL),
		/* Nothing out while the vault is open: bit 2n of PKRU closes key n. */
		LOAD(data.nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_write, 0, 5),
		LOAD(features),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SECCOMP_DATA_FEATURE_PKEY, 0, 3),
		LOAD(arch_reserved[0]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1U << 2 * key, 1, 0),
		RET(SECCOMP_RET_ERRNO | EACCES),
		RET(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { LENGTH(insns), insns };
	struct seccomp_append_filter append = {
		.flags = SECCOMP_APPEND_FLAG_WANT_NR_HIGH | SECCOMP_APPEND_FLAG_WANT_ARCH,
		.filter = (uintptr_t)&prog,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return syscall(__NR_seccomp, SECCOMP_APPEND_FILTER, sizeof(append), &append);
}

/* A system call's number is half a register. This takes the whole. */
static long call(unsigned long nr)
{
#ifdef __x86_64__
	register unsigned long rax asm("rax") = nr;

	asm volatile("syscall" : "+r"(rax) : : "rcx", "r11", "memory");
	return rax;
#else
	register unsigned long x8 asm("x8") = nr;
	register long x0 asm("x0") = 0;

	asm volatile("svc #0" : "+r"(x0) : "r"(x8) : "memory");
	return x0;
#endif
}

int main(void)
{
	int key = 0, failed = 0, pipes[2];
	char *vault;

	if (features_of_engine() & SECCOMP_DATA_FEATURE_PKEY)
		key = pkey_alloc(0, PKEY_DISABLE_ACCESS);
	vault = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pipe(pipes) || vault == MAP_FAILED || key < 0 ||
	    (key && pkey_mprotect(vault, 4096, PROT_READ | PROT_WRITE, key)) || confine(key)) {
		perror("cannot set up");
		return 1;
	}

	failed |= call(__NR_getppid) != getppid();
	failed |= call(0x100000000 | __NR_getppid) != -EINVAL;
	failed |= write(pipes[1], "a", 1) != 1;
	if (key) {
		pkey_set(key, 0);
		memcpy(vault, "secret", 6);
		/* printf() would write: it has to wait until the vault is closed. */
		failed |= write(pipes[1], vault, 6) != -1 || errno != EACCES;
		pkey_set(key, PKEY_DISABLE_ACCESS);
	}
	failed |= write(pipes[1], "b", 1) != 1;
	printf("%s: number with more above it refused%s\n", failed ? "FAILED" : "ok",
	       key ? ", nothing written while the vault was open" : "");
	return failed;
}
